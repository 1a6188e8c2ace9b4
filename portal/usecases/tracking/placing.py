"""The scans of an answer, placed in time and beside what is stored; what people said of unknown codes applied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from carriers.model import Status, Substatus, TrackingResult
from portal.db.tables.checkpoints import CheckpointRow
from portal.db.tables.orders import Order
from portal.db.tables.shipments import Shipment
from portal.domain.scans import Scan, belongs, identity, retold, scan_from
from portal.usecases.carriers.unmapped import mappings_of
from portal.usecases.deps import ShopRef


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an answer comes from. `adapter` names whose codes it speaks: an aggregator's, or the carrier's own.

    `late`: a kept answer, read again. It corrects what was read from it before, as of `at`, when it came.
    `quiet`: read for the first time, but so long after it came that shoppers hear only of what has just happened.
    """

    adapter: str
    source: str  # poll, push
    at: datetime | None = None
    late: bool = False
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    """A checkpoint of an answer: as a scan, the carrier's own record, its place, and whether it is of this parcel.

    `mapping_id` is set where a person said what the code means.
    """

    scan: Scan
    raw: Mapping[str, Any]
    place: int
    mine: bool
    mapping_id: int | None = None

    @property
    def unknown(self) -> bool:
        """Nobody knows what it means."""
        return self.scan.status is None and not self.scan.notice


def placed(
    session: Session, shipment: Shipment, order: Order, result: TrackingResult, origin: Origin, now: datetime
) -> list[Placed]:
    """The answer's scans, in its order."""
    began = min(shipment.created_at, order.placed_at)
    zone = ZoneInfo(shipment.timezone)
    found = []
    for n, checkpoint in enumerate(result.checkpoints):
        scan = scan_from(checkpoint, zone, seen_at=now)
        found.append(Placed(scan, checkpoint.raw, n, belongs(scan, began)))
    return _mapped(session, origin.adapter, found) if any(one.unknown for one in found) else found


def _mapped(session: Session, adapter: str, answer: list[Placed]) -> list[Placed]:
    known = mappings_of(session, adapter)

    def mapped(one: Placed) -> Placed:
        found = known.find(one.scan.raw_code, one.scan.raw_text) if one.unknown else None
        if found is None:
            return one
        scan = replace(one.scan, status=found.status, substatus=found.substatus)
        return replace(one, scan=scan, mapping_id=found.id)

    return [mapped(one) for one in answer]


def said(result: TrackingResult, mine: Sequence[Placed]) -> tuple[Status, Substatus | None]:
    """The carrier's present status. Where the adapter took it from older scans only because it did not know the newest
    one, what a person said of that one stands in its place; a word of the carrier's own is left alone."""
    newest = max(mine, key=_when, default=None)
    if newest is None or newest.mapping_id is None or newest.scan.status is None:
        return result.status, result.substatus
    known = [one for one in mine if one.mapping_id is None and one.scan.status is not None]
    last = max(known, key=_when, default=None)
    if result.status is not (last.scan.status if last else Status.PENDING):
        return result.status, result.substatus
    return newest.scan.status, newest.scan.substatus


def _when(one: Placed) -> tuple[datetime, int]:
    return (one.scan.at, one.place)


def correct(rows: Mapping[str, CheckpointRow], answer: Sequence[Placed], *, sure: bool) -> int:
    """Correct stored scans by what the tables say today. Returns how many of the parcel's own changed.

    A scan that nobody knew is understood as soon as a table knows it. One that was understood is read anew only from
    the very answer it came with (`sure`). What a person said stays.
    """
    changed, seen = 0, set[str]()
    for one in answer:
        name = identity(one.scan)
        row = rows.get(name)
        if row is None or name in seen or (row.mapping_id is not None and one.mapping_id is None):
            continue
        seen.add(name)
        unknown = row.status is None and not row.notice
        if (sure or unknown) and _reads_differently(row, one):
            row.status = one.scan.status.value if one.scan.status else None
            row.substatus, row.notice, row.mapping_id = one.scan.substatus, one.scan.notice, one.mapping_id
            changed += not row.quarantined
    return changed


def told_before(rows: Mapping[str, CheckpointRow], one: Placed, shipment: Shipment, origin: Origin) -> bool:
    """Whether a scan that is pushed was polled before, or the other way round."""
    return any(
        row.source != origin.source
        and (row.adapter or shipment.carrier) == origin.adapter
        and retold(scan_of(row), one.scan)
        for row in rows.values()
    )


def _reads_differently(row: CheckpointRow, one: Placed) -> bool:
    status = one.scan.status.value if one.scan.status else None
    return (row.status, row.substatus, row.notice) != (status, one.scan.substatus, one.scan.notice)


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


def row_of(shop: ShopRef, shipment: Shipment, one: Placed, name: str, origin: Origin, now: datetime) -> CheckpointRow:
    """A scan as it is stored."""
    scan = one.scan
    return CheckpointRow(
        shop_id=shop.id,
        shipment_id=shipment.id,
        identity=name,
        at=scan.at,
        local_time=scan.local_time or None,
        offset_known=scan.offset_known,
        status=scan.status.value if scan.status else None,
        substatus=scan.substatus,
        adapter=origin.adapter if origin.adapter != shipment.carrier else None,
        mapping_id=one.mapping_id,
        raw_code=scan.raw_code,
        raw_text=scan.raw_text,
        city=scan.city,
        state=scan.state,
        postal_code=scan.postal_code,
        country=scan.country,
        body=dict(one.raw),
        source=origin.source,
        quarantined=not one.mine,
        notice=scan.notice,
        sequence=one.place,
        seen_at=now,
    )
