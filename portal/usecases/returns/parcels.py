"""The parcel on its way back is a shipment like any other: the same poller and the same rules watch it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from portal.db.tables.delivery_exceptions import DeliveryException, ExceptionEvent
from portal.db.tables.orders import Order
from portal.db.tables.returns import Return
from portal.db.tables.shipments import PollQueueEntry, Shipment, ShipmentLine
from portal.domain.returns.quoting import SEND_BACK
from portal.domain.zones import zone_for
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns import rows


def add_parcel(
    session: Session, deps: Deps, shop: ShopRef, order: Order, row: Return, carrier: str, number: str, now: datetime
) -> Shipment:
    """Begin to watch the parcel of a return, from where the order went to where the shop wants it.

    A number that the order has as a return's already, set aside or of this same return, is watched again.
    """
    known = _known(session, order, row, carrier, number)
    if known is not None:
        known.return_id = row.id
        if session.get(PollQueueEntry, known.id) is None:
            watch(session, known, now)
        return known
    place = shop.config.place_of(row.destination)
    parcel = Shipment(
        shop_id=shop.id,
        public_id=deps.token(),
        order_id=order.id,
        return_id=row.id,
        direction="return",
        carrier=carrier,
        tracking_number=number,
        created_at=now,
        origin_country=order.ship_country,
        destination_country=place.country,
        destination_postal_code=place.postal_code,
        timezone=zone_for(place.country, place.region).key,
        changed_at=now,
    )
    session.add(parcel)
    session.flush()
    for item, line in rows.items_of(session, row):
        if item.outcome == SEND_BACK:
            part = {"shipment_id": parcel.id, "order_line_id": line.id, "quantity": item.quantity}
            session.add(ShipmentLine(shop_id=shop.id, **part))
    watch(session, parcel, now)
    return parcel


def _known(session: Session, order: Order, row: Return, carrier: str, number: str) -> Shipment | None:
    return session.scalars(
        select(Shipment).where(
            Shipment.order_id == order.id,
            Shipment.carrier == carrier,
            Shipment.tracking_number == number,
            Shipment.direction == "return",
            or_(Shipment.return_id.is_(None), Shipment.return_id == row.id),
        )
    ).one_or_none()


def watch(session: Session, parcel: Shipment, now: datetime) -> None:
    """Ask its carrier from now on."""
    parcel.tracking_ended_at, parcel.changed_at = None, now
    session.add(PollQueueEntry(shop_id=parcel.shop_id, shipment_id=parcel.id, carrier=parcel.carrier, next_poll_at=now))


def stop_watching(session: Session, parcel: Shipment, now: datetime, *, why: str) -> None:
    """Never ask about it again, and close the cases that were open about it: `why` is what they show."""
    parcel.tracking_ended_at = parcel.changed_at = now
    parcel.next_check_at = None
    session.execute(delete(PollQueueEntry).where(PollQueueEntry.shipment_id == parcel.id))
    about_it = select(DeliveryException).where(DeliveryException.shipment_id == parcel.id)
    for case in session.scalars(about_it.where(DeliveryException.state == "open")):
        case.state, case.closed_at, case.closed_by = "cleared", now, why
        case.revision += 1
        event = ExceptionEvent(exception_id=case.id, at=now, actor="returns", action="cleared", details={"by": why})
        session.add(event)
