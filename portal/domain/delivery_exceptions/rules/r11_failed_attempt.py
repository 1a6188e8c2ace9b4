"""R11: the courier came and could not deliver; a second time is serious."""

from __future__ import annotations

from portal.domain.delivery_exceptions.base import Facts, Limits, Rule, Stage, Trouble, Words
from portal.domain.delivery_exceptions.evidence import ARRIVED
from portal.domain.delivery_exceptions.limits import defaults, inputs, severity
from portal.domain.scans import attempt_times
from portal.domain.words import N_


class FailedAttempt(Rule[Facts]):
    id = "R11"
    name = "failed_attempt"
    suppressed_by = ("R17",)
    clears_when = "delivered_or_at_pickup"
    normal = defaults(first_severity="low", second_severity="high")
    vip = defaults(first_severity="medium")
    words = Words(
        staff=N_("%(carrier)s could not deliver; attempts so far: %(attempts)s, the last on %(last_attempt_at)s."),
        shopper=N_("%(carrier)s tried to deliver on %(last_attempt_at)s and could not. They usually try again."),
    )

    def trouble(self, facts: Facts, limits: Limits) -> Trouble | None:
        """Counts one attempt a local day; lasts until the parcel is delivered or waits at a pick-up point."""
        tries = attempt_times(facts.scans)
        if not tries or facts.status in ARRIVED:
            return None
        stages = [Stage(tries[0], severity(limits, "first_severity"))]
        if len(tries) > 1:
            stages.append(Stage(tries[1], severity(limits, "second_severity")))
        given = inputs(attempts=len(tries), last_attempt_at=tries[-1], carrier=facts.carrier)
        return Trouble(tries[0], f"attempt:{len(tries)}", tuple(stages), given)


RULE = FailedAttempt()
