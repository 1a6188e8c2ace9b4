"""R29: one case for a feed that fails."""

from __future__ import annotations

from typing import Any

import pytest

from portal.domain.delivery_exceptions.assess import assess_feed
from portal.domain.delivery_exceptions.base import FeedFacts, PushFacts
from tests.domain.delivery_exceptions.stories import STANDARD, at


def feed(polls: int, failures: int, **more: Any) -> FeedFacts:
    facts: dict[str, Any] = {"first_failure_at": at("10-05 09:10") if failures else None, **more}
    return FeedFacts(carrier="ups", polls=polls, failures=failures, **facts)


@pytest.mark.parametrize(
    ("polls", "failures", "down"),
    [(100, 19, False), (100, 20, True), (10, 2, False), (10, 3, True), (4, 4, False), (5, 5, True), (0, 0, False)],
)
def test_a_fifth_of_the_polls_failing_is_down(polls: int, failures: int, down: bool) -> None:
    assessment = assess_feed(feed(polls, failures), STANDARD, at("10-05 09:30"))
    assert [finding.rule for finding in assessment.findings] == (["R29"] if down else [])


def test_two_hours_without_one_good_answer_are_down_however_few_the_polls() -> None:
    facts = feed(2, 2, failing_since=at("10-05 09:10"))
    before = assess_feed(facts, STANDARD, at("10-05 11:09"))
    assert (before.findings, before.next_check_at) == ((), at("10-05 11:10"))
    (finding,) = assess_feed(facts, STANDARD, at("10-05 11:10")).findings
    assert finding.severity.value == "system"
    assert finding.inputs["down_at"] == "2026-10-05T07:10:00+00:00"


@pytest.mark.parametrize(("good", "down"), [(0, True), (2, True), (3, False)])
def test_three_good_polls_in_a_row_bring_it_back(good: int, down: bool) -> None:
    facts = feed(50, 40, down_since=at("10-05 09:10"), good_in_a_row=good)
    assert bool(assess_feed(facts, STANDARD, at("10-05 12:00")).findings) is down


@pytest.mark.parametrize(
    ("missed", "at_hour", "silent"), [(5, "10-06 09:00", True), (5, "10-06 08:59", False), (4, "10-09 09:00", False)]
)
def test_enough_parcels_that_moved_for_a_day_without_a_push_are_silence(
    missed: int, at_hour: str, silent: bool
) -> None:
    facts = FeedFacts(carrier="ups", polls=0, failures=0, pushes=PushFacts(at("10-05 09:00"), missed))
    findings = assess_feed(facts, STANDARD, at(at_hour)).findings
    assert [(finding.rule, finding.inputs["parcels"]) for finding in findings] == ([("R32", missed)] if silent else [])
