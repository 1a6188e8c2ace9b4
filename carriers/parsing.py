"""Reading what carriers send: JSON of any shape, times with and without an offset, countries by name or code.

Everything here is pure and total: a value that cannot be read gives None or an empty container, never an exception,
except `load_json`, which raises ValueError.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import lru_cache
from typing import Any

from carriers.model import Checkpoint, EstimatedDelivery, Status, Substatus

MAX_TEXT = 1000
"""Characters kept of any one text; the whole answer is stored beside it."""

Meaning = tuple[Status, Substatus | None]
"""What a carrier's code stands for: one of the nine statuses, and a sub-status where one surely fits."""

_STATUSES = {status.value.replace("_", ""): status for status in Status}


def meaning(word: str) -> Meaning:
    """`Exception_010` or `InTransit` as a status with its sub-status (None where the word has no number)."""
    tag, _, number = word.partition("_")
    return _STATUSES[tag.lower()], word if number else None


def code_table(rows: Mapping[str, str]) -> dict[str, Meaning]:
    """A code table from lines such as `"InTransit_002": "038 160 167"`."""
    return {code: meaning(word) for word, codes in rows.items() for code in codes.split()}


# --- JSON of any shape -------------------------------------------------------------------------------------------


def load_json(body: bytes) -> Any:
    """The JSON in a body. Raises ValueError for anything else: HTML, nothing at all, half a document."""
    try:
        words = body.decode("utf-16" if body[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        words = body.decode("cp1252", "replace")
    try:
        tree = json.loads(words)
        return _storable(tree) if "\\u" in words else tree
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _storable(tree: Any) -> Any:
    """The same tree without NUL and half surrogate pairs, which databases refuse."""
    if isinstance(tree, str):
        return tree.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
    if isinstance(tree, list):
        return [_storable(item) for item in tree]
    if isinstance(tree, dict):
        return {_storable(key): _storable(value) for key, value in tree.items()}
    return tree


def text(value: Any) -> str | None:
    """A text, or a number where a text was promised, without outer blanks; None for an empty one."""
    if isinstance(value, str):
        return value.strip()[:MAX_TEXT].strip() or None
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else None
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**40:
        return str(value)
    return None


def record(value: Any) -> dict[str, Any]:
    """An object; the first object of a list where one was promised; else an empty one."""
    if isinstance(value, list):
        return next((item for item in value if isinstance(item, dict)), {})
    return value if isinstance(value, dict) else {}


def records(value: Any) -> list[dict[str, Any]]:
    """The objects of a list; a single object counts as a list of one, as several carriers send it."""
    if isinstance(value, dict):
        return [value]
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def dig(value: Any, *path: str) -> Any:
    """The value at the end of a path of keys, or None."""
    for key in path:
        value = record(value).get(key)
    return value


def first_text(*values: Any) -> str | None:
    """The first of some values that is a text."""
    return next((found for found in map(text, values) if found), None)


# --- times -------------------------------------------------------------------------------------------------------

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
    words = (text(value) or "").upper()
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
    on, at = day_ if isinstance(day_, date) else date_of(day_), re.sub(r"\D", "", text(clock_) or "").rjust(6, "0")
    if on is None or len(at) > 6:
        return None
    try:
        return with_zone(datetime.combine(on, time(int(at[:2]), int(at[2:4]), min(int(at[4:]), 59))), zone)
    except ValueError:
        return None


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
        words = f"{words[:4]}-{words[4:6]}-{words[6:]}"
    elif found := _WORDED_DAY.match(words):
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


# --- places and order --------------------------------------------------------------------------------------------

_NOT_COUNTRIES = {"ZZ", "EU", "EZ", "UN", "QO", "XA", "XB"}
_COUNTRY_NAMES = {"UK": "GB", "GREAT BRITAIN": "GB", "ENGLAND": "GB", "SCOTLAND": "GB", "USA": "US", "KOREA": "KR"}
_COUNTRY_NAMES |= {"UNITED STATES OF AMERICA": "US", "CZECH REPUBLIC": "CZ", "HOLLAND": "NL", "THE NETHERLANDS": "NL"}
_COUNTRY_NAMES |= {
    "GREAT BRITAIN AND NORTHERN IRELAND": "GB",
    "RUSSIAN FEDERATION": "RU",
    "TURKEY": "TR",
    "BURMA": "MM",
}
_COUNTRY_NAMES |= {"KOREA, REPUBLIC OF": "KR", "REPUBLIC OF KOREA": "KR", "HONG KONG": "HK", "MACAU": "MO"}
_COUNTRY_NAMES |= {"VIET NAM": "VN", "IVORY COAST": "CI", "CHINA PEOPLES REP": "CN", "PEOPLES REP OF CHINA": "CN"}


@lru_cache(maxsize=1)
def _country_index() -> dict[str, str]:
    """Every way to write a country that is known here, in capitals, to its alpha-2 code."""
    from babel import Locale  # loaded on first use: most answers name countries that are already cached
    from babel.core import get_global

    names = {code: name for code, name in Locale("en").territories.items() if len(code) == 2 and code.isalpha()}
    index = {name.upper(): code for code, name in names.items() if code not in _NOT_COUNTRIES}
    for alias, targets in get_global("territory_aliases").items():
        if len(alias) == 3 and alias.isalpha() and len(targets) == 1:
            index[alias] = targets[0]
    return index | {code: code for code in names if code not in _NOT_COUNTRIES} | _COUNTRY_NAMES


@lru_cache(maxsize=512)
def _country(words: str) -> str | None:
    return _country_index().get(words)


def country(value: Any) -> str | None:
    """ISO 3166 alpha-2 from a code of two or three letters or an English name; None when it is neither."""
    words = (text(value) or "").upper()
    return _country(words) if 2 <= len(words) <= 60 else None


def in_order(newest_first: Iterable[Checkpoint]) -> tuple[Checkpoint, ...]:
    """Checkpoints oldest first, from a list that stood newest first.

    By instant when every offset is known, else by the local clock: reading a local time as UTC would shuffle scans.
    Scans of the same moment keep the carrier's order; scans without a time come first.
    """
    scans = list(newest_first)[::-1]
    aware = all(scan.offset_known for scan in scans if scan.time)

    def key(scan: Checkpoint) -> tuple[int, ...]:
        if scan.time is None:
            return (0,)
        at = scan.time.astimezone(UTC) if aware else scan.time
        return (1, at.toordinal(), at.hour, at.minute, at.second)

    return tuple(sorted(scans, key=key))


def back_at_sender(scans: Iterable[Checkpoint]) -> tuple[Checkpoint, ...]:
    """Scans oldest first, where a delivery after the parcel had turned back is its return, not a delivery."""
    turned, found = False, []
    for scan in scans:
        turned = turned or scan.substatus == "Exception_010"
        if turned and scan.status is Status.DELIVERED:
            scan = replace(scan, status=Status.EXCEPTION, substatus="Exception_011")
        found.append(scan)
    return tuple(found)


def last_known(scans: Sequence[Checkpoint]) -> Meaning:
    """The status after some scans, oldest first, passing over those whose code is unknown.

    A label record never takes back a scan, and after a delivery only an exception counts: carriers send late
    records of both kinds. Pending when no scan is known.
    """
    found: Meaning = (Status.PENDING, None)
    for scan in scans:
        if scan.status is None or (scan.notice and found[0] is not Status.PENDING):
            continue
        early = scan.status in (Status.PENDING, Status.INFO_RECEIVED)
        if early and found[0] not in (Status.PENDING, Status.INFO_RECEIVED):
            continue
        if found[0] is Status.DELIVERED and scan.status not in (Status.DELIVERED, Status.EXCEPTION):
            continue
        found = (scan.status, scan.substatus)
    return found
