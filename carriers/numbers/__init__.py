"""Whose tracking number is this, and can it be one at all? Formats with check digits."""

from __future__ import annotations

import string
from dataclasses import dataclass
from functools import lru_cache

from carriers.numbers.formats import Format, all_formats, by_id
from carriers.numbers.posts import S10, is_post
from carriers.numbers.ranking import Order, order

MAX_LENGTH = 64
"""Characters without blanks; no carrier has a longer number, and no pattern sees one."""

# What people write between the characters of a number, and what comes along when one is copied from a page: hyphens and
# dashes, dots, spaces without width, marks of direction.
_BETWEEN = "-.\u00ad\u00b7\u200b\u200c\u200d\u200e\u200f\u2010\u2011\u2012\u2013\u2014\u2060\u2212\ufeff"
_AS_STORED = str.maketrans(string.ascii_lowercase, string.ascii_uppercase, _BETWEEN)
_WRITTEN = frozenset(string.ascii_uppercase + string.digits)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A format that a number fits. `checksum_valid` is None for formats without a check digit; rank 1 is best."""

    carrier: str
    format: str
    checksum_valid: bool | None
    rank: int


def clean(number: str) -> str:
    """A number as carriers store it: capitals, without blanks, hyphens and dots. Longer text comes back empty."""
    if len(number) > 4 * MAX_LENGTH:
        return ""
    written = "".join(number.translate(_AS_STORED).split())
    return written if len(written) <= MAX_LENGTH else ""


def detect(number: str) -> list[Candidate]:
    """Every format a number fits, those with a right check digit first. Empty for text that cannot be a number."""
    written = clean(number)
    return list(_detected(written)) if _WRITTEN.issuperset(written) else []


@lru_cache(maxsize=2048)
def _detected(written: str) -> tuple[Candidate, ...]:
    found: list[tuple[Order, str, str, bool | None]] = []
    for form in all_formats():
        groups = form.fits(written)
        if groups is not None:
            valid = form.check(groups)
            for place, carrier in enumerate(form.owners(groups)):
                found.append((order(carrier, form.id, valid, place), carrier, form.id, valid))
    return tuple(Candidate(*one[1:], rank) for rank, one in enumerate(sorted(found), 1))


def valid_for(carrier: str, number: str) -> bool | None:
    """Whether a number can be this carrier's.

    True when it fits one of its formats; False when it fits some and every check digit is wrong; None when it fits
    none that is known here, which says nothing: not every format is published.
    """
    verdicts = [candidate.checksum_valid for candidate in detect(number) if candidate.carrier == carrier]
    if not verdicts:
        return None
    return any(verdict is not False for verdict in verdicts)


def check_digit(format_id: str, serial: str) -> str | None:
    """The check digit that follows a serial in a format; None when the format has none.

    Raises KeyError for an unknown format.
    """
    return by_id()[format_id].digit(clean(serial))


def format_ids(carrier: str) -> tuple[str, ...]:
    """The ids of the formats a carrier tracks."""
    return tuple(form.id for form in all_formats() if _tracks(carrier, form))


def _tracks(carrier: str, form: Format) -> bool:
    return is_post(carrier) if form.id == S10 else carrier in form.carriers
