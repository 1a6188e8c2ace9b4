"""What is owed for a return: sums of several orders, with fees, exchanges, kept things, postage and a bonus."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.returns.money import LineWorth, PricedLine, line_worths, units_for
from portal.domain.returns.settlement import Conditions, OtherCurrency, Part, Settlement, Share, settle

MINOR = st.integers(0, 500_000)


@st.composite
def orders(draw: st.DrawFn) -> tuple[list[PricedLine], dict[str, int | bool]]:
    """An order as shops state them, consistent or not."""
    amounts = st.one_of(st.none(), MINOR)
    lines = [
        PricedLine(n, draw(st.integers(1, 6)), draw(st.integers(0, 90_000)), draw(amounts), draw(amounts))
        for n in range(draw(st.integers(1, 6)))
    ]
    sums = {
        "total_minor": draw(st.integers(0, 2_000_000)),
        "shipping_minor": draw(st.integers(0, 3_000)),
        "tax_minor": draw(MINOR),
        "tax_included": draw(st.booleans()),
    }
    return lines, sums


@given(orders())
def test_all_lines_together_are_the_whole_paid_and_each_is_price_less_discount_and_with_tax(
    order: tuple[list[PricedLine], dict[str, int]],
) -> None:
    lines, sums = order
    worths = line_worths(lines, **sums)  # type: ignore[arg-type]
    paid = sum(worth.paid_minor for worth in worths)
    assert paid <= max(0, sums["total_minor"] - sums["shipping_minor"])
    full = sum(w.price_minor + (w.tax_minor if w.tax_on_top else 0) for w in worths)
    assert paid == min(full, max(0, sums["total_minor"] - sums["shipping_minor"]))
    for worth in worths:
        assert worth.paid_minor >= 0
        assert worth.tax_on_top or worth.tax_minor <= worth.paid_minor
        assert sum(worth.units) == worth.paid_minor
        assert list(worth.units) == sorted(worth.units, reverse=True)


@given(orders(), st.data())
def test_the_tax_in_the_parts_adds_up_to_the_tax_however_it_is_split(
    order: tuple[list[PricedLine], dict[str, int]], data: st.DataObject
) -> None:
    lines, sums = order
    for worth in line_worths(lines, **sums):  # type: ignore[arg-type]
        given_before, tax = 0, 0
        while given_before < worth.paid_minor:
            amount = data.draw(st.integers(1, worth.paid_minor - given_before))
            tax += worth.tax_of(given_before, amount)
            given_before += amount
        assert tax == (worth.tax_minor if worth.paid_minor else 0)


def test_what_a_line_states_for_itself_counts_before_its_share_of_the_order() -> None:
    lines = [PricedLine(1, 1, 10_000, discount_minor=2_000), PricedLine(2, 2, 5_000), PricedLine(3, 1, 0)]
    first, second, free = line_worths(
        lines, total_minor=17_000 + 1_615, shipping_minor=0, tax_minor=1_615, tax_included=False
    )
    assert (first.discount_minor, second.discount_minor) == (2_000, 1_000)
    assert first.tax_minor + second.tax_minor == 1_615
    assert first.paid_minor + second.paid_minor == 18_615
    assert (free.paid_minor, free.units) == (0, (0,))


@pytest.mark.parametrize("bad", [{"quantity": 0}, {"unit_price_minor": -1}, {"discount_minor": -1}, {"tax_minor": -5}])
def test_nothing_below_zero_is_taken(bad: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="below 0"):
        PricedLine(**({"line_id": 1, "quantity": 1, "unit_price_minor": 100} | bad))


@pytest.mark.parametrize(
    "bad", [{"units": (-1,)}, {"keep_minor": -1}, {"exchange_minor": -1}, {"restocking_percent": 101}]
)
def test_no_part_of_a_return_is_below_zero(bad: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="below 0"):
        replace(Part(1, 1, "USD"), **bad)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="below 0"):
        Conditions("refund", fee_minor=-1)


def test_two_currencies_are_never_one_sum() -> None:
    with pytest.raises(OtherCurrency):
        settle([Part(1, 1, "USD", (100,)), Part(2, 2, "EUR", (100,))], Conditions("refund"))


def test_the_sums_of_a_return_of_two_orders_by_order() -> None:
    parts = [
        Part(1, 11, "USD", (3_000, 3_000), exchange_minor=3_000),
        Part(1, 12, "USD", keep_minor=500),
        Part(2, 21, "USD", (4_000,), restocking_percent=10),
    ]
    first, second = settle(parts, Conditions("store_credit", 600, bonus_percent=10, shipping={2: 590})).shares
    assert (first.goods_minor, first.exchange_minor, first.fee_minor, first.bonus_minor) == (6_500, 3_000, 273, 273)
    assert (second.goods_minor, second.shipping_minor, second.fee_minor, second.bonus_minor) == (4_000, 590, 727, 327)
    assert (first.due_minor, second.due_minor) == (3_500, 4_190)
    assert first.fee_minor + second.fee_minor == 600 + 400


def test_a_waived_fee_and_an_even_swap_cost_nothing() -> None:
    swap = Part(1, 1, "USD", (5_000,), exchange_minor=7_000, restocking_percent=20)
    assert settle([swap], Conditions("refund", 500)).due_minor == 0
    assert settle([swap], Conditions("refund", 500)).exchange_minor == 5_000
    plain = replace(swap, exchange_minor=0)
    assert settle([plain], Conditions("refund", 500, fee_waived=True)).due_minor == 5_000


parts_strategy = st.lists(
    st.builds(
        Part,
        order_id=st.integers(1, 3),
        line_id=st.integers(1, 9),
        currency=st.just("JPY"),
        units=st.lists(st.integers(0, 9_000), max_size=5).map(tuple),
        keep_minor=st.integers(0, 2_000),
        exchange_minor=st.integers(0, 20_000),
        restocking_percent=st.integers(0, 100),
    ),
    min_size=1,
    max_size=8,
)
conditions_strategy = st.builds(
    Conditions,
    paid_as=st.sampled_from(["refund", "store_credit"]),
    fee_minor=st.integers(0, 9_000),
    fee_waived=st.booleans(),
    bonus_percent=st.integers(0, 100),
    shipping=st.dictionaries(st.integers(1, 3), st.integers(0, 2_000)),
)


def _adds_up(found: Settlement) -> None:
    every: list[Settlement | Share] = [found, *found.shares]
    for sums in every:
        assert sums.due_minor == (
            sums.goods_minor + sums.shipping_minor - sums.fee_minor - sums.exchange_minor + sums.bonus_minor
        )
        assert min(sums.due_minor, sums.fee_minor, sums.bonus_minor, sums.exchange_minor) >= 0


@given(parts_strategy, conditions_strategy)
def test_every_sum_is_that_of_its_parts_and_none_is_below_zero(parts: list[Part], conditions: Conditions) -> None:
    found = settle(parts, conditions)
    _adds_up(found)
    assert found.goods_minor == sum(sum(part.units) + part.keep_minor for part in parts)
    for share in found.shares:
        assert share.counted_minor >= sum(part.keep_minor for part in share.parts)
        assert not conditions.fee_waived or share.fee_minor == 0
    assert conditions.paid_as == "store_credit" or found.bonus_minor == 0


@given(st.lists(st.integers(0, 5_000), min_size=1, max_size=12), conditions_strategy, st.integers(0, 100), st.data())
def test_many_small_returns_never_bring_more_than_one(
    units: list[int], conditions: Conditions, percent: int, data: st.DataObject
) -> None:
    conditions = replace(conditions, shipping={})
    cut = data.draw(st.integers(0, len(units)))
    whole, first, second = (
        settle([Part(1, 1, "USD", tuple(some), restocking_percent=percent)], conditions).due_minor
        for some in (units, units[:cut], units[cut:])
    )
    assert first + second <= whole


@given(orders(), st.lists(st.tuples(st.integers(0, 5), st.integers(1, 4), st.booleans()), max_size=12))
def test_returns_and_cancellations_in_any_order_never_bring_more_than_was_paid(
    order: tuple[list[PricedLine], dict[str, int]], steps: list[tuple[int, int, bool]]
) -> None:
    lines, sums = order
    worths: list[LineWorth] = list(line_worths(lines, **sums))  # type: ignore[arg-type]
    out: list[tuple[int, tuple[int, ...]]] = []
    returning = [0] * len(worths)
    for pick, units, call_off in steps:
        if call_off and out:
            line, values = out.pop(pick % len(out))
            returning[line] -= len(values)
        line = pick % len(worths)
        if returning[line] + units <= worths[line].quantity:
            out.append((line, units_for(worths[line].units, returning[line], units)))
            returning[line] += units
    parts = [Part(1, line, "USD", values) for line, values in out]
    owed = settle(parts, Conditions("refund")) if parts else Settlement(())
    assert owed.due_minor <= sum(worth.paid_minor for worth in worths)
    for n, worth in enumerate(worths):
        assert sum(sum(values) for line, values in out if line == n) <= worth.paid_minor


def test_a_bonus_goes_with_the_goods_it_was_given_for() -> None:
    """Credit with a bonus, then most of it does not come: the bonus shrinks with it, and nothing leaves none."""
    credit = Conditions("store_credit", bonus_percent=10)
    all_of_it = settle([Part(1, 1, "USD", (1_000, 1_000, 1_000))], credit)
    some = settle([Part(1, 1, "USD", (1_000,))], credit)
    none = settle([Part(1, 1, "USD")], credit)
    assert [s.bonus_minor for s in (all_of_it, some, none)] == [300, 100, 0]
    assert none.due_minor == 0
