"""The clocks of the rules: silence is counted in business days of the lane, and not while a feed is down."""

from __future__ import annotations

from datetime import datetime

from portal.domain.business_days import add_business_days
from portal.domain.delivery_exceptions.base import Facts, Severity, Stage


def stalled(facts: Facts, since: datetime, days: float, severity: Severity, variant: str = "") -> tuple[Stage, ...]:
    """The stage reached when `days` business days have passed since `since`; empty while the clock stands still."""
    deadline = add_business_days(since, days, facts.lane, facts.destination_tz)
    return tuple(Stage(moment, severity, variant) for moment in running(deadline, since, facts))


def running(deadline: datetime, since: datetime, facts: Facts) -> tuple[datetime, ...]:
    """The deadline of a clock that stood still while the feed was down; empty while it stands still now."""
    for outage in sorted(facts.outages, key=lambda o: o.start):
        if outage.start >= deadline or (outage.end is not None and outage.end <= since):
            continue
        if outage.end is None:
            return ()
        deadline += outage.end - max(outage.start, since)
    return (deadline,)


def witnessed(deadline: datetime, facts: Facts) -> tuple[datetime, ...]:
    """A fixed deadline that cannot be judged while the feed is down: it then waits for the feed's return."""
    for outage in facts.outages:
        if outage.start <= deadline and (outage.end is None or deadline < outage.end):
            return (outage.end,) if outage.end else ()
    return (deadline,)
