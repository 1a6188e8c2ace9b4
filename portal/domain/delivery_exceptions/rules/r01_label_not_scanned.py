"""R01: a label was made and the parcel never got its first scan."""

from __future__ import annotations

from carriers.model import Status
from portal.domain.delivery_exceptions.base import Facts, Limits, Rule, Severity, Trouble, Words
from portal.domain.delivery_exceptions.clocks import stalled
from portal.domain.delivery_exceptions.limits import defaults, inputs, number
from portal.domain.words import N_


class LabelNotScanned(Rule[Facts]):
    id = "R01"
    name = "label_not_scanned"
    suppressed_by = ("R20", "R29")
    clears_when = "first_scan"
    moot_when_cancelled = True
    normal = defaults(business_days=4, warn_business_days=2)
    vip = defaults(business_days=2, warn_business_days=0)
    words = Words(
        staff=N_(
            "The label was made on %(label_made_at)s and %(carrier)s has not scanned the parcel since. "
            "A first scan is expected within %(limit)s business days. Ask the warehouse whether it left."
        ),
        shopper=N_("Your parcel is packed, but %(carrier)s has not scanned it yet. We are checking where it is."),
    )

    def trouble(self, facts: Facts, limits: Limits) -> Trouble | None:
        """A warning first (where its limit is above 0), then the exception."""
        if facts.status is not Status.INFO_RECEIVED or facts.state.first_scan_at is not None:
            return None
        since, days, warn = facts.created_at, number(limits, "business_days"), number(limits, "warn_business_days")
        stages = stalled(facts, since, days, Severity.MEDIUM)
        if warn:
            stages = stalled(facts, since, warn, Severity.LOW) + stages
        given = inputs(label_made_at=since, carrier=facts.carrier, limit=days)
        return Trouble(since, "label", stages, given)


RULE = LabelNotScanned()
