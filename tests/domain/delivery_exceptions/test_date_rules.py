"""R08, R09, R10, R19: dates that pass, dates that move, doors that stay shut."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from carriers.model import Status
from portal.domain.delivery_exceptions.base import Outage
from tests.domain.delivery_exceptions.stories import at, found, judge, level, parcel, scan, vip

HUB = scan("10-05 14:00", Status.IN_TRANSIT)
PROMISED = parcel(HUB, promised_on=date(2026, 10, 7))
OUT = parcel(HUB, scan("10-06 08:00", Status.OUT_FOR_DELIVERY))
WAITING = parcel(HUB, scan("10-06 12:00", Status.AVAILABLE_FOR_PICKUP))


@pytest.mark.parametrize(("now", "expected"), [("10-07 23:59", None), ("10-08 00:00", "high"), ("10-08 00:01", "high")])
def test_a_promise_is_broken_when_its_day_is_over(now: str, expected: str | None) -> None:
    assert level(PROMISED, "R08", now) == expected


def test_the_promised_day_ends_where_the_recipient_lives() -> None:
    honolulu = replace(PROMISED, destination_tz=ZoneInfo("Pacific/Honolulu"))
    assert level(honolulu, "R08", "10-08 11:59") is None
    assert level(honolulu, "R08", "10-08 12:01") == "high"


def test_the_end_of_the_promised_day_is_when_to_look_again() -> None:
    assert judge(PROMISED, "10-06 12:00").next_check_at == at("10-08 00:00")


@pytest.mark.parametrize(
    ("last", "fires"),
    [
        (scan("10-07 18:00", Status.DELIVERED), False),
        (scan("10-08 09:00", Status.DELIVERED), False),
        (scan("10-07 18:00", Status.ATTEMPT_FAIL, "AttemptFail_002"), False),
        (scan("10-08 09:00", Status.ATTEMPT_FAIL, "AttemptFail_002"), True),
        (scan("10-08 09:00", Status.AVAILABLE_FOR_PICKUP), False),
        (scan("10-08 09:00", Status.OUT_FOR_DELIVERY), True),
    ],
)
def test_an_attempt_in_time_keeps_the_promise_and_arrival_ends_the_case(last: object, fires: bool) -> None:
    assert (level(parcel(HUB, last, promised_on=date(2026, 10, 7)), "R08", "10-08 10:00") == "high") is fires  # type: ignore[arg-type]


def test_for_a_vip_the_carriers_own_estimate_breaks_the_promise_early() -> None:
    slipping = replace(
        PROMISED, eta_first=date(2026, 10, 7), eta_latest=date(2026, 10, 8), eta_changed_at=at("10-06 09:00")
    )
    assert level(slipping, "R08", "10-06 09:01") is None
    finding = found(vip(slipping), "R08", "10-06 09:01")
    assert finding is not None
    assert (finding.severity.value, finding.message_key, finding.fires_at) == (
        "high",
        "R08.predicted",
        at("10-06 09:00"),
    )
    assert finding.inputs["eta_on"] == "2026-10-08"
    after = found(vip(slipping), "R08", "10-08 00:01")
    assert after is not None
    assert after.message_key == "R08"  # now it is a fact


def test_a_late_parcel_hides_its_slipping_date() -> None:
    slipping = replace(
        PROMISED, eta_first=date(2026, 10, 7), eta_latest=date(2026, 10, 9), eta_changed_at=at("10-06 09:00")
    )
    assert level(slipping, "R09", "10-06 09:01") == "medium"
    late = judge(slipping, "10-08 00:01")
    assert [finding.rule for finding in late.findings] == ["R08"]
    assert [(one.finding.rule, one.by) for one in late.suppressed] == [("R09", "R08")]


@pytest.mark.parametrize(
    ("latest", "normal", "for_vip"), [(7, None, None), (8, None, "medium"), (9, "medium", "medium"), (6, None, None)]
)
def test_the_estimate_may_move_two_days_or_one_for_a_vip(latest: int, normal: str | None, for_vip: str | None) -> None:
    facts = parcel(
        HUB, eta_first=date(2026, 10, 7), eta_latest=date(2026, 10, latest), eta_changed_at=at("10-06 09:00")
    )
    assert level(facts, "R09", "10-06 10:00") == normal
    assert level(vip(facts), "R09", "10-06 10:00") == for_vip


def test_a_promise_that_passes_while_nobody_can_see_waits_for_the_feed() -> None:
    blind = replace(PROMISED, outages=(Outage(at("10-07 09:00")),))
    assert level(blind, "R08", "10-08 09:00") is None
    back = replace(PROMISED, outages=(Outage(at("10-07 09:00"), at("10-08 10:00")),))
    assert level(back, "R08", "10-08 09:59") is None
    assert level(back, "R08", "10-08 10:00") == "high"
    seen_before = replace(PROMISED, outages=(Outage(at("10-08 09:00")),))
    assert level(seen_before, "R08", "10-08 10:00") == "high"


@pytest.mark.parametrize(
    ("now", "normal", "for_vip"),
    [
        ("10-06 21:59", None, None),
        ("10-06 22:00", "low", "medium"),
        ("10-07 11:59", "low", "medium"),
        ("10-07 12:00", "medium", "high"),
    ],
)
def test_out_for_delivery_and_then_nothing(now: str, normal: str | None, for_vip: str | None) -> None:
    assert level(OUT, "R10", now) == normal
    assert level(vip(OUT), "R10", now) == for_vip


def test_the_next_noon_is_one_of_a_business_day() -> None:
    friday = parcel(HUB, scan("10-09 08:00", Status.OUT_FOR_DELIVERY))
    assert level(friday, "R10", "10-10 13:00") == "low"
    assert level(friday, "R10", "10-12 12:00") == "medium"


def test_a_parcel_that_goes_out_late_in_the_evening_has_until_the_next() -> None:
    assert level(parcel(HUB, scan("10-06 22:30", Status.OUT_FOR_DELIVERY)), "R10", "10-06 23:30") is None


def test_a_failed_attempt_takes_over_from_out_for_delivery() -> None:
    tried = parcel(*OUT.scans, scan("10-06 15:00", Status.ATTEMPT_FAIL), scan("10-07 08:00", Status.OUT_FOR_DELIVERY))
    assessment = judge(tried, "10-07 22:30")
    assert [finding.rule for finding in assessment.findings] == ["R11"]
    assert [one.finding.rule for one in assessment.suppressed] == ["R10"]


@pytest.mark.parametrize(
    ("now", "normal", "for_vip"),
    [
        ("10-08 12:01", None, "low"),
        ("10-09 11:59", None, "low"),
        ("10-09 12:01", "low", "low"),
        ("10-12 11:59", "low", "low"),
        ("10-12 12:01", "high", "high"),  # a day before seven days of storage end
    ],
)
def test_a_parcel_at_a_pickup_point_grows_urgent(now: str, normal: str | None, for_vip: str | None) -> None:
    assert level(WAITING, "R19", now) == normal
    assert level(vip(WAITING), "R19", now) == for_vip


def test_the_last_day_that_the_carrier_names_counts() -> None:
    kept = replace(WAITING, pickup_until=date(2026, 10, 8))
    assert level(kept, "R19", "10-07 23:59") is None
    assert level(kept, "R19", "10-08 00:00") == "high"


def test_not_collected_in_time_is_said_and_collecting_ends_it() -> None:
    missed = parcel(*WAITING.scans, scan("10-09 18:00", Status.EXCEPTION, "Exception_008"))
    finding = found(missed, "R19", "10-09 18:01")
    assert finding is not None
    assert (finding.severity.value, finding.message_key) == ("high", "R19.missed")
    assert level(parcel(*WAITING.scans, scan("10-10 10:00", Status.DELIVERED)), "R19", "10-20 09:00") is None
