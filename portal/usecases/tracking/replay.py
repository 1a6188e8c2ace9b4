"""Read kept answers again with today's tables, and merge them through the step they once came in by. Business time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from sqlalchemy import Select, select

from carriers.errors import CarrierError
from carriers.model import TrackingResult
from portal.db.tables.raw_answers import HeldBatch, RawAnswer, RawAnswerParcel
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.shops import find_shop
from portal.usecases.tracking.merge import locked, merge_one
from portal.usecases.tracking.placing import Origin
from portal.usecases.tracking.reread import Parcel, about, parcels_of, reread

log = structlog.get_logger()
AT_ONCE = 100  # answers in memory


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which answers. None does not filter; `shipment` is a parcel's id."""

    carrier: str | None = None
    since: datetime | None = None
    shipment: int | None = None


@dataclass(slots=True)
class Replayed:
    """What reading again did, or would do. `statuses` counts parcels by status before and after."""

    answers: int = 0
    unreadable: int = 0
    parcels: set[int] = field(default_factory=set)
    changed: set[int] = field(default_factory=set)
    statuses: Counter[tuple[str, str]] = field(default_factory=Counter)


def replay(deps: Deps, wanted: Wanted, *, dry_run: bool = False) -> Replayed:
    """Oldest answer first, each parcel in a transaction of its own. Doing it twice changes nothing more.

    What is corrected is told to shoppers only if it has just happened. Held answers are left to their decision.
    """
    done = Replayed()
    shops: dict[int, ShopRef] = {}
    for row, parcels in _answers(deps, wanted):
        done.answers += 1
        try:
            results = reread(deps, row)
        except CarrierError:
            done.unreadable += 1
            continue
        for parcel in parcels:
            result = about(parcel, row, results)
            if result is not None:
                if parcel.shop_id not in shops:
                    shops[parcel.shop_id] = find_shop(deps, shop_id=parcel.shop_id)
                _again(deps, shops[parcel.shop_id], row, parcel, result, done, dry_run=dry_run)
    return done


def _answers(deps: Deps, wanted: Wanted) -> Iterator[tuple[RawAnswer, list[Parcel]]]:
    last: tuple[datetime, int] | None = None
    while True:
        with deps.sessions.read_system() as session:
            rows = session.scalars(_page(wanted, last)).all()
            found = [(row, parcels_of(session, row)) for row in rows]
        for row, parcels in found:
            yield row, [p for p in parcels if wanted.shipment in (None, p.shipment_id)]
        if len(rows) < AT_ONCE:
            return
        last = (rows[-1].received_at, rows[-1].id)


def _page(wanted: Wanted, last: tuple[datetime, int] | None) -> Select[RawAnswer]:
    undecided = select(HeldBatch.id).where(HeldBatch.state != "released")
    query = select(RawAnswer).where(RawAnswer.hold_id.is_(None) | RawAnswer.hold_id.not_in(undecided))
    if wanted.carrier is not None:
        query = query.where(RawAnswer.carrier == wanted.carrier)
    if wanted.since is not None:
        query = query.where(RawAnswer.received_at >= wanted.since)
    if wanted.shipment is not None:
        theirs = select(RawAnswerParcel.answer_id).where(RawAnswerParcel.shipment_id == wanted.shipment)
        query = query.where(RawAnswer.id.in_(theirs))
    if last is not None:
        at, id_ = last
        query = query.where((RawAnswer.received_at > at) | ((RawAnswer.received_at == at) & (RawAnswer.id > id_)))
    return query.order_by(RawAnswer.received_at, RawAnswer.id).limit(AT_ONCE)


def _again(
    deps: Deps,
    shop: ShopRef,
    row: RawAnswer,
    parcel: Parcel,
    result: TrackingResult,
    done: Replayed,
    *,
    dry_run: bool,
) -> None:
    done.parcels.add(parcel.shipment_id)
    origin = Origin(row.adapter, row.source, at=row.received_at, late=True)
    with deps.sessions.write(shop.id) as session:
        shipment, order = locked(session, parcel.shipment_id)
        before = shipment.status
        change = merge_one(session, deps, shop, shipment, order, result, origin)
        if change.visible:
            done.changed.add(parcel.shipment_id)
        if shipment.status != before:
            done.statuses[before, shipment.status] += 1
        if dry_run:
            session.rollback()
