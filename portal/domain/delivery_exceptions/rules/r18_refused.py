"""R18: the recipient refused the parcel."""

from __future__ import annotations

from portal.domain.delivery_exceptions.base import BOTH, Facts, Limits, Rule, Severity, Stage, Trouble, Words
from portal.domain.delivery_exceptions.evidence import seen
from portal.domain.delivery_exceptions.limits import inputs
from portal.domain.words import N_

CODES = frozenset({"Exception_003"})


class Refused(Rule[Facts]):
    id = "R18"
    name = "refused"
    directions = BOTH
    suppressed_by = ("R17",)
    clears_when = "staff_outcome"
    staff_only = True
    ends_with_delivery = True
    words = Words(
        staff=N_("The delivery was refused on %(reported_at)s. Ask the customer whether that was meant."),
        shopper=N_("%(carrier)s reports that the delivery was refused. If that was not you, please tell us."),
    )

    def trouble(self, facts: Facts, limits: Limits) -> Trouble | None:
        """At once, and until a person has dealt with it."""
        said = seen(facts, CODES)
        if not said:
            return None
        given = inputs(reported_at=said[0].at, code=said[-1].substatus, carrier=facts.carrier)
        return Trouble(said[0].at, said[0].cause, (Stage(said[0].at, Severity.MEDIUM),), given)


RULE = Refused()
