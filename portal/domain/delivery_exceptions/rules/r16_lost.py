"""R16: the carrier says the parcel is lost, or it has been silent for so long that it must be."""

from __future__ import annotations

from portal.domain.delivery_exceptions.base import BOTH, Facts, Limits, Rule, Severity, Stage, Trouble, Words
from portal.domain.delivery_exceptions.clocks import stalled
from portal.domain.delivery_exceptions.evidence import ARRIVED, seen
from portal.domain.delivery_exceptions.limits import defaults, inputs, number, other_words
from portal.domain.words import N_

REPORTED = "Exception_013"
OVER = frozenset({"Exception_011", "Exception_020", "Exception_021"})  # its end is known


class Lost(Rule[Facts]):
    id = "R16"
    name = "lost"
    directions = BOTH
    suppressed_by = ("R29",)
    clears_when = "new_scan"
    normal = defaults(business_days_domestic=10, business_days_international=20)
    vip = defaults(business_days_domestic=7, business_days_international=14)
    words = Words(
        staff=N_(
            "No scan since %(last_scan_at)s: %(limit)s business days. Treat as lost: claim, and resend or refund."
        ),
        shopper=N_("Your parcel has not been seen since %(last_scan_at)s. We will make it good and write to you."),
    )
    variants = other_words(
        reported=Words(
            staff=N_(
                "%(carrier)s reported the parcel as lost on %(last_scan_at)s. File a claim, and resend or refund."
            ),
            shopper=N_("%(carrier)s reports that your parcel is lost. We will make it good and write to you about it."),
        ),
    )

    def trouble(self, facts: Facts, limits: Limits) -> Trouble | None:
        """At once when reported; else after the limit of the lane."""
        since = facts.state.last_scan_at
        if since is None or facts.status in ARRIVED or facts.substatus in OVER:
            return None
        days = number(limits, "business_days_domestic" if facts.domestic else "business_days_international")
        stages = stalled(facts, since, days, Severity.CRITICAL)
        if facts.substatus == REPORTED:
            stages = (Stage(seen(facts, frozenset({REPORTED}))[-1].at, Severity.CRITICAL, "reported"),)
        given = inputs(last_scan_at=since, carrier=facts.carrier, limit=days)
        return Trouble(since, f"scan:{since.isoformat()}", stages, given)


RULE = Lost()
