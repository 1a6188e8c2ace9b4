"""How a parcel can go back from where the shopper lives."""

from __future__ import annotations

import pytest

from portal.domain.returns.choices import METHODS
from portal.domain.returns.methods import LABEL, LABELLED, OWN_PARCEL, WORDS, LabelMaker, Means, method_for, possible
from portal.domain.returns.reasons import is_our_doing


@pytest.mark.parametrize(
    ("maker", "country", "code"),
    [
        (LabelMaker("usps", ("US",)), "US", LABEL),
        (LabelMaker("usps", ("US",)), "DE", OWN_PARCEL),
        (LabelMaker("everywhere"), "DE", LABEL),
        (LabelMaker("everywhere"), None, OWN_PARCEL),
        (LabelMaker("usps", ("US",)), None, OWN_PARCEL),
        (None, "US", OWN_PARCEL),
    ],
)
def test_a_label_is_offered_only_where_its_carrier_takes_parcels(
    maker: LabelMaker | None, country: str | None, code: str
) -> None:
    method = method_for(maker, country)
    assert method.code == code
    assert method.carrier == (maker.code if maker and code == LABEL else "")


def test_each_way_says_before_choosing_who_pays_the_postage() -> None:
    assert method_for(LabelMaker("usps", ("US",)), "US").postage == "You pay no postage."
    assert method_for(None, "DE").postage == "You pay the postage."


@pytest.mark.parametrize(
    ("codes", "ours"),
    [
        (["changed_mind"], False),
        (["changed_mind", "defective"], True),
        (["damaged_in_transit"], True),
        (["other"], False),
        (["a reason of an older version"], False),
        ([], False),
    ],
)
def test_what_was_wrong_with_the_goods_or_on_their_way_is_our_doing(codes: list[str], ours: bool) -> None:
    assert is_our_doing(codes) is ours


USPS = LabelMaker("usps", ("US",))


def test_every_method_of_the_settings_has_its_words() -> None:
    assert set(WORDS) == set(METHODS)


@pytest.mark.parametrize(
    ("means", "codes"),
    [
        (Means(USPS, "US", has_codes=True, has_stores=True, has_charity=True), METHODS),
        (Means(USPS, "US"), ("label", "drop_off", "pickup", "own_parcel", "keep")),
        (Means(USPS, "DE", has_codes=True), ("own_parcel", "keep")),
        (Means(None, "US", has_stores=True), ("own_parcel", "in_store", "keep")),
    ],
)
def test_what_the_shop_allows_is_offered_as_far_as_it_is_possible_here(means: Means, codes: tuple[str, ...]) -> None:
    found = possible([METHODS], means)
    assert tuple(method.code for method in found) == codes
    assert {method.code for method in found if method.carrier} <= LABELLED


def test_of_several_lines_a_way_back_is_one_that_all_of_them_allow_and_there_is_always_one() -> None:
    means = Means(USPS, "US")
    assert [m.code for m in possible([("label", "pickup"), ("pickup", "label")], means)] == ["label", "pickup"]
    assert [m.code for m in possible([("label",), ("pickup",)], means)] == [OWN_PARCEL]
    assert [m.code for m in possible([("label",)], Means(None, None))] == [OWN_PARCEL]
