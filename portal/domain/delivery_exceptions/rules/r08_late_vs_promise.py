"""R08: the promised day is over where the recipient lives, and nobody has even tried to deliver.

For a VIP it fires as soon as the carrier's own estimate says that the promise will be missed.
"""

from __future__ import annotations

from datetime import timedelta

from carriers.model import Status
from portal.domain.business_days import end_of_day
from portal.domain.delivery_exceptions.base import Facts, Limits, Rule, Severity, Stage, Trouble, Words
from portal.domain.delivery_exceptions.clocks import witnessed
from portal.domain.delivery_exceptions.limits import defaults, inputs, number, other_words
from portal.domain.words import N_


class LateVsPromise(Rule[Facts]):
    id = "R08"
    name = "late_vs_promise"
    clears_when = "delivered"
    moot_when_cancelled = True
    normal = defaults(extra_days=0, predicted=False)
    vip = defaults(predicted=True)
    words = Words(
        staff=N_("Promised for %(promised_on)s and not delivered. Tell the customer before the customer asks."),
        shopper=N_("Your parcel should have been with you on %(promised_on)s. We are sorry; we are looking into it."),
    )
    variants = other_words(
        predicted=Words(
            staff=N_(
                "Promised for %(promised_on)s, but %(carrier)s now expects %(eta_on)s. Act while it can be saved."
            ),
            shopper=N_("Your parcel will be later than we promised: %(carrier)s now expects %(eta_on)s."),
        ),
    )

    def trouble(self, facts: Facts, limits: Limits) -> Trouble | None:
        """At the end of the promised day; a first attempt within that day keeps the promise."""
        if facts.promised_on is None or facts.status is Status.AVAILABLE_FOR_PICKUP:
            return None
        last = facts.promised_on + timedelta(days=number(limits, "extra_days"))
        deadline, tried = end_of_day(last, facts.destination_tz), facts.state.first_attempt_at
        if tried is not None and tried <= deadline:
            return None
        stages = tuple(Stage(moment, Severity.HIGH) for moment in witnessed(deadline, facts))
        since, eta = deadline, facts.eta_latest
        if limits["predicted"] and eta is not None and eta > last:
            since = min(deadline, facts.eta_changed_at or facts.created_at)
            stages = (Stage(since, Severity.HIGH, "predicted"), *stages)
        given = inputs(promised_on=facts.promised_on, eta_on=eta, carrier=facts.carrier)
        return Trouble(since, f"promise:{facts.promised_on}", stages, given)


RULE = LateVsPromise()
