"""What holds a return's money for a person: each point by a table, and that the score explains itself (reliability: T35-T37)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.returns.risk import WORDS_OF_POINTS, Place, RiskFacts, score, trips
from portal.domain.returns.weights import grams_in

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
HOME = Place("Burlington", "05401", "US")
GOOD = RiskFacts(
    worth_minor=4_900,
    high_worth_minor=50_000,
    expected_grams=1_000,
    carrier_grams=1_150,
    place=Place("BURLINGTON", "05401-1234", "US"),
    expected_place=HOME,
    orders_placed=9,
    returns_placed=2,
    customer_since=NOW - timedelta(days=900),
    now=NOW,
)


def test_a_return_like_most_has_no_points() -> None:
    assert score(GOOD).total == 0
    assert not score(GOOD).holds(1)


@pytest.mark.parametrize(
    ("changes", "code", "hard"),
    [
        ({"other_number": True}, "other_number", True),
        ({"place": Place("Albany", "12207", "US")}, "wrong_place", True),
        ({"place": Place("Albany")}, "wrong_place", True),
        ({"place": Place("", "12207")}, "wrong_place", True),
        ({"place": Place("Burlington", "05401", "CA")}, "wrong_place", True),
        ({"place": Place("Burlington", "05408", "US")}, "other_postal_code", False),
        ({"carrier_grams": 50}, "far_too_light", True),
        ({"carrier_grams": 199}, "far_too_light", True),
        ({"carrier_grams": 0}, "far_too_light", True),
        ({"carrier_grams": 499}, "too_light", False),
        ({"trips": 2}, "label_reused", True),
        ({"orders_placed": 4, "returns_placed": 3}, "serial", False),
        ({"orders_placed": 0, "returns_placed": 6}, "serial", False),
        ({"missing_claims": 2}, "missing_claims", False),
        ({"worth_minor": 50_000}, "high_worth", False),
        ({"orders_placed": 1, "returns_placed": 1, "customer_since": NOW}, "new_customer", False),
        ({"address_changed": True}, "address_changed", False),
    ],
)
def test_each_thing_has_its_point_and_what_is_hard_holds_by_itself(
    changes: dict[str, Any], code: str, hard: bool
) -> None:
    found = score(replace(GOOD, **changes))
    assert found.codes == (code,)
    assert found.holds(0) is hard
    assert found.holds(100) is hard
    assert found.holds(found.total)
    assert found.points[0].words % found.points[0].inputs


@pytest.mark.parametrize(
    "changes",
    [
        {"carrier_grams": None},
        {"expected_grams": None, "carrier_grams": 5},
        {"carrier_grams": 500},
        {"place": Place()},
        {"expected_place": Place(), "place": Place("Albany", "12207", "US")},
        {"expected_place": Place("München", "80331", "DE"), "place": Place("MUENCHEN", "80331", "DE")},
        {"expected_place": Place("Frankfurt am Main"), "place": Place("frankfurt")},
        {"orders_placed": 3, "returns_placed": 3},
        {"orders_placed": 10, "returns_placed": 5},
        {"missing_claims": 1},
        {"high_worth_minor": 0, "worth_minor": 10**9},
        {"orders_placed": 1, "returns_placed": 1},
    ],
)
def test_what_is_unknown_or_usual_is_held_against_nobody(changes: dict[str, Any]) -> None:
    assert score(replace(GOOD, **changes)).points == ()


def test_points_add_up_to_a_hundred_at_most_and_the_heaviest_comes_first() -> None:
    everything = replace(GOOD, other_number=True, carrier_grams=1, trips=3, missing_claims=9, worth_minor=10**6)
    found = score(everything)
    assert found.total == 100
    assert [point.points for point in found.points] == sorted((p.points for p in found.points), reverse=True)
    assert set(found.codes) <= set(WORDS_OF_POINTS)
    assert found.to_record()["score"] == 100


def test_what_a_person_has_released_does_not_hold_again_but_something_new_does() -> None:
    first = score(replace(GOOD, carrier_grams=50))
    assert not first.holds(60, first.codes)
    assert score(replace(GOOD, carrier_grams=50, other_number=True)).holds(60, first.codes)
    assert not score(replace(GOOD, address_changed=True, carrier_grams=50)).holds(0, first.codes)


@given(
    st.builds(
        RiskFacts,
        worth_minor=st.integers(0, 10**9),
        high_worth_minor=st.integers(0, 10**9),
        expected_grams=st.none() | st.integers(0, 10**6),
        carrier_grams=st.none() | st.integers(0, 10**6),
        place=st.builds(Place, st.text(max_size=9), st.text(max_size=9), st.text(max_size=2)),
        expected_place=st.builds(Place, st.text(max_size=9), st.text(max_size=9), st.text(max_size=2)),
        other_number=st.booleans(),
        trips=st.integers(1, 9),
        orders_placed=st.integers(0, 99),
        returns_placed=st.integers(0, 99),
        missing_claims=st.integers(0, 9),
    )
)
def test_whatever_the_facts_the_score_is_the_sum_of_what_it_says(facts: RiskFacts) -> None:
    found = score(facts)
    assert 0 <= found.total <= 100
    assert found.total == min(100, sum(point.points for point in found.points))
    assert all(point.words % point.inputs for point in found.points)


@pytest.mark.parametrize(
    ("steps", "count"),
    [
        ([], 1),
        ([(0, "in_transit"), (20, "delivered")], 1),
        ([(0, "in_transit"), (20, "delivered"), (21, "in_transit")], 1),
        ([(0, "in_transit"), (20, "delivered"), (33, "in_transit"), (50, "delivered")], 2),
        ([(0, "in_transit"), (20, "delivered"), (33, "in_transit"), (50, "delivered"), (90, "out_for_delivery")], 3),
        ([(40, "in_transit"), (20, "delivered"), (0, "in_transit")], 2),
        ([(0, "delivered"), (99, "exception")], 1),
    ],
)
def test_a_label_that_travels_again_is_noticed(steps: list[tuple[int, str]], count: int) -> None:
    assert trips([(NOW + timedelta(hours=hours), status) for hours, status in steps]) == count


@pytest.mark.parametrize(
    ("body", "grams"),
    [
        ({"weight": {"value": "1.2", "unit": "KG"}}, 1_200),
        ({"package": [{"packageWeight": {"value": 2, "unitOfMeasurement": "LBS"}}]}, 907),
        ({"weightInGrams": 340}, 340),
        ({"weight": "0.5", "weight_unit": "kg"}, 500),
        ({"weight": 5}, None),
        ({"weight": {"value": "heavy", "unit": "KG"}}, None),
        ({"weight": {"value": "1e400", "unit": "KG"}}, None),
        ({"weight": {"value": -3, "unit": "KG"}}, None),
        ({"city": "Albany"}, None),
        ([], None),
        ("1 kg", None),
        ({"a": {"a": {"a": {"a": {"a": {"a": {"weightKg": 1}}}}}}}, None),
    ],
)
def test_a_weight_is_read_only_where_its_unit_is_said(body: object, grams: int | None) -> None:
    assert grams_in(body) == grams
