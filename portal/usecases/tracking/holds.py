"""A person decides on answers that were held: they are merged after all, or thrown away. Business time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from carriers.errors import CarrierError
from portal.db.tables.raw_answers import HeldBatch, RawAnswer, RawAnswerParcel
from portal.db.tables.shipments import PollQueueEntry, Shipment
from portal.domain.words import N_
from portal.errors import Conflict, NotFound
from portal.usecases.deps import Deps
from portal.usecases.shops import find_shop
from portal.usecases.staff import audit
from portal.usecases.tracking.merge import merge_told
from portal.usecases.tracking.placing import Origin
from portal.usecases.tracking.reread import Parcel, about, parcels_of, reread

log = structlog.get_logger()
NO_BATCH = N_("There is no such batch of answers.")
DECIDED = N_("Somebody has decided on these answers already.")


@dataclass(frozen=True, slots=True)
class Held:
    """A batch that waits for a decision."""

    id: int
    account: str
    carrier: str
    held_at: datetime
    parcels: int
    open_parcels: int
    examples: tuple[tuple[int, str], ...]  # order id, tracking number


def list_held(deps: Deps) -> list[Held]:
    """What waits, the oldest first."""
    with deps.sessions.read_system() as session:
        rows = session.scalars(select(HeldBatch).where(HeldBatch.state == "held").order_by(HeldBatch.id)).all()
        return [_held(session, row) for row in rows]


def _held(session: Session, row: HeldBatch) -> Held:
    mine = (RawAnswer.hold_id == row.id, RawAnswerParcel.held)
    joined = select(func.count(RawAnswerParcel.shipment_id.distinct())).join(
        RawAnswer, RawAnswer.id == RawAnswerParcel.answer_id
    )
    examples = session.execute(
        select(Shipment.order_id, Shipment.tracking_number)
        .join(RawAnswerParcel, RawAnswerParcel.shipment_id == Shipment.id)
        .join(RawAnswer, RawAnswer.id == RawAnswerParcel.answer_id)
        .where(*mine)
        .distinct()
        .order_by(Shipment.order_id)
        .limit(5)
    )
    return Held(
        id=row.id,
        account=row.account,
        carrier=row.carrier,
        held_at=row.held_at,
        parcels=session.scalar(joined.where(*mine)) or 0,
        open_parcels=row.open_parcels,
        examples=tuple((order_id, number) for order_id, number in examples),
    )


def release(deps: Deps, hold_id: int, *, actor: str) -> int:
    """The answers are right: merge them, the newest of each parcel. Returns how many parcels changed.

    A parcel whose answer cannot be read again is asked about again at once. Raises NotFound, Conflict.
    """
    waiting = _decide(deps, hold_id, "released", actor)
    changed = 0
    for row, parcel in waiting:
        changed += _merge(deps, row, parcel)
    return changed


def discard(deps: Deps, hold_id: int, *, actor: str) -> int:
    """The answers are wrong: forget them, and ask about their parcels again at once. Raises NotFound, Conflict."""
    waiting = _decide(deps, hold_id, "discarded", actor)
    _ask_again(deps, [parcel.shipment_id for _, parcel in waiting])
    return len(waiting)


def _decide(deps: Deps, hold_id: int, state: str, actor: str) -> list[tuple[RawAnswer, Parcel]]:
    """Write the decision down, once. Returns the newest held answer of each parcel."""
    with deps.sessions.write_system() as session:
        hold = session.get(HeldBatch, hold_id, with_for_update=True)
        if hold is None:
            raise NotFound(NO_BATCH)
        if hold.state != "held":
            raise Conflict(DECIDED)
        hold.state, hold.decided_at, hold.decided_by = state, deps.clock(), actor
        newest: dict[int, tuple[RawAnswer, Parcel]] = {}
        for row in session.scalars(select(RawAnswer).where(RawAnswer.hold_id == hold_id).order_by(RawAnswer.id)):
            for parcel in parcels_of(session, row, held=True):
                newest[parcel.shipment_id] = (row, parcel)
        audit.record(
            session,
            deps,
            actor=actor,
            action=f"answers_{state}",
            subject=f"held batch {hold_id}",
            shop_id=None,
            details={"carrier": hold.carrier, "parcels": len(newest)},
        )
    return list(newest.values())


def _merge(deps: Deps, row: RawAnswer, parcel: Parcel) -> bool:
    try:
        result = about(parcel, row, reread(deps, row))
        if result is not None:
            origin = Origin(row.adapter, row.source, at=row.received_at)
            return merge_told(deps, find_shop(deps, shop_id=parcel.shop_id), parcel.shipment_id, result, origin)
    except CarrierError as error:
        log.warning("release.unreadable", answer=row.id, error=error.kind.value)
    except Exception:  # the decision stands, and the others are not to suffer for this one
        log.exception("release.failed", answer=row.id, shipment=parcel.shipment_id)
    _ask_again(deps, [parcel.shipment_id])
    return False


def _ask_again(deps: Deps, shipments: Iterable[int]) -> None:
    with deps.sessions.write_system() as session:
        session.execute(
            update(PollQueueEntry)
            .where(PollQueueEntry.shipment_id.in_(list(shipments)))
            .values(next_poll_at=deps.clock()),
            execution_options={"synchronize_session": False},
        )
