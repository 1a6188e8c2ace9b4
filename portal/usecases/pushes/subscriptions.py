"""Ask carriers for pushes, and again before they stop: for single numbers, or for all of an account (UPS: 14 days).

Calls count towards the account's pace and quota, which polls share. A failure is tried again later and later, and shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import or_, select, update

from carriers.base import AdapterInfo, PushTarget, Subscribes
from carriers.errors import CarrierError, ErrorKind
from portal.db.tables.pushes import PushEndpoint
from portal.domain.carrier_accounts import AccountRef, choose
from portal.errors import ConfigError
from portal.usecases.carriers import pace
from portal.usecases.deps import Deps, Subscribed
from portal.usecases.pushes.endpoints import target_of
from portal.usecases.pushes.numbers import Wanted, end, keep, over, wanted
from portal.usecases.pushes.scope import info_of

log = structlog.get_logger()

EVERY = timedelta(minutes=1)  # new parcels are subscribed about so soon; real time
CHECK_ACCOUNT = timedelta(hours=6)  # whether a subscription of the whole account still stands; real time
LEASE = timedelta(minutes=10)
BATCHES = 10  # in one run
FIRST_RETRY = timedelta(minutes=5)
LONGEST_RETRY = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class _Job:
    """An endpoint, what is asked for it with which account, and what the carrier is told."""

    endpoint_id: int
    shop_id: int | None
    info: AdapterInfo
    account: AccountRef
    target: PushTarget
    subscribed_at: datetime | None
    handle: str


def subscribe_due(deps: Deps) -> int:
    """Ask for the pushes that are missing or about to stop. Returns how many subscriptions were made or renewed."""
    accounts = deps.carriers.accounts()
    return sum(_work(deps, job, accounts) for job in _due(deps, accounts))


def _due(deps: Deps, accounts: Sequence[AccountRef]) -> list[_Job]:
    """Take the endpoints whose time has come; another worker leaves them alone meanwhile."""
    wall = deps.wall()
    free = or_(PushEndpoint.subscribe_at.is_(None), PushEndpoint.subscribe_at <= wall)
    with deps.sessions.write_system() as session:
        rows = session.scalars(
            select(PushEndpoint).where(PushEndpoint.state == "open", free).with_for_update(skip_locked=True)
        ).all()
        jobs = [job for row in rows if (job := _job(deps, row, accounts)) is not None]
        mine = {job.endpoint_id for job in jobs}
        for row in rows:
            row.subscribe_at = wall + (LEASE if row.id in mine else EVERY)
    return jobs


def _job(deps: Deps, row: PushEndpoint, accounts: Sequence[AccountRef]) -> _Job | None:
    info = info_of(deps, row.carrier)
    account = choose([a for a in accounts if a.adapter == row.carrier], row.shop_id, row.carrier)
    if info is None or info.subscribes is None or account is None:
        return None
    try:
        target = target_of(deps, row)
    except ConfigError:
        log.exception("push.key_missing", endpoint=row.id, carrier=row.carrier)
        return None
    return _Job(row.id, row.shop_id, info, account, target, row.subscribed_at, row.handle)


def _work(deps: Deps, job: _Job, accounts: Sequence[AccountRef]) -> int:
    try:
        if job.info.subscribes is Subscribes.ACCOUNT:
            return _whole_account(deps, job)
        return _numbers(deps, job, accounts)
    except _Failed as failed:
        _put_off(deps, job, failed)
        return failed.made


class _Failed(Exception):
    """A call that did not succeed, after `made` subscriptions. `ours`: the account may not be called now."""

    def __init__(self, error: CarrierError | None, made: int = 0) -> None:
        super().__init__()
        self.error, self.made = error, made


def _whole_account(deps: Deps, job: _Job) -> int:
    """Asking again makes sure that the subscription still stands: some carriers end one that was not answered well."""
    found = _ask(deps, job, [])
    handle = found.subscription.handle if found.subscription else ""
    new = job.subscribed_at is None or handle != job.handle
    since = {"subscribed_at": deps.clock(), "handle": handle} if new else {}
    _well(deps, job, CHECK_ACCOUNT, **since)
    return int(new)


def _numbers(deps: Deps, job: _Job, accounts: Sequence[AccountRef]) -> int:
    made = 0
    _end_over(deps, job)
    for _ in range(BATCHES):
        batch = _batch(deps, job, accounts)
        if not batch:
            break
        try:
            found = _ask(deps, job, list(dict.fromkeys(one.number for one in batch)))
        except _Failed as failed:
            raise _Failed(failed.error, made) from None
        refused = set(found.subscription.refused) if found.subscription else set()
        with deps.sessions.write_system() as session:
            keep(session, job.endpoint_id, batch, refused, deps.clock(), job.info.subscription_days)
        made += len(batch)
    _well(deps, job, EVERY, **({"subscribed_at": deps.clock()} if made else {}))
    return made


def _end_over(deps: Deps, job: _Job) -> None:
    with deps.sessions.read_system() as session:
        ids = over(session, job.endpoint_id)
    if ids:
        with deps.sessions.write_system() as session:
            end(session, ids)


def _batch(deps: Deps, job: _Job, accounts: Sequence[AccountRef]) -> list[Wanted]:
    with deps.sessions.read_system() as session:
        return wanted(
            session, job.endpoint_id, accounts, job.account, deps.clock(), limit=max(1, job.info.subscription_batch)
        )


def _ask(deps: Deps, job: _Job, numbers: list[str]) -> Subscribed:
    """One call, as far as the account's pace, quota and breaker allow. Raises _Failed."""
    wall = deps.wall()
    with deps.sessions.write_system() as session:
        state = pace.state_of(session, job.account)
        if not pace.allowed(state, job.account, wall, 1).calls:
            raise _Failed(None)
        pace.spend(state, job.account, wall, calls=1, parcels=0)
    found = _asked(deps, job, numbers)
    # That an account may not subscribe does not mean that it may not ask: that alone pauses nothing.
    barred = found.error is not None and found.error.kind is ErrorKind.AUTH
    outcomes = [found.error] if found.calls and not barred else []
    with deps.sessions.write_system() as session:
        report = pace.Report(1, found.calls, outcomes)
        pace.settle(pace.state_of(session, job.account), job.account, report, deps.wall())
    if found.error is not None:
        raise _Failed(found.error)
    return found


def _asked(deps: Deps, job: _Job, numbers: list[str]) -> Subscribed:
    try:
        return deps.carriers.subscribe(job.account, numbers, job.target)
    except Exception:
        log.exception("push.subscribing_stumbled", endpoint=job.endpoint_id, carrier=job.account.adapter)
        return Subscribed(None, CarrierError(ErrorKind.MALFORMED, "the adapter could not read the answer"))


def _well(deps: Deps, job: _Job, until_next: timedelta, **values: object) -> None:
    _write(deps, job, subscribe_at=deps.wall() + until_next, subscribe_failures=0, subscribe_error=None, **values)


def _put_off(deps: Deps, job: _Job, failed: _Failed) -> None:
    error, wall = failed.error, deps.wall()
    if error is None or not error.sent:  # the account rests: paused, out of quota, or at its pace
        _write(deps, job, subscribe_at=wall + EVERY)
        return
    with deps.sessions.write_system() as session:
        row = session.get_one(PushEndpoint, job.endpoint_id, with_for_update=True)
        wait = min(FIRST_RETRY * (1 << min(row.subscribe_failures, 10)), LONGEST_RETRY)
        asked = min(timedelta(seconds=error.retry_after or 0), LONGEST_RETRY)
        row.subscribe_failures += 1
        row.subscribe_error, row.subscribe_at = error.kind.value, wall + max(wait, asked)
    log.warning("push.not_subscribed", endpoint=job.endpoint_id, carrier=job.account.adapter, error=error.kind.value)


def _write(deps: Deps, job: _Job, **values: object) -> None:
    with deps.sessions.write_system() as session:
        session.execute(
            update(PushEndpoint)
            .where(PushEndpoint.id == job.endpoint_id)
            .values(**values)
            .execution_options(synchronize_session=False)
        )
