"""What does not fit together in return settings is said when they are saved; only what is ambiguous is refused."""

from __future__ import annotations

from typing import Any

import pytest

from portal.domain.returns.config import ExchangeConfig, ReturnPolicyConfig, Rule, Season, Store, Zone
from portal.domain.returns.conflicts import conflicts
from tests.domain.returns.cases import rule


def kinds(*rules: Rule, **settings: Any) -> list[tuple[str, tuple[str, ...]]]:
    return [(c.kind, c.where) for c in conflicts(ReturnPolicyConfig(rules=rules, **settings))]


def days(id: str, number: int, **values: Any) -> Rule:
    return rule(id, then={"window_days": number}, **values)


def test_settings_that_say_nothing_have_no_conflicts() -> None:
    assert kinds() == []


def test_two_rules_that_set_the_same_otherwise_at_one_priority_are_refused_with_what_to_do() -> None:
    (found,) = conflicts(ReturnPolicyConfig(rules=(days("b", 60), days("a", 14))))
    assert (found.kind, found.where, found.refused) == ("same_priority", ("a", "b"), True)
    assert "both set window_days (14 and 60) at priority 0" in found.words
    assert "higher `priority`" in found.words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (days("a", 14, priority=1), days("b", 60)),  # one goes before the other
        (days("a", 14), days("b", 14)),  # they agree
        (days("a", 14), rule("b", then={"fee_minor": 100})),  # about different things
        (rule("a", then={"reject": True}), rule("b", then={"reject": True})),  # both count
        (rule("a", then={"exclude_methods": ["qr"]}), rule("b", then={"exclude_methods": ["label"]})),
        (days("a", 14, when={"order_country": ["DE"]}), days("b", 60, when={"order_country": ["CH"]})),
        (days("a", 14, when={"order_returns": {"max": 2}}), days("b", 60, when={"order_returns": {"min": 3}})),
        (days("a", 14, when={"customer_is_vip": True}), days("b", 60, when={"customer_is_vip": False})),
        (
            days("a", 14, when={"order_placed_on": {"until": "2026-11-30"}}),
            days("b", 60, when={"order_placed_on": {"from": "2026-12-01"}}),
        ),
        (days("a", 14, when={"customer_tags": ["vip"]}), days("b", 60, unless={"customer_tags": ["VIP", "staff"]})),
        (
            days("a", 14, when={"order_total_minor": {"min": 5, "max": 9}}),
            days("b", 60, unless={"order_total_minor": {"min": 5}}),
        ),
    ],
)
def test_rules_that_cannot_be_at_odds_are_fine(one: Rule, other: Rule) -> None:
    assert kinds(one, other) == kinds(other, one) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # Somebody may have both tags.
        (days("a", 14, when={"customer_tags": ["vip"]}), days("b", 60, when={"customer_tags": ["staff"]})),
        (days("a", 14, when={"order_country": ["DE"]}), days("b", 60, when={"customer_is_vip": True})),
        (days("a", 14, when={"order_returns": {"max": 3}}), days("b", 60, when={"order_returns": {"min": 3}})),
        (days("a", 14, when={"customer_tags": ["vip", "new"]}), days("b", 60, unless={"customer_tags": ["vip"]})),
        (rule("a", then={"hide": True}), rule("b", then={"hide": False})),
    ],
)
def test_rules_that_can_both_match_are_refused(one: Rule, other: Rule) -> None:
    assert kinds(one, other) == kinds(other, one) == [("same_priority", ("a", "b"))]


def test_a_country_in_two_zones_is_refused_where_they_differ() -> None:
    one, other = Zone("A", ("DE", "AT"), window_days=20), Zone("B", ("AT", "CH"), window_days=30)
    (found,) = conflicts(ReturnPolicyConfig(zones=(one, other)))
    assert (found.kind, found.where, found.refused) == ("country_in_two_zones", ("A", "B"), True)
    assert "AT is in zone 'A' and in zone 'B'; take it out of one of them" in found.words
    assert kinds(zones=(one, Zone("B", ("AT", "CH"), window_days=20))) == []


def test_a_zone_that_never_holds_is_told() -> None:
    zones = (Zone("A", ("DE", "AT")), Zone("B", ("AT",)))
    assert kinds(zones=zones) == [("zone_shadowed", ("B",))]
    assert kinds(zones=zones[:1], countries=("US",)) == [("zone_not_served", ("A",))]
    assert not any(c.refused for c in conflicts(ReturnPolicyConfig(zones=zones)))


def test_a_rule_that_can_never_match_is_told() -> None:
    contradicts = rule("a", when={"product_type": ["shirts"]}, unless={"product_type": ["shirts", "shoes"]})
    assert kinds(contradicts) == [("rule_never_holds", ("a",))]
    assert kinds(rule("a", when={"order_country": ["CH"]}), countries=("DE",)) == [("rule_never_holds", ("a",))]
    assert kinds(rule("a", when={"order_country": ["CH", "DE"]}), countries=("DE",)) == []


def test_what_nothing_offers_is_told() -> None:
    assert kinds(rule("a", when={"return_method": ["pickup"]})) == [("nothing_offers", ("a",))]
    assert kinds(rule("a", when={"return_resolution": ["exchange"]})) == [("nothing_offers", ("a",))]
    assert kinds(rule("a", then={"exclude_methods": ["pickup"]})) == [("nothing_offers", ("a",))]
    assert kinds(rule("a", when={"return_method": ["pickup"]}), methods=("label", "pickup")) == []
    assert kinds(rule("a", when={"return_method": ["pickup"]}), zones=(Zone("Z", ("DE",), methods=("pickup",)),)) == []
    assert kinds(rule("a", then={"exclude_resolutions": ["refund", "store_credit"]})) == [("nothing_left", ("a",))]


def test_ways_back_that_lack_what_they_need_are_told() -> None:
    assert kinds(methods=("in_store",)) == [("method_lacks", ("in_store",))]
    assert kinds(methods=("in_store",), stores=(Store("Kiel", "Holm 1", "Kiel", "24103", "DE"),)) == []
    assert kinds(rule("a", then={"donate": True})) == [("method_lacks", ("donate",))]
    assert kinds(rule("a", then={"donate": True}), donate_to="Red Cross") == []
    exchanges = ExchangeConfig(fallback="store_credit")
    assert kinds(resolutions=("refund", "exchange"), exchange=exchanges) == [("fallback_not_offered", ("exchange",))]


def test_names_are_given_once_and_what_makes_no_sense_alone_is_no_setting() -> None:
    with pytest.raises(ValueError, match="two rules are called 'a'"):
        ReturnPolicyConfig(rules=(days("a", 1), days("a", 2)))
    with pytest.raises(ValueError, match="two zones are called 'Z'"):
        ReturnPolicyConfig(zones=(Zone("Z", ("DE",)), Zone("Z", ("CH",))))
    with pytest.raises(ValueError, match="zone 'Z' needs its countries"):
        Zone("Z", ("Germany",))
    with pytest.raises(ValueError, match="season 'S' ends before it begins"):
        Season("S", "2026-12-02", "2026-12-01", "2027-01-31")
    with pytest.raises(ValueError, match="needs an id"):
        rule(" ")
