"""What an account may do now, decided in its row of the database: one row, one truth for all workers. Real time.

Calls are taken in blocks, one round trip a block and not one a call. A worker that dies with a block in its hands has
wasted a few calls of the quota, never exceeded it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy.orm import Session

from carriers.errors import CarrierError, ErrorKind
from portal.db.rows import locked_or_made
from portal.db.tables.carrier_accounts import AccountState
from portal.domain.carrier_accounts import AccountRef
from portal.domain.pacing import (
    BREAK_AFTER,
    FIRST_THROTTLE,
    MOST_SLOW,
    SLACK,
    SLOW_FOR,
    Quota,
    block,
    break_for,
    takes,
)

log = structlog.get_logger()

PROBE = timedelta(seconds=150)  # longer than a lease: a probe that nobody reports on is tried again
LONGEST_WAIT = timedelta(hours=24)
_FAILURES = frozenset({ErrorKind.SERVER_ERROR, ErrorKind.MALFORMED})


@dataclass(frozen=True, slots=True)
class Grant:
    """How many calls may be made now; `why_not` when there are none: paused, waiting, open, quota or pace."""

    calls: int
    urgent_only: bool = False
    why_not: str = ""


def state_of(session: Session, account: AccountRef) -> AccountState:
    """The account's row, locked until the transaction ends; made when it is not there yet."""
    fresh = AccountState(account=account.key, carrier=account.adapter, breaker="closed", day="", mark="")
    return locked_or_made(session, fresh, account.key)


def quota_of(state: AccountState, account: AccountRef, wall: datetime) -> Quota:
    """What is used up of today's calls."""
    return Quota(account.calls_per_day, state.calls if state.day == _day(wall) else 0)


def allowed(state: AccountState, account: AccountRef, wall: datetime, wanted: int) -> Grant:
    """How many of `wanted` calls may be made now. A breaker that has been open for long enough lets one call through."""
    if why_not := _closed(state, account, wall):
        return Grant(0, why_not=why_not)
    if state.next_call_at is not None and state.next_call_at - wall > SLACK:
        return Grant(0, why_not="pace")
    calls, urgent_only = quota_of(state, account, wall).allows(wanted)
    if not calls:
        return Grant(0, why_not="quota")
    probing = state.breaker != "closed"
    return Grant(1 if probing else block(account.calls_per_second, state.slowdown, calls), urgent_only)


def _closed(state: AccountState, account: AccountRef, wall: datetime) -> str:
    if state.paused_reason == "auth" and state.mark != account.mark:
        resume(state)  # other credentials than those that were refused
    if state.paused_at is not None:
        return "paused"
    if state.retry_at is not None and wall < state.retry_at:
        return "waiting"
    if state.breaker != "closed" and state.probe_at is not None and wall < state.probe_at:
        return "open"
    return ""


def resume(state: AccountState) -> None:
    """Call the account again, as if nothing had been wrong."""
    state.paused_at = state.paused_reason = state.paused_by = state.retry_at = None
    state.breaker, state.failures, state.opens, state.probe_at = "closed", 0, 0, None


def spend(state: AccountState, account: AccountRef, wall: datetime, *, calls: int, parcels: int) -> None:
    """Write down a block that is about to be called."""
    begins = max(wall, state.next_call_at or wall)
    state.next_call_at = begins + takes(account.calls_per_second, state.slowdown, calls)
    _new_day(state, wall)
    state.calls += calls
    state.parcels += parcels
    if state.breaker != "closed":
        state.breaker, state.probe_at = "half_open", wall + PROBE


@dataclass(frozen=True, slots=True)
class Report:
    """How a block went. `outcomes` are those of the calls that were made, in their order: an error, or None."""

    planned: int
    calls: int
    outcomes: Sequence[CarrierError | None]
    parcels_left: int = 0  # claimed, and not asked about after all


def settle(state: AccountState, account: AccountRef, report: Report, wall: datetime) -> bool:
    """Learn from a block. True when the account's credentials were refused and it is paused now, and was not before."""
    _new_day(state, wall)
    state.calls = max(0, state.calls + report.calls - report.planned)
    state.parcels = max(0, state.parcels - report.parcels_left)
    for error in report.outcomes:
        _count(state, error, wall)
    throttled = [e for e in report.outcomes if e is not None and _asks_to_wait(e)]
    if throttled:
        _slow_down(state, throttled, wall)
    elif state.slowdown > 1 and wall - (state.slowed_at or wall) >= SLOW_FOR:
        state.slowdown, state.slowed_at = state.slowdown // 2, wall
    return _pause_if_refused(state, account, report.outcomes, wall)


def _count(state: AccountState, error: CarrierError | None, wall: datetime) -> None:
    if error is None:
        state.last_ok_at, state.breaker, state.failures, state.opens = wall, "closed", 0, 0
        return
    state.last_failure_at, state.last_failure = wall, error.kind.value
    if error.kind not in _FAILURES:
        if state.breaker == "half_open":  # it answers again, whatever it says
            state.breaker, state.failures, state.opens = "closed", 0, 0
        return
    state.failures += 1
    if state.breaker == "half_open" or (state.breaker == "closed" and state.failures >= BREAK_AFTER):
        state.opens += 1
        state.breaker, state.opened_at = "open", state.opened_at if state.opens > 1 else wall
        state.probe_at = wall + break_for(state.opens)


def _asks_to_wait(error: CarrierError) -> bool:
    """Too many requests, or a Retry-After. Our own pace being used up (nothing sent) is no word of the carrier's."""
    return (error.kind is ErrorKind.RATE_LIMITED and error.sent) or (error.sent and error.retry_after is not None)


def _slow_down(state: AccountState, throttled: Sequence[CarrierError], wall: datetime) -> None:
    asked = max(error.retry_after or 0.0 for error in throttled)
    wait = min(timedelta(seconds=asked), LONGEST_WAIT) if asked else FIRST_THROTTLE * state.slowdown
    state.retry_at = max(state.retry_at or wall, wall + wait)
    state.slowdown, state.slowed_at = min(state.slowdown * 2, MOST_SLOW), wall


def _pause_if_refused(
    state: AccountState, account: AccountRef, outcomes: Sequence[CarrierError | None], wall: datetime
) -> bool:
    """A refusal beside answers concerns one number; refusals alone concern the credentials."""
    refused = any(e is not None and e.kind is ErrorKind.AUTH for e in outcomes)
    if not refused or any(e is None for e in outcomes) or state.paused_at is not None:
        return False
    state.paused_at, state.paused_reason, state.paused_by, state.mark = wall, "auth", "worker", account.mark
    log.error("account.paused", account=account.key, carrier=account.adapter, reason="auth")
    return True


def _new_day(state: AccountState, wall: datetime) -> None:
    if state.day != _day(wall):
        state.day, state.calls, state.parcels = _day(wall), 0, 0


def _day(wall: datetime) -> str:
    return wall.date().isoformat()
