"""Times as carriers write them, with and without an offset. No offset is ever invented.

Everything here is pure and total: a value that cannot be read gives None or an empty container, never an exception.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import lru_cache
from typing import Any

from carriers.model import EstimatedDelivery
from carriers.parsing.values import text

_MOMENT = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})"
    r"(?:[T ]{1,2}(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,:]\d{1,9})?)?)?"
    r"\s{0,3}([A-Za-z]{1,4}|[+-][\d:.]{1,6})?",
    re.ASCII,
)
_DIGITS = re.compile(r"[+-]?\d{1,4}", re.ASCII)
_HOURS = re.compile(r"([+-]?)(\d{1,2})[:.](\d{2})(?::00)?", re.ASCII)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d{1,9})?\s?(am|pm|a\.m\.|p\.m\.)?", re.ASCII | re.IGNORECASE)
_WORDED_DAY = re.compile(r"([A-Za-z]{3,9})\.? (\d{1,2}),? (\d{4})", re.ASCII)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ZONES = {"Z": 0, "UTC": 0, "GMT": 0, "NST": -210, "NDT": -150, "AST": -240, "ADT": -180, "EST": -300, "EDT": -240}
_ZONES |= {"CST": -360, "CDT": -300, "MST": -420, "MDT": -360, "PST": -480, "PDT": -420}
_LARGEST_OFFSET = 14 * 60  # minutes; the Line Islands


def offset(value: Any) -> timezone | None:
    """An offset as carriers write it: `+01:00` `+0100` `-04.00` `-7:00` `-420` (minutes) `Z` `EST`."""
    words = text(value)
    return _offset(words.upper()) if words and len(words) <= 12 else None


@lru_cache(maxsize=256)
def _offset(words: str) -> timezone | None:
    minutes = _ZONES.get(words)
    if found := _HOURS.fullmatch(words):
        minutes = (int(found[2]) * 60 + int(found[3])) * (-1 if found[1] == "-" else 1)
    elif _DIGITS.fullmatch(words):
        minutes = _bare_offset(words)
    if minutes is None or abs(minutes) > _LARGEST_OFFSET:
        return None
    return UTC if minutes == 0 else timezone(timedelta(minutes=minutes))


def _bare_offset(words: str) -> int:
    """Digits alone: four are HHMM, three are minutes, one or two are hours as far as hours can go."""
    number, digits = int(words), len(words.lstrip("+-"))
    if digits == 4:
        return (abs(number) // 100 * 60 + abs(number) % 100) * (-1 if number < 0 else 1)
    return number * 60 if digits < 3 and abs(number) <= 14 else number


def moment(value: Any, zone: timezone | None = None) -> datetime | None:
    """An ISO 8601 time: aware when it carries an offset or `zone` is given, else the local time as written."""
    found = _MOMENT.fullmatch(text(value) or "")
    if not found:
        return None
    year, month, day_, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    try:
        local = datetime.combine(date(year, month, day_), time(hour, minute, min(second, 59)))
    except ValueError:
        return None
    return with_zone(local, zone or (offset(found[7]) if found[7] else None))


def with_zone(local: datetime, zone: timezone | None) -> datetime:
    """A local time in its zone, unless that would leave the calendar (years 1 and 9999)."""
    return local.replace(tzinfo=zone) if zone and 1 < local.year < 9999 else local


def stamp(day_: Any, clock_: Any, zone: timezone | None = None) -> datetime | None:
    """A date `YYYYMMDD` with a time `HHMMSS`, colons allowed, zeros in front missing; without a time: midnight."""
    on, at = day_ if isinstance(day_, date) else date_of(day_), text(clock_) or ""
    digits = (at if at.isascii() and at.isdigit() else re.sub(r"[^0-9]", "", at)).rjust(6, "0")
    if on is None or len(digits) > 6:
        return None
    try:
        local = datetime.combine(on, time(int(digits[:2]), int(digits[2:4]), min(int(digits[4:]), 59)))
    except ValueError:
        return None
    return with_zone(local, zone)


def zone_between(local: datetime | None, utc: datetime | None) -> timezone | None:
    """The offset of an answer that gives both clocks, both naive, and leaves the difference to the reader."""
    if local is None or utc is None:
        return None
    minutes = round((local - utc) / timedelta(minutes=1))
    return timezone(timedelta(minutes=minutes)) if minutes % 15 == 0 and abs(minutes) <= _LARGEST_OFFSET else None


def date_of(value: Any) -> date | None:
    """A day: `20240202`, `2024-02-02` with or without a time, `April 15, 2024`."""
    words = text(value) or ""
    if len(words) == 8 and words.isascii() and words.isdigit():
        try:
            return date(int(words[:4]), int(words[4:6]), int(words[6:]))
        except ValueError:
            return None
    if found := _WORDED_DAY.match(words):
        month = found[1][:3].lower()
        words = f"{found[3]}-{_MONTHS.index(month) + 1:02}-{int(found[2]):02}" if month in _MONTHS else ""
    at = moment(words)
    return at.date() if at else None


def window(day_: date | None, start: Any = None, end: Any = None) -> EstimatedDelivery | None:
    """An estimate: a day, and where both or one are given the local times it starts and ends at."""
    if day_ is None:
        return None
    given = (clock(at) or (moment(at) or stamp(day_, at) if text(at) else None) for at in (start, end))
    times = [at.time() if isinstance(at, datetime) else at for at in given]
    return EstimatedDelivery(day_, *(datetime.combine(day_, at) if at else None for at in times))


def clock(value: Any) -> time | None:
    """A time of day: `14:30`, `14:30:00`, `2:30 pm`."""
    found = _CLOCK.fullmatch(text(value) or "")
    if not found:
        return None
    hour, half = int(found[1]), (found[4] or "").lower()[:1]
    if half and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half == "p" else 0)
    try:
        return time(hour, int(found[2]), min(int(found[3] or 0), 59))
    except ValueError:
        return None
