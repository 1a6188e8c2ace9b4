"""What has not been sent, or is surely still travelling, cannot go back yet."""

from __future__ import annotations

from datetime import datetime

from portal.domain.returns.anchors import arrived
from portal.domain.returns.model import LineFacts, OrderFacts, Policy, Reason, Terms
from portal.domain.words import N_

NOT_SENT = N_("This has not been sent yet. Write to us if you no longer want it.")
ON_ITS_WAY = N_("This is still on its way to you. You can return it once it has arrived, or from %(from_on)s on.")
ARRIVED = N_("This has arrived.")


def judge(line: LineFacts, order: OrderFacts, terms: Terms, now: datetime) -> Reason:
    there = arrived(line, terms.config.transit_days_assumed)
    if there is None:
        return POLICY.reason("not_sent", NOT_SENT, allows=False)
    moment, known = there
    # A delivery scan that never came must not be a dead end: after the assumed transit days it counts as arrived.
    if not known and now < moment:
        return POLICY.reason("on_its_way", ON_ITS_WAY, allows=False, from_on=order.day(moment).isoformat())
    return POLICY.reason("arrived", ARRIVED, allows=True)


POLICY = Policy("not_delivered_yet", 1, judge, final=True)
