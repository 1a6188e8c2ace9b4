"""What aggregators share: the carrier's own words behind a coarse status, places that are one text, whose number it is.

An aggregator has put every carrier's codes into a few words of its own. Where such a word is vague ("in transit"), the
text of the scan makes it exact; where it is exact, it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from carriers import parsing as read
from carriers.base import Account, Call, Http, RawAnswer
from carriers.classify import classify
from carriers.directory import slug
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Checkpoint, Status, TrackingResult
from carriers.numbers import detect
from carriers.wording import handed_back, sharpen, trouble, waits_at_counter

IN_TRANSIT = read.meaning("InTransit")
RETURNING, RETURNED = read.meaning("Exception_010"), read.meaning("Exception_011")

# Words that stand in plain scans too ("moved to the next facility", "loaded on a trailer", "Snow Hill"), so that they
# name a trouble only where the text speaks of one.
_NEEDS_MORE = frozenset({"Exception_002", "Exception_016", "Exception_017", "Exception_018", "Exception_019"})
_SPEAKS_OF_TROUBLE = re.compile(
    r"delay|\bheld\b|\bhold\b|exception|unable|not deliver|misrout|mis-?sort|missing|incorrect|no longer|address",
    re.IGNORECASE,
)
_STILL_TO_COME = re.compile(r"\bfor (?:\w+ )?delivery|to be delivered|will be delivered", re.IGNORECASE)
_FINER = frozenset({Status.OUT_FOR_DELIVERY, Status.AVAILABLE_FOR_PICKUP, Status.ATTEMPT_FAIL})
_SURE = 0.75  # below it, the classifier's word is not taken over the aggregator's
_LIKELY = 0.6  # enough where both speak of the same stage
_CITIES = frozenset({"DJ", "GI", "GT", "HK", "KW", "LU", "MC", "MO", "PA", "SG", "SM"})  # countries, and their cities
# A part of a place that is a postcode: digits and capitals ("34442", "07470-1234", "SW1A 1AA").
_POSTCODE = re.compile(r"(?=.*\d)(?!.*[a-z])[A-Z\d]{1,10}(?:[ -][A-Z\d]{1,5})?")
_ZIP = re.compile(r"\d{5}(?:-?\d{4})?")
# "CANTON, 30114, GA" is Georgia and not Gabon. Delaware is left out: "Berlin, 10115, DE" is seen more.
_STATES = re.compile(r"A[LRZ]|C[AO]|GA|I[DLN]|KY|LA|M[ADENOST]|N[CE]|PA|S[CD]|TN|VA")
# Troubles that no plain scan's words are like, in any language.
_PLAIN_TROUBLE = frozenset(f"Exception_{number}" for number in ("003", "007", "008", "010", "012", "013", "021"))


def on_the_way(words: str | None) -> read.Meaning:
    """What a scan means that its aggregator only calls "in transit": by its text, else in transit.

    Never a delivery: an aggregator knows that word, and a text may speak of one that is still to come.
    """
    cause = trouble(words)
    if cause and (cause[1] not in _NEEDS_MORE or _SPEAKS_OF_TROUBLE.search(words or "")):
        return cause
    if waits_at_counter(words):
        return read.meaning("AvailableForPickup_001")
    heard = classify(words)
    if heard.status is Status.IN_TRANSIT and heard.confidence >= _LIKELY:
        return heard.status, heard.substatus if heard.substatus != "InTransit_001" else None
    if heard.status is None or heard.confidence < _SURE:
        return IN_TRANSIT
    waits = heard.status is not Status.AVAILABLE_FOR_PICKUP or not _STILL_TO_COME.search(words or "")
    taken = (heard.status in _FINER and waits) or heard.substatus in _PLAIN_TROUBLE
    return (heard.status, heard.substatus) if taken else IN_TRANSIT


def by_text(words: str | None) -> read.Meaning | None:
    """What a scan means of which its aggregator says nothing at all; None when its text is not clear either."""
    heard = classify(words)
    if heard.status is None or heard.confidence < _SURE or heard.status is Status.PENDING:
        return None
    if heard.status is Status.IN_TRANSIT:
        return on_the_way(words)
    unclear = heard.status is Status.DELIVERED and _STILL_TO_COME.search(words or "")
    if unclear or (heard.substatus in _NEEDS_MORE and not _SPEAKS_OF_TROUBLE.search(words or "")):
        return None
    return sharpen((heard.status, heard.substatus), words)


def sent_back(words: str | None) -> read.Meaning:
    """How far a return to the sender has come, by its text: over where it says so, else under way."""
    return RETURNED if handed_back(words) and trouble(words) != RETURNING else RETURNING


def current(said: read.Meaning | None, scans: Sequence[Checkpoint]) -> read.Meaning:
    """The parcel's status: the aggregator's own word for it, else the last scan that is known.

    A delivery after the parcel had turned back is its return, whatever the aggregator says.
    """
    known = read.last_known(scans)
    if said is None or (said[0] is Status.DELIVERED and known == RETURNED):
        return known
    return said


def story(oldest_first: Iterable[Checkpoint]) -> tuple[Checkpoint, ...]:
    """Scans in order of time, where a delivery after a return has begun is its end."""
    return read.back_at_sender(read.in_order(list(oldest_first)[::-1]))


def delivered_at(found: read.Meaning, scans: Sequence[Checkpoint]) -> datetime | None:
    """When the parcel was delivered: the time of the last such scan, None where it is not delivered."""
    if found[0] is not Status.DELIVERED:
        return None
    return next((scan.time for scan in reversed(scans) if scan.status is Status.DELIVERED), None)


def place(location: Any, country: str | None = None) -> tuple[str | None, str | None, str | None]:
    """City, state and country of a place that is one text: `Oakland, CA, US`, `DONGGUAN CN`, `Bonn`.

    The last part is the country where it names `country`, or stands third as a code of two letters: two parts alone
    may be a city and its state (`Dover, DE`). A street, which begins with a number, is no city; a postcode may stand
    among the parts, or after the state.
    """
    words = read.text(location) or ""
    parts = [part.strip() for part in words.split(",") if part.strip()]
    if len(parts) >= 3 and len(parts[-1]) == 2 and not (_ZIP.fullmatch(parts[-2]) and _STATES.fullmatch(parts[-1])):
        country = country or read.country(parts[-1])
    if country and len(parts) > 1 and read.country(parts[-1]) == country and (len(parts) > 2 or len(parts[-1]) != 2):
        parts.pop()
    elif country and len(parts) == 1:
        parts = [_without_country(parts[0], country)]
    elif len(parts) == 1 and _is_country(parts[0]):
        return None, None, read.country(parts[0])
    parts = parts[:1] + [part for part in parts[1:] if not _POSTCODE.fullmatch(part)]
    if not parts or not parts[0] or len(parts) > 2:
        return None, None, country
    if parts[0][0].isdigit():
        country = country or (
            read.country(parts[-1]) if _POSTCODE.fullmatch(parts[0]) and len(parts[-1]) == 2 else None
        )
        return None, None, country
    state = re.fullmatch(r"([A-Z]{2,3})(?: \d{5}(?:-\d{4})?)?", parts[1]) if len(parts) == 2 else None
    return parts[0], state[1] if state else None, country


def _is_country(words: str) -> bool:
    """Whether a place is no more than a country. Some have a city of their own name."""
    known = read.country(words)
    return known is not None and (words == known or (len(words) > 3 and known not in _CITIES))


def _without_country(words: str, country: str) -> str:
    head, _, last = words.rpartition(" ")
    if read.country(words) == country:
        return ""
    return head if head and read.country(last) == country else words


def spelt(number: str | None, numbers: Sequence[str]) -> str | None:
    """A number of an answer as it was asked for: aggregators write numbers in capitals and without blanks."""
    if number is None or number in numbers:
        return number
    return next((asked for asked in numbers if _plain(asked) == _plain(number)), number)


def _plain(number: str) -> str:
    return re.sub(r"[\s-]", "", number).upper()


def unknown(number: str | None, aggregator: str, code: str | None = None) -> TrackingResult:
    """The result for a number nobody has data on yet."""
    error = CarrierError(ErrorKind.NOT_FOUND, f"{aggregator} has no data on this number yet.", carrier_code=code)
    return TrackingResult(number, Status.PENDING, error=error)


def failed(numbers: Iterable[str], error: CarrierError) -> list[TrackingResult]:
    """Results for numbers that could not be asked about any more, after others had been."""
    return [TrackingResult(number, Status.PENDING, error=error) for number in numbers]


def succeeded(answer: RawAnswer) -> bool:
    """Whether HTTP says that a call went well: creating says 201 or 202."""
    return 200 <= answer.status < 300


def likely(aggregator: str, number: str) -> str | None:
    """The aggregator's name for the likeliest carrier of a number that it knows, by the number's format."""
    names = (slug(aggregator, candidate.carrier) for candidate in detect(number))
    return next((name for name in names if name), None)


def download(http: Http, account: Account, url: Any, hosts: re.Pattern[str]) -> bytes | None:
    """The file at an address that an answer gave: from the aggregator's own hosts alone, and without our key.

    None where the address is another's, or nothing came.
    """
    address = read.text(url) if isinstance(url, str) else None
    if address is None or not _ours(address, account.base_url, hosts):
        return None
    try:
        answer = http.send(account, Call("GET", address, {"Accept": "*/*"}))
    except CarrierError:
        return None
    return answer.body or None if answer.status == 200 else None


def _ours(address: str, base_url: str, hosts: re.Pattern[str]) -> bool:
    try:
        parts, home = urlsplit(address), urlsplit(base_url)
        public = parts.scheme == "https" and parts.port in (None, 443) and parts.username is None
    except ValueError:
        return False
    return (public and hosts.fullmatch(parts.hostname or "") is not None) or (
        (parts.scheme, parts.netloc) == (home.scheme, home.netloc)
    )
