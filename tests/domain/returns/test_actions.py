"""Each action of a rule: what it changes in the terms of a line, which of two wins, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from portal.domain.returns.actions import ACTIONS
from portal.domain.returns.choices import METHODS
from portal.domain.returns.config import OfferConfig, ReturnLists, Zone
from portal.domain.returns.terms import Terms
from tests.domain.returns.cases import ASKED, ORDER, rule, terms

# action: what it is given, the field of the terms, and what that is afterwards
CASES: dict[str, tuple[Any, str, Any]] = {
    "window_days": (60, "window_days", 60),
    "extend_days": (7, "extend_days", 7),
    "window_from": ("order", "window_from", "order"),
    "send_back_days": (21, "send_back_days", 21),
    "bypass_final_sale": (True, "bypass_final_sale", True),
    "automatic_approval": (False, "auto_approve", False),
    "hide": (True, "hidden", True),
    "keep_item": (True, "keep_item", True),
    "donate": (True, "donate", True),
    "keep_percent": (25, "keep_percent", 25),
    "require_shipping": (True, "must_ship", True),
    "resolutions": (["store_credit"], "resolutions", ("store_credit",)),
    "exclude_resolutions": (["refund"], "resolutions", ("store_credit",)),
    "methods": (["drop_off", "pickup"], "methods", ("drop_off", "pickup")),
    "exclude_methods": (["own_parcel", "qr"], "methods", ("label",)),
    "fee_minor": (495, "fee_minor", 495),
    "restocking_percent": (15, "restocking_percent", 15),
    "waive_fee": (True, "fee_waived", True),
    "credit_bonus_percent": (10, "credit_bonus_percent", 10),
    "refund_shipping": (True, "refund_shipping", True),
    "refund_when": ("scan", "refund_when", "scan"),
    "destination": ("outlet", "destination", "outlet"),
    "photo": (True, "photo_required", True),
    "reason_group": ("shoes", "reason_group", "shoes"),
    "exchange_express": (True, "exchange_express", True),
}


def test_every_action_is_in_this_table() -> None:
    assert {*CASES, "reject", "review"} == set(ACTIONS)
    assert len(ACTIONS) >= 20
    assert {action.changes for action in ACTIONS.values()} <= set(Terms.__slots__)


@pytest.mark.parametrize("name", CASES)
def test_an_action_changes_the_terms_of_the_lines_it_is_meant_for(name: str) -> None:
    given, changes, after = CASES[name]
    shirts = rule(when={"product_type": ["shirts"]}, then={name: given})
    assert getattr(terms(shirts), changes) == after
    assert getattr(terms(shirts, line=1), changes) == getattr(terms(), changes) != after
    applied = terms(shirts).applied
    assert [(a.source, a.action) for a in applied] == [("rule:r@7", name)]


@pytest.mark.parametrize(("name", "field"), [("reject", "rejected_by"), ("review", "review_by")])
def test_all_rules_that_refuse_or_doubt_are_kept(name: str, field: str) -> None:
    rules = (rule("a", then={name: True}), rule("b", then={name: True}, priority=9, says={"en": "No."}))
    found = getattr(terms(*rules), field)
    assert [(a.source, dict(a.says)) for a in found] == [("rule:b@7", {"en": "No."}), ("rule:a@7", {})]


def test_of_two_of_a_kind_the_higher_priority_wins_and_all_else_applies() -> None:
    low = rule("low", then={"window_days": 10, "fee_minor": 100})
    high = rule("high", then={"window_days": 90}, priority=1)
    got = terms(low, high)
    assert (got.window_days, got.fee_minor) == (90, 100)
    assert {(a.source, a.action) for a in got.applied} == {("rule:high@7", "window_days"), ("rule:low@7", "fee_minor")}


def test_what_is_taken_away_is_gone_whoever_offers_it() -> None:
    offers = rule("a", then={"methods": ["label", "pickup"]}, priority=5)
    takes = rule("b", then={"exclude_methods": ["pickup"]})
    also = rule("c", then={"exclude_methods": ["qr"]})
    assert terms(offers, takes, also).methods == ("label",)


def test_nobody_is_left_without_a_way_back_or_a_way_of_being_paid() -> None:
    nothing = rule(then={"exclude_methods": list(METHODS), "exclude_resolutions": ["refund", "store_credit"]})
    assert (terms(nothing).methods, terms(nothing).resolutions) == (("own_parcel",), ("refund",))


def test_what_is_kept_or_given_away_does_not_travel_unless_it_has_to() -> None:
    kept, given = rule("a", then={"keep_item": True}), rule("b", then={"donate": True})
    assert terms(kept).methods == ("keep",)
    assert terms(given).methods == ("donate",)
    sent = terms(kept, given, rule("c", then={"require_shipping": True}))
    assert (sent.keep_item, sent.donate, sent.methods) == (False, False, ("label", "qr", "own_parcel"))


def test_the_zone_comes_before_the_kind_of_product_and_both_before_the_rules() -> None:
    zone = Zone("Near", ("DE", "AT"), window_days=40, methods=("drop_off",), refund_when="arrival", fee_minor=200)
    got = terms(zones=(zone,))
    assert (got.window_days, got.methods, got.refund_when, got.fee_minor) == (40, ("drop_off",), "arrival", 200)
    assert {a.source for a in got.applied} == {"zone:Near@7"}
    assert terms(zones=(zone,), product_windows={"SHIRTS": 14}).window_days == 14
    assert terms(zones=(zone,), product_windows={"SHIRTS": 14}, line=1).window_days == 40
    assert terms(rule(then={"window_days": 5}), zones=(zone,), product_windows={"shirts": 14}).window_days == 5
    assert terms(zones=(Zone("Far", ("US",), window_days=90),)).window_days == 30


def test_reasons_ask_for_pictures_and_offer_to_keep_it_as_the_shop_says() -> None:
    got = terms(photo_reasons=("size_too_small",), offers=OfferConfig(keep_percent={"size_too_small": 20}))
    assert (got.photo_required, got.keep_percent) == (True, 20)
    silent = rule(then={"photo": False, "keep_percent": 0})
    got = terms(silent, photo_reasons=("size_too_small",), offers=OfferConfig(keep_percent={"size_too_small": 20}))
    assert (got.photo_required, got.keep_percent) == (False, 0)


def test_a_person_has_to_look_where_a_rule_or_the_shop_says_so() -> None:
    assert not terms().needs_person
    assert terms(auto_approve=False).needs_person
    assert terms(rule()).needs_person
    assert terms(rule(then={"automatic_approval": False})).needs_person


def test_a_list_that_allows_is_named() -> None:
    assert terms().allowed_by == ""
    assert terms(lists=ReturnLists(allow_orders=("j-1001",))).allowed_by == "allow_orders"
    friend = replace(ORDER, customer=replace(ORDER.customer, lists=("allow_emails",)))
    assert terms(order=friend).allowed_by == "allow_emails"


def test_a_rule_about_risk_applies_when_the_score_is_there() -> None:
    held = rule(when={"return_risk_score": {"min": 60}})
    assert not terms(held).review_by
    assert terms(held, asked=replace(ASKED, risk_score=60)).review_by


@pytest.mark.parametrize(
    ("then", "place"),
    [
        ({}, "does nothing"),
        ({"explode": True}, "then.explode is no action"),
        ({"window_days": -1}, "then.window_days must be a whole number, from 0 to"),
        ({"window_days": True}, "then.window_days must be a whole number"),
        ({"window_days": "30"}, "then.window_days must be a whole number"),
        ({"restocking_percent": 101}, "then.restocking_percent must be a whole number, from 0 to 100"),
        ({"reject": False}, "then.reject must be true; a rule that does not want it leaves it out"),
        ({"hide": 1}, "then.hide must be true or false"),
        ({"methods": ["pigeon"]}, "then.methods must be a list of some of label, qr"),
        ({"methods": []}, "then.methods must be a list"),
        ({"window_from": "birth"}, "then.window_from must be one of delivery, handover, order"),
        ({"destination": " "}, "then.destination must be a text"),
    ],
)
def test_an_action_that_makes_no_sense_is_refused_with_its_place(then: dict[str, Any], place: str) -> None:
    with pytest.raises(ValueError, match=f"rule 'r'.*{place}"):
        rule(then=then)
