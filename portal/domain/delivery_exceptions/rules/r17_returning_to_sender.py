"""R17: the parcel is on its way back to the sender, or is there already."""

from __future__ import annotations

from portal.domain.delivery_exceptions.base import BOTH, Facts, Limits, Rule, Severity, Stage, Trouble, Words
from portal.domain.delivery_exceptions.evidence import seen
from portal.domain.delivery_exceptions.limits import inputs
from portal.domain.words import N_

CODES = frozenset({"Exception_010", "Exception_011"})


class ReturningToSender(Rule[Facts]):
    id = "R17"
    name = "returning_to_sender"
    directions = BOTH
    clears_when = "staff_outcome"
    staff_only = True
    ends_with_delivery = False
    words = Words(
        staff=N_(
            "%(carrier)s is sending the parcel back since %(reported_at)s. Find out why, and agree with the customer what happens."
        ),
        shopper=N_("Your parcel is on its way back to us. We will write to you about what happens next."),
    )

    def trouble(self, facts: Facts, limits: Limits) -> Trouble | None:
        """At once, also after a delivery, and until a person has dealt with it."""
        said = seen(facts, CODES)
        if not said:
            return None
        given = inputs(reported_at=said[0].at, code=said[-1].substatus, carrier=facts.carrier)
        return Trouble(said[0].at, "turned_back", (Stage(said[0].at, Severity.HIGH),), given)


RULE = ReturningToSender()
