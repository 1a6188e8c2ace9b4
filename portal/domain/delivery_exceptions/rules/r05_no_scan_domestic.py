"""R05: a parcel inside one country is on its way and nobody has scanned it for too long."""

from __future__ import annotations

from carriers.model import Status
from portal.domain.delivery_exceptions.base import BOTH, Facts, Limits, Rule, Severity, Trouble, Words
from portal.domain.delivery_exceptions.clocks import stalled
from portal.domain.delivery_exceptions.limits import defaults, inputs, number
from portal.domain.words import N_


class NoScanDomestic(Rule[Facts]):
    id = "R05"
    name = "no_scan_domestic"
    directions = BOTH
    suppressed_by = ("R13", "R14", "R15", "R16", "R17", "R18", "R29")
    clears_when = "new_scan"
    normal = defaults(business_days=3)
    vip = defaults(business_days=2)
    words = Words(
        staff=N_(
            "The last scan by %(carrier)s was on %(last_scan_at)s; inside one country "
            "%(limit)s business days without one is too long. Ask the carrier to trace the parcel."
        ),
        shopper=N_("Your parcel has not been scanned since %(last_scan_at)s. We have asked where it is."),
    )

    def trouble(self, facts: Facts, limits: Limits) -> Trouble | None:
        """Medium at the limit, high at twice the limit."""
        since = facts.state.last_scan_at
        if facts.status is not Status.IN_TRANSIT or not facts.domestic or since is None:
            return None
        days = number(limits, "business_days")
        stages = stalled(facts, since, days, Severity.MEDIUM) + stalled(facts, since, 2 * days, Severity.HIGH)
        given = inputs(last_scan_at=since, carrier=facts.carrier, limit=days)
        return Trouble(since, f"scan:{since.isoformat()}", stages, given)


RULE = NoScanDomestic()
