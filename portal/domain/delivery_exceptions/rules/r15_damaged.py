"""R15: the carrier reports damage."""

from __future__ import annotations

from portal.domain.delivery_exceptions.base import BOTH, Facts, Limits, Rule, Severity, Stage, Trouble, Words
from portal.domain.delivery_exceptions.evidence import seen
from portal.domain.delivery_exceptions.limits import inputs
from portal.domain.words import N_

CODES = frozenset({"Exception_012"})


class Damaged(Rule[Facts]):
    id = "R15"
    name = "damaged"
    directions = BOTH
    clears_when = "staff_outcome"
    staff_only = True
    ends_with_delivery = False
    words = Words(
        staff=N_(
            "%(carrier)s reports damage on %(reported_at)s. Offer a replacement or the money back, and file a claim."
        ),
        shopper=N_("%(carrier)s reports that your parcel was damaged. We will make it good and write to you about it."),
    )

    def trouble(self, facts: Facts, limits: Limits) -> Trouble | None:
        """At once, and until a person has dealt with it, even if the parcel arrives."""
        said = seen(facts, CODES)
        if not said:
            return None
        given = inputs(reported_at=said[0].at, code=said[-1].substatus, carrier=facts.carrier)
        return Trouble(said[0].at, "damaged", (Stage(said[0].at, Severity.CRITICAL),), given)


RULE = Damaged()
