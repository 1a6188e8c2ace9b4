"""R14: customs keep the parcel, papers are missing, or somebody has to pay before it goes on."""

from __future__ import annotations

from carriers.model import Status
from portal.domain.delivery_exceptions.base import BOTH, Facts, Limits, Rule, Severity, Trouble, Words
from portal.domain.delivery_exceptions.clocks import stalled
from portal.domain.delivery_exceptions.evidence import ARRIVED, CUSTOMS_DONE, CUSTOMS_STARTED, unresolved
from portal.domain.delivery_exceptions.limits import defaults, inputs, number, other_words
from portal.domain.scans import PROBLEM_RESOLVED
from portal.domain.words import N_

HELD = frozenset({CUSTOMS_STARTED, "Exception_004", "Exception_006", "Exception_018"})
SHOPPER_ACTS = frozenset({"Exception_006", "Exception_018"})  # pay, or send papers
OVER = frozenset({CUSTOMS_DONE, PROBLEM_RESOLVED})


class CustomsOrPaymentHold(Rule[Facts]):
    id = "R14"
    name = "customs_or_payment_hold"
    directions = BOTH
    clears_when = "released"
    normal = defaults(business_days=2)
    vip = defaults(business_days=1)
    words = Words(
        staff=N_("Held in customs since %(held_at)s (%(code)s), longer than %(limit)s business days."),
        shopper=N_("Your parcel is with customs since %(held_at)s. You need to do nothing; we are watching it."),
    )
    variants = other_words(
        action=Words(
            staff=N_(
                "Held since %(held_at)s (%(code)s) until the customer pays or sends papers. Tell them what to do."
            ),
            shopper=N_("Your parcel waits for a payment or for papers from you. We will write to you what is needed."),
        ),
    )

    def trouble(self, facts: Facts, limits: Limits) -> Trouble | None:
        """After the limit; high when only the shopper can release it."""
        ends = ARRIVED | {Status.OUT_FOR_DELIVERY}
        said = unresolved(facts, lambda _, code: code in HELD, statuses=ends, codes=OVER)
        if not said:
            return None
        action = any(one.substatus in SHOPPER_ACTS for one in said)
        level, variant = (Severity.HIGH, "action") if action else (Severity.MEDIUM, "")
        since, days = said[0].at, number(limits, "business_days")
        given = inputs(held_at=since, code=said[-1].substatus, carrier=facts.carrier, limit=days)
        return Trouble(since, said[0].cause, stalled(facts, since, days, level, variant), given)


RULE = CustomsOrPaymentHold()
