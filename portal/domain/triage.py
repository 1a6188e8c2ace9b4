"""Which case comes first, by when it wants an answer, and why. Every point explains itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from types import MappingProxyType
from typing import NamedTuple
from zoneinfo import ZoneInfo

from portal.domain.business_days import is_holiday, local_moment, start_of_day
from portal.domain.delivery_exceptions.base import Severity
from portal.domain.words import N_

_MIDNIGHT = time.min


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFacts:
    """What the priority of a case depends on."""

    severity: Severity
    is_vip: bool = False
    express: bool = False
    days_late: int = 0  # past the promised day, in the recipient's zone
    bad_before: bool = False  # another bad experience in the last 90 days
    contacted_us: bool = False  # the shopper wrote or called about it
    informed_today: bool = False  # we already told the shopper today


class Point(NamedTuple):
    """One summand: a key, its value, and a message id whose placeholders are in `inputs`."""

    key: str
    value: int
    words: str
    inputs: Mapping[str, str | int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Priority:
    """The sum and what it is made of."""

    total: int
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class DeskHours:
    """When somebody is there to answer. Days: 0 is Monday. An `end` of 00:00 is the midnight after the day.

    With a `country` its public holidays are free. Wall-clock times of `tz`.
    """

    tz: tzinfo = UTC
    days: tuple[int, ...] = (0, 1, 2, 3, 4)
    start: time = time(9)
    end: time = time(18)
    country: str | None = None

    def __post_init__(self) -> None:
        if not self.days or (self.end != _MIDNIGHT and self.end <= self.start):
            raise ValueError("desk hours need at least one day and an end after the start")

    @classmethod
    def from_words(
        cls, timezone: str, days: tuple[int, ...], start: str, end: str, country: str | None = None
    ) -> DeskHours:
        """From a shop's settings ("09:00", "18:00"; "24:00" is midnight). Raises ValueError for what is no time."""
        close = _MIDNIGHT if end == "24:00" else time.fromisoformat(end)
        return cls(ZoneInfo(timezone), days, time.fromisoformat(start), close, country)

    def works(self, day: date) -> bool:
        return day.weekday() in self.days and not (self.country and is_holiday(self.country, day))

    def opens(self, day: date) -> datetime:
        return local_moment(day, self.start, self.tz)

    def closes(self, day: date) -> datetime:
        if self.end == _MIDNIGHT:
            return start_of_day(day + timedelta(days=1), self.tz)
        return local_moment(day, self.end, self.tz)


# Time to the first answer, (ordinary, VIP): hours of the desk, or working days.
HOURS = MappingProxyType({Severity.CRITICAL: (4.0, 1.0), Severity.HIGH: (8.0, 2.0), Severity.SYSTEM: (2.0, 2.0)})
DAYS = MappingProxyType({Severity.MEDIUM: 1, Severity.LOW: 3})


def priority(facts: CaseFacts) -> Priority:
    """The integer the queue sorts by after VIP and due time, with each point explained."""
    late = min(30, 5 * max(0, facts.days_late))
    candidates = (
        Point("severity", facts.severity.points, N_("Severity %(severity)s"), {"severity": facts.severity.value}),
        Point("vip", 25 * facts.is_vip, N_("VIP")),
        Point("express", 10 * facts.express, N_("Paid for express")),
        Point("late", late, N_("%(days)s days after the promised day"), {"days": facts.days_late}),
        Point("bad_before", 15 * facts.bad_before, N_("Second bad experience in 90 days")),
        Point("contacted_us", 10 * facts.contacted_us, N_("The customer has contacted us")),
        Point("informed_today", -20 * facts.informed_today, N_("Already informed today")),
    )
    points = tuple(point for point in candidates if point.value or point.key == "severity")
    return Priority(sum(point.value for point in points), points)


def days_late(promised_on: date | None, tz: tzinfo, now: datetime) -> int:
    """Whole days since the promised day, on the recipient's calendar; 0 when there is no promise or it still holds."""
    return max(0, (now.astimezone(tz).date() - promised_on).days) if promised_on else 0


def due_at(severity: Severity, is_vip: bool, opened_at: datetime, desk: DeskHours) -> datetime:
    """By when somebody should have acted: aware UTC, within the desk's hours."""
    if severity in DAYS:
        return add_working_days(opened_at, DAYS[severity], desk)
    return add_working_time(opened_at, timedelta(hours=HOURS[severity][is_vip]), desk)


def queue_key(is_vip: bool, due: datetime, total: int) -> tuple[bool, datetime, int]:
    """The queue's default order: VIP first, then the earliest due time, then the highest priority."""
    return (not is_vip, due, -total)


def add_working_time(moment: datetime, wait: timedelta, desk: DeskHours) -> datetime:
    """The moment at which `wait` of real time has passed with the desk open."""
    day = moment.astimezone(desk.tz).date() - timedelta(days=1)
    while True:
        day = next_working_day(day, desk)
        begins, ends = max(moment, desk.opens(day)), desk.closes(day)
        if begins < ends and wait <= ends - begins:
            return begins + wait
        wait -= max(timedelta(), ends - begins)


def add_working_days(moment: datetime, days: int, desk: DeskHours) -> datetime:
    """The same wall-clock time `days` working days later; outside the desk's hours the clock starts when it opens."""
    start = add_working_time(moment, timedelta(), desk).astimezone(desk.tz)
    day = start.date()
    for _ in range(days):
        day = next_working_day(day, desk)
    return min(max(local_moment(day, start.time(), desk.tz), desk.opens(day)), desk.closes(day))


def next_working_day(day: date, desk: DeskHours) -> date:
    """The first day after `day` on which the desk works."""
    step = day + timedelta(days=1)
    while not desk.works(step):
        step += timedelta(days=1)
    return step
