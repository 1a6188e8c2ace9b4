"""Why something goes back: what is asked of whom, in an order that favours nothing, and nothing ever forgotten."""

from __future__ import annotations

import pytest

from portal.domain.returns.kinds import Kind, kind_of
from portal.domain.returns.reasons import OTHER, REASONS, Photo, offered, sub_words_for, subs_for

# Every code that a return may have been made with. Codes are retired with `offered=False`, and stay in both lists.
EVER_OFFERED = {
    "size_too_small": "chest waist hips length width shoes other",
    "size_too_large": "chest waist hips length width shoes other",
    "style_or_colour": "colour fabric look fit",
    "changed_mind": "no_longer_needed found_cheaper ordered_several",
    "ordered_wrong": "wrong_variant duplicate",
    "gift_unwanted": "",
    "not_as_described": "photo text size_chart",
    "wrong_item_sent": "other_product other_size other_colour",
    "missing_parts": "accessory manual item_missing",
    "defective": "dead_on_arrival stops_working stitching other",
    "damaged_in_transit": "box_crushed wet broken",
    "arrived_late": "missed_event no_longer_needed",
    "allergic_or_unsafe": "",
    "withdrawal_eu": "",
    "other": "",
}


def test_no_reason_that_was_ever_given_is_forgotten() -> None:
    for code, subs in EVER_OFFERED.items():
        assert set(subs.split()) <= {one.code for one in REASONS[code].subs}
    assert set(REASONS) == set(EVER_OFFERED), "add a new code to the list above: from now on it stays"


@pytest.mark.parametrize(
    ("product_type", "kind"),
    [
        ("Men's running shoes", Kind.SHOES),
        ("Damenschuhe", Kind.SHOES),
        ("T-Shirts", Kind.TOPS),
        ("Hardshelljacke", Kind.TOPS),
        ("Jeans", Kind.BOTTOMS),
        ("Summer dresses", Kind.WHOLE),
        ("Laptops", Kind.THING),
        ("mug", Kind.THING),
        ("", Kind.UNKNOWN),
        (None, Kind.UNKNOWN),
    ],
)
def test_the_kind_of_a_product_is_read_from_the_shops_own_words(product_type: str | None, kind: Kind) -> None:
    assert kind_of(product_type) is kind


def test_shoes_have_no_hips_and_a_lamp_has_no_chest() -> None:
    def asked(code: str, kind: Kind) -> set[str]:
        return {one.code for one in subs_for(code, kind, "o")}

    assert asked("size_too_small", Kind.SHOES) == {"length", "width", "other"}
    assert asked("size_too_small", Kind.THING) == {"length", "width", "other"}
    assert asked("size_too_large", Kind.WHOLE) >= {"chest", "waist", "hips", "length"}
    assert asked("size_too_small", Kind.TOPS).isdisjoint({"hips", "shoes", "width"})
    assert "size_chart" not in asked("not_as_described", Kind.THING)
    assert "stitching" not in asked("defective", Kind.THING)
    assert "dead_on_arrival" not in asked("defective", Kind.TOPS)


def test_the_order_differs_between_orders_and_other_comes_last() -> None:
    orders = {tuple(one.code for one in subs_for("size_too_small", Kind.WHOLE, f"order-{n}")) for n in range(20)}
    assert len(orders) > 5
    assert {codes[-1] for codes in orders} == {OTHER}
    assert [group[-1].code for _, group in offered("o")][-1] == OTHER


def test_every_question_has_words_and_every_wanted_picture_says_of_what() -> None:
    for reason in REASONS.values():
        assert bool(reason.asks) == bool(reason.subs), reason.code
        assert reason.photo is not Photo.ASKED or reason.photo_of, reason.code


def test_a_sub_reason_of_an_older_version_stays_readable() -> None:
    assert sub_words_for("size_too_small", "chest") == "At the chest"
    assert sub_words_for("size_too_small", "elbows") == "elbows"
    assert sub_words_for("size_too_small", None) == ""
    assert sub_words_for("gone", "elbows") == "elbows"
