"""When to ask the carrier again. Moments are aware UTC; the intervals are those of field notes e.12.

Asking ends by a flag of its own, never by a status: a parcel keeps its last known status when nobody asks any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from carriers.model import Status
from portal.domain.scans import RETURNED

PRESSING = timedelta(hours=2)  # a VIP's parcel, or one with an open case of high severity
CONFIRM = timedelta(hours=24)  # one more look after the end, since carriers take deliveries back
GIVE_UP_CONFIRMING = timedelta(hours=72)
FIRST_DAYS = timedelta(days=3)  # a number the carrier does not know yet is asked for often for this long
FAR_OFF = timedelta(days=3)
FIRST_RETRY = timedelta(minutes=15)
LONGEST_RETRY = timedelta(hours=12)
LONGEST_WAIT = timedelta(hours=24)  # whatever a carrier's Retry-After says
LONGEST_STRETCHED = timedelta(hours=72)  # however small a quota is
PUSHED_LESS = 4  # a parcel that its carrier pushes is asked about so many times less often: to make sure, not for news
LONGEST_PUSHED = timedelta(hours=12)
PUSHES_LAST = timedelta(days=4)  # without another push, asking is as often again as if there had been none
JITTER = 0.1

_EVERY = {
    Status.PENDING: timedelta(hours=6),
    Status.INFO_RECEIVED: timedelta(hours=6),
    Status.IN_TRANSIT: timedelta(hours=4),
    Status.OUT_FOR_DELIVERY: timedelta(minutes=30),
    Status.ATTEMPT_FAIL: timedelta(hours=3),
    Status.AVAILABLE_FOR_PICKUP: timedelta(hours=3),
    Status.EXCEPTION: timedelta(hours=4),
    Status.DELIVERED: CONFIRM,
    Status.EXPIRED: timedelta(hours=24),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PollFacts:
    """What the next poll depends on, as it stands after the present one. `errors` are failed polls in a row."""

    status: Status
    created_at: datetime  # when we began to ask, or the label's creation
    substatus: str | None = None
    status_at: datetime | None = None
    last_scan_at: datetime | None = None
    delivered_at: datetime | None = None
    eta_latest: date | None = None
    is_vip: bool = False
    pressing_case: bool = False  # an open delivery exception, high or critical
    errors: int = 0
    retry_after: float | None = None  # seconds, as the carrier asked
    pushed_at: datetime | None = None  # the last push about it
    stretch: float = 1.0  # usual waits times this fit the account's quota; another one for what is urgent
    stretch_urgent: float = 1.0
    silence_days: int = 30  # after this long without a sign of life, asking ends (60 where a post office carries)


@dataclass(frozen=True, slots=True)
class PollPlan:
    """`next_poll_at` is None exactly when tracking has ended. `silent` says that it ended for want of any news.

    `every` is the usual wait, unstretched; `urgent` parcels may use what is kept of a quota for them.
    """

    next_poll_at: datetime | None
    tracking_ended: bool = False
    silent: bool = False
    every: timedelta | None = None
    urgent: bool = False


def next_poll(facts: PollFacts, now: datetime, jitter: float = 0.0) -> PollPlan:
    """Plan the next poll. `jitter` lies in [-1, 1] and spreads the moment by up to a tenth of the wait."""
    end = _end(facts)
    if end is not None and now >= end + (GIVE_UP_CONFIRMING if facts.errors else CONFIRM):
        return PollPlan(None, tracking_ended=True)
    heard = max(facts.created_at, facts.last_scan_at or facts.created_at)
    if now - heard >= timedelta(days=facts.silence_days):
        return PollPlan(None, tracking_ended=True, silent=True)
    if facts.errors:
        return PollPlan(now + _retry(facts, jitter), every=_wait(facts, now), urgent=_urgent(facts))
    if end is not None:
        return PollPlan(end + CONFIRM + CONFIRM * JITTER * abs(jitter), every=CONFIRM)
    every, urgent = _wait(facts, now), _urgent(facts)
    stretched = max(every, min(every * (facts.stretch_urgent if urgent else facts.stretch), LONGEST_STRETCHED))
    return PollPlan(now + stretched * (1 + JITTER * jitter), every=every, urgent=urgent)


def _urgent(facts: PollFacts) -> bool:
    """What changes within the hour, and what somebody is waiting for."""
    return facts.status is Status.OUT_FOR_DELIVERY or facts.is_vip or facts.pressing_case


def _end(facts: PollFacts) -> datetime | None:
    """When the story ended: delivered, or back at the sender."""
    if facts.status is Status.DELIVERED:
        return facts.delivered_at or facts.status_at or facts.created_at
    return (facts.last_scan_at or facts.status_at) if facts.substatus == RETURNED else None


def _retry(facts: PollFacts, jitter: float) -> timedelta:
    """Back-off that doubles. What the carrier asked for is a minimum, so jitter only ever adds to it."""
    doublings = min(facts.errors - 1, 10)
    wait = min(FIRST_RETRY * (1 << doublings), LONGEST_RETRY)
    asked = min(timedelta(seconds=max(0.0, facts.retry_after or 0.0)), LONGEST_WAIT)
    return max(wait, asked) * (1 + JITTER * abs(jitter))


def _wait(facts: PollFacts, now: datetime) -> timedelta:
    wait = _unpushed_wait(facts, now)
    return max(wait, min(wait * PUSHED_LESS, LONGEST_PUSHED)) if _pushed(facts, now) else wait


def _unpushed_wait(facts: PollFacts, now: datetime) -> timedelta:
    if facts.status is Status.PENDING and now - facts.created_at >= FIRST_DAYS:
        return timedelta(hours=24)
    wait = _EVERY[facts.status]
    if facts.is_vip or facts.pressing_case:
        return min(wait, PRESSING)
    eta = facts.eta_latest
    far = facts.status is Status.IN_TRANSIT and eta is not None and eta - now.date() > FAR_OFF
    return timedelta(hours=12) if far else wait


def _pushed(facts: PollFacts, now: datetime) -> bool:
    return facts.pushed_at is not None and now - facts.pushed_at < PUSHES_LAST
