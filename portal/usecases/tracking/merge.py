"""Merge answers into parcels, whoever told them: a poll, a push, a kept answer read again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from carriers.model import TrackingResult
from portal.db.tables.checkpoints import CheckpointRow
from portal.db.tables.orders import Customer, Order
from portal.db.tables.shipments import PollQueueEntry, Shipment
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns.follow_parcel import follow_parcel
from portal.usecases.tracking.assess import assess_shipment
from portal.usecases.tracking.ingest import Change, Origin, ingest
from portal.usecases.tracking.plan import plan
from portal.usecases.tracking.tell import tell_news, tell_trouble

log = structlog.get_logger()

# What is learnt late, by reading again or by a new mapping, is told only if it has happened just now.
JUST_NOW = timedelta(hours=6)


def merge_told(deps: Deps, shop: ShopRef, shipment_id: int, result: TrackingResult, origin: Origin) -> bool:
    """Merge what was told of one parcel outside its poll, and plan that anew. Whether anything changed.

    When its tracking ends is for its polls to say.
    """
    with deps.sessions.write(shop.id) as session:
        shipment, order = locked(session, shipment_id)
        change = merge_one(session, deps, shop, shipment, order, result, origin)
        planned = plan(session, deps, shop, shipment, order)
        # Whoever holds the entry plans the next poll anyway: it is not waited for.
        mine = select(PollQueueEntry).where(PollQueueEntry.shipment_id == shipment_id)
        entry = session.scalars(mine.with_for_update(skip_locked=True)).one_or_none()
        if entry is not None and entry.lease_until is None and planned.next_poll_at is not None:
            entry.next_poll_at, entry.urgent = planned.next_poll_at, planned.urgent
        return change.visible


def locked(session: Session, shipment_id: int) -> tuple[Shipment, Order]:
    """A parcel that is ours until the transaction ends, and its order; the customer comes along for later looks."""
    return locked_many(session, [shipment_id])[shipment_id]


def locked_many(session: Session, ids: Sequence[int]) -> dict[int, tuple[Shipment, Order]]:
    """Several parcels of one shop, locked in the order of their ids."""
    query = select(Shipment).where(Shipment.id.in_(ids)).order_by(Shipment.id).with_for_update()
    shipments = session.scalars(query).all()
    rows = session.execute(
        select(Order, Customer)
        .join(Customer, Customer.id == Order.customer_id)
        .where(Order.id.in_({shipment.order_id for shipment in shipments}))
    ).all()
    session.info["customers"] = [customer for _, customer in rows]  # held, so that nobody reads them a second time
    orders = {order.id: order for order, _ in rows}
    return {shipment.id: (shipment, orders[shipment.order_id]) for shipment in shipments}


def merge_one(
    session: Session,
    deps: Deps,
    shop: ShopRef,
    shipment: Shipment,
    order: Order,
    result: TrackingResult,
    origin: Origin,
    rows: dict[str, CheckpointRow] | None = None,
) -> Change:
    """One answer about one parcel and all that follows from it, in the caller's transaction."""
    change = ingest(session, deps, shop, shipment, order, result, origin, rows)
    follow(session, deps, shop, shipment, order, change if change.visible else None, late=origin.late or origin.quiet)
    return change


def follow(
    session: Session,
    deps: Deps,
    shop: ShopRef,
    shipment: Shipment,
    order: Order,
    change: Change | None,
    *,
    late: bool = False,
) -> None:
    """What follows from an answer: the return moves, cases change, messages are queued.

    `late`: learnt by looking again at what was told before. Shoppers hear of it only if it has just happened.
    """
    now = deps.clock()
    if change is not None and shipment.direction == "return":
        follow_parcel(session, deps, shop, shipment, now)
    scans, state = (change.scans, change.after) if change is not None else (None, None)
    news = assess_shipment(session, deps, shop, shipment, order, scans, state)
    at = change.after.status_at if change is not None else None
    if late and (at is None or now - at > JUST_NOW):
        return
    if change is not None:
        tell_news(session, deps, shop, shipment, order, change)
    tell_trouble(session, deps, shop, shipment, order, news)
