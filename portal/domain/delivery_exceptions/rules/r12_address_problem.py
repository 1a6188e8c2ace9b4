"""R12: the carrier cannot find the address, or the recipient has moved."""

from __future__ import annotations

from portal.domain.delivery_exceptions.base import BOTH, Facts, Limits, Rule, Severity, Stage, Trouble, Words
from portal.domain.delivery_exceptions.evidence import FORWARD, Seen, unresolved
from portal.domain.delivery_exceptions.limits import inputs
from portal.domain.words import N_

CODES = frozenset({"Exception_002", "Exception_007"})


class AddressProblem(Rule[Facts]):
    id = "R12"
    name = "address_problem"
    directions = BOTH
    suppressed_by = ("R17",)
    clears_when = "address_fixed_and_scanned"
    words = Words(
        staff=N_("%(carrier)s reports a problem with the address on %(reported_at)s. Ask the customer and correct it."),
        shopper=N_("%(carrier)s could not find your address. Please check it with us so that the parcel can go on."),
    )

    def trouble(self, facts: Facts, limits: Limits) -> Trouble | None:
        """At once; gone when the parcel arrives, the carrier says solved, or it moves after the address was fixed."""
        said = unresolved(facts, lambda _, code: code in CODES)
        if not said or _fixed(facts, said[-1]):
            return None
        given = inputs(reported_at=said[0].at, code=said[-1].substatus, carrier=facts.carrier)
        return Trouble(said[0].at, said[-1].cause, (Stage(said[0].at, Severity.HIGH),), given)


def _fixed(facts: Facts, last: Seen) -> bool:
    fixed = facts.address_fixed_at
    if fixed is None or fixed < last.at:
        return False
    return any(scan.at > fixed and scan.status in FORWARD for scan in facts.scans)


RULE = AddressProblem()
