"""Claim parcels to poll: a conditional update with a lease and a fence, so that two workers never share one."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Delete, Select, Table, Update, case, delete, or_, select, true, update
from sqlalchemy.orm import Session

from portal.db.tables.shipments import PollQueueEntry, Shipment
from portal.domain.carrier_accounts import AccountRef, choose
from portal.usecases.carriers.pace import Grant, allowed, spend, state_of
from portal.usecases.deps import Deps

LEASE = timedelta(seconds=120)  # longer than a round of calls and the writes after it
MAX_CLAIMS = 5  # a parcel whose poll killed its worker this often waits a day before it is tried again
PARKED_FOR = timedelta(hours=24)
SOON = timedelta(minutes=10)

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


@dataclass(frozen=True, slots=True)
class Group:
    """Parcels of one carrier that are asked about with one account. `shops` None: those of all shops."""

    account: AccountRef | None
    carrier: str
    shops: frozenset[int] | None = None

    @property
    def name(self) -> str:
        return f"{self.account.key if self.account else '-'} {self.carrier}"


@dataclass(frozen=True, slots=True)
class Taken:
    """Parcels and the calls that may be made for them, taken together. `full`: there may be more."""

    claims: list[Claim]
    grant: Grant
    calls: int = 0
    full: bool = False


def due_groups(deps: Deps, now: datetime) -> list[Group]:
    """What is due now, by carrier and account: answers about one account's parcels never mix with another's."""
    with deps.sessions.read_system() as session:
        due = session.execute(
            select(_queue.c.carrier, _queue.c.shop_id).where(_queue.c.next_poll_at <= now).distinct()
        ).all()
    return groups_of(deps.carriers.accounts() if due else [], [(carrier, shop_id) for carrier, shop_id in due])


def groups_of(accounts: Sequence[AccountRef], due: Iterable[tuple[str, int]]) -> list[Group]:
    """Pairs of carrier and shop, sorted by the account they are asked with."""
    found: dict[tuple[str, str | None], tuple[AccountRef | None, set[int]]] = {}
    for carrier, shop_id in due:
        account = choose(accounts, shop_id, carrier)
        found.setdefault((carrier, account.key if account else None), (account, set()))[1].add(shop_id)
    # Where no shop has an account of its own, naming the shops would only cost time.
    several = any(account.shop_id is not None for account in accounts)
    return [
        Group(account, carrier, frozenset(shops) if several else None)
        for (carrier, _), (account, shops) in found.items()
    ]


def take(deps: Deps, group: Group, *, limit: int) -> Taken:
    """Claim parcels and take the calls to ask about them, in one transaction that is over before anyone is asked."""
    account = group.account
    if account is None:
        claims = claim(deps, group.carrier, limit=limit, shops=group.shops)
        return Taken(claims, Grant(0, why_not="no account"), full=len(claims) == limit)
    batch, wall = batch_of(deps, group), deps.wall()
    with deps.sessions.write_system() as session:
        state = state_of(session, account)
        grant = allowed(state, account, wall, math.ceil(limit / batch))
        if not grant.calls:
            return Taken([], grant)
        most = min(limit, grant.calls * batch)
        claims = _claim(session, deps, group.carrier, most, group.shops, urgent_only=grant.urgent_only, fill=batch)
        calls = math.ceil(len(claims) / batch)
        if claims:
            spend(state, account, wall, calls=calls, parcels=len(claims))
    return Taken(claims, grant, calls, full=len(claims) >= most)


def batch_of(deps: Deps, group: Group) -> int:
    """Tracking numbers in one call with the group's account."""
    return max(1, deps.carriers.info(group.account.adapter if group.account else group.carrier).batch)


def claim(deps: Deps, carrier: str, *, limit: int, shops: Collection[int] | None = None) -> list[Claim]:
    """Take at most `limit` parcels of `carrier` whose time has come. The transaction is over before anyone is asked."""
    with deps.sessions.write_system() as session:
        return _claim(session, deps, carrier, limit, shops)


def _claim(
    session: Session,
    deps: Deps,
    carrier: str,
    limit: int,
    shops: Collection[int] | None,
    *,
    urgent_only: bool = False,
    fill: int = 1,
) -> list[Claim]:
    now, wall = deps.clock(), deps.wall()
    mine = true() if shops is None else _queue.c.shop_id.in_(shops)
    pressing = _queue.c.urgent if urgent_only else true()
    ids: list[int] = list(session.scalars(_free(session, carrier, now, wall, limit).where(mine, pressing)))
    if not ids:
        return []
    if room := -len(ids) % fill:  # a call that is made anyway takes along what falls due in a moment
        soon = _free(session, carrier, now + SOON, wall, room).where(mine, pressing, _queue.c.next_poll_at > now)
        ids += session.scalars(soon)
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
    return _claimed(session, ids, now)


def _claimed(session: Session, ids: Sequence[int], now: datetime) -> list[Claim]:
    """The claims, without the parcels that are put off; what has waited longest is asked first."""
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
        .where(_queue.c.shipment_id.in_(ids), _queue.c.next_poll_at <= now + SOON)
        .order_by(_queue.c.next_poll_at, _queue.c.shipment_id)
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


@dataclass(frozen=True, slots=True)
class Finish:
    """How a claimed parcel is given back. `next_poll_at` None: its tracking has ended."""

    claim: Claim
    next_poll_at: datetime | None
    fingerprint: str | None
    every_seconds: int | None = None
    urgent: bool = False


def ours(session: Session, claims: Sequence[Claim]) -> set[int]:
    """Which of the claimed parcels no other worker has taken over, locked until the transaction ends."""
    wanted = {c.shipment_id: c.fence for c in claims}
    rows = session.execute(
        select(PollQueueEntry.shipment_id, PollQueueEntry.fence)
        .where(PollQueueEntry.shipment_id.in_(wanted))
        .order_by(PollQueueEntry.shipment_id)
        .with_for_update()
    )
    return {shipment_id for shipment_id, fence in rows if wanted[shipment_id] == fence}


def finish(session: Session, done: Sequence[Finish]) -> None:
    """Give back parcels that are `ours`, in as few statements as possible."""
    over = [f.claim.shipment_id for f in done if f.next_poll_at is None]
    if over:
        _run(session, delete(PollQueueEntry).where(PollQueueEntry.shipment_id.in_(over)))
    going_on = [
        {
            "shipment_id": f.claim.shipment_id,
            "lease_until": None,
            "claims": 0,
            "next_poll_at": f.next_poll_at,
            "fingerprint": f.fingerprint,
            "every_seconds": f.every_seconds,
            "urgent": f.urgent,
        }
        for f in done
        if f.next_poll_at is not None
    ]
    if going_on:
        session.execute(update(PollQueueEntry), going_on)


def give_back(deps: Deps, claims: Sequence[Claim], **values: Any) -> None:
    """Parcels that were not asked about after all keep their place in the queue, unless `values` say otherwise."""
    if not claims:
        return
    with deps.sessions.write_system() as session:
        mine = ours(session, claims)
        statement = update(PollQueueEntry).where(PollQueueEntry.shipment_id.in_(mine))
        _run(session, statement.values(lease_until=None, claims=0, **values))


def _run(session: Session, statement: Delete | Update) -> None:
    session.execute(statement, execution_options={"synchronize_session": False})
