"""R01, R03, R05, R06, R16: what becomes true by silence alone, in business days of the lane."""

from __future__ import annotations

from dataclasses import replace

import pytest

from carriers.model import Status
from portal.domain.delivery_exceptions.base import Outage, Unknown
from tests.domain.delivery_exceptions.stories import at, found, judge, level, parcel, scan, vip

LABEL = scan("10-05 08:00", Status.INFO_RECEIVED)
HUB = scan("10-05 14:00", Status.IN_TRANSIT)
STALLED = parcel(LABEL, HUB)
ABROAD = parcel(LABEL, HUB, destination_country="CH")


@pytest.mark.parametrize(
    ("now", "normal", "for_vip"),
    [
        ("10-07 07:59", None, None),
        ("10-07 08:01", "low", "medium"),
        ("10-09 07:59", "low", "medium"),
        ("10-09 08:01", "medium", "medium"),
    ],
)
def test_a_label_that_nobody_scans_is_warned_of_and_then_a_case(
    now: str, normal: str | None, for_vip: str | None
) -> None:
    facts = parcel(LABEL)
    assert level(facts, "R01", now) == normal
    assert level(vip(facts), "R01", now) == for_vip


def test_the_first_scan_ends_the_label_case() -> None:
    assert level(parcel(LABEL, HUB), "R01", "10-12 09:00") is None


def test_nobody_waits_for_the_label_of_a_cancelled_order_or_of_a_return() -> None:
    assert level(parcel(LABEL, order_cancelled=True), "R01", "10-12 09:00") is None
    assert level(parcel(LABEL, direction="return"), "R01", "10-12 09:00") is None


def test_a_cancelled_label_is_said_once_and_not_as_unscanned() -> None:
    assessment = judge(parcel(LABEL, label_cancelled=True), "10-12 09:00")
    assert [finding.rule for finding in assessment.findings] == ["R20"]
    assert [(one.finding.rule, one.by) for one in assessment.suppressed] == [("R01", "R20")]


@pytest.mark.parametrize(
    ("polls", "first", "last", "fires"),
    [
        (3, "10-05 08:00", "10-06 08:00", True),
        (3, "10-05 08:00", "10-06 07:59", False),
        (2, "10-05 08:00", "10-07 08:00", False),
        (0, None, None, False),
    ],
)
def test_a_number_unknown_in_three_polls_half_a_day_apart_is_wrong(
    polls: int, first: str | None, last: str | None, fires: bool
) -> None:
    unknown = Unknown(polls, at(first) if first else None, at(last) if last else None)
    assert level(parcel(unknown=unknown), "R03", "10-07 09:00") == ("medium" if fires else None)


def test_a_wrong_check_digit_needs_no_polls_and_data_clears_it() -> None:
    finding = found(parcel(number_valid=False), "R03", "10-05 08:01")
    assert finding is not None
    assert finding.message_key == "R03.check_digit"
    assert level(parcel(LABEL, number_valid=False), "R03", "10-05 08:01") is None


@pytest.mark.parametrize(
    ("now", "normal", "for_vip"),
    [
        ("10-07 13:59", None, None),
        ("10-07 14:01", None, "medium"),
        ("10-08 14:01", "medium", "medium"),
        ("10-09 14:01", "medium", "high"),
        ("10-13 14:01", "high", "high"),  # six business days: Saturday and Sunday do not count
        ("10-12 14:01", "medium", "high"),
    ],
)
def test_a_domestic_parcel_without_a_scan(now: str, normal: str | None, for_vip: str | None) -> None:
    assert level(STALLED, "R05", now) == normal
    assert level(vip(STALLED), "R05", now) == for_vip
    assert level(ABROAD, "R05", now) is None


def test_weekends_and_holidays_stop_the_clock_of_silence() -> None:
    before_unity_day = parcel(scan("10-01 14:00", Status.IN_TRANSIT), created="10-01 08:00")  # a Thursday
    assert level(before_unity_day, "R05", "10-06 13:59") is None
    assert level(before_unity_day, "R05", "10-06 14:01") == "medium"
    before_christmas = parcel(scan("12-23 14:00", Status.IN_TRANSIT), created="12-23 08:00")
    assert level(before_christmas, "R05", "12-29 13:59") is None  # the 25th and the weekend do not count
    assert level(before_christmas, "R05", "12-29 14:01") == "medium"


@pytest.mark.parametrize(
    ("now", "normal", "for_vip"),
    [("10-09 13:59", None, None), ("10-09 14:01", None, "medium"), ("10-12 14:01", "medium", "medium")],
)
def test_a_parcel_across_a_border_without_a_scan(now: str, normal: str | None, for_vip: str | None) -> None:
    assert level(ABROAD, "R06", now) == normal
    assert level(vip(ABROAD), "R06", now) == for_vip
    assert level(STALLED, "R06", now) is None


def test_customs_may_take_ten_business_days_and_are_r14s_case_meanwhile() -> None:
    customs = parcel(HUB, scan("10-05 18:00", Status.IN_TRANSIT, "InTransit_006"), destination_country="CH")
    assessment = judge(customs, "10-13 18:01")
    assert [finding.rule for finding in assessment.findings] == ["R14"]
    assert assessment.suppressed == ()  # not even suppressed: six days are within the ten
    assert [one.finding.rule for one in judge(customs, "10-20 18:01").suppressed] == ["R06"]


def test_a_new_scan_starts_the_clock_again() -> None:
    moved = parcel(LABEL, HUB, scan("10-08 09:00", Status.IN_TRANSIT, "InTransit_003"))
    assert level(moved, "R05", "10-09 14:01") is None
    assert judge(moved, "10-09 14:01").next_check_at == at("10-13 09:00")


def test_an_unmapped_scan_is_a_sign_of_life_too() -> None:
    assert level(parcel(LABEL, HUB, scan("10-08 09:00", None)), "R05", "10-09 14:01") is None


@pytest.mark.parametrize(
    ("facts", "now", "expected"),
    [
        (STALLED, "10-19 13:59", None),
        (STALLED, "10-19 14:01", "critical"),
        (vip(STALLED), "10-14 14:01", "critical"),
        (ABROAD, "10-30 14:01", None),
        (ABROAD, "11-02 14:01", "critical"),
        (vip(ABROAD), "10-23 14:01", "critical"),
    ],
)
def test_long_silence_means_lost(facts: object, now: str, expected: str | None) -> None:
    assert level(facts, "R16", now) == expected  # type: ignore[arg-type]


def test_the_carriers_word_lost_is_believed_at_once_until_the_parcel_is_seen() -> None:
    lost = scan("10-06 10:00", Status.EXCEPTION, "Exception_013")
    finding = found(parcel(HUB, lost), "R16", "10-06 10:01")
    assert finding is not None
    assert (finding.severity.value, finding.message_key) == ("critical", "R16.reported")
    assert level(parcel(HUB, lost, scan("10-07 10:00", Status.IN_TRANSIT)), "R16", "10-07 10:01") is None


def test_lost_speaks_for_the_missing_scan() -> None:
    assessment = judge(STALLED, "10-20 09:00")
    assert [finding.rule for finding in assessment.findings] == ["R16"]
    assert [(one.finding.rule, one.by) for one in assessment.suppressed] == [("R05", "R16")]


def test_an_outage_is_added_to_the_clock_of_silence() -> None:
    outage = Outage(at("10-06 09:00"), at("10-07 09:00"))
    assert level(replace(STALLED, outages=(outage,)), "R05", "10-09 13:59") is None
    assert level(replace(STALLED, outages=(outage,)), "R05", "10-09 14:01") == "medium"


def test_while_the_feed_is_down_silence_proves_nothing_and_the_parcel_is_looked_at_again() -> None:
    blind = replace(STALLED, outages=(Outage(at("10-06 09:00")),))
    assessment = judge(blind, "10-20 09:00")
    assert assessment.findings == ()
    assert assessment.next_check_at == at("10-20 11:00")


def test_a_stall_that_was_seen_before_the_outage_is_kept_but_suppressed_by_it() -> None:
    blind = replace(STALLED, outages=(Outage(at("10-09 09:00")),))
    assessment = judge(blind, "10-09 12:00")
    assert assessment.findings == ()
    assert [(one.finding.rule, one.by) for one in assessment.suppressed] == [("R05", "R29")]
