"""Which case comes first, and by when it wants an answer."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.domain.delivery_exceptions.base import Severity
from portal.domain.triage import (
    CaseFacts,
    DeskHours,
    add_working_days,
    add_working_time,
    days_late,
    due_at,
    priority,
    queue_key,
)

BERLIN = ZoneInfo("Europe/Berlin")
DESK = DeskHours(BERLIN, country="DE")
ROUND_THE_CLOCK = DeskHours(BERLIN, tuple(range(7)), time(0), time(0))


def at(words: str) -> datetime:
    return datetime.fromisoformat(words).replace(tzinfo=BERLIN)


def test_every_point_of_a_priority_is_explained() -> None:
    facts = CaseFacts(
        severity=Severity.HIGH,
        is_vip=True,
        express=True,
        days_late=2,
        bad_before=True,
        contacted_us=True,
        informed_today=True,
    )
    result = priority(facts)
    assert {point.key: point.value for point in result.points} == {
        "severity": 60,
        "vip": 25,
        "express": 10,
        "late": 10,
        "bad_before": 15,
        "contacted_us": 10,
        "informed_today": -20,
    }
    assert result.total == 110
    assert all(point.words % point.inputs for point in result.points)


@pytest.mark.parametrize(
    ("severity", "total"), [("system", 0), ("low", 10), ("medium", 30), ("high", 60), ("critical", 90)]
)
def test_severity_alone(severity: str, total: int) -> None:
    result = priority(CaseFacts(severity=Severity(severity)))
    assert (result.total, len(result.points)) == (total, 1)


@pytest.mark.parametrize(("days", "points"), [(0, 0), (1, 5), (6, 30), (60, 30), (-3, 0)])
def test_days_late_count_up_to_thirty(days: int, points: int) -> None:
    assert priority(CaseFacts(severity=Severity.SYSTEM, days_late=days)).total == points


def test_days_late_are_the_recipients_days() -> None:
    now = datetime(2026, 10, 8, 2, 0, tzinfo=UTC)
    assert days_late(date(2026, 10, 7), BERLIN, now) == 1
    assert days_late(date(2026, 10, 7), ZoneInfo("America/New_York"), now) == 0
    assert days_late(None, BERLIN, now) == days_late(date(2026, 10, 9), BERLIN, now) == 0


@pytest.mark.parametrize(
    ("severity", "vip", "opened", "due"),
    [
        ("critical", True, "2026-10-05 10:00", "2026-10-05 11:00"),
        ("high", True, "2026-10-05 10:00", "2026-10-05 12:00"),
        ("high", True, "2026-10-05 17:00", "2026-10-06 10:00"),
        ("high", False, "2026-10-05 10:00", "2026-10-05 18:00"),
        ("high", False, "2026-10-05 10:01", "2026-10-06 09:01"),
        ("medium", False, "2026-10-05 10:00", "2026-10-06 10:00"),
        ("medium", True, "2026-10-09 10:00", "2026-10-12 10:00"),
        ("low", False, "2026-10-05 10:00", "2026-10-08 10:00"),
        ("low", False, "2026-12-23 10:00", "2026-12-29 10:00"),  # Christmas Day and a weekend between
        ("high", True, "2026-10-10 12:00", "2026-10-12 11:00"),  # opened on a Saturday
        ("medium", False, "2026-10-05 23:00", "2026-10-07 09:00"),
        ("critical", False, "2026-10-05 10:00", "2026-10-05 14:00"),
    ],
)
def test_answers_are_due_in_the_desks_hours(severity: str, vip: bool, opened: str, due: str) -> None:
    assert due_at(Severity(severity), vip, at(opened), DESK) == at(due)


def test_the_queue_puts_vips_first_then_the_due_time_then_the_priority() -> None:
    soon, late = at("2026-10-05 10:00"), at("2026-10-06 10:00")
    cases = {
        "plain soon": (False, soon, 95),
        "vip late": (True, late, 30),
        "vip soon": (True, soon, 30),
        "vip soon, worse": (True, soon, 85),
    }
    assert sorted(cases, key=lambda name: queue_key(*cases[name])) == [
        "vip soon, worse",
        "vip soon",
        "vip late",
        "plain soon",
    ]


@pytest.mark.parametrize(
    ("opened", "due"),
    [
        ("2026-03-28 20:00", "2026-03-29 07:00"),
        ("2026-10-24 20:00", "2026-10-25 05:00"),
        ("2026-10-05 20:00", "2026-10-06 06:00"),
    ],
)
def test_ten_hours_are_ten_real_hours_over_a_time_change(opened: str, due: str) -> None:
    assert add_working_time(at(opened), timedelta(hours=10), ROUND_THE_CLOCK).astimezone(BERLIN) == at(due)


MOMENTS = st.integers(0, 700 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


@settings(max_examples=40, deadline=None)
@given(MOMENTS, st.integers(0, 30 * 60), st.integers(0, 10 * 60), st.sampled_from([DESK, ROUND_THE_CLOCK]))
def test_working_time_adds_up_and_stays_in_the_desks_hours(
    start: datetime, first: int, second: int, desk: DeskHours
) -> None:
    a, b = timedelta(minutes=first), timedelta(minutes=second)
    end = add_working_time(start, a + b, desk)
    assert end >= start + a + b
    halfway = add_working_time(start, a, desk)
    assert (
        add_working_time(halfway, b, desk) in {end, desk.closes(halfway.astimezone(BERLIN).date())} or b == timedelta()
    )
    local = end.astimezone(BERLIN)
    assert desk.works((local - timedelta(seconds=1)).date()) or desk.works(local.date())
    assert desk is ROUND_THE_CLOCK or time(9) <= local.time() <= time(18)


def test_a_day_later_is_never_before_the_desk_opens() -> None:
    assert add_working_days(at("2026-10-05 07:00"), 1, DESK) == at("2026-10-06 09:00")
    assert add_working_days(at("2026-10-05 18:30"), 0, DESK) == at("2026-10-06 09:00")


def test_a_desk_is_read_from_a_shops_words() -> None:
    desk = DeskHours.from_words("Europe/Berlin", (0, 5), "08:30", "24:00")
    assert desk.closes(date(2026, 10, 5)) == at("2026-10-06 00:00")
    assert (desk.works(date(2026, 10, 10)), desk.works(date(2026, 10, 6))) == (True, False)
    for bad in (("18:00", "09:00", (0,)), ("09:00", "18:00", ()), ("9 am", "18:00", (0,))):
        with pytest.raises(ValueError, match=r"desk hours|isoformat"):
            DeskHours.from_words("UTC", bad[2], bad[0], bad[1])
