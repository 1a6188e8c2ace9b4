"""Corrected orders: the source's word replaces what it said before, but never what has happened here since."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from portal.db.tables.checkpoints import CheckpointRow
from portal.db.tables.orders import Order, OrderLine
from portal.db.tables.returns import Return
from portal.db.tables.shipments import PollQueueEntry, Promise, Shipment, ShipmentLine
from portal.platforms.model import NOTED, ImportedOrder, ImportedParcel, Issue
from portal.usecases.importing.inserts import (
    Context,
    insert_parcel_lines,
    insert_parcels,
    line_row,
    promise_row,
    told_values,
)


def update_orders(
    session: Session,
    context: Context,
    found: Sequence[tuple[int, ImportedOrder]],
    customer_ids: Mapping[str, int],
) -> tuple[int, list[Issue]]:
    """Bring stored orders, given as (order id, order), up to date. Returns new parcels, and what was kept instead."""
    ids = [order_id for order_id, _ in found]
    stored = {row.id: row for row in session.scalars(select(Order).where(Order.id.in_(ids)).with_for_update())}
    lines: dict[int, list[OrderLine]] = {}
    for line in session.scalars(select(OrderLine).where(OrderLine.order_id.in_(ids))):
        lines.setdefault(line.order_id, []).append(line)
    parcels: dict[int, list[Shipment]] = {}
    outbound = select(Shipment).where(
        Shipment.order_id.in_(ids), Shipment.direction == "outbound", Shipment.return_id.is_(None)
    )
    for shipment in session.scalars(outbound.order_by(Shipment.id)):
        parcels.setdefault(shipment.order_id, []).append(shipment)
    issues: list[Issue] = []
    created = 0
    for order_id, told in found:
        row = stored[order_id]
        issues += _order(session, context, row, told, customer_ids[told.customer.external_id])
        issues += _lines(session, row, told, lines.get(order_id, []))
        session.flush()
        created += _parcels(session, context, row, told, parcels.get(order_id, []))
    return created, issues


def _note(told: ImportedOrder, code: str, reason: str) -> Issue:
    return Issue(NOTED, code, reason, told.place, told.number)


def _order(session: Session, context: Context, row: Order, told: ImportedOrder, customer_id: int) -> Iterator[Issue]:
    values = told_values(told)
    given_back = row.refunded_minor + row.credited_minor
    if told.total_minor < given_back:
        values.pop("total_minor")
        yield _note(told, "total_below_refunds", "more than the new total was paid back already; the old total stays")
    if told.promised_on is not None and told.promised_on != row.promised_on and not row.is_history:
        session.add(Promise(**promise_row(context, row.id, told)))
    for name, value in values.items():
        setattr(row, name, value)
    if row.customer_id != customer_id:  # their returns are found by whose they are
        session.execute(update(Return).where(Return.order_id == row.id).values(customer_id=customer_id))
        row.customer_id = customer_id
    row.version = Order.version + 1
    row.changed_at = context.now


def _lines(session: Session, row: Order, told: ImportedOrder, stored: list[OrderLine]) -> Iterator[Issue]:
    by_position = {line.position: line for line in stored}
    for line in told.lines:
        before = by_position.pop(line.position, None)
        if before is None:
            session.add(OrderLine(**line_row(row.shop_id, row.id, line)))
            continue
        values = line_row(row.shop_id, row.id, line)
        del values["units_returning"]
        if line.quantity < before.units_returning:
            values["quantity"] = before.quantity
            reason = f"line {line.position}: more units are coming back than the new quantity; the old quantity stays"
            yield _note(told, "quantity_below_returns", reason)
        for name, value in values.items():
            setattr(before, name, value)
    for gone in by_position.values():
        if gone.units_returning:
            reason = f"line {gone.position} is gone from the source, but a return names it; it stays"
            yield _note(told, "line_with_return", reason)
        else:
            session.execute(delete(ShipmentLine).where(ShipmentLine.order_line_id == gone.id))
            session.delete(gone)


def _parcels(session: Session, context: Context, row: Order, told: ImportedOrder, stored: list[Shipment]) -> int:
    by_number = {(s.carrier, s.tracking_number): s for s in stored}
    wanted = {(p.carrier, p.tracking_number): p for p in told.parcels}
    vanished = [s for key, s in by_number.items() if key not in wanted and _untouched(session, s)]
    new = [p for key, p in wanted.items() if key not in by_number]
    pairs = list(zip(vanished, new, strict=False))
    for shipment, parcel in pairs:
        _renumber(session, context, shipment, parcel, row.is_history)
    for shipment in stored:
        _follow(context, shipment, row)
    kept = [(by_number[key], p) for key, p in wanted.items() if key in by_number] + pairs
    for shipment, parcel in kept:
        shipment.shipped_at = parcel.shipped_at or shipment.shipped_at
        session.execute(delete(ShipmentLine).where(ShipmentLine.shipment_id == shipment.id))
    session.flush()
    insert_parcel_lines(session, row.shop_id, [(shipment.id, row.id, parcel) for shipment, parcel in kept])
    return insert_parcels(session, context, [(row.id, told, new[len(pairs) :], row.is_history)])


def _untouched(session: Session, shipment: Shipment) -> bool:
    """Nothing was ever heard of it: its number may be a typing error that is corrected now."""
    seen = select(CheckpointRow.id).where(CheckpointRow.shipment_id == shipment.id).limit(1)
    return shipment.status == "pending" and session.scalar(seen) is None


def _renumber(session: Session, context: Context, shipment: Shipment, parcel: ImportedParcel, history: bool) -> None:
    shipment.carrier, shipment.tracking_number = parcel.carrier, parcel.tracking_number
    shipment.origin_country = parcel.origin_country
    shipment.not_found_count = shipment.error_count = 0
    shipment.not_found_since = shipment.not_found_last_at = None
    shipment.last_error = shipment.last_error_at = None
    session.execute(delete(PollQueueEntry).where(PollQueueEntry.shipment_id == shipment.id))
    if not history:
        shipment.tracking_ended_at = None
        entry = PollQueueEntry(shop_id=shipment.shop_id, shipment_id=shipment.id, carrier=parcel.carrier)
        entry.next_poll_at = context.now
        session.add(entry)


def _follow(context: Context, shipment: Shipment, row: Order) -> None:
    """Address, promise and service level are the order's; a change of them may change the verdict on the parcel."""
    shipment.destination_country, shipment.destination_postal_code = row.ship_country, row.ship_postal_code
    shipment.timezone, shipment.promised_on = row.timezone, row.promised_on
    shipment.service_level = row.service_level
    shipment.changed_at = context.now
    if not row.is_history:
        shipment.next_check_at = context.now
