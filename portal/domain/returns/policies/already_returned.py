"""A unit goes back once."""

from __future__ import annotations

from datetime import datetime

from portal.domain.returns.model import LineFacts, OrderFacts, Policy, Reason, Terms
from portal.domain.words import N_

ALL_RETURNED = N_("This is already part of a return.")
SOME_LEFT = N_("%(left)s of %(quantity)s can still be returned.")


def judge(line: LineFacts, order: OrderFacts, terms: Terms, now: datetime) -> Reason:
    if line.units_left == 0:
        return POLICY.reason("all_returned", ALL_RETURNED, allows=False, quantity=line.quantity)
    return POLICY.reason("left", SOME_LEFT, allows=True, left=line.units_left, quantity=line.quantity)


POLICY = Policy("already_returned", 1, judge, final=True)
