"""Business days of a lane, and days that end where the recipient lives."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.domain.business_days import (
    add_business_days,
    business_days_between,
    end_of_day,
    is_business_day,
    is_holiday,
    next_business_day,
    zone_for,
)

BERLIN = ZoneInfo("Europe/Berlin")


def at(words: str, tz: ZoneInfo = BERLIN) -> datetime:
    return datetime.fromisoformat(words).replace(tzinfo=tz)


@pytest.mark.parametrize(
    ("day", "lane", "works"),
    [
        ("2026-10-05", ("DE",), True),
        ("2026-10-04", ("DE",), False),  # Sunday
        ("2026-12-25", ("DE",), False),
        ("2026-11-26", ("DE",), True),
        ("2026-11-26", ("DE", "US"), False),  # Thanksgiving
        ("2026-10-09", ("SA",), False),  # Friday
        ("2026-10-11", ("SA",), True),  # Sunday
        ("2026-10-05", ("XX",), True),
        ("2026-10-04", ("XX",), False),
        ("2026-10-03", (), False),
    ],
)
def test_a_lane_works_when_both_ends_do(day: str, lane: tuple[str, ...], works: bool) -> None:
    assert is_business_day(date.fromisoformat(day), lane) is works


def test_a_weekend_is_not_a_holiday() -> None:
    assert not is_holiday("DE", date(2026, 10, 4))
    assert is_holiday("DE", date(2026, 12, 25))
    assert not is_holiday("XX", date(2026, 12, 25))


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ("2026-10-05 14:00", 0, "2026-10-05 14:00"),
        ("2026-10-05 14:00", 1, "2026-10-06 14:00"),
        ("2026-10-09 14:00", 1, "2026-10-12 14:00"),
        ("2026-10-10 14:00", 1, "2026-10-13 00:00"),  # a Saturday's clock starts on Monday
        ("2026-10-05 14:00", 0.5, "2026-10-06 02:00"),
        ("2026-12-23 14:00", 3, "2026-12-29 14:00"),
        ("2026-10-23 14:00", 1, "2026-10-26 14:00"),  # over the end of summer time
    ],
)
def test_business_days_keep_the_wall_clock(start: str, days: float, end: str) -> None:
    assert add_business_days(at(start), days, ("DE",), BERLIN) == at(end)


MOMENTS = st.integers(0, 700 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


@settings(max_examples=30, deadline=None)
@given(
    MOMENTS,
    st.integers(0, 12),
    st.sampled_from([("DE",), ("US", "DE"), ("AE", "SA"), ()]),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Dubai"]),
)
def test_adding_and_counting_agree(start: datetime, days: int, lane: tuple[str, ...], zone: str) -> None:
    tz = ZoneInfo(zone)
    end = add_business_days(start, days, lane, tz)
    assert end >= start
    assert is_business_day(end.astimezone(tz).date(), lane)
    assert end <= add_business_days(start, days + 1, lane, tz)
    # A clock hour that the time change skips or repeats may cost or win one hour, never a day.
    assert business_days_between(start, end + timedelta(hours=1), lane, tz) == days
    assert business_days_between(end, start, lane, tz) == 0


def test_no_business_day_is_counted_backwards() -> None:
    assert business_days_between(at("2026-10-09 14:00"), at("2026-10-05 14:00"), ("DE",), BERLIN) == 0
    assert business_days_between(at("2026-10-09 14:00"), at("2026-10-12 13:59"), ("DE",), BERLIN) == 0
    assert next_business_day(date(2026, 10, 9), ("DE",)) == date(2026, 10, 12)


@pytest.mark.parametrize(
    ("day", "zone", "utc"),
    [
        (date(2026, 10, 7), "Europe/Berlin", "2026-10-07T22:00"),
        (date(2026, 10, 25), "Europe/Berlin", "2026-10-25T23:00"),  # the long day
        (date(2026, 10, 7), "Pacific/Honolulu", "2026-10-08T10:00"),
        (date(2026, 9, 5), "America/Santiago", "2026-09-06T04:00"),  # clocks skip this midnight
    ],
)
def test_a_day_ends_at_local_midnight(day: date, zone: str, utc: str) -> None:
    assert end_of_day(day, ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M") == utc


@settings(max_examples=40, deadline=None)
@given(
    st.dates(date(2020, 1, 1), date(2030, 12, 31)),
    st.sampled_from(["Europe/Berlin", "America/Santiago", "Africa/Cairo", "Asia/Beirut", "Australia/Lord_Howe", "UTC"]),
)
def test_every_day_ends_after_it_began_and_before_the_next_ends(day: date, zone: str) -> None:
    tz = ZoneInfo(zone)
    end = end_of_day(day, tz)
    assert (end - timedelta(minutes=1)).astimezone(tz).date() == day
    assert end.astimezone(tz).date() == day + timedelta(days=1)
    assert timedelta(hours=22) < end_of_day(day + timedelta(days=1), tz) - end < timedelta(hours=26)


@pytest.mark.parametrize(
    ("country", "state", "zone"),
    [
        ("DE", None, "Europe/Berlin"),
        ("de", "BY", "Europe/Berlin"),
        ("US", None, "America/New_York"),
        ("US", "CA", "America/Los_Angeles"),
        ("US", "US-TX", "America/Chicago"),
        ("BR", "SP", "America/Sao_Paulo"),
        ("ZZ", None, "UTC"),
        (None, None, "UTC"),
    ],
)
def test_the_best_known_zone_of_a_place(country: str | None, state: str | None, zone: str) -> None:
    assert zone_for(country, state).key == zone
