"""R19: the parcel waits at a pick-up point and will soon go back."""

from __future__ import annotations

from datetime import datetime, timedelta

from carriers.model import Status
from portal.domain.business_days import end_of_day
from portal.domain.delivery_exceptions.base import Facts, Limits, Rule, Severity, Stage, Trouble, Words
from portal.domain.delivery_exceptions.limits import defaults, inputs, number, other_words
from portal.domain.words import N_

MISSED = "Exception_008"


class PickupExpiring(Rule[Facts]):
    id = "R19"
    name = "pickup_expiring"
    clears_when = "collected"
    normal = defaults(days=3, hold_days=7, days_before_limit=1)
    vip = defaults(days=2)
    words = Words(
        staff=N_("Waiting at a pick-up point since %(waiting_at)s; kept until %(keep_until_at)s. Remind the customer."),
        shopper=N_("Your parcel is waiting for you since %(waiting_at)s. Please collect it before it goes back."),
    )
    variants = other_words(
        missed=Words(
            staff=N_("Not collected in time, says %(carrier)s on %(waiting_at)s. It goes back unless somebody acts."),
            shopper=N_("Your parcel was not collected in time. Please tell us whether we should send it again."),
        ),
    )

    def trouble(self, facts: Facts, limits: Limits) -> Trouble | None:
        """Low after some days, high a day before it goes back (by the usual time where the carrier gives none)."""
        since = facts.status_at
        given = inputs(waiting_at=since, carrier=facts.carrier)
        if facts.substatus == MISSED:
            return Trouble(since, "missed", (Stage(since, Severity.HIGH, "missed"),), given)
        if facts.status is not Status.AVAILABLE_FOR_PICKUP:
            return None
        until = _kept_until(facts, since, limits)
        warned = until - timedelta(days=number(limits, "days_before_limit"))
        stages = (Stage(since + timedelta(days=number(limits, "days")), Severity.LOW), Stage(warned, Severity.HIGH))
        return Trouble(since, f"pickup:{since.isoformat()}", stages, given | inputs(keep_until_at=until))


def _kept_until(facts: Facts, since: datetime, limits: Limits) -> datetime:
    if facts.pickup_until is not None:
        return end_of_day(facts.pickup_until, facts.destination_tz)
    return since + timedelta(days=number(limits, "hold_days"))


RULE = PickupExpiring()
