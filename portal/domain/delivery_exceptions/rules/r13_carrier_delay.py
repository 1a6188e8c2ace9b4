"""R13: the carrier says that something holds the parcel up: weather, a late flight, its own network, or no reason."""

from __future__ import annotations

from carriers.model import Status, Substatus
from portal.domain.business_days import end_of_day, next_business_day
from portal.domain.delivery_exceptions.base import BOTH, Facts, Limits, Rule, Stage, Trouble, Words
from portal.domain.delivery_exceptions.clocks import running
from portal.domain.delivery_exceptions.evidence import ARRIVED, unresolved
from portal.domain.delivery_exceptions.limits import defaults, inputs, number, severity
from portal.domain.words import N_

# Exceptions with a meaning of their own belong to other rules. All others are this one's: 001, 005, 014 to 017, 019,
# codes published after this was written, and an exception without a code.
ELSEWHERE = frozenset(f"Exception_{n:03}" for n in (2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 18, 20, 21))


class CarrierDelay(Rule[Facts]):
    id = "R13"
    name = "carrier_delay"
    directions = BOTH
    suppressed_by = ("R14", "R15", "R16", "R17", "R18")
    clears_when = "moving_again"
    normal = defaults(first_severity="medium", then_severity="high", business_days=1, forward_scans=2)
    vip = defaults(first_severity="high")
    words = Words(
        staff=N_("%(carrier)s reports a delay since %(reported_at)s (%(code)s). High when the next business day ends."),
        shopper=N_("%(carrier)s reports a delay. Your parcel is safe and will move on; we are watching it."),
    )

    def trouble(self, facts: Facts, limits: Limits) -> Trouble | None:
        """At once, and worse when the next business day ends without a solution."""
        forward, ends = int(number(limits, "forward_scans")), ARRIVED | {Status.ATTEMPT_FAIL}
        said = unresolved(facts, _delay, statuses=ends, forward=forward)
        if not said:
            return None
        since, day = said[0].at, said[0].at.astimezone(facts.destination_tz).date()
        for _ in range(int(number(limits, "business_days"))):
            day = next_business_day(day, facts.lane)
        deadline = running(end_of_day(day, facts.destination_tz), since, facts)
        stages = [Stage(since, severity(limits, "first_severity"))]
        stages += [Stage(at, severity(limits, "then_severity")) for at in deadline]
        given = inputs(reported_at=since, code=said[-1].substatus, carrier=facts.carrier)
        return Trouble(since, said[0].cause, tuple(stages), given)


def _delay(status: Status | None, code: Substatus | None) -> bool:
    return status is Status.EXCEPTION and code not in ELSEWHERE


RULE = CarrierDelay()
