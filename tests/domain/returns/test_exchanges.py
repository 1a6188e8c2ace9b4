"""What may be had instead, what it counts for, and what may solve it without a return."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.returns.config import EXCHANGE, REFUND, ExchangeConfig, OfferConfig, ReturnPolicyConfig
from portal.domain.returns.exchanges import Bought, Goods, next_size, suggestion, value_of, with_tax
from portal.domain.returns.offers import KEEP, NEXT_SIZE, PART, keep_sum, offers_for
from portal.domain.returns.reasons import REASONS
from portal.domain.returns.terms import Applied, Terms

CONFIG = ExchangeConfig()
SHIRT = Bought("SH-M", "SH", "Blue / M", size_rank=3, price_minor=5_000)


def goods(sku: str = "SH-L", **changes: object) -> Goods:
    values: dict[str, object] = dict(
        product_ref="SH", title="Shirt", variant="Blue / L", size_rank=4, price_minor=5_000, available=3
    )
    return Goods(sku=sku, **(values | changes))  # type: ignore[arg-type]


def terms(
    resolutions: tuple[str, ...] = (REFUND, EXCHANGE), offers: OfferConfig | None = None, **changes: int
) -> Terms:
    config = ReturnPolicyConfig(resolutions=resolutions, offers=offers or OfferConfig())
    made = Terms(config, 30, "delivery", 14, resolutions, ("label",), 0, 0)
    return replace(made, **changes)  # type: ignore[arg-type]


def test_another_size_at_the_same_price_is_an_even_swap_whatever_discount_was_paid_with() -> None:
    assert value_of(SHIRT, goods(), [4_444, 4_443], CONFIG) == 8_887


def test_a_cheaper_size_counts_for_its_share_of_what_was_paid() -> None:
    # Paid 40.00 for a price of 50.00; the other one costs 45.00: nine tenths of 40.00.
    assert value_of(SHIRT, goods(price_minor=4_500), [4_000], CONFIG) == 3_600


def test_a_dearer_size_is_had_only_where_the_shop_says_so_and_nobody_pays_for_it() -> None:
    dearer = goods(price_minor=5_500)
    assert value_of(SHIRT, dearer, [5_000], CONFIG) is None
    assert value_of(SHIRT, dearer, [5_000], ExchangeConfig(dearer_variants=True)) == 5_000


def test_prices_that_rose_or_fell_for_all_sizes_since_the_order_make_no_difference() -> None:
    risen, fallen = replace(SHIRT, price_now_minor=6_000), replace(SHIRT, price_now_minor=3_000)
    assert value_of(risen, goods(price_minor=6_000), [5_000], CONFIG) == 5_000
    assert value_of(fallen, goods(price_minor=3_000), [5_000], CONFIG) == 5_000
    assert value_of(fallen, goods(price_minor=5_000), [5_000], CONFIG) == 5_000, "what was paid then still holds"


def test_another_product_counts_for_its_price_up_to_the_worth() -> None:
    cup = goods("CU-1", product_ref="CU", price_minor=2_000, size_rank=None)
    assert value_of(SHIRT, cup, [4_000, 4_000], CONFIG) == 4_000
    assert value_of(SHIRT, replace(cup, price_minor=4_001), [4_000], CONFIG) is None
    assert value_of(SHIRT, cup, [4_000], ExchangeConfig(other_products=False)) is None


def test_another_product_carries_the_tax_that_was_paid_on_top_of_the_price() -> None:
    taxed = replace(SHIRT, taxed_minor=10_000, tax_minor=800)
    cup = goods("CU-1", product_ref="CU", price_minor=5_000)
    assert with_tax(taxed, 2_000) == 2_160
    assert value_of(taxed, cup, [5_400], CONFIG) == 5_400
    assert value_of(taxed, cup, [5_399], CONFIG) is None


def test_a_line_of_no_known_product_has_no_variants() -> None:
    assert not replace(SHIRT, product_ref=None).is_same_product(goods())


@given(
    st.lists(st.integers(0, 10**7), min_size=1, max_size=9),
    st.integers(0, 10**7),
    st.integers(0, 10**7),
    st.one_of(st.none(), st.integers(0, 10**7)),
    st.integers(0, 10**6),
    st.booleans(),
    st.booleans(),
)
def test_nothing_ever_counts_for_more_than_what_goes_back_is_worth(
    worths: list[int], bought_for: int, price: int, now: int | None, tax: int, dearer: bool, same: bool
) -> None:
    bought = replace(SHIRT, price_minor=bought_for, price_now_minor=now, taxed_minor=bought_for, tax_minor=tax)
    wanted = goods(price_minor=price, product_ref="SH" if same else "CU")
    value = value_of(bought, wanted, worths, ExchangeConfig(dearer_variants=dearer))
    assert value is None or 0 <= value <= sum(worths)


def test_too_small_leads_to_the_next_size_up_in_the_same_colour() -> None:
    sizes = [
        goods("S", size_rank=2, variant="Blue / S"),
        goods("L-red", size_rank=4, variant="Red / L"),
        goods("L-blue", size_rank=4, variant="Blue / L"),
        goods("XL", size_rank=5, variant="Blue / XL"),
        goods("other", product_ref="CU", size_rank=4),
        goods("none", size_rank=None),
    ]
    up, down = next_size(SHIRT, sizes, "size_too_small"), next_size(SHIRT, sizes, "size_too_large")
    assert (up and up.sku, down and down.sku) == ("L-blue", "S")
    assert next_size(SHIRT, sizes, "changed_mind") is None
    assert next_size(replace(SHIRT, size_rank=None), sizes, "size_too_small") is None
    assert next_size(replace(SHIRT, size_rank=9), sizes, "size_too_small") is None


def test_what_is_broken_can_be_had_once_more_but_not_what_does_not_fit() -> None:
    variants = [goods("SH-M", variant="Blue / M", size_rank=3), goods("SH-L")]
    same, next_one = suggestion(SHIRT, variants, "defective"), suggestion(SHIRT, variants, "size_too_small")
    assert (same and same.sku, next_one and next_one.sku) == ("SH-M", "SH-L")
    assert suggestion(SHIRT, variants, "allergic_or_unsafe") is None


def test_the_next_size_is_offered_only_while_enough_of_it_is_there() -> None:
    offered = offers_for("size_too_small", SHIRT, [5_000, 5_000], [goods(available=2, price_minor=4_000)], terms())
    assert [(offer.kind, offer.amount_minor) for offer in offered] == [(NEXT_SIZE, 2_000)]
    assert offers_for("size_too_small", SHIRT, [5_000] * 3, [goods(available=2)], terms()) == ()
    assert offers_for("size_too_small", SHIRT, [5_000], [goods()], terms(resolutions=(REFUND,))) == ()
    assert offers_for("size_too_small", SHIRT, [5_000], [goods()], terms(offers=OfferConfig(next_size=False))) == ()


def test_something_that_is_missing_can_be_sent() -> None:
    assert [o.kind for o in offers_for("missing_parts", SHIRT, [5_000], [], terms())] == [PART]
    assert offers_for("missing_parts", SHIRT, [5_000], [], terms(offers=OfferConfig(missing_part=False))) == ()


def test_keeping_it_brings_the_higher_one_of_the_reason_s_and_the_rule_s_percent_within_the_cap() -> None:
    offers = OfferConfig(keep_percent={"damaged_in_transit": 20}, keep_up_to_minor=1_500)
    kept = offers_for("damaged_in_transit", SHIRT, [4_999], [], terms(offers=offers))
    assert [(o.kind, o.percent, o.amount_minor) for o in kept] == [(KEEP, 20, 1_000)]
    assert keep_sum("damaged_in_transit", [4_999], terms(offers=offers, keep_percent=25)) == (25, 1_250)
    assert keep_sum("damaged_in_transit", [4_999] * 2, terms(offers=offers)) == (20, 1_500), "the cap"
    assert keep_sum("changed_mind", [4_999], terms(offers=offers)) == (0, 0)


@pytest.mark.parametrize("reason", ["allergic_or_unsafe"])
def test_nothing_is_offered_for_goods_that_may_be_unsafe(reason: str) -> None:
    assert reason in REASONS
    offers = OfferConfig(keep_percent={reason: 50})
    assert offers_for(reason, SHIRT, [5_000], [goods()], terms(offers=offers, keep_percent=50)) == ()
    assert keep_sum(reason, [5_000], terms(offers=offers, keep_percent=50)) == (0, 0)


def test_nothing_is_offered_without_a_reason_or_where_a_rule_refuses() -> None:
    assert offers_for("", SHIRT, [5_000], [goods()], terms(keep_percent=50)) == ()
    refused = replace(terms(keep_percent=50), rejected_by=(Applied("rule:x@1", "reject", True),))
    assert offers_for("changed_mind", SHIRT, [5_000], [goods()], refused) == ()
