"""One scan of a parcel, placed in time, named and put in order. All moments are aware UTC."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from carriers.model import Checkpoint, Status, Substatus
from portal.domain.zones import zone_for

RETURNING = "Exception_010"
RETURNED = "Exception_011"
PROBLEM_RESOLVED = "InTransit_008"
ACCEPTED = "InTransit_002"
TURNED_BACK = frozenset({RETURNING, RETURNED})

# Before the carrier has the parcel in its hands; a word of this kind never takes back a real scan.
UNSEEN = frozenset({Status.PENDING, Status.INFO_RECEIVED, Status.EXPIRED})

RECYCLED_MARGIN = timedelta(hours=48)
FUTURE_MARGIN = timedelta(minutes=5)
FIRST_YEAR = 1990

RANK = {status: rank for rank, status in enumerate(Status)}


@dataclass(frozen=True, slots=True)
class Scan:
    """One checkpoint, placed in time.

    `at` is aware UTC. `local_time` is the carrier's time as given (ISO 8601, with an offset only where the carrier
    gave one; empty when it gave no time). `status` is None for a code nobody has mapped.
    """

    at: datetime
    local_time: str = ""
    offset_known: bool = True
    status: Status | None = None
    substatus: Substatus | None = None
    raw_code: str | None = None
    raw_text: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str | None = None
    notice: bool = False  # a known message that moves nothing; its status is None

    @property
    def local_day(self) -> str:
        """The day on the calendar of the place, YYYY-MM-DD."""
        return self.local_time[:10] or self.at.date().isoformat()


def identity(scan: Scan | Checkpoint) -> str:
    """Name a scan by its time as given, its carrier code (its text where there is no code) and its place.

    The wording is left out: carriers reword old scans, and a reworded scan is still the same scan.
    """
    given = scan.local_time if isinstance(scan, Scan) else _as_given(scan.time)
    what = scan.raw_code or _plain(scan.raw_text)
    place = (_plain(scan.city), _plain(scan.state), _plain(scan.postal_code), _plain(scan.country))
    parts = (given, what, *place)
    return hashlib.sha256("\x1f".join(parts).encode(errors="surrogatepass")).hexdigest()[:32]


def retold(one: Scan, other: Scan) -> bool:
    """Whether two records are of one scan although they are not the same to the letter: of one moment, with one code
    (one text, where there is no code), at places that do not contradict each other.

    For the two ways in which a carrier tells of a parcel: a push may say less of the place than a poll, or more.
    """
    if one.at != other.at or one.raw_code != other.raw_code:
        return False
    if one.raw_code is None and _plain(one.raw_text) != _plain(other.raw_text):
        return False
    places = (
        (one.city, other.city),
        (one.state, other.state),
        (one.postal_code, other.postal_code),
        (one.country, other.country),
    )
    return all(not here or not there or _plain(here) == _plain(there) for here, there in places)


def scan_from(checkpoint: Checkpoint, fallback_tz: tzinfo = UTC, *, seen_at: datetime) -> Scan:
    """Place a carrier's checkpoint in time.

    A local time without an offset is read in the zone of the scan's country, else in `fallback_tz`. `seen_at` is when
    we learnt of it: it stands in for a time the carrier did not give, and no scan is ever later than it.
    """
    instant = _instant(checkpoint, fallback_tz)
    if instant is None or instant > seen_at + FUTURE_MARGIN:
        instant = seen_at
    return Scan(
        at=instant.astimezone(UTC),
        local_time=_as_given(checkpoint.time),
        offset_known=checkpoint.offset_known,
        # A notice only repeats where the parcel was before it: it is a sign of life and no second attempt.
        status=None if checkpoint.notice else checkpoint.status,
        substatus=None if checkpoint.notice else checkpoint.substatus,
        raw_code=checkpoint.raw_code,
        raw_text=checkpoint.raw_text,
        city=checkpoint.city,
        state=checkpoint.state,
        postal_code=checkpoint.postal_code,
        country=checkpoint.country,
        notice=checkpoint.notice,
    )


def belongs(scan: Scan, created_at: datetime) -> bool:
    """Whether a scan can be of this parcel: carriers reuse numbers, and an older holder's scans are not ours to show.

    `created_at` is the label's or the order's creation, whichever is earlier.
    """
    return scan.at >= created_at - RECYCLED_MARGIN


def ordered(scans: Iterable[Scan]) -> tuple[Scan, ...]:
    """Each scan once, oldest first; scans of one moment in the order a parcel would go through them."""
    once: dict[str, Scan] = {}
    for scan in scans:
        name = identity(scan)
        # The same scan told in two ways (a corrected mapping): which one wins must not depend on who came first.
        once[name] = max(once[name], scan, key=repr) if name in once else scan
    return tuple(once[name] for name in sorted(once, key=lambda name: (*_order(once[name]), name)))


def attempt_times(story: Iterable[Scan]) -> tuple[datetime, ...]:
    """The failed attempts of an ordered story, one a local day."""
    days: dict[str, datetime] = {}
    for scan in story:
        if scan.status is Status.ATTEMPT_FAIL:
            days.setdefault(scan.local_day, scan.at)
    return tuple(days.values())


def _plain(text: str | None) -> str:
    return " ".join(text.split()).casefold() if text else ""


def _as_given(time: datetime | None) -> str:
    return time.isoformat() if time else ""


def _instant(checkpoint: Checkpoint, fallback_tz: tzinfo) -> datetime | None:
    time = checkpoint.time
    if time is None:
        return None
    if time.tzinfo is None:
        zone = zone_for(checkpoint.country, checkpoint.state) if checkpoint.country else fallback_tz
        time = time.replace(tzinfo=zone)
    try:
        instant = time.astimezone(UTC)
    except OverflowError:
        return None
    return instant if instant.year >= FIRST_YEAR else None  # the years 1 and 1970 stand for "no date" in answers


def _order(scan: Scan) -> tuple[datetime, str, int]:
    return (scan.at, scan.local_time, RANK[scan.status] if scan.status else -1)
