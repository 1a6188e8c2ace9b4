"""R09: the estimated delivery moves away from the first one that was shown."""

from __future__ import annotations

from portal.domain.delivery_exceptions.base import Facts, Limits, Rule, Severity, Stage, Trouble, Words
from portal.domain.delivery_exceptions.limits import defaults, inputs, number
from portal.domain.words import N_


class EtaSlipping(Rule[Facts]):
    id = "R09"
    name = "eta_slipping"
    suppressed_by = ("R08",)
    clears_when = "estimate_back"
    moot_when_cancelled = True
    normal = defaults(days=2)
    vip = defaults(days=1)
    words = Words(
        staff=N_(
            "%(carrier)s first expected delivery on %(eta_first_on)s and now expects %(eta_on)s: "
            "%(days)s days later. From %(limit)s days on this counts."
        ),
        shopper=N_("The delivery date moved from %(eta_first_on)s to %(eta_on)s."),
    )

    def trouble(self, facts: Facts, limits: Limits) -> Trouble | None:
        """As soon as the difference reaches the limit; a parcel that was tried or waits for pick-up is past estimates."""
        first, latest = facts.eta_first, facts.eta_latest
        if first is None or latest is None or facts.state.first_attempt_at is not None:
            return None
        days = (latest - first).days
        if days < max(1, number(limits, "days")):
            return None
        since = facts.eta_changed_at or facts.created_at
        given = inputs(eta_first_on=first, eta_on=latest, days=days)
        given |= inputs(carrier=facts.carrier, limit=limits["days"])
        return Trouble(since, f"eta:{latest}", (Stage(since, Severity.MEDIUM),), given)


RULE = EtaSlipping()
