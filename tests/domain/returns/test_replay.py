"""A decision made again from its record: by the versions, the settings, the words and the calendar of then."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from portal.domain.returns import eligibility, windows
from portal.domain.returns.config import ReturnPolicyConfig, Rule
from portal.domain.returns.eligibility import judge
from portal.domain.returns.model import LineFacts, OrderFacts, Policy, Reason, Terms
from portal.domain.returns.replay import Answers, decide_again
from tests.domain.returns.cases import ASKED, NOW, ORDER

CONFIG = ReturnPolicyConfig(
    window_days=25,  # ends on 9 December and, for the other line, too
    rules=(
        Rule("loyal", then={"fee_minor": 0, "methods": ["label"]}, when={"customer_tags": ["loyal"]}),
        Rule("look", then={"review": True}, when={"return_reason": ["size_too_small"]}, says={"en": "We look first."}),
        Rule("home", then={"reject": True}, when={"product_type": ["home"]}, says={"en": "Not from home."}),
    ),
)


def record(config: ReturnPolicyConfig = CONFIG, order: OrderFacts = ORDER) -> dict[str, Any]:
    verdicts = judge(order, config, NOW, ASKED, 7)
    kept = {"facts": order.to_record(), "asked": ASKED.to_record(), "verdicts": [v.to_record() for v in verdicts]}
    return dict(json.loads(json.dumps(kept)))


def again(kept: dict[str, Any], config: ReturnPolicyConfig = CONFIG) -> Answers:
    return decide_again(kept["facts"], kept["asked"], kept["verdicts"], config, NOW, 7)


def test_the_same_facts_and_settings_give_the_same_answers_and_words() -> None:
    kept = record()
    assert again(kept) == Answers(2 * len(eligibility.policies()), ())
    (home,) = [r for r in kept["verdicts"][1]["reasons"] if not r["allows"]]
    assert (home["words"].startswith("We cannot take this back"), home["says"]) == (True, {"en": "Not from home."})


def test_what_comes_out_otherwise_is_named() -> None:
    kept = record()
    kept["facts"]["lines"][0]["delivered_at"] = "2026-11-13T12:00:00+00:00"
    found = again(kept).differences
    assert [(d.line_id, d.where) for d in found] == [(1, "window@2 inputs")]
    assert (found[0].then["start_on"], found[0].now["start_on"]) == ("2026-11-14", "2026-11-13")

    other = replace(CONFIG, rules=CONFIG.rules[1:])
    assert [(d.where, d.then, d.now) for d in again(record(), other).differences if d.line_id == 1][1:] == [
        ("terms methods", ["label"], ["label", "qr", "own_parcel"]),
    ]


def test_a_policy_that_came_later_had_no_say() -> None:
    kept = record()
    for verdict in kept["verdicts"]:
        verdict["reasons"] = [reason for reason in verdict["reasons"] if reason["policy"] == "country"]
    assert again(kept) == Answers(2, ())


def test_a_policy_that_is_gone_is_a_difference() -> None:
    kept = record()
    kept["verdicts"][0]["reasons"][0] |= {"policy": "weather", "key": "weather.rain"}
    assert [(d.where, d.then, d.now) for d in again(kept).differences] == [("weather@1", "weather.rain", None)]


def test_a_new_version_of_a_policy_leaves_former_decisions_to_the_former_judge(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept = record()
    former = next(policy for policy in eligibility.policies() if policy.id == "country")

    def stricter(line: LineFacts, order: OrderFacts, terms: Terms, now: datetime) -> Reason:
        return newer.reason("closed", "We take nothing back.", allows=False)

    newer = Policy("country", 2, stricter, earlier={1: former.judge})
    found = tuple(newer if policy.id == "country" else policy for policy in eligibility.policies())
    monkeypatch.setattr("portal.domain.returns.replay.policies", lambda: found)
    assert again(kept).differences == ()
    monkeypatch.setattr("portal.domain.returns.replay.policies", lambda: tuple(replace(p, earlier={}) for p in found))
    assert {d.where for d in again(kept).differences} == {"country@1"}


def test_a_holiday_that_was_proclaimed_afterwards_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    sunday = replace(CONFIG, window_days=29)  # becomes Monday, 14 December
    kept = [record(), record(sunday)]
    assert [k["verdicts"][0]["reasons"][-1]["inputs"]["last_on"] for k in kept] == ["2026-12-09", "2026-12-14"]
    monkeypatch.setattr(windows, "works_in", lambda country, day: day.day not in (9, 14))
    assert again(kept[0]).differences == again(kept[1], sunday).differences == ()
    assert judge(ORDER, CONFIG, NOW, ASKED, 7)[0].last_day == datetime(2026, 12, 10, tzinfo=UTC).date()


def test_terms_that_are_worked_out_otherwise_by_now_are_taken_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = record()
    monkeypatch.setattr("portal.domain.returns.replay.VERSION", 99)
    forgetful = replace(CONFIG, rules=())
    assert again(kept, forgetful).differences == ()


def test_a_record_without_words_and_terms_is_compared_by_what_it_has() -> None:
    """As records were at first."""
    kept = record(ReturnPolicyConfig())
    names = ("policy", "version", "key", "allows", "inputs")
    for verdict in kept["verdicts"]:
        del verdict["terms"]
        verdict["reasons"] = [{name: reason[name] for name in names} for reason in verdict["reasons"]]
        window = verdict["reasons"][-1]
        window["version"] = 1  # which knew no days that are no working days
    assert again(kept, ReturnPolicyConfig()).differences == ()
