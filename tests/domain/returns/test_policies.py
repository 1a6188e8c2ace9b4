"""What each return policy says, and that nothing it says is lost."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from portal.domain.returns import eligibility, policies
from portal.domain.returns.config import ReturnPolicyConfig
from portal.domain.returns.eligibility import judge
from portal.domain.returns.model import LineFacts, OrderFacts

NOW = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
LINE = LineFacts(1, 2, 0, "shirts", False, NOW - timedelta(days=9), NOW - timedelta(days=4))
ORDER = OrderFacts("open", "US", "America/New_York", (LINE,))
CONFIG = ReturnPolicyConfig()


def order_with(**changes: object) -> OrderFacts:
    return replace(ORDER, lines=(replace(LINE, **changes),))  # type: ignore[arg-type]


def keys(order: OrderFacts, config: ReturnPolicyConfig = CONFIG, now: datetime = NOW) -> list[str]:
    return [reason.key for reason in judge(order, config, now)[0].against]


def test_a_line_with_nothing_against_it_is_eligible_and_says_its_last_day_and_why() -> None:
    verdict = judge(ORDER, CONFIG, NOW)[0]
    assert verdict.eligible
    assert verdict.units_left == 2
    assert verdict.last_day is not None
    assert verdict.last_day.isoformat() == "2026-12-14"
    assert verdict.window is not None
    assert dict(verdict.window.inputs) == {
        "days": 30,
        "start_on": "2026-11-14",
        "last_on": "2026-12-14",
        "start_known": 1,
    }


@pytest.mark.parametrize(
    ("order", "config", "key"),
    [
        (order_with(final_sale=True), CONFIG, "final_sale.final"),
        (ORDER, ReturnPolicyConfig(excluded_product_types=("Shirts ",)), "excluded_product_type.excluded"),
        (ORDER, ReturnPolicyConfig(countries=("DE", "AT")), "country.not_served"),
        (replace(ORDER, country=None), ReturnPolicyConfig(countries=("DE",)), "country.unknown"),
        (order_with(units_returning=2), CONFIG, "already_returned.all_returned"),
        (replace(ORDER, status="Canceled"), CONFIG, "order_cancelled.cancelled"),
        (order_with(delivered_at=None, handed_over_at=None), CONFIG, "not_delivered_yet.not_sent"),
        (
            order_with(delivered_at=None, handed_over_at=NOW - timedelta(days=4)),
            CONFIG,
            "not_delivered_yet.on_its_way",
        ),
        (order_with(delivered_at=NOW - timedelta(days=31)), CONFIG, "window.over"),
    ],
)
def test_each_policy_gives_its_own_reason_and_no_other_does(
    order: OrderFacts, config: ReturnPolicyConfig, key: str
) -> None:
    assert keys(order, config) == [key]


def test_final_sale_is_only_final_where_the_shop_says_so() -> None:
    assert keys(order_with(final_sale=True), ReturnPolicyConfig(final_sale=False)) == []


def test_every_policy_runs_and_every_reason_is_kept() -> None:
    hopeless = replace(
        order_with(final_sale=True, units_returning=2, delivered_at=NOW - timedelta(days=90)), status="cancelled"
    )
    verdict = judge(hopeless, ReturnPolicyConfig(countries=("DE",), excluded_product_types=("shirts",)), NOW)[0]
    assert [reason.policy for reason in verdict.reasons] == [policy.id for policy in eligibility.policies()]
    assert {reason.policy for reason in verdict.against} == {
        "final_sale",
        "excluded_product_type",
        "country",
        "already_returned",
        "order_cancelled",
        "window",
    }


def test_every_file_in_the_folder_is_a_policy_in_force() -> None:
    folder = Path(str(policies.__file__)).parent
    files = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert {policy.id for policy in eligibility.policies()} == files


def test_the_last_day_lasts_until_midnight_where_the_recipient_lives() -> None:
    delivered = datetime(2026, 9, 29, 15, 0, tzinfo=UTC)  # last day: Thursday, 29 October, New York
    order = order_with(delivered_at=delivered)
    assert keys(order, now=datetime(2026, 10, 30, 3, 59, tzinfo=UTC)) == []
    assert keys(order, now=datetime(2026, 10, 30, 4, 0, tzinfo=UTC)) == ["window.over"]


def test_where_no_delivery_was_seen_the_window_begins_when_it_should_have_come() -> None:
    order = order_with(delivered_at=None, handed_over_at=datetime(2026, 10, 1, 15, 0, tzinfo=UTC))
    verdict = judge(order, CONFIG, NOW)[0]
    assert verdict.window is not None
    assert verdict.window.key == "window.over"
    assert verdict.window.inputs["start_on"] == "2026-10-06"
    assert verdict.window.inputs["start_known"] == 0
    assert keys(order, now=datetime(2026, 11, 5, 12, 0, tzinfo=UTC)) == []


def test_a_parcel_whose_delivery_scan_never_came_is_no_dead_end() -> None:
    order = order_with(delivered_at=None, handed_over_at=NOW - timedelta(days=5))
    assert keys(order, now=NOW - timedelta(seconds=1)) == ["not_delivered_yet.on_its_way"]
    assert keys(order, now=NOW) == []


def test_words_find_all_their_values_among_the_inputs() -> None:
    for order in (ORDER, order_with(delivered_at=None), order_with(delivered_at=None, handed_over_at=None)):
        for reason in judge(order, ReturnPolicyConfig(countries=("DE",)), NOW)[0].reasons:
            assert "%(" not in reason.words % dict(reason.inputs)


def test_a_verdict_can_be_given_again_from_its_record() -> None:
    record = json.loads(json.dumps({"facts": ORDER.to_record(), "verdict": judge(ORDER, CONFIG, NOW)[0].to_record()}))
    again = judge(OrderFacts.from_record(record["facts"]), CONFIG, NOW)[0]
    assert again.to_record() == record["verdict"]
