"""Everything a tracking page is made from, in six statements whatever the order holds. Asks the database, never a carrier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, bindparam, func, select
from sqlalchemy.orm import Session

from portal.db.tables.checkpoints import CheckpointRow
from portal.db.tables.delivery_exceptions import DeliveryException
from portal.db.tables.operations import CarrierFeed
from portal.db.tables.orders import Order, OrderLine
from portal.db.tables.returns import Return, ReturnOrder
from portal.db.tables.shipments import PollQueueEntry, Promise, Shipment, ShipmentLine


@dataclass(frozen=True, slots=True)
class ParcelRow:
    """A parcel, when its carrier is asked next, and since when the carrier's feed is down."""

    shipment: Shipment
    next_poll_at: datetime | None
    feed_down_since: datetime | None


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line of the order, or the part of it that travels in one parcel (`shipment_id`)."""

    line: OrderLine
    shipment_id: int | None
    quantity: int


@dataclass(frozen=True, slots=True)
class Rows:
    order: Order
    parcels: tuple[ParcelRow, ...]
    scans: dict[int, list[CheckpointRow]]  # by shipment, newest first
    lines: tuple[LineRow, ...]
    promises: tuple[Promise, ...]  # oldest first
    cases: tuple[DeliveryException, ...]
    returns: tuple[Return, ...]
    instead: tuple[ParcelRow, ...] = ()  # what was sent for returns: no part of what was bought


# Built once: putting a statement together costs more than running it.
_ORDER = (
    select(Order, Return)
    .outerjoin(ReturnOrder, and_(ReturnOrder.order_id == Order.id, ReturnOrder.shop_id == Order.shop_id))
    .outerjoin(Return, and_(Return.id == ReturnOrder.return_id, Return.shop_id == Order.shop_id, Return.kind != "gift"))
    .where(Order.public_id == bindparam("public_id"))
    .order_by(Return.id)
)
_PARCELS = (
    select(Shipment, PollQueueEntry.next_poll_at, CarrierFeed.down_since)
    .outerjoin(
        PollQueueEntry, and_(PollQueueEntry.shipment_id == Shipment.id, PollQueueEntry.shop_id == Shipment.shop_id)
    )
    .outerjoin(CarrierFeed, CarrierFeed.carrier == Shipment.carrier)
    .outerjoin(Return, and_(Return.id == Shipment.return_id, Return.shop_id == Shipment.shop_id))
    .where(Shipment.order_id == bindparam("order_id"), Shipment.direction == "outbound")
    # What a present's new owner gets instead travels to them: the buyer sees neither that nor where.
    .where(func.coalesce(Return.kind, "") != "gift")
    .order_by(Shipment.id)
)
_SCANS = (
    select(CheckpointRow)
    .where(
        CheckpointRow.shipment_id.in_(bindparam("shipment_ids", expanding=True)), CheckpointRow.quarantined.is_(False)
    )
    .order_by(CheckpointRow.at.desc(), CheckpointRow.sequence.desc(), CheckpointRow.id.desc())
)
_LINES = (
    select(OrderLine, ShipmentLine.shipment_id, ShipmentLine.quantity)
    .outerjoin(
        ShipmentLine, and_(ShipmentLine.order_line_id == OrderLine.id, ShipmentLine.shop_id == OrderLine.shop_id)
    )
    .where(OrderLine.order_id == bindparam("order_id"))
    .order_by(OrderLine.position)
)
_PROMISES = select(Promise).where(Promise.order_id == bindparam("order_id")).order_by(Promise.id)
_CASES = select(DeliveryException).where(
    DeliveryException.order_id == bindparam("order_id"),
    DeliveryException.state == "open",
    DeliveryException.return_id.is_(None),
)


def load(session: Session, public_id: str) -> Rows | None:
    """The order and all that belongs to it, in the session's shop; None when there is no such order."""
    found = session.execute(_ORDER, {"public_id": public_id}).all()
    if not found:
        return None
    order: Order = found[0][0]
    of_order = {"order_id": order.id}
    outbound = [ParcelRow(*row) for row in session.execute(_PARCELS, of_order)]
    parcels = tuple(row for row in outbound if row.shipment.return_id is None)
    return Rows(
        order=order,
        parcels=parcels,
        scans=_scans(session, [p.shipment.id for p in outbound]),
        lines=tuple(LineRow(line, at, n or line.quantity) for line, at, n in session.execute(_LINES, of_order)),
        promises=tuple(session.scalars(_PROMISES, of_order)),
        cases=tuple(session.scalars(_CASES, of_order)),
        returns=tuple(row[1] for row in found if row[1] is not None),
        instead=tuple(row for row in outbound if row.shipment.return_id is not None),
    )


def _scans(session: Session, shipment_ids: Sequence[int]) -> dict[int, list[CheckpointRow]]:
    scans: dict[int, list[CheckpointRow]] = {id_: [] for id_ in shipment_ids}
    for row in session.scalars(_SCANS, {"shipment_ids": shipment_ids}):
        scans[row.shipment_id].append(row)
    return scans
