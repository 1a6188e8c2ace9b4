"""Ask a carrier about claimed parcels, a few calls at a time. No session is open here."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from carriers.errors import CarrierError, ErrorKind
from carriers.model import TrackingResult
from portal.domain.carrier_accounts import AccountRef
from portal.domain.pacing import BREAK_AFTER
from portal.usecases.deps import Asked, Deps
from portal.usecases.tracking.claim import Claim, Group, batch_of

log = structlog.get_logger()

SLOTS = 8  # of one carrier: a slow one holds its own and nobody else's
BUDGET = timedelta(seconds=75)  # for a round of calls; with the last call and the writes it stays within a lease
# After these nothing more is asked of the account for now.
_STOPPING = frozenset({ErrorKind.AUTH, ErrorKind.RATE_LIMITED})
# What a carrier may say of a number; any other error of a number is a failed poll, and moves nothing.
_ABOUT_THE_NUMBER = frozenset({ErrorKind.NOT_FOUND, ErrorKind.INVALID_NUMBER})


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back for one claim: a result, or the error of the whole call. `answer` is its place in the call."""

    claim: Claim
    result: TrackingResult | None
    error: CarrierError | None
    asked: Asked | None = None
    answer: int | None = None


@dataclass(frozen=True, slots=True)
class Round:
    """How a round of calls went. `outcomes` are the calls' in their order; `left` was not asked about after all."""

    answered: list[Answered]
    left: list[Claim]
    outcomes: list[CarrierError | None]
    calls: int

    @property
    def unread(self) -> list[Answered]:
        return [a for a in self.answered if a.asked is not None and a.asked.unread is not None]


@dataclass(slots=True)
class _Watch:
    """Whether to go on: shared by the threads of one round."""

    deps: Deps
    ends: datetime
    stopped: bool = False
    failures: int = 0
    outcomes: list[CarrierError | None] = field(default_factory=list)
    calls: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def may_ask(self) -> bool:
        return not self.stopped and self.deps.wall() < self.ends

    def note(self, asked: Asked) -> None:
        error = asked.error
        with self.lock:
            self.calls += asked.calls
            self.outcomes.append(error)
            failed = error is not None and error.kind in (ErrorKind.SERVER_ERROR, ErrorKind.MALFORMED)
            self.failures = self.failures + 1 if failed else 0
            waits = error is not None and (error.kind in _STOPPING or error.retry_after is not None)
            self.stopped = self.stopped or waits or self.failures >= BREAK_AFTER


def ask_all(deps: Deps, group: Group, claims: Sequence[Claim]) -> Round:
    """Ask about all of them in batches, side by side, until the account has to be left alone."""
    account = group.account
    if account is None:
        error = CarrierError(ErrorKind.AUTH, f"no account for {group.carrier}", sent=False)
        return Round([Answered(c, None, error) for c in claims], [], [error] * len(claims), 0)
    size = batch_of(deps, group)
    batches = [claims[start : start + size] for start in range(0, len(claims), size)]
    watch = _Watch(deps, deps.wall() + BUDGET)

    def one(batch: Sequence[Claim]) -> Asked | None:
        if not watch.may_ask():
            return None
        asked = ask(deps, account, group.carrier, batch)
        watch.note(asked)
        return asked

    with ThreadPoolExecutor(max_workers=min(SLOTS, len(batches)), thread_name_prefix=group.carrier) as pool:
        found = list(pool.map(one, batches))
    answered = [
        a for batch, asked in zip(batches, found, strict=True) if asked is not None for a in sort_out(batch, asked)
    ]
    left = [c for batch, asked in zip(batches, found, strict=True) if asked is None for c in batch]
    return Round(answered, left, watch.outcomes, watch.calls)


def ask(deps: Deps, account: AccountRef, carrier: str, claims: Sequence[Claim]) -> Asked:
    """One call, or what an adapter needs for one batch. An adapter that stumbles spoils this batch and no other."""
    try:
        return deps.carriers.track(account, carrier, [c.tracking_number for c in claims])
    except Exception:
        log.exception("poll.adapter_failed", carrier=carrier, adapter=account.adapter)
        return Asked([], CarrierError(ErrorKind.MALFORMED, "the adapter could not read the answer"))


def sort_out(claims: Sequence[Claim], asked: Asked) -> list[Answered]:
    """Which answer is whose. A number the answers leave out counts as malformed."""
    if asked.error is not None:
        return [Answered(c, None, asked.error, asked) for c in claims]
    found = {r.tracking_number: (r, n) for n, (_, results) in enumerate(asked.answers) for r in results}
    if len(claims) == 1 and len(found) == 1:
        return [_answered(claims[0], next(iter(found.values())), asked)]
    return [_answered(c, found.get(c.tracking_number), asked) for c in claims]


def _answered(claimed: Claim, found: tuple[TrackingResult, int] | None, asked: Asked) -> Answered:
    if found is None:
        error = CarrierError(ErrorKind.MALFORMED, "the answer leaves this number out")
        return Answered(claimed, None, error, asked)
    result, answer = found
    if result.error is not None and not result.checkpoints and result.error.kind not in _ABOUT_THE_NUMBER:
        return Answered(claimed, None, result.error, asked, answer)
    return Answered(claimed, result, None, asked, answer)
