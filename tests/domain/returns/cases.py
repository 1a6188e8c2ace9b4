"""An order of two lines with everything known of it, for tests of rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from portal.domain.returns.config import ReturnPolicyConfig, Rule
from portal.domain.returns.model import CustomerFacts, ItemAsked, LineFacts, OrderFacts, RequestFacts
from portal.domain.returns.terms import Terms, terms_of_lines

NOW = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
CUSTOMER = CustomerFacts(
    is_vip=False,
    tier="silver",
    tags=("Loyal", "newsletter"),
    orders_placed=10,
    value_minor=90_000,
    returns_placed=3,
    returns_wrong=1,
    units_returned={"LS-1": 2},
    items_kept=1,
)
LINE = LineFacts(
    1,
    2,
    0,
    "Shirts",
    False,
    NOW - timedelta(days=9),
    NOW - timedelta(days=4),
    sku="LS-1",
    product_ref="linen-shirt",
    vendor="Weaver",
    tags=("linen", "summer"),
    unit_price_minor=4_900,
    stuck_days=2,
)
OTHER = replace(LINE, line_id=2, quantity=1, sku="WB-2", product_type="Home", tags=(), stuck_days=0, product_ref=None)
ORDER = OrderFacts(
    status="open",
    country="DE",
    timezone="Europe/Berlin",
    lines=(LINE, OTHER),
    number="J-1001",
    placed_at=NOW - timedelta(days=12),
    channel="csv",
    currency="EUR",
    total_minor=13_590,
    shipping_minor=590,
    discount_minor=2_000,
    discount_codes=("WELCOME",),
    tags=("wholesale",),
    service_level="express",
    returns_so_far=1,
    customer=CUSTOMER,
)
ASKED = RequestFacts(
    items=(ItemAsked(1, 1, "size_too_small", "chest", 4_300, has_photo=False),),
    resolution="refund",
    method="label",
    filed_by="shopper",
    kind="return",
    risk_score=20,
)


def rule(id: str = "r", **values: Any) -> Rule:
    """A rule that asks a person to look, unless it says what it does."""
    return Rule(id, **({"then": {"review": True}} | values))


def terms(
    *rules: Rule,
    order: OrderFacts = ORDER,
    asked: RequestFacts = ASKED,
    now: datetime = NOW,
    line: int = 0,
    **settings: Any,
) -> Terms:
    """The terms of one line of the order under these rules."""
    config = ReturnPolicyConfig(rules=rules, **settings)
    return list(terms_of_lines(order, asked, config, now, 7))[line]
