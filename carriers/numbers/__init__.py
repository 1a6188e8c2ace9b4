"""Whose tracking number is this, and can it be one at all? Formats with check digits."""

from __future__ import annotations

from dataclasses import dataclass

from carriers.numbers.formats import Format, all_formats

MAX_LENGTH = 64
"""Characters without blanks; no carrier has a longer number, and no pattern sees one."""

_TRACKED = ("ups", "fedex", "usps", "dhl_unified")  # of equal candidates, the carriers that most likely carry it


@dataclass(frozen=True, slots=True)
class Candidate:
    """A format that a number fits. `checksum_valid` is None for formats without a check digit; rank 1 is best."""

    carrier: str
    format: str
    checksum_valid: bool | None
    rank: int


def clean(number: str) -> str:
    """A number as carriers store it: capitals, without blanks. Longer text comes back empty."""
    written = "".join(number[: 4 * MAX_LENGTH].split()).upper()
    return written if len(number) <= 4 * MAX_LENGTH and len(written) <= MAX_LENGTH else ""


def detect(number: str) -> list[Candidate]:
    """Every format a number fits, those with a right check digit first. Empty for text too long to be a number."""
    written = clean(number)
    found: dict[tuple[str, str], bool | None] = {}
    for form in all_formats():
        match = form.pattern.fullmatch(written) if written.isascii() else None
        groups = match.groupdict() if match else {}
        if match and form.known(groups):
            found.setdefault((form.owner(groups), form.id), form.check(groups))
    ordered = sorted(found.items(), key=lambda item: _order(*item))
    return [Candidate(*key, valid, rank) for rank, (key, valid) in enumerate(ordered, 1)]


def _order(key: tuple[str, str], valid: bool | None) -> tuple[int, int]:
    carrier = key[0]
    likely = _TRACKED.index(carrier) if carrier in _TRACKED else len(_TRACKED)
    return ({True: 0, None: 1, False: 2}[valid], likely)


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
    return _by_id(format_id).digit(clean(serial))


def format_ids(carrier: str) -> tuple[str, ...]:
    """The ids of a carrier's own formats."""
    return tuple(form.id for form in all_formats() if form.carrier == carrier)


def _by_id(format_id: str) -> Format:
    found = next((form for form in all_formats() if form.id == format_id), None)
    if found is None:
        raise KeyError(format_id)
    return found
