"""Who is treated as a VIP, and why. The first reason that holds is the one that is stored.

VIP treatment may speed things up and make up for them; it never changes anybody's legal rights.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from portal.domain.words import N_


@dataclass(frozen=True, slots=True)
class VipRules:
    """A shop's idea of a VIP. Money in minor units of `currency`.

    `value_quantile_minor` is the learnt 90th percentile of customers with two or more orders, None before it is known.
    """

    currency: str
    value_floor_minor: int = 50_000
    value_quantile_minor: int | None = None
    orders_12m: int = 5
    loyalty_tiers: tuple[str, ...] = ("gold", "platinum")
    tags: tuple[str, ...] = ("vip",)
    express_paid: bool = True

    @property
    def value_needed_minor(self) -> int:
        return max(self.value_floor_minor, self.value_quantile_minor or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerFacts:
    """What is known of a customer, and of the order at hand. `ltv_minor` is net paid less refunds and gestures."""

    ltv_minor: int = 0
    currency: str | None = None
    orders_12m: int = 0
    loyalty_tier: str | None = None
    tags: tuple[str, ...] = ()
    pinned: bool = False  # by hand
    express_paid: bool = False  # the shopper paid for express on this order


@dataclass(frozen=True, slots=True)
class VipVerdict:
    """`key` and `inputs` explain the verdict and let it be replayed; `words` is a message id. `since` is when it began."""

    is_vip: bool
    key: str | None = None
    words: str = ""
    since: datetime | None = None
    inputs: Mapping[str, str | int] = field(default_factory=dict)


REASONS = {
    "pinned": N_("Marked as VIP by hand"),
    "loyalty_tier": N_("Loyalty tier %(tier)s"),
    "tag": N_("Tagged %(tag)s"),
    "value": N_("Customer value %(ltv_minor)s %(currency)s, at least %(needed_minor)s needed"),
    "orders": N_("%(orders)s orders in 12 months"),
    "express": N_("Paid for express on this order"),
}


def judge(facts: CustomerFacts, rules: VipRules, now: datetime, previous: VipVerdict | None = None) -> VipVerdict:
    """Judge one customer, or one order when `express_paid` is told. A reason that already held keeps its date."""
    for key, inputs in _reasons(facts, rules):
        same = previous is not None and previous.is_vip and previous.key == key
        since = previous.since if same and previous is not None else now
        return VipVerdict(True, key, REASONS[key], since, inputs)
    return VipVerdict(False)


def _reasons(facts: CustomerFacts, rules: VipRules) -> Iterable[tuple[str, dict[str, str | int]]]:
    tags = sorted({tag.casefold() for tag in facts.tags} & {tag.casefold() for tag in rules.tags})
    tier = (facts.loyalty_tier or "").strip().casefold()
    if facts.pinned:
        yield "pinned", {}
    if tier and tier in {known.casefold() for known in rules.loyalty_tiers}:
        yield "loyalty_tier", {"tier": facts.loyalty_tier or ""}
    if tags:
        yield "tag", {"tag": tags[0]}
    # Values in another currency are not compared: nothing here knows a rate.
    if facts.currency == rules.currency and facts.ltv_minor >= rules.value_needed_minor:
        money = {"ltv_minor": facts.ltv_minor, "needed_minor": rules.value_needed_minor}
        yield "value", {**money, "currency": rules.currency}
    if facts.orders_12m >= rules.orders_12m:
        yield "orders", {"orders": facts.orders_12m}
    if facts.express_paid and rules.express_paid:
        yield "express", {}


def lifetime_value(paid_minor: int, refunded_minor: int, gestures_minor: int) -> int:
    """Historic value: net paid, less refunds, less what was given to make up for trouble. Minor units."""
    return paid_minor - refunded_minor - gestures_minor


def quantile(values: Iterable[int], share: float = 0.9) -> int | None:
    """The smallest value that at least `share` of the values do not exceed (nearest rank); None of nothing."""
    ranked = sorted(values)
    if not ranked:
        return None
    return ranked[max(0, math.ceil(share * len(ranked)) - 1)]


def p90(values: Iterable[int]) -> int | None:
    """The 90th percentile: of the values of customers with two or more orders, the bar for "value"."""
    return quantile(values, 0.9)
