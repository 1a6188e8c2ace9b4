"""What a whole return is quoted on: each line under its own terms, the fee once, and why it is not taken."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.returns.quoting import (
    BY_EXCHANGE,
    BY_REASON,
    BY_RULE,
    KEEP,
    PART,
    QuotedLine,
    fee_quote,
    settlement_of,
)


def line(n: int = 1, *units: int, **changes: Any) -> QuotedLine:
    values: dict[str, Any] = dict(line_id=n, order_id=n, currency="USD", units=units or (4_000,))
    return QuotedLine(**(values | changes))


def test_of_several_orders_fees_the_highest_is_taken_once() -> None:
    lines = [line(1, fee_minor=500), line(2, fee_minor=700), line(3, fee_minor=0)]
    settled = settlement_of(lines, "refund")
    assert (settled.goods_minor, settled.fee_minor, settled.due_minor) == (12_000, 700, 11_300)
    assert fee_quote(lines, settled).waived == ""


def test_one_reason_that_the_shop_answers_for_frees_the_whole_parcel_of_fees() -> None:
    lines = [line(1, fee_minor=500, restocking_percent=10), line(2, fee_minor=500, waived=BY_REASON)]
    settled = settlement_of(lines, "refund")
    fee = fee_quote(lines, settled)
    assert (fee.total_minor, fee.waived, fee.waived_minor) == (0, BY_REASON, 900)


def test_a_rule_frees_its_own_lines_and_says_why_in_the_shops_words() -> None:
    lines = [line(1, fee_minor=500, waived=BY_RULE, says={"en": "Free for members."}), line(2, fee_minor=300)]
    settled = settlement_of(lines, "refund")
    fee = fee_quote(lines, settled)
    assert (fee.total_minor, fee.waived, fee.waived_minor, fee.says) == (300, BY_RULE, 200, {"en": "Free for members."})


def test_an_even_exchange_leaves_nothing_to_take_a_fee_of() -> None:
    lines = [line(1, fee_minor=500, exchange_minor=4_000)]
    settled = settlement_of(lines, "exchange", "refund")
    assert (settled.exchange_minor, settled.fee_minor, settled.due_minor) == (4_000, 0, 0)
    assert fee_quote(lines, settled).waived == BY_EXCHANGE
    assert settlement_of(lines, "refund").exchange_minor == 0


def test_what_is_left_over_of_an_exchange_is_paid_as_the_fallback_says() -> None:
    lines = [line(1, exchange_minor=3_000, bonus_percent=10)]
    assert settlement_of(lines, "exchange", "refund").due_minor == 1_000
    assert settlement_of(lines, "exchange", "store_credit").due_minor == 1_100


def test_what_is_kept_brings_its_part_and_pays_no_fee() -> None:
    lines = [line(1, outcome=KEEP, keep_minor=800, fee_minor=500), line(2, outcome=PART, fee_minor=500)]
    settled = settlement_of(lines, "refund")
    assert (settled.goods_minor, settled.fee_minor, settled.due_minor) == (800, 0, 800)


def test_outbound_postage_is_given_back_once_an_order_and_only_for_what_is_sent() -> None:
    two_of_one = [line(1, shipping_minor=590), line(2, shipping_minor=590, order_id=1)]
    assert settlement_of(two_of_one, "refund").shipping_minor == 590
    assert settlement_of([line(1, outcome=KEEP, keep_minor=1, shipping_minor=590)], "refund").shipping_minor == 0


def test_a_line_comes_back_from_its_record_as_it_was() -> None:
    one = line(7, 100, 99, says={"de": "Für Stammkunden."}, waived=BY_RULE)
    assert QuotedLine.from_record(one.to_record()) == one


@pytest.mark.parametrize("resolution", ["refund", "store_credit", "exchange"])
@given(
    lines=st.lists(
        st.builds(
            line,
            st.integers(1, 4),
            st.integers(0, 9_999),
            st.integers(0, 9_999),
            fee_minor=st.integers(0, 9_999),
            restocking_percent=st.integers(0, 100),
            exchange_minor=st.integers(0, 30_000),
            waived=st.sampled_from(["", BY_REASON, BY_RULE]),
            outcome=st.sampled_from(["send_back", KEEP, PART]),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_nobody_ever_owes_the_shop_and_what_is_waived_is_never_below_nothing(
    resolution: str, lines: list[QuotedLine]
) -> None:
    settled = settlement_of(lines, resolution, "refund")
    fee = fee_quote(lines, settled)
    assert settled.due_minor >= 0
    assert fee.total_minor == settled.fee_minor
    assert fee.waived_minor >= 0
    assert 0 <= fee.restocking_minor <= fee.total_minor
