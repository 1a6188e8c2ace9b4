"""How a parcel can go back from where the shopper lives."""

from __future__ import annotations

import pytest

from portal.domain.returns.methods import LABEL, OWN_PARCEL, LabelMaker, method_for
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
