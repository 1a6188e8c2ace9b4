"""Claim parcels to poll: a conditional update with a lease and a fence, so that two workers never share one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Delete, Select, Table, Update, case, delete, or_, select, update
from sqlalchemy.orm import Session

from portal.db.tables.shipments import PollQueueEntry, Shipment
from portal.usecases.deps import Deps

LEASE = timedelta(seconds=120)  # longer than a call's total deadline and the write after it
MAX_CLAIMS = 5  # a parcel whose poll killed its worker this often waits a day before it is tried again
PARKED_FOR = timedelta(hours=24)

_queue: Table = PollQueueEntry.__table__  # type: ignore[assignment]
_shipments: Table = Shipment.__table__  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Claim:
    """One parcel that is ours to poll until the lease ends. `fence` guards the write of the result."""

    shipment_id: int
    shop_id: int
    carrier: str
    tracking_number: str
    fence: int
    fingerprint: str | None


def due_carriers(deps: Deps, now: datetime) -> list[str]:
    """The carriers that have parcels due now."""
    with deps.sessions.read_system() as session:
        return list(session.scalars(select(_queue.c.carrier).where(_queue.c.next_poll_at <= now).distinct()))


def claim(deps: Deps, carrier: str, *, limit: int) -> list[Claim]:
    """Take at most `limit` parcels of `carrier` whose time has come. The transaction is over before anyone is asked."""
    now, wall = deps.clock(), deps.wall()
    with deps.sessions.write_system() as session:
        ids = list(session.scalars(_free(session, carrier, now, wall, limit)))
        if not ids:
            return []
        session.execute(
            update(_queue)
            .where(_queue.c.shipment_id.in_(ids))
            .values(
                lease_until=wall + LEASE,
                fence=_queue.c.fence + 1,
                claims=case((_queue.c.claims >= MAX_CLAIMS, 0), else_=_queue.c.claims + 1),
                # Counted before the work: a parcel that kills the process is put off instead of killing it for ever.
                next_poll_at=case((_queue.c.claims >= MAX_CLAIMS, now + PARKED_FOR), else_=_queue.c.next_poll_at),
            )
        )
        rows = session.execute(
            select(
                _queue.c.shipment_id,
                _queue.c.shop_id,
                _queue.c.carrier,
                _shipments.c.tracking_number,
                _queue.c.fence,
                _queue.c.fingerprint,
            )
            .join(_shipments, _shipments.c.id == _queue.c.shipment_id)
            .where(_queue.c.shipment_id.in_(ids), _queue.c.next_poll_at <= now)
        )
        return [Claim(*row) for row in rows]


def _free(session: Session, carrier: str, now: datetime, wall: datetime, limit: int) -> Select[tuple[int]]:
    due = (
        select(_queue.c.shipment_id)
        .where(
            _queue.c.carrier == carrier,
            _queue.c.next_poll_at <= now,
            or_(_queue.c.lease_until.is_(None), _queue.c.lease_until < wall),
        )
        .order_by(_queue.c.next_poll_at)
        .limit(limit)
    )
    # SQLite has one writer at a time already; PostgreSQL lets several workers claim side by side.
    return due.with_for_update(skip_locked=True) if session.get_bind().dialect.name == "postgresql" else due


def finish(session: Session, claimed: Claim, *, next_poll_at: datetime | None, fingerprint: str | None) -> bool:
    """Give the parcel back under its fence. False when another worker has taken it over: then write nothing."""
    mine = (PollQueueEntry.shipment_id == claimed.shipment_id, PollQueueEntry.fence == claimed.fence)
    statement: Delete | Update
    if next_poll_at is None:
        statement = delete(PollQueueEntry).where(*mine)
    else:
        statement = (
            update(PollQueueEntry)
            .where(*mine)
            .values(lease_until=None, claims=0, next_poll_at=next_poll_at, fingerprint=fingerprint)
        )
    result = session.execute(statement, execution_options={"synchronize_session": False})
    return bool(result.rowcount)  # type: ignore[attr-defined]
