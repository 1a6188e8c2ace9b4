"""A person's word about a code, applied to history: scans understood, parcels folded anew. Undone the same way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from portal.db.tables.checkpoints import CheckpointRow
from portal.db.tables.orders import Order
from portal.db.tables.raw_answers import CodeMapping
from portal.db.tables.shipments import Shipment
from portal.domain.shipments import fold
from portal.domain.unmapped import Mapping, key_of
from portal.usecases.carriers.unmapped import mapping_of
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.shops import find_shop
from portal.usecases.tracking.ingest import Change, current_status, own_scans, project, rows_of, show_change
from portal.usecases.tracking.merge import follow, locked

log = structlog.get_logger()
AT_ONCE = 500  # scans looked at in one page


@dataclass(frozen=True, slots=True)
class _Work:
    """A mapping to be applied, or to be taken back."""

    mapping: Mapping
    carrier: str
    undone: bool
    wider: frozenset[int] = frozenset()  # mappings of the same code that this one is an exception from

    def fits(self, row: CheckpointRow) -> bool:
        """Whether a scan is to be changed: one that nobody knows, or one that this mapping explained."""
        if self.undone:
            return row.mapping_id == self.mapping.id
        open_to = (row.status is None and not row.notice) or row.mapping_id in self.wider
        return open_to and key_of(row.raw_code, row.raw_text) == self.mapping.key and self.mapping.fits(row.raw_text)


def apply_mappings(deps: Deps, *, limit: int | None = None) -> int:
    """Correct history by every mapping that is not through with it yet; at most `limit` parcels. Returns how many.

    A parcel is a transaction of its own, so that this may stop anywhere and be gone on with.
    """
    with deps.sessions.read_system() as session:
        # What was undone comes first: a wider mapping takes over what it leaves.
        order = (CodeMapping.undone_at.is_(None), CodeMapping.id)
        pending = session.scalars(select(CodeMapping).where(CodeMapping.pending).order_by(*order)).all()
        work = [_work(session, row) for row in pending]
    done = 0
    for one in work:
        left = None if limit is None else limit - done
        if left == 0:
            break
        count, through = _apply(deps, one, left)
        done += count
        if through:
            _finished(deps, one)
    return done


def _work(session: Session, row: CodeMapping) -> _Work:
    same = select(CodeMapping).where(
        CodeMapping.carrier == row.carrier,
        CodeMapping.raw_code == row.raw_code,
        CodeMapping.text_key == row.text_key,
        CodeMapping.undone_at.is_(None),
    )
    wider = {other.id for other in session.scalars(same) if len(other.pattern) < len(row.pattern)}
    return _Work(mapping_of(row), row.carrier, row.undone_at is not None, frozenset(wider))


def _apply(deps: Deps, work: _Work, limit: int | None) -> tuple[int, bool]:
    """How many parcels were corrected, and whether there are no more."""
    seen, done = 0, set[int]()
    shops: dict[int, ShopRef] = {}
    while True:
        with deps.sessions.read_system() as session:
            rows = session.scalars(_candidates(work).where(CheckpointRow.id > seen)).all()
        for row in rows:
            if row.shipment_id in done or not work.fits(row):
                continue
            if limit is not None and len(done) >= limit:
                return len(done), False
            if row.shop_id not in shops:
                shops[row.shop_id] = find_shop(deps, shop_id=row.shop_id)
            _remap(deps, shops[row.shop_id], row.shipment_id, work)
            done.add(row.shipment_id)
        if len(rows) < AT_ONCE:
            return len(done), True
        seen = rows[-1].id


def _candidates(work: _Work) -> Select[CheckpointRow]:
    query = select(CheckpointRow).order_by(CheckpointRow.id).limit(AT_ONCE)
    if work.undone:
        return query.where(CheckpointRow.mapping_id == work.mapping.id)
    unknown = and_(CheckpointRow.status.is_(None), ~CheckpointRow.notice)
    code = func.trim(func.coalesce(CheckpointRow.raw_code, ""))
    return (
        query.join(Shipment, Shipment.id == CheckpointRow.shipment_id)
        .where(or_(unknown, CheckpointRow.mapping_id.in_(work.wider)) if work.wider else unknown)
        .where(func.coalesce(CheckpointRow.adapter, Shipment.carrier) == work.carrier)
        .where(code == work.mapping.key.raw_code)
    )


def _finished(deps: Deps, work: _Work) -> None:
    with deps.sessions.write_system() as session:
        row = session.get_one(CodeMapping, work.mapping.id, with_for_update=True)
        if (row.undone_at is not None) == work.undone:  # else it was undone meanwhile, and goes on
            row.pending = False


def _remap(deps: Deps, shop: ShopRef, shipment_id: int, work: _Work) -> None:
    with deps.sessions.write(shop.id) as session:
        shipment, order = locked(session, shipment_id)
        rows = rows_of(session, shipment)
        before = fold(own_scans(rows.values()), current_status(shipment))
        touched = [row for row in rows.values() if _belongs(row, shipment, work) and work.fits(row)]
        formerly = {row.id: (row.status, row.substatus) for row in touched}
        for row in touched:
            row.status = None if work.undone else work.mapping.status.value
            row.substatus = None if work.undone else work.mapping.substatus
            row.mapping_id = None if work.undone else work.mapping.id
        _adjust_current(shipment, list(rows.values()), formerly)
        scans = own_scans(rows.values())
        change = Change(before, fold(scans, current_status(shipment)), scans, len(touched), False)
        _show(session, deps, shop, shipment, order, change)


def _belongs(row: CheckpointRow, shipment: Shipment, work: _Work) -> bool:
    return (row.adapter or shipment.carrier) == work.carrier


def _show(session: Session, deps: Deps, shop: ShopRef, shipment: Shipment, order: Order, change: Change) -> None:
    project(shipment, change.after)
    show_change(session, shipment, order, deps.clock())
    follow(session, deps, shop, shipment, order, change, late=True)


def _adjust_current(
    shipment: Shipment, rows: Sequence[CheckpointRow], formerly: dict[int, tuple[str | None, str | None]]
) -> None:
    """The carrier's present status as it was kept, where it only repeats what the scans of that answer said. `formerly`
    holds what the scans that changed said before."""
    as_of = shipment.carrier_said_as_of
    own = sorted((r for r in rows if not r.quarantined), key=lambda r: (r.at, r.sequence))
    upto = [row for row in own if as_of is not None and row.at <= as_of]
    if not upto or upto[-1].id not in formerly:
        return
    known = [row for row in upto if row.id not in formerly and row.status is not None]
    older = (known[-1].status, known[-1].substatus) if known else (None, None)
    before, now = formerly[upto[-1].id], (upto[-1].status, upto[-1].substatus)
    if shipment.carrier_status == (before if before[0] else older)[0]:
        shipment.carrier_status, shipment.carrier_substatus = now if now[0] else older
