"""How often an account may be called: pace, quota and circuit breaker, as plain sums. Nothing here reads a clock."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta

BLOCK = timedelta(seconds=5)  # calls are taken in blocks that last this long at the account's pace
SLACK = timedelta(seconds=1)  # a block may be taken this long before the one before it is over
RESERVE = 0.1  # of a daily quota, kept for urgent parcels
MOST_SLOW = 64
SLOW_FOR = timedelta(minutes=5)  # without "too many requests", before the pace is doubled again
FIRST_THROTTLE = timedelta(seconds=30)  # where the carrier does not say how long to wait
BREAK_AFTER = 5  # failed calls in a row
FIRST_BREAK = timedelta(minutes=1)
LONGEST_BREAK = timedelta(minutes=30)
LONGEST_STRETCH = 72.0
URGENT_SHARE = 0.5  # of a quota, that urgent parcels may use before the others do


@dataclass(frozen=True, slots=True)
class Quota:
    """What an account may still do today."""

    calls_per_day: int | None
    used: int

    @property
    def reserve(self) -> int:
        return math.ceil((self.calls_per_day or 0) * RESERVE)

    @property
    def left(self) -> int | None:
        return None if self.calls_per_day is None else max(0, self.calls_per_day - self.used)

    def allows(self, wanted: int) -> tuple[int, bool]:
        """How many calls may be made, and whether only urgent parcels may have them."""
        if self.left is None:
            return wanted, False
        if self.left > self.reserve:
            return min(wanted, self.left - self.reserve), False
        return min(wanted, self.left), True


def block(calls_per_second: float, slowdown: int, wanted: int) -> int:
    """How many of `wanted` calls make one block; at least one."""
    return max(1, min(wanted, int(calls_per_second / max(1, slowdown) * BLOCK.total_seconds())))


def takes(calls_per_second: float, slowdown: int, calls: int) -> timedelta:
    """How long so many calls take at this pace."""
    return timedelta(seconds=calls * max(1, slowdown) / calls_per_second)


def break_for(opens: int) -> timedelta:
    """How long a breaker stays open the `opens`-th time in a row."""
    return min(FIRST_BREAK * (1 << min(max(0, opens - 1), 10)), LONGEST_BREAK)


@dataclass(frozen=True, slots=True)
class Demand:
    """Calls a day that the open parcels would need at their usual intervals."""

    usual: float
    urgent: float


@dataclass(frozen=True, slots=True)
class Stretch:
    """What usual waits are multiplied by; 1 where the quota is large enough."""

    usual: float = 1.0
    urgent: float = 1.0


def stretch(demand: Demand, quota: Quota, day_left: float) -> Stretch:
    """How far to stretch intervals so that what is left of the quota lasts for the rest of the day.

    `day_left` is the share of the day that is still to come. Urgent parcels come first, with up to half of the quota;
    what they leave is shared by the others.
    """
    if quota.calls_per_day is None:
        return Stretch()
    whole = quota.calls_per_day * (1 - RESERVE)
    left = whole - quota.used
    # Late in the day a little rest says little; then the whole day's sum holds, which is tomorrow's too.
    supply = left / day_left if left > 0 and day_left > 0.05 else whole
    if demand.usual + demand.urgent <= supply:
        return Stretch()
    for_urgent = max(supply * URGENT_SHARE, supply - demand.usual)
    urgent = max(1.0, demand.urgent / for_urgent)
    for_usual = supply - demand.urgent / urgent
    usual = max(1.0, demand.usual / for_usual) if for_usual > 0 else LONGEST_STRETCH
    return Stretch(min(usual, LONGEST_STRETCH), min(urgent, LONGEST_STRETCH))
