"""Queue the messages that a change is worth: news of the parcel, and trouble in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.db.tables.delivery_exceptions import DeliveryException
from portal.db.tables.messages import OutboxMessage
from portal.db.tables.orders import Order
from portal.db.tables.returns import Return
from portal.db.tables.shipments import Shipment
from portal.domain import notifications
from portal.domain.delivery_exceptions.assess import words
from portal.domain.delivery_exceptions.base import Severity
from portal.domain.events import Happening, happenings
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.enqueue import enqueue
from portal.usecases.tracking.ingest import Change

ONE_PROBLEM_A = timedelta(hours=20)  # several rules about one parcel make one message a day


def tell_news(session: Session, deps: Deps, shop: ShopRef, shipment: Shipment, order: Order, change: Change) -> None:
    """Shipped, out for delivery, delivered. Trouble is told by `tell_trouble`, in the words of its rule."""
    if _is_for_somebody_else(session, shipment):
        return
    for news in happenings(change.before, change.after, now=deps.clock(), direction=shipment.direction):
        if news is Happening.PROBLEM or news.value not in notifications.CATALOGUE or shipment.direction == "return":
            continue
        if news is Happening.SHIPPED and shipment.return_id is not None:  # told when it was sent instead
            continue
        attempt = change.after.status_at.isoformat() if change.after.status_at else ""
        once = f"shipment {shipment.id} {news.value}"
        if news is Happening.OUT_FOR_DELIVERY:
            once += f" {attempt[:10]}"  # a second attempt on another day is news again
        enqueue(session, deps, shop, news.value, order, once=once, shipment_id=shipment.id)


def tell_trouble(
    session: Session, deps: Deps, shop: ShopRef, shipment: Shipment, order: Order, news: Sequence[DeliveryException]
) -> None:
    """Tell the shopper of the worst new trouble, if it is worth a message and none was queued lately."""
    now = deps.clock()
    worth = [c for c in news if words(c.message_key).shopper and Severity(c.severity).points >= Severity.MEDIUM.points]
    if not worth or shipment.direction == "return" or shipment.delivered_at or _told_lately(session, shipment, now):
        return
    if _is_for_somebody_else(session, shipment):
        return
    worst = max(worth, key=lambda c: Severity(c.severity).points)
    enqueue(
        session,
        deps,
        shop,
        "problem",
        order,
        once=f"shipment {shipment.id} {worst.rule} {worst.cause} {worst.severity}",
        payload={"message_key": worst.message_key, "inputs": dict(worst.inputs)},
        shipment_id=shipment.id,
    )


def _is_for_somebody_else(session: Session, shipment: Shipment) -> bool:
    """Whether a parcel goes to a present's new owner: its news would tell the buyer what became of the present."""
    if shipment.return_id is None:
        return False
    return session.scalar(select(Return.kind).where(Return.id == shipment.return_id)) == "gift"


def _told_lately(session: Session, shipment: Shipment, now: datetime) -> bool:
    lately = select(OutboxMessage.id).where(
        OutboxMessage.shipment_id == shipment.id,
        OutboxMessage.event == "problem",
        OutboxMessage.created_at > now - ONE_PROBLEM_A,
    )
    return session.scalar(lately.limit(1)) is not None
