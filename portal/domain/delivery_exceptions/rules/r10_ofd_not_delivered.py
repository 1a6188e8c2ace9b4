"""R10: out for delivery in the morning, and by the evening nothing more was heard."""

from __future__ import annotations

from datetime import time, timedelta

from carriers.model import Status
from portal.domain.business_days import local_moment, next_business_day
from portal.domain.delivery_exceptions.base import Facts, Limits, Rule, Stage, Trouble, Words
from portal.domain.delivery_exceptions.clocks import witnessed
from portal.domain.delivery_exceptions.limits import defaults, inputs, number, severity
from portal.domain.words import N_


class OutForDeliveryNotDelivered(Rule[Facts]):
    id = "R10"
    name = "ofd_not_delivered"
    suppressed_by = ("R11",)
    clears_when = "terminal_scan"
    normal = defaults(by_hour=22, next_day_by_hour=12, first_severity="low", then_severity="medium")
    vip = defaults(first_severity="medium", then_severity="high")
    words = Words(
        staff=N_("Out for delivery since %(out_at)s with %(carrier)s, and neither delivered nor tried since."),
        shopper=N_(
            "Your parcel went out for delivery on %(out_at)s but has not arrived. It usually comes the next day."
        ),
    )

    def trouble(self, facts: Facts, limits: Limits) -> Trouble | None:
        """At the evening hour of the day it went out, and again at noon of the next business day."""
        if facts.status is not Status.OUT_FOR_DELIVERY:
            return None
        out, tz = facts.status_at, facts.destination_tz
        local = out.astimezone(tz)
        late_start = local.time() >= _hour(limits, "by_hour")
        day = (local + timedelta(days=1)).date() if late_start else local.date()
        evening = local_moment(day, _hour(limits, "by_hour"), tz)
        country = (facts.destination_country,) if facts.destination_country else ()
        noon = local_moment(next_business_day(day, country), _hour(limits, "next_day_by_hour"), tz)
        stages = [Stage(at, severity(limits, "first_severity")) for at in witnessed(evening, facts)]
        stages += [Stage(at, severity(limits, "then_severity")) for at in witnessed(noon, facts)]
        given = inputs(out_at=out, carrier=facts.carrier)
        return Trouble(out, f"out:{out.isoformat()}", tuple(stages), given)


def _hour(limits: Limits, key: str) -> time:
    return time(min(23, int(number(limits, key))))


RULE = OutForDeliveryNotDelivered()
