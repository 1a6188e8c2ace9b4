"""A customer sends back so many of one thing within some days, where a shop sets a limit."""

from __future__ import annotations

from datetime import datetime

from portal.domain.returns.model import LineFacts, OrderFacts, Policy, Reason, Terms
from portal.domain.words import N_

REACHED = N_("You have sent back %(made)s of this item within %(days)s days, which is as many as we take back.")
BELOW = N_("More of this item can be sent back.")


def judge(line: LineFacts, order: OrderFacts, terms: Terms, now: datetime) -> Reason:
    limits = terms.config.limits
    made = order.customer.units_returned.get(line.sku, 0) if line.sku else 0
    if limits.per_item and made >= limits.per_item:
        return POLICY.reason("reached", REACHED, allows=False, made=made, days=limits.customer_days)
    return POLICY.reason("below", BELOW, allows=True, made=made)


POLICY = Policy("item_limit", 1, judge)
