"""What to do when a carrier does not give a label (reliability: D1). Money is spent here, so doubt is never retried."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum

from carriers.errors import CarrierError, ErrorKind

_REFUSED = frozenset(
    {
        ErrorKind.AUTH,
        ErrorKind.BAD_REQUEST,
        ErrorKind.INVALID_NUMBER,
        ErrorKind.NOT_FOUND,
        ErrorKind.NOT_SUPPORTED,
        ErrorKind.UNKNOWN_CARRIER,
    }
)
_FIRST, _LONGEST = timedelta(seconds=30), timedelta(hours=1)
_FIRST_AFTER_REFUSAL, _LONGEST_AFTER_REFUSAL = timedelta(minutes=15), timedelta(hours=12)


class Outcome(StrEnum):
    """What a failed call means for the money."""

    REFUSED = "refused"  # surely not bought, and asking again at once will not help
    AGAIN = "again"  # surely not bought: ask again later
    UNKNOWN = "unknown"  # it may have been bought: look before asking again


def outcome_of(error: CarrierError) -> Outcome:
    """Read an error of a call that buys. Only what certainly did not buy may be asked again."""
    if error.kind in _REFUSED:
        return Outcome.REFUSED
    if not error.sent or error.kind is ErrorKind.RATE_LIMITED:
        return Outcome.AGAIN
    return Outcome.UNKNOWN


def wait_before_retry(attempts: int, retry_after: float | None = None) -> timedelta:
    """Half a minute after the first failure, doubling up to an hour; at least what the carrier asked for."""
    wait = min(_FIRST * (1 << min(max(attempts, 1) - 1, 12)), _LONGEST)
    return max(wait, timedelta(seconds=retry_after or 0))


def wait_after_refusal(attempts: int) -> timedelta:
    """A quarter of an hour after the first refusal, doubling up to half a day: somebody has to put it right."""
    return min(_FIRST_AFTER_REFUSAL * (1 << min(max(attempts, 1) - 1, 12)), _LONGEST_AFTER_REFUSAL)


@dataclass(frozen=True, slots=True)
class Unused:
    """A label that nobody has handed in yet. `void_days`: how long after buying its carrier takes it back."""

    bought_at: datetime
    send_back_by: date
    expires_on: date | None
    void_days: int | None
    can_void: bool


VOID_MARGIN = timedelta(days=2)  # before the carrier's last day: a void may need a few tries


def lapses_at(label: Unused, unused_days: int, zone: tzinfo) -> datetime | None:
    """When an unused label is given up: the days of grace after the day to send it back by have passed, its last day is
    over, or its carrier will soon no longer take it back. None for one that costs nothing until it is used and never
    expires: it can stay."""
    moments = []
    if label.can_void:
        moments.append(_midnight_after(label.send_back_by + timedelta(days=unused_days), zone))
        if label.void_days is not None:
            moments.append(label.bought_at + max(timedelta(days=label.void_days) - VOID_MARGIN, timedelta(hours=12)))
    if label.expires_on is not None:
        moments.append(_midnight_after(label.expires_on, zone))
    return min(moments, default=None)


def _midnight_after(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), zone)
