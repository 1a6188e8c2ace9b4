"""What each return policy says, and that nothing it says is lost."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from portal.domain.returns import eligibility, policies
from portal.domain.returns.config import ReturnLimits, ReturnLists, ReturnPolicyConfig, Rule
from portal.domain.returns.eligibility import judge
from portal.domain.returns.model import CustomerFacts, ItemAsked, LineFacts, OrderFacts, RequestFacts

NOW = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
LINE = LineFacts(1, 2, 0, "shirts", False, NOW - timedelta(days=9), NOW - timedelta(days=4))
ORDER = OrderFacts("open", "US", "America/New_York", (LINE,))
CONFIG = ReturnPolicyConfig()


def order_with(**changes: object) -> OrderFacts:
    return replace(ORDER, lines=(replace(LINE, **changes),))  # type: ignore[arg-type]


def _lists(**lists: tuple[str, ...]) -> ReturnPolicyConfig:
    return ReturnPolicyConfig(lists=ReturnLists(**lists))


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


def test_facts_come_back_from_their_record_as_they_were() -> None:
    asked = RequestFacts((ItemAsked(1, 1, "defective", has_photo=True),), "refund", risk_score=7)
    full = replace(LISTED, placed_at=NOW, timezone="Europe/Berlin")
    assert OrderFacts.from_record(json.loads(json.dumps(full.to_record()))) == full
    assert RequestFacts.from_record(json.loads(json.dumps(asked.to_record()))) == asked


def test_a_record_of_before_there_was_more_to_know_can_still_be_read() -> None:
    names = ("line_id", "quantity", "units_returning", "product_type", "final_sale", "handed_over_at", "delivered_at")
    record = ORDER.to_record()
    old: dict[str, object] = {"status": "open", "country": "US", "timezone": "America/New_York"}
    old["lines"] = [{name: line[name] for name in names} | {"gone": 1} for line in record["lines"]]
    assert OrderFacts.from_record(old) == ORDER


def test_a_verdict_can_be_given_again_from_its_record() -> None:
    record = json.loads(json.dumps({"facts": ORDER.to_record(), "verdict": judge(ORDER, CONFIG, NOW)[0].to_record()}))
    again = judge(OrderFacts.from_record(record["facts"]), CONFIG, NOW)[0]
    assert again.to_record() == record["verdict"]


CUSTOMER = CustomerFacts(tags=("Reseller",), returns_placed=5, units_returned={"LS-1": 3}, lists=("block_emails",))
LISTED = replace(
    order_with(sku="LS-1", tags=("Hygiene",)),
    number="J-1",
    tags=("Wholesale",),
    discount_codes=("BULK",),
    returns_so_far=8,
    customer=CUSTOMER,
)


@pytest.mark.parametrize(
    ("config", "key", "inputs"),
    [
        (_lists(block_skus=("ls-1",)), "block_list.blocked", {"list": "block_skus, block_emails"}),
        (_lists(block_product_tags=("hygiene",)), "block_list.blocked", {"list": "block_product_tags, block_emails"}),
        (_lists(block_orders=("j-1",)), "block_list.blocked", {"list": "block_orders, block_emails"}),
        (_lists(block_order_tags=("wholesale",)), "block_list.blocked", {"list": "block_order_tags, block_emails"}),
        (
            _lists(block_customer_tags=("reseller",)),
            "block_list.blocked",
            {"list": "block_customer_tags, block_emails"},
        ),
        (_lists(block_discount_codes=("bulk",)), "block_list.blocked", {"list": "block_discount_codes, block_emails"}),
        (_lists(), "block_list.blocked", {"list": "block_emails"}),
    ],
)
def test_what_is_on_a_list_of_the_shop_is_not_taken_back(
    config: ReturnPolicyConfig, key: str, inputs: dict[str, str]
) -> None:
    found = judge(replace(LISTED, returns_so_far=0), config, NOW)[0].against
    assert [(reason.key, dict(reason.inputs)) for reason in found] == [(key, inputs)]


def test_each_reason_of_a_list_is_said_once() -> None:
    found = judge(LISTED, _lists(block_skus=("LS-1",), block_discount_codes=("BULK",)), NOW)[0].against[0]
    said = [found.words, *(note.words for note in found.notes)]
    assert len(said) == len(set(said)) == 3


def test_limits_count_orders_items_and_customers() -> None:
    unlisted = replace(LISTED, customer=replace(CUSTOMER, lists=()))
    limits = ReturnLimits(per_order=8, per_item=3, per_customer=5)
    assert keys(unlisted, ReturnPolicyConfig(limits=limits)) == [
        "customer_limit.reached",
        "item_limit.reached",
        "order_limit.reached",
    ]
    higher = ReturnLimits(per_order=9, per_item=4, per_customer=6)
    assert keys(unlisted, ReturnPolicyConfig(limits=higher)) == []
    assert keys(unlisted, ReturnPolicyConfig(limits=ReturnLimits(0, 0, 0))) == []


def test_every_rule_that_refuses_is_named_and_its_own_words_are_kept() -> None:
    rules = (
        Rule("plain", then={"reject": True}),
        Rule("used", then={"reject": True}, priority=2, says={"en": "Worn shoes stay yours."}),
        Rule("plain too", then={"reject": True}),
        Rule("other", then={"reject": True}, when={"order_country": ["CH"]}),
    )
    (found,) = judge(ORDER, ReturnPolicyConfig(rules=rules), NOW, version=4)[0].against
    assert found.key == "rule_rejection.rejected"
    assert found.inputs["rules"] == "rule:used@4, rule:plain@4, rule:plain too@4"
    assert dict(found.says) == {"en": "Worn shoes stay yours."}
    assert [dict(note.says) for note in found.notes] == [{}]


def test_what_a_rule_hides_cannot_be_sent_in_either() -> None:
    config = ReturnPolicyConfig(rules=(Rule("secret", then={"hide": True}),))
    assert keys(ORDER, config) == ["rule_rejection.hidden"]
    assert judge(ORDER, config, NOW)[0].terms.hidden


def test_what_is_allowed_wins_over_everything_that_the_shop_decides_and_all_answers_are_kept() -> None:
    config = ReturnPolicyConfig(
        countries=("DE",),
        excluded_product_types=("shirts",),
        limits=ReturnLimits(1, 1, 1),
        lists=ReturnLists(allow_orders=("J-1",), block_skus=("LS-1",)),
        rules=(Rule("no", then={"reject": True}),),
    )
    late = replace(LISTED, lines=(replace(LISTED.lines[0], final_sale=True, delivered_at=NOW - timedelta(days=300)),))
    verdict = judge(late, config, NOW)[0]
    assert (verdict.eligible, verdict.against, verdict.last_day) == (True, (), None)
    assert {reason.key for reason in verdict.reasons if not reason.allows} == {
        "country.not_served",
        "excluded_product_type.excluded",
        "final_sale.final",
        "window.over",
        "order_limit.reached",
        "item_limit.reached",
        "customer_limit.reached",
        "rule_rejection.rejected",
    }
    gone = replace(late, status="cancelled", lines=(replace(late.lines[0], units_returning=2, delivered_at=None),))
    gone = replace(gone, lines=(replace(gone.lines[0], handed_over_at=None),))
    assert keys(gone, config) == [
        "already_returned.all_returned",
        "not_delivered_yet.not_sent",
        "order_cancelled.cancelled",
    ]


def test_a_line_that_a_reason_may_open_says_so() -> None:
    faulty = Rule("faulty", when={"return_fault": ["merchant"]}, then={"window_days": 730, "bypass_final_sale": True})
    config = ReturnPolicyConfig(rules=(faulty,))
    old = order_with(final_sale=True, delivered_at=NOW - timedelta(days=90))
    verdict = judge(old, config, NOW)[0]
    assert (verdict.eligible, verdict.may_open) == (False, True)
    assert not judge(old, CONFIG, NOW)[0].may_open
    assert not judge(replace(old, status="cancelled"), config, NOW)[0].may_open
    assert not judge(ORDER, config, NOW)[0].may_open  # it is open already
    asked = RequestFacts((ItemAsked(1, 1, "defective"),))
    assert judge(old, config, NOW, asked)[0].eligible
    assert not judge(old, config, NOW, RequestFacts((ItemAsked(1, 1, "changed_mind"),)))[0].eligible


def test_a_rule_can_lift_final_sale() -> None:
    lifted = ReturnPolicyConfig(rules=(Rule("lift", when={"customer_is_vip": True}, then={"bypass_final_sale": True}),))
    sold = order_with(final_sale=True)
    assert keys(sold, lifted) == ["final_sale.final"]
    assert keys(replace(sold, customer=CustomerFacts(is_vip=True)), lifted) == []
