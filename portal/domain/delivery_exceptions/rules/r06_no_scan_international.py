"""R06: a parcel across a border is on its way and nobody has scanned it for too long; customs may take longer."""

from __future__ import annotations

from carriers.model import Status
from portal.domain.delivery_exceptions.base import BOTH, Facts, Limits, Rule, Severity, Trouble, Words
from portal.domain.delivery_exceptions.clocks import stalled
from portal.domain.delivery_exceptions.evidence import in_customs
from portal.domain.delivery_exceptions.limits import defaults, inputs, number
from portal.domain.words import N_


class NoScanInternational(Rule[Facts]):
    id = "R06"
    name = "no_scan_international"
    directions = BOTH
    suppressed_by = ("R14", "R29")
    clears_when = "new_scan"
    normal = defaults(business_days=5, business_days_in_customs=10)
    vip = defaults(business_days=4)
    words = Words(
        staff=N_(
            "The last scan by %(carrier)s was on %(last_scan_at)s; across a border "
            "%(limit)s business days without one is too long. Ask the carrier to trace the parcel."
        ),
        shopper=N_("Your parcel has not been scanned since %(last_scan_at)s. We have asked where it is."),
    )

    def trouble(self, facts: Facts, limits: Limits) -> Trouble | None:
        """Medium at the limit, high at twice the limit."""
        since = facts.state.last_scan_at
        if facts.status is not Status.IN_TRANSIT or facts.domestic or since is None:
            return None
        days = number(limits, "business_days_in_customs" if in_customs(facts) else "business_days")
        stages = stalled(facts, since, days, Severity.MEDIUM) + stalled(facts, since, 2 * days, Severity.HIGH)
        given = inputs(last_scan_at=since, carrier=facts.carrier, limit=days)
        return Trouble(since, f"scan:{since.isoformat()}", stages, given)


RULE = NoScanInternational()
