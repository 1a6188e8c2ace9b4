"""What a return is worth: parts add up to the whole, and nobody gets back more than was paid."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from portal.domain.returns.config import ReturnPolicyConfig
from portal.domain.returns.money import (
    PricedLine,
    allocate,
    money_expected,
    quote,
    sums,
    unit_refunds,
    units_for,
)

ON = date(2026, 12, 1)
lines_strategy = st.lists(st.tuples(st.integers(1, 6), st.integers(0, 50_000)), min_size=1, max_size=6).map(
    lambda pairs: [PricedLine(n, quantity, price) for n, (quantity, price) in enumerate(pairs)]
)


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**6), min_size=1, max_size=20))
def test_the_parts_add_up_to_the_whole(total: int, weights: list[int]) -> None:
    parts = allocate(total, weights)
    assert sum(parts) == (total if sum(weights) else 0)
    assert all(part >= 0 for part in parts)
    assert all(part == 0 for part, weight in zip(parts, weights, strict=True) if weight == 0)


@given(lines_strategy, st.integers(0, 400_000), st.integers(0, 5_000))
def test_all_units_together_are_worth_what_was_paid_for_them(
    lines: list[PricedLine], total: int, shipping: int
) -> None:
    worth = unit_refunds(lines, total_minor=total, shipping_minor=shipping)
    prices = sum(line.quantity * line.unit_price_minor for line in lines)
    assert sum(map(sum, worth.values())) == min(prices, max(0, total - shipping))
    for line in lines:
        values = worth[line.line_id]
        assert len(values) == line.quantity
        assert list(values) == sorted(values, reverse=True)
        assert sum(values) <= line.quantity * line.unit_price_minor


def test_a_discount_is_shared_by_price_and_the_odd_cent_goes_to_the_first() -> None:
    lines = [PricedLine(1, 3, 3_333), PricedLine(2, 1, 5_000)]
    worth = unit_refunds(lines, total_minor=10_000 + 590, shipping_minor=590)  # 4 999 off 14 999
    assert worth == {1: (2_222, 2_222, 2_222), 2: (3_334,)}
    assert units_for(worth[1], 1, 2) == (2_222, 2_222)


@pytest.mark.parametrize(
    ("resolution", "reasons", "fee", "bonus", "due", "waived"),
    [
        ("refund", ["changed_mind"], 500, 0, 9_500, False),
        ("refund", ["changed_mind", "defective"], 0, 0, 10_000, True),
        ("refund", ["damaged_in_transit"], 0, 0, 10_000, True),
        ("refund", ["other"], 500, 0, 9_500, False),
        ("store_credit", ["changed_mind"], 500, 950, 10_450, False),
        ("store_credit", ["wrong_item_sent"], 0, 1_000, 11_000, True),
    ],
)
def test_the_fee_goes_by_fault_and_the_bonus_is_on_what_is_left(
    resolution: str, reasons: list[str], fee: int, bonus: int, due: int, waived: bool
) -> None:
    config = ReturnPolicyConfig(fee_minor=500, credit_bonus_percent=10)
    got = quote(resolution, 10_000, reasons, config, currency="USD", money_on=ON)
    assert (got.fee_minor, got.bonus_minor, got.due_minor, got.fee_waived) == (fee, bonus, due, waived)
    assert got.due_minor == got.goods_minor - got.fee_minor + got.bonus_minor


@given(st.integers(0, 10**7), st.sampled_from(["refund", "store_credit"]), st.integers(0, 10**7), st.integers(0, 50))
def test_a_fee_never_eats_more_than_the_goods(goods: int, resolution: str, fee: int, percent: int) -> None:
    taken, bonus = sums(goods, resolution, fee, percent)
    assert 0 <= taken <= goods
    assert bonus >= 0
    assert bonus == 0 or resolution == "store_credit"


def test_the_day_of_the_money_counts_the_way_back_and_then_business_days() -> None:
    sent = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)  # a Wednesday; with the shop on Monday the 23rd
    zone = "America/New_York"
    credit = money_expected("store_credit", sent, ReturnPolicyConfig(), country="US", zone=zone)
    refund = money_expected("refund", sent, ReturnPolicyConfig(), country="US", zone=zone)
    assert credit == date(2026, 11, 24)
    assert refund == date(2026, 12, 1)  # Thanksgiving is in between


class OrderAndReturns(RuleBasedStateMachine):
    """Returns come and are called off in any order; what is out never exceeds what was paid (I2)."""

    @initialize(lines=lines_strategy, total=st.integers(0, 300_000))
    def begin(self, lines: list[PricedLine], total: int) -> None:
        self.lines = {line.line_id: line for line in lines}
        self.worth = unit_refunds(lines, total_minor=total, shipping_minor=0)
        self.returning = dict.fromkeys(self.lines, 0)
        self.total = total
        self.out: list[tuple[int, tuple[int, ...]]] = []

    @rule(pick=st.integers(0, 5), units=st.integers(1, 6))
    def send_back(self, pick: int, units: int) -> None:
        line = list(self.lines.values())[pick % len(self.lines)]
        if self.returning[line.line_id] + units <= line.quantity:
            self.out.append((line.line_id, units_for(self.worth[line.line_id], self.returning[line.line_id], units)))
            self.returning[line.line_id] += units

    @rule(pick=st.integers(0, 20))
    def call_off(self, pick: int) -> None:
        if self.out:
            line_id, values = self.out.pop(pick % len(self.out))
            self.returning[line_id] -= len(values)

    @invariant()
    def never_more_than_was_paid(self) -> None:
        if not hasattr(self, "out"):
            return
        for line_id, values in self.worth.items():
            assert sum(sum(units) for line, units in self.out if line == line_id) <= sum(values)
        assert sum(sum(units) for _, units in self.out) <= self.total


TestOrderAndReturns = OrderAndReturns.TestCase
