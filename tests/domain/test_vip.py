"""Who is a VIP, and the reason that is kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from portal.domain.vip import CustomerFacts, VipRules, judge, lifetime_value, p90, quantile

NOW = datetime(2026, 10, 5, tzinfo=UTC)
RULES = VipRules(currency="EUR")
PLAIN = CustomerFacts(currency="EUR", ltv_minor=49_999, orders_12m=4, loyalty_tier="silver", tags=("newsletter",))


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({}, None),
        ({"pinned": True}, "pinned"),
        ({"loyalty_tier": "Gold"}, "loyalty_tier"),
        ({"loyalty_tier": "platinum"}, "loyalty_tier"),
        ({"tags": ("b2b", "VIP")}, "tag"),
        ({"ltv_minor": 50_000}, "value"),
        ({"ltv_minor": 90_000, "currency": "USD"}, None),
        ({"orders_12m": 5}, "orders"),
        ({"express_paid": True}, "express"),
        ({"express_paid": True, "orders_12m": 9, "pinned": True}, "pinned"),
    ],
)
def test_one_reason_is_enough_and_is_stored(change: dict[str, object], key: str | None) -> None:
    verdict = judge(replace(PLAIN, **change), RULES, NOW)  # type: ignore[arg-type]
    assert (verdict.is_vip, verdict.key, verdict.since) == (key is not None, key, NOW if key else None)
    assert verdict.words % verdict.inputs if key else not verdict.words


def test_the_bar_of_value_is_the_higher_of_the_floor_and_the_learnt_quantile() -> None:
    rich = replace(PLAIN, ltv_minor=60_000)
    assert judge(rich, replace(RULES, value_quantile_minor=60_001), NOW).is_vip is False
    verdict = judge(rich, replace(RULES, value_quantile_minor=10_000), NOW)
    assert verdict.inputs == {"ltv_minor": 60_000, "needed_minor": 50_000, "currency": "EUR"}


def test_a_reason_that_goes_on_keeps_its_date_and_a_new_one_has_a_new_date() -> None:
    before = judge(replace(PLAIN, orders_12m=5), RULES, NOW)
    later = datetime(2026, 11, 5, tzinfo=UTC)
    assert judge(replace(PLAIN, orders_12m=6), RULES, later, before).since == NOW
    assert judge(replace(PLAIN, pinned=True), RULES, later, before).since == later


def test_a_shop_decides_whether_express_counts() -> None:
    assert judge(replace(PLAIN, express_paid=True), replace(RULES, express_paid=False), NOW).is_vip is False


def test_the_quantile_is_a_value_that_somebody_has() -> None:
    assert p90(range(1, 11)) == 9
    assert p90(range(1, 101)) == 90
    assert p90([7]) == 7
    assert p90([]) is None
    assert quantile([3, 1, 2], 0.5) == 2
    assert quantile([3, 1, 2], 0.0) == 1


def test_lifetime_value_is_what_stayed() -> None:
    assert lifetime_value(10_000, 2_500, 500) == 7_000
