"""R20: this parcel will never arrive: rejected by the carrier, cancelled, destroyed, or its label was cancelled."""

from __future__ import annotations

from portal.domain.delivery_exceptions.base import BOTH, Facts, Limits, Rule, Severity, Stage, Trouble, Words
from portal.domain.delivery_exceptions.evidence import seen
from portal.domain.delivery_exceptions.limits import inputs
from portal.domain.words import N_

CODES = frozenset({"Exception_009", "Exception_020", "Exception_021"})


class CancelledOrDisposed(Rule[Facts]):
    id = "R20"
    name = "cancelled_or_disposed"
    directions = BOTH
    clears_when = "replacement_made"
    ends_with_delivery = False
    words = Words(
        staff=N_(
            "The shipment was cancelled or disposed of on %(reported_at)s (%(code)s). Send a replacement or refund."
        ),
        shopper=N_("This parcel will not reach you. We will send another or return your money, and write to you."),
    )

    def trouble(self, facts: Facts, limits: Limits) -> Trouble | None:
        """At once. Another parcel sent in its place ends it, as it ends every rule that no person has to close."""
        said = seen(facts, CODES)
        if not (said or facts.label_cancelled):
            return None
        since, code = (said[0].at, said[-1].substatus) if said else (facts.created_at, "label")
        given = inputs(reported_at=since, code=code, carrier=facts.carrier)
        return Trouble(since, "gone", (Stage(since, Severity.HIGH),), given)


RULE = CancelledOrDisposed()
