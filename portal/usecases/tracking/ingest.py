"""The one merge step: whatever a carrier says of a parcel, by poll or by push, comes in here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from carriers.errors import ErrorKind
from carriers.model import EstimatedDelivery, Status, TrackingResult
from portal.db.tables.checkpoints import CheckpointRow
from portal.db.tables.orders import Order
from portal.db.tables.shipments import Promise, Shipment
from portal.domain.scans import Scan, identity
from portal.domain.shipments import Current, ShipmentState, current_of, fold, later_of
from portal.usecases.carriers.unmapped import note_unmapped
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.tracking.placing import Origin, Placed, correct, placed, row_of, said, scan_of, told_before

__all__ = ["Change", "Origin", "current_status", "ingest", "scan_of", "scans_of"]

UNKNOWN_APART = timedelta(hours=12)  # polls that find nothing count towards rule R03 when this far apart
ESTIMATES_WITHIN = timedelta(days=366)  # either way: 9999-12-31 and 0001-01-01 are what "unknown" looks like


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


def rows_of(session: Session, shipment: Shipment) -> dict[str, CheckpointRow]:
    """Every stored scan of a parcel by its identity, a former holder's too."""
    return rows_of_many(session, [shipment.id])[shipment.id]


def rows_of_many(session: Session, ids: Sequence[int]) -> dict[int, dict[str, CheckpointRow]]:
    """The same of several parcels, by their ids."""
    found: dict[int, dict[str, CheckpointRow]] = {id_: {} for id_ in ids}
    for row in session.scalars(
        select(CheckpointRow)
        .where(CheckpointRow.shipment_id.in_(ids))
        .order_by(CheckpointRow.at, CheckpointRow.sequence)
    ):
        found[row.shipment_id][row.identity] = row
    return found


def own_scans(rows: Iterable[CheckpointRow]) -> tuple[Scan, ...]:
    """The scans among stored ones that are the parcel's own, oldest first."""
    own = sorted((row for row in rows if not row.quarantined), key=lambda row: (row.at, row.sequence))
    return tuple(scan_of(row) for row in own)


def scans_of(session: Session, shipment: Shipment) -> tuple[Scan, ...]:
    """The parcel's own scans; a former holder's (quarantined) are not among them."""
    return own_scans(rows_of(session, shipment).values())


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
    origin: Origin,
    rows: dict[str, CheckpointRow] | None = None,
) -> Change:
    """Merge one answer about one parcel, in the caller's transaction, with the shipment's row locked.

    The same answers in any order, or twice, leave the same rows and the same state. `rows` are the parcel's scans where
    the caller has read them already.
    """
    now = origin.at or deps.clock()
    rows = rows_of(session, shipment) if rows is None else rows
    before = fold(own_scans(rows.values()), current_status(shipment))
    shipment.polled_at = max(shipment.polled_at or now, now)
    if origin.source != "push":  # that says nothing of how our asking goes
        shipment.error_count = 0
    if result.error is not None and not result.checkpoints:
        if not origin.late:
            _number_unknown(shipment, result.error.kind, now)
        return Change(before, before, (), 0, False)
    _number_known(shipment)
    answer = placed(session, shipment, order, result, origin, now)
    corrected = correct(rows, answer, sure=origin.late)
    added = _add_new(session, deps, shop, shipment, answer, rows, origin, now)
    _keep_current(shipment, result, answer, now, again=origin.late)
    scans = own_scans(rows.values())
    after = fold(scans, current_status(shipment))
    said_at = (max((one.scan.at for one in answer if one.mine), default=now), now)
    outdated = origin.late or _estimated_since(shipment, said_at)
    eta_moved = not outdated and _keep_estimate(session, shop, shipment, order, result, said_at)
    change = Change(before, after, scans, added + corrected, eta_moved)
    project(shipment, after)
    shipment.signed_by = result.signed_by or shipment.signed_by
    if change.visible:
        show_change(session, shipment, order, deps.clock())
    return change


def show_change(session: Session, shipment: Shipment, order: Order, now: datetime) -> None:
    """Mark that what is shown of a parcel has changed."""
    shipment.changed_at = now
    order.version = Order.version + 1  # counted by the database: two parcels of one order may be written at once
    order.changed_at = now
    _order_delivered(session, order, shipment)


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


def _add_new(
    session: Session,
    deps: Deps,
    shop: ShopRef,
    shipment: Shipment,
    answer: Sequence[Placed],
    rows: dict[str, CheckpointRow],
    origin: Origin,
    now: datetime,
) -> int:
    added, unknown = 0, []
    for one in answer:
        name = identity(one.scan)
        if name in rows or told_before(rows, one, shipment, origin):
            continue
        rows[name] = row_of(shop, shipment, one, name, origin, now)
        added += one.mine
        if one.mine and one.unknown:
            unknown.append((one.scan.raw_code, one.scan.raw_text))
        session.add(rows[name])
        deps.crash("poll.mid_insert")
    if unknown:
        note_unmapped(session, origin.adapter, shipment.id, unknown, now)
    return added


def _keep_current(
    shipment: Shipment, result: TrackingResult, answer: Sequence[Placed], now: datetime, *, again: bool
) -> None:
    mine = [one for one in answer if one.mine]
    if result.checkpoints and not mine:
        return  # all of it is about a former holder of the number
    status, substatus = said(result, mine)
    new = current_of(status, substatus, [one.scan for one in mine], created_at=shipment.created_at, answered_at=now)
    stored = current_status(shipment)
    if again and stored is not None and new is not None and stored.answered_at <= now and stored.as_of <= new.as_of:
        stored = None  # the same answer, or an older one, was read before with another table
    kept = later_of(stored, new)
    if kept is not None:
        shipment.carrier_status, shipment.carrier_substatus = kept.status.value, kept.substatus
        shipment.carrier_said_as_of, shipment.carrier_said_at = kept.as_of, kept.answered_at


def _estimated_since(shipment: Shipment, said_at: tuple[datetime, datetime]) -> bool:
    """Whether the estimate that is kept is newer than this word: pushes come in any order, each with what was estimated
    at its own scan, and what a carrier answers may lag behind what it pushes."""
    if shipment.eta_as_of is None or shipment.eta_said_at is None:
        return False
    return said_at < (shipment.eta_as_of, shipment.eta_said_at)


def _last_day(estimate: EstimatedDelivery, day: date) -> date:
    """The day after whose end a parcel is late: the last of a window whose first day the carrier gives as its date."""
    first, last = estimate.earliest, estimate.latest
    return max(day, last.date()) if first and last and first.date() == day else day


def _keep_estimate(
    session: Session,
    shop: ShopRef,
    shipment: Shipment,
    order: Order,
    result: TrackingResult,
    said_at: tuple[datetime, datetime],
) -> bool:
    estimate = result.estimated_delivery
    if estimate is None or estimate.date is None:
        return False
    if abs(_last_day(estimate, estimate.date) - said_at[1].date()) > ESTIMATES_WITHIN:
        return False
    shipment.eta_as_of, shipment.eta_said_at = said_at
    earliest = estimate.earliest.isoformat() if estimate.earliest else None
    latest = estimate.latest.isoformat() if estimate.latest else None
    day = _last_day(estimate, estimate.date)
    if (shipment.eta_on, shipment.eta_earliest, shipment.eta_latest) == (day, earliest, latest):
        return False
    moved = shipment.eta_on != day
    shipment.eta_on, shipment.eta_earliest, shipment.eta_latest = day, earliest, latest
    shipment.first_eta_on = shipment.first_eta_on or day
    if moved and shipment.direction == "outbound":
        session.add(
            Promise(
                shop_id=shop.id,
                order_id=order.id,
                shipment_id=shipment.id,
                kind="estimated",
                date=day,
                earliest=earliest,
                latest=latest,
                source="carrier",
                shown=["page"],
                recorded_at=said_at[1],
            )
        )
    return True


def project(shipment: Shipment, state: ShipmentState) -> None:
    """Write what the scans add up to."""
    shipment.status = state.status.value
    shipment.substatus = state.substatus
    shipment.status_at = state.status_at
    shipment.last_scan_at = state.last_scan_at
    shipment.delivered_at = state.delivered_at
    # The first scan may be learnt after later ones.
    shipment.shipped_at = min(filter(None, (shipment.shipped_at, state.first_scan_at)), default=None)


def _order_delivered(session: Session, order: Order, shipment: Shipment) -> None:
    """An order has arrived with its last parcel. What is sent for a return is none of them."""
    if (
        shipment.direction != "outbound"
        or shipment.return_id is not None
        or (shipment.delivered_at is None and order.delivered_at is None)
    ):
        return
    session.flush()
    total, arrived, last = session.execute(
        select(func.count(), func.count(Shipment.delivered_at), func.max(Shipment.delivered_at)).where(
            Shipment.order_id == order.id, Shipment.direction == "outbound", Shipment.return_id.is_(None)
        )
    ).one()
    order.delivered_at = last if total and total == arrived else None
