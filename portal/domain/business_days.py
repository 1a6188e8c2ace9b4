"""Business days of a lane: days on which neither end rests. Moments are aware UTC; days are read in a zone.

A business day is a day's worth of business time: three business days after Friday 15:00 is Wednesday 15:00, and a
clock that starts on a Saturday starts to run on Monday at midnight.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Any

from portal.domain.zones import zone_for

__all__ = [
    "add_business_days",
    "business_days_between",
    "end_of_day",
    "is_business_day",
    "is_holiday",
    "is_holiday_somewhere",
    "local_moment",
    "next_business_day",
    "start_of_day",
    "works_in",
    "zone_for",
]

_DAY = timedelta(days=1)
_SATURDAY = 5


@lru_cache(maxsize=256)
def _calendar(country: str, year: int) -> Any:
    """The holidays of one country and year; None for a country the calendar does not know."""
    import holidays  # a tenth of a second: only who needs a calendar pays for it

    try:
        return holidays.country_holidays(country, years=year, expand=False)
    except NotImplementedError:
        return None


@lru_cache(maxsize=4096)
def is_holiday(country: str, day: date) -> bool:
    """Whether `day` is a public holiday of a whole country; False where its calendar is unknown."""
    calendar = _calendar(country.upper(), day.year)
    return calendar is not None and day in calendar


@lru_cache(maxsize=64)
def _holidays_somewhere(country: str, year: int) -> frozenset[date]:
    import holidays

    whole = _calendar(country, year)
    if whole is None:
        return frozenset()
    parts = (holidays.country_holidays(country, subdiv=part, years=year, expand=False) for part in whole.subdivisions)
    return frozenset(whole).union(*parts)


def is_holiday_somewhere(country: str, day: date) -> bool:
    """Whether `day` is a public holiday in a country or in a part of it; False where its calendar is unknown."""
    return day in _holidays_somewhere(country.upper(), day.year)


@lru_cache(maxsize=16384)
def works_in(country: str, day: date) -> bool:
    """Whether `day` is a working day in a country; where its calendar is unknown, Monday to Friday are."""
    calendar = _calendar(country.upper(), day.year)
    return day.weekday() < _SATURDAY if calendar is None else bool(calendar.is_working_day(day))


def is_business_day(day: date, countries: Iterable[str]) -> bool:
    """Whether every country of the lane works on `day`. Without a country, Monday to Friday."""
    return _works(day, tuple(countries))


@lru_cache(maxsize=16384)
def _works(day: date, lane: tuple[str, ...]) -> bool:
    return all(works_in(country, day) for country in (tuple(filter(None, lane)) or ("",)))


def start_of_day(day: date, tz: tzinfo) -> datetime:
    """Local midnight as a moment; where the clocks skip midnight, the moment they skip it."""
    return datetime.combine(day, time.min, tz).astimezone(UTC)


def end_of_day(day: date, tz: tzinfo) -> datetime:
    """The moment `day` is over in a zone: the next local midnight."""
    return start_of_day(day + _DAY, tz)


def local_moment(day: date, clock: time, tz: tzinfo) -> datetime:
    """A wall-clock time of a local day as a moment."""
    return datetime.combine(day, clock, tz).astimezone(UTC)


def next_business_day(day: date, countries: Iterable[str]) -> date:
    """The first business day after `day`."""
    lane = tuple(countries)
    step = day + _DAY
    while not _works(step, lane):
        step += _DAY
    return step


def add_business_days(moment: datetime, days: float, countries: Iterable[str], tz: tzinfo) -> datetime:
    """The moment `days` business days later, on the same wall clock. `days` may be 0 or a fraction of a day."""
    lane = tuple(countries)
    local = moment.astimezone(tz)
    day, clock = local.date(), timedelta(hours=local.hour, minutes=local.minute, seconds=local.second)
    if not is_business_day(day, lane):
        day, clock = next_business_day(day, lane), timedelta()
    clock += timedelta(days=days)
    while clock >= _DAY:
        day, clock = next_business_day(day, lane), clock - _DAY
    return (datetime.combine(day, time.min) + clock).replace(tzinfo=tz).astimezone(UTC)


def business_days_between(start: datetime, end: datetime, countries: Iterable[str], tz: tzinfo) -> int:
    """Whole business days from `start` to `end`; 0 when `end` is not later."""
    lane = tuple(countries)
    count, mark = 0, add_business_days(start, 1, lane, tz)
    while mark <= end:
        count, mark = count + 1, add_business_days(mark, 1, lane, tz)
    return count
