"""The one merge step: whatever a carrier says of a parcel, by poll or by push, comes in here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from carriers.errors import ErrorKind
from carriers.model import Status, TrackingResult
from portal.db.tables.checkpoints import CheckpointRow
from portal.db.tables.orders import Order
from portal.db.tables.shipments import Promise, Shipment
from portal.domain.scans import Scan, belongs, identity, scan_from
from portal.domain.shipments import Current, ShipmentState, current_of, fold, later_of
from portal.usecases.deps import Deps, ShopRef

UNKNOWN_APART = timedelta(hours=12)  # polls that find nothing count towards rule R03 when this far apart


@dataclass(frozen=True, slots=True)
class Change:
    """What an answer changed. `before` and `after` are the same state when nothing moved."""

    before: ShipmentState
    after: ShipmentState
    scans: tuple[Scan, ...]
    new_scans: int
    eta_moved: bool

    @property
    def visible(self) -> bool:
        return self.new_scans > 0 or self.eta_moved or self.before != self.after


def scan_of(row: CheckpointRow) -> Scan:
    """A stored checkpoint as the domain sees it."""
    return Scan(
        at=row.at,
        local_time=row.local_time or "",
        offset_known=row.offset_known,
        status=Status(row.status) if row.status else None,
        substatus=row.substatus,
        raw_code=row.raw_code,
        raw_text=row.raw_text,
        city=row.city,
        state=row.state,
        postal_code=row.postal_code,
        country=row.country,
        notice=row.notice,
    )


def scans_of(session: Session, shipment: Shipment) -> tuple[Scan, ...]:
    """The parcel's own scans; a former holder's (quarantined) are not among them."""
    rows = session.scalars(
        select(CheckpointRow)
        .where(CheckpointRow.shipment_id == shipment.id, CheckpointRow.quarantined.is_(False))
        .order_by(CheckpointRow.at, CheckpointRow.sequence)
    )
    return tuple(scan_of(row) for row in rows)


def current_status(shipment: Shipment) -> Current | None:
    """The carrier's own word, as it was kept."""
    if shipment.carrier_status is None or shipment.carrier_said_as_of is None or shipment.carrier_said_at is None:
        return None
    return Current(
        Status(shipment.carrier_status),
        shipment.carrier_substatus,
        shipment.carrier_said_as_of,
        shipment.carrier_said_at,
    )


def ingest(
    session: Session,
    deps: Deps,
    shop: ShopRef,
    shipment: Shipment,
    order: Order,
    result: TrackingResult,
    *,
    source: str,
) -> Change:
    """Merge one answer about one parcel, in the caller's transaction, with the shipment's row locked.

    The same answers in any order, or twice, leave the same rows and the same state.
    """
    now = deps.clock()
    known = set(session.scalars(select(CheckpointRow.identity).where(CheckpointRow.shipment_id == shipment.id)))
    before = fold(scans_of(session, shipment) if known else (), current_status(shipment))
    shipment.polled_at = now
    shipment.error_count = 0
    if result.error is not None and not result.checkpoints:
        _number_unknown(shipment, result.error.kind, now)
        return Change(before, before, (), 0, False)
    _number_known(shipment)
    answer = _placed(shipment, order, result, now)
    added = _add_new(session, deps, shop, shipment, answer, known, source, now)
    _keep_current(shipment, result, [placed.scan for placed in answer if placed.mine], now)
    scans = scans_of(session, shipment) if added or known else ()
    after = fold(scans, current_status(shipment))
    eta_moved = _keep_estimate(session, shop, shipment, order, result, now)
    change = Change(before, after, scans, added, eta_moved)
    _project(shipment, after, result)
    if change.visible:
        shipment.changed_at = now
        order.version = Order.version + 1  # counted by the database: two parcels of one order may be written at once
        order.changed_at = now
        _order_delivered(session, order, shipment)
    return change


def _number_unknown(shipment: Shipment, kind: ErrorKind, now: datetime) -> None:
    shipment.last_error, shipment.last_error_at = kind.value, now
    if shipment.not_found_last_at is None or now - shipment.not_found_last_at >= UNKNOWN_APART:
        shipment.not_found_count += 1
        shipment.not_found_since = shipment.not_found_since or now
        shipment.not_found_last_at = now


def _number_known(shipment: Shipment) -> None:
    shipment.last_error = shipment.last_error_at = None
    shipment.not_found_count = 0
    shipment.not_found_since = shipment.not_found_last_at = None


@dataclass(frozen=True, slots=True)
class _Placed:
    """A checkpoint of an answer: as a scan, the carrier's own record, its place, and whether it is of this parcel."""

    scan: Scan
    raw: Mapping[str, Any]
    place: int
    mine: bool


def _placed(shipment: Shipment, order: Order, result: TrackingResult, now: datetime) -> list[_Placed]:
    began = min(shipment.created_at, order.placed_at)
    zone = ZoneInfo(shipment.timezone)
    placed = []
    for n, checkpoint in enumerate(result.checkpoints):
        scan = scan_from(checkpoint, zone, seen_at=now)
        placed.append(_Placed(scan, checkpoint.raw, n, belongs(scan, began)))
    return placed


def _add_new(
    session: Session,
    deps: Deps,
    shop: ShopRef,
    shipment: Shipment,
    answer: list[_Placed],
    known: set[str],
    source: str,
    now: datetime,
) -> int:
    added = 0
    for placed in answer:
        name = identity(placed.scan)
        if name in known:
            continue
        known.add(name)
        added += placed.mine
        session.add(_row(shop, shipment, placed, name, source, now))
        deps.crash("poll.mid_insert")
    session.flush()
    return added


def _row(shop: ShopRef, shipment: Shipment, placed: _Placed, name: str, source: str, now: datetime) -> CheckpointRow:
    scan = placed.scan
    return CheckpointRow(
        shop_id=shop.id,
        shipment_id=shipment.id,
        identity=name,
        at=scan.at,
        local_time=scan.local_time or None,
        offset_known=scan.offset_known,
        status=scan.status.value if scan.status else None,
        substatus=scan.substatus,
        raw_code=scan.raw_code,
        raw_text=scan.raw_text,
        city=scan.city,
        state=scan.state,
        postal_code=scan.postal_code,
        country=scan.country,
        body=dict(placed.raw),
        source=source,
        quarantined=not placed.mine,
        notice=scan.notice,
        sequence=placed.place,
        seen_at=now,
    )


def _keep_current(shipment: Shipment, result: TrackingResult, scans: list[Scan], now: datetime) -> None:
    if result.checkpoints and not scans:
        return  # all of it is about a former holder of the number
    said = current_of(result.status, result.substatus, scans, created_at=shipment.created_at, answered_at=now)
    kept = later_of(current_status(shipment), said)
    if kept is not None:
        shipment.carrier_status, shipment.carrier_substatus = kept.status.value, kept.substatus
        shipment.carrier_said_as_of, shipment.carrier_said_at = kept.as_of, kept.answered_at


def _keep_estimate(
    session: Session, shop: ShopRef, shipment: Shipment, order: Order, result: TrackingResult, now: datetime
) -> bool:
    estimate = result.estimated_delivery
    if estimate is None or estimate.date is None:
        return False
    earliest = estimate.earliest.isoformat() if estimate.earliest else None
    latest = estimate.latest.isoformat() if estimate.latest else None
    if (shipment.eta_on, shipment.eta_earliest, shipment.eta_latest) == (estimate.date, earliest, latest):
        return False
    moved = shipment.eta_on != estimate.date
    shipment.eta_on, shipment.eta_earliest, shipment.eta_latest = estimate.date, earliest, latest
    shipment.first_eta_on = shipment.first_eta_on or estimate.date
    if moved and shipment.direction == "outbound":
        session.add(
            Promise(
                shop_id=shop.id,
                order_id=order.id,
                shipment_id=shipment.id,
                kind="estimated",
                date=estimate.date,
                earliest=earliest,
                latest=latest,
                source="carrier",
                shown=["page"],
                recorded_at=now,
            )
        )
    return True


def _project(shipment: Shipment, state: ShipmentState, result: TrackingResult) -> None:
    shipment.status = state.status.value
    shipment.substatus = state.substatus
    shipment.status_at = state.status_at
    shipment.last_scan_at = state.last_scan_at
    shipment.delivered_at = state.delivered_at
    shipment.shipped_at = shipment.shipped_at or state.first_scan_at
    shipment.signed_by = result.signed_by or shipment.signed_by


def _order_delivered(session: Session, order: Order, shipment: Shipment) -> None:
    """An order has arrived with its last parcel."""
    if shipment.direction != "outbound":
        return
    session.flush()
    total, arrived, last = session.execute(
        select(func.count(), func.count(Shipment.delivered_at), func.max(Shipment.delivered_at)).where(
            Shipment.order_id == order.id, Shipment.direction == "outbound"
        )
    ).one()
    order.delivered_at = last if total and total == arrived else None
