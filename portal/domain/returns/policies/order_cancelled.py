"""A cancelled order has nothing to send back."""

from __future__ import annotations

from datetime import datetime

from portal.domain.returns.model import LineFacts, OrderFacts, Policy, Reason, Terms
from portal.domain.words import N_

CANCELLED = N_("This order was cancelled.")
NOT_CANCELLED = N_("This order was not cancelled.")
_WORDS = frozenset({"cancelled", "canceled"})  # sources spell it both ways


def judge(line: LineFacts, order: OrderFacts, terms: Terms, now: datetime) -> Reason:
    if order.status.casefold() in _WORDS:
        return POLICY.reason("cancelled", CANCELLED, allows=False)
    return POLICY.reason("not_cancelled", NOT_CANCELLED, allows=True)


POLICY = Policy("order_cancelled", 1, judge, final=True)
