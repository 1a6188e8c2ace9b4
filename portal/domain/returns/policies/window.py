"""Items go back within a number of days from their delivery; where that day is unknown, from when they should have come."""

from __future__ import annotations

from datetime import datetime, timedelta

from portal.domain.returns.anchors import arrived
from portal.domain.returns.model import LineFacts, OrderFacts, Policy, Reason, Terms
from portal.domain.words import N_

OPEN = N_("You can send this back until %(last_on)s: %(days)s days from its delivery on %(start_on)s.")
OPEN_ASSUMED = N_(
    "You can send this back until %(last_on)s: %(days)s days from %(start_on)s, when it should have arrived. "
    "The carrier has told us no delivery day."
)
OVER = N_("The %(days)s days for sending this back began with its delivery on %(start_on)s and ended on %(last_on)s.")
OVER_ASSUMED = N_(
    "The %(days)s days for sending this back began on %(start_on)s, when it should have arrived, "
    "and ended on %(last_on)s."
)
WAITING = N_("The %(days)s days for sending this back begin when it arrives.")


def judge(line: LineFacts, order: OrderFacts, terms: Terms, now: datetime) -> Reason:
    config = terms.config
    there = arrived(line, config.transit_days_assumed)
    if there is None:
        return POLICY.reason("waiting", WAITING, allows=True, days=config.window_days)
    moment, known = there
    start = order.day(moment)
    last = start + timedelta(days=config.window_days)
    is_open = order.day(now) <= last
    words = {(True, True): OPEN, (True, False): OPEN_ASSUMED, (False, True): OVER, (False, False): OVER_ASSUMED}
    return POLICY.reason(
        "open" if is_open else "over",
        words[is_open, known],
        allows=is_open,
        days=config.window_days,
        start_on=start.isoformat(),
        last_on=last.isoformat(),
        start_known=int(known),
    )


POLICY = Policy("window", 1, judge)
