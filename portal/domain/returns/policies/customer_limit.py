"""A customer makes so many returns within some days, where a shop sets a limit."""

from __future__ import annotations

from datetime import datetime

from portal.domain.returns.model import LineFacts, OrderFacts, Policy, Reason, Terms
from portal.domain.words import N_

REACHED = N_("You have made %(made)s returns within %(days)s days. Write to us and we will arrange the next one.")
BELOW = N_("You can make another return.")


def judge(line: LineFacts, order: OrderFacts, terms: Terms, now: datetime) -> Reason:
    limits = terms.config.limits
    made = order.customer.returns_placed
    if limits.per_customer and made >= limits.per_customer:
        return POLICY.reason("reached", REACHED, allows=False, made=made, days=limits.customer_days)
    return POLICY.reason("below", BELOW, allows=True, made=made)


POLICY = Policy("customer_limit", 1, judge)
