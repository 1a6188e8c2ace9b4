"""Each condition of a rule: what it takes, when it holds, when it does not, and when nobody can say yet."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from portal.domain.returns.conditions import CONDITIONS, Stage
from portal.domain.returns.model import ItemAsked, RequestFacts
from tests.domain.returns.cases import ASKED, CUSTOMER, LINE, NOW, ORDER, OTHER, rule, terms

YES, NO = True, False

# condition: what holds for the order of these tests, and what does not
CASES: dict[str, tuple[Any, Any]] = {
    "customer_tags": (["loyal "], ["vip", "gold"]),
    "customer_tier": (["Silver"], ["gold"]),
    "customer_is_vip": (False, True),
    "customer_orders_placed": ({"min": 10}, {"max": 9}),
    "customer_value_minor": ({"min": 90_000, "max": 90_000}, {"min": 90_001}),
    "customer_returns_placed": ({"max": 3}, {"min": 4}),
    "customer_returns_wrong": ({"min": 1}, {"max": 0}),
    "customer_return_percent": ({"min": 30, "max": 30}, {"min": 31}),
    "customer_items_kept": ({"min": 1}, {"min": 2}),
    "customer_units_returned": ({"min": 2}, {"max": 1}),
    "order_number": (["j-1001"], ["J-1002"]),
    "order_country": (["AT", "DE"], ["CH"]),
    "order_placed_on": ({"from": "2026-11-06", "until": "2026-11-06"}, {"from": "2026-11-07"}),
    "order_discount_codes": (["welcome"], ["SALE"]),
    "order_discount_minor": ({"min": 2_000}, {"max": 1_999}),
    "order_discount_percent": ({"min": 13, "max": 13}, {"min": 14}),
    "order_returns": ({"max": 1}, {"min": 2}),
    "order_tags": (["Wholesale"], ["gift"]),
    "order_total_minor": ({"min": 13_590}, {"min": 13_591}),
    "order_currency": (["EUR"], ["USD"]),
    "order_service_level": (["express"], ["standard"]),
    "order_channel": (["csv"], ["shopify"]),
    "order_status": (["open"], ["delivered"]),
    "days_since_window_began": ({"min": 4, "max": 4}, {"min": 5}),
    "late_days": ({"min": 2}, {"max": 1}),
    "product_sku": (["ls-1"], ["WB-2"]),
    "product_ref": (["linen-shirt"], ["cup"]),
    "product_type": (["shirts"], ["home"]),
    "product_tags": (["summer", "winter"], ["winter"]),
    "product_vendor": (["weaver"], ["Potter"]),
    "product_price_minor": ({"min": 4_900}, {"max": 4_899}),
    "product_units_bought": ({"min": 2}, {"min": 3}),
    "product_final_sale": (False, True),
    "return_reason": (["size_too_small", "size_too_large"], ["defective"]),
    "return_sub_reason": (["chest"], ["waist"]),
    "return_fault": (["shopper"], ["merchant", "carrier"]),
    "return_photo": (False, True),
    "return_units": ({"max": 1}, {"min": 2}),
    "return_lines": ({"min": 1, "max": 1}, {"min": 2}),
    "return_value_minor": ({"min": 4_300, "max": 4_300}, {"min": 4_301}),
    "return_is_full": (False, True),
    "return_resolution": (["refund"], ["exchange"]),
    "return_method": (["label"], ["own_parcel"]),
    "return_filed_by": (["shopper"], ["staff"]),
    "return_kind": (["return"], ["gift"]),
    "return_risk_score": ({"min": 20}, {"min": 21}),
    "return_asked_on": ({"from": "2026-11-18", "until": "2026-11-18"}, {"until": "2026-11-17"}),
}


def applies(when: dict[str, Any], **given: Any) -> bool:
    return bool(terms(rule(when=when), **given).review_by)


def test_every_condition_is_in_this_table() -> None:
    assert set(CASES) == set(CONDITIONS)
    assert len(CONDITIONS) >= 30


@pytest.mark.parametrize("name", CASES)
def test_a_condition_holds_for_what_it_names_and_for_nothing_else(name: str) -> None:
    holds, does_not = CASES[name]
    assert applies({name: holds})
    assert not applies({name: does_not})


@pytest.mark.parametrize("name", CASES)
def test_under_unless_it_is_the_other_way_round(name: str) -> None:
    holds, does_not = CASES[name]
    assert not terms(rule(unless={name: holds})).review_by
    assert terms(rule(unless={name: does_not})).review_by


@pytest.mark.parametrize("name", [c.name for c in CONDITIONS.values() if c.known is not Stage.ALWAYS])
def test_what_nobody_has_said_yet_keeps_a_rule_waiting_and_says_for_what(name: str) -> None:
    nothing = RequestFacts()
    for part in ("when", "unless"):
        for given in CASES[name]:
            got = terms(rule("r", **{part: {name: given}}), asked=nothing)
            assert not got.review_by
            assert [(w.rule, w.stage) for w in got.waiting] == [("r", CONDITIONS[name].known.name.lower())]


def test_a_rule_that_cannot_hold_any_more_waits_for_nothing() -> None:
    got = terms(rule(when={"return_reason": ["defective"], "order_country": ["CH"]}), asked=RequestFacts())
    assert got.waiting == ()


@pytest.mark.parametrize("name", [name for name, c in CONDITIONS.items() if c.known is Stage.ALWAYS])
def test_what_is_unknown_of_an_order_is_no_reason_for_a_rule(name: str) -> None:
    """A missing country, type or date never passes, and never fails, by accident."""
    bare_line = replace(LINE, product_type=None, product_ref=None, vendor=None, tags=(), handed_over_at=None)
    bare_line = replace(bare_line, delivered_at=None)
    bare = replace(ORDER, country=None, placed_at=None, lines=(bare_line,), customer=replace(CUSTOMER, tier=None))
    given = CASES[name][0]
    lacking = {"customer_tier", "order_country", "order_placed_on", "days_since_window_began"}
    lacking |= {"product_ref", "product_type", "product_tags", "product_vendor"}
    assert applies({name: given}, order=bare) is (name not in lacking)


@pytest.mark.parametrize("condition", [c for c in CONDITIONS.values() if c.each_line], ids=lambda c: str(c.name))
def test_lines_of_one_order_are_looked_at_each_for_itself(condition: Any) -> None:
    """The other line differs in nearly everything: whoever reads a line says so, and is asked of every line."""
    reads = {line.line_id: replace(ORDER, lines=(line,)) for line in (LINE, OTHER)}
    alone = [applies({condition.name: CASES[condition.name][0]}, order=order) for order in reads.values()]
    together = [applies({condition.name: CASES[condition.name][0]}, line=n) for n in (0, 1)]
    assert together == alone


def test_all_conditions_of_when_have_to_hold_and_none_of_unless() -> None:
    both = {"order_country": ["DE"], "customer_tags": ["loyal"]}
    assert applies(both)
    assert not applies(both | {"customer_tags": ["vip"]})
    assert not terms(rule(when=both, unless={"order_tags": ["gift"], "product_type": ["shirts"]})).review_by


def test_a_full_return_is_every_unit_of_the_order_at_once() -> None:
    everything = replace(ASKED, items=(ItemAsked(1, 2, "defective"), ItemAsked(2, 1, "defective")))
    assert applies({"return_is_full": True}, asked=everything)
    assert not applies({"return_is_full": True}, asked=replace(everything, items=everything.items[:1]))


def test_days_are_counted_where_the_recipient_lives() -> None:
    late = NOW.replace(hour=23, minute=30)  # the next day in Berlin
    assert applies({"return_asked_on": {"from": "2026-11-19"}}, now=late)
    assert applies({"days_since_window_began": {"min": 5}}, now=late)


@pytest.mark.parametrize(
    ("when", "place"),
    [
        ({"colour": ["red"]}, "when.colour is no condition"),
        ({"order_country": []}, "when.order_country must be a list"),
        ({"order_country": ["Germany"]}, "when.order_country must be a list of countries"),
        ({"customer_tags": [3]}, "when.customer_tags must be a list of texts"),
        ({"return_reason": ["ugly"]}, "when.return_reason cannot be 'ugly'"),
        ({"return_method": ["pigeon"]}, "when.return_method cannot be 'pigeon'"),
        ({"order_total_minor": 100}, "when.order_total_minor must be a table"),
        ({"order_total_minor": {}}, "when.order_total_minor must be a table"),
        ({"order_total_minor": {"low": 1}}, "when.order_total_minor must be a table"),
        ({"order_total_minor": {"min": True}}, "when.order_total_minor must be a table"),
        ({"order_total_minor": {"min": 5, "max": 4}}, "when.order_total_minor ends before it begins"),
        ({"order_placed_on": {"from": "tomorrow"}}, "when.order_placed_on must be a table of days"),
        ({"order_placed_on": {"from": "2026-12-02", "until": "2026-12-01"}}, "ends before it begins"),
        ({"customer_is_vip": "yes"}, "when.customer_is_vip must be true or false"),
    ],
)
def test_a_condition_that_makes_no_sense_is_refused_with_its_place(when: dict[str, Any], place: str) -> None:
    with pytest.raises(ValueError, match=f"rule 'r': .*{place}".replace("(", r"\(")):
        rule(when=when)
