"""R32: a carrier's pushes do not come, though polls find news of parcels that it should have pushed."""

from __future__ import annotations

from datetime import timedelta

from portal.domain.delivery_exceptions.base import FeedFacts, Limits, Rule, Severity, Stage, Trouble, Words
from portal.domain.delivery_exceptions.limits import defaults, inputs, number
from portal.domain.words import N_


class PushesSilent(Rule[FeedFacts]):
    id = "R32"
    name = "pushes_silent"
    subject = "feed"
    clears_when = "push"
    normal = defaults(hours=24, min_parcels=5)
    words = Words(
        staff=N_(
            "No push of %(carrier)s has come since %(heard_at)s, but polls have found news of %(parcels)s of its parcels. "
            "Check the address and the secret at the carrier. Its parcels are polled as often as without pushes."
        )
    )

    def trouble(self, facts: FeedFacts, limits: Limits) -> Trouble | None:
        """When enough parcels have moved without a push and hours have passed; over with the next push."""
        pushes = facts.pushes
        if pushes is None or pushes.missed < number(limits, "min_parcels"):
            return None
        silent = Stage(pushes.heard_at + timedelta(hours=number(limits, "hours")), Severity.SYSTEM)
        given = inputs(carrier=facts.carrier, heard_at=pushes.heard_at, parcels=pushes.missed)
        return Trouble(pushes.heard_at, f"silent:{pushes.heard_at.isoformat()}", (silent,), given)


RULE = PushesSilent()
