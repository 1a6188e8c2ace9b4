"""An order has so many returns and no more: each may cost a label."""

from __future__ import annotations

from datetime import datetime

from portal.domain.returns.model import LineFacts, OrderFacts, Policy, Reason, Terms
from portal.domain.words import N_

REACHED = N_("This order has had %(made)s returns. Write to us and we will arrange the next one.")
BELOW = N_("This order can have another return.")


def judge(line: LineFacts, order: OrderFacts, terms: Terms, now: datetime) -> Reason:
    most = terms.config.limits.per_order
    if most and order.returns_so_far >= most:
        return POLICY.reason("reached", REACHED, allows=False, made=order.returns_so_far, most=most)
    return POLICY.reason("below", BELOW, allows=True, made=order.returns_so_far, most=most)


POLICY = Policy("order_limit", 1, judge)
