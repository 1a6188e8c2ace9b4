"""What adapters share in buying labels: documents, money, weights, names, and what a refusal may say. Pure."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from textwrap import wrap
from typing import Any

from carriers.base import RawAnswer, Token
from carriers.discretion import personal as personal
from carriers.discretion import without
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Address, LabelFormat, LabelRequest
from carriers.parsing import text

GRAMS_A_POUND = 453.59237
CM_AN_INCH = 2.54
_SIGNATURES = (
    (b"%PDF-", LabelFormat.PDF),
    (b"\x89PNG\r\n\x1a\n", LabelFormat.PNG),
    (b"GIF87a", LabelFormat.GIF),
    (b"GIF89a", LabelFormat.GIF),
)
_AMOUNT = re.compile(r"-?(?:\d{1,3}(?:,\d{3}){1,3}|\d{1,12})(?:\.\d{1,10})?", re.ASCII)
# Within these, goods cross no customs border. Their members' territories outside the customs union are not told apart.
CUSTOMS_UNION = (
    *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU"),
    *("IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
)
_HEADER = 1024  # a PDF may begin with other bytes, of these at most (ISO 32000-1, H.3.4.1)
SaidNo = Callable[[CarrierError, Iterable[str], RawAnswer | None], CarrierError]
_MAY_HAVE_SOLD = (ErrorKind.SERVER_ERROR, ErrorKind.MALFORMED)


def decode(value: Any) -> bytes | None:
    """The bytes of a base64 text, with or without line breaks or a `data:` head; None for anything else."""
    if not isinstance(value, str):
        return None
    words = value.partition(",")[2] if value[:5].lower() == "data:" else value
    try:
        return base64.b64decode("".join(words.split()), validate=True) or None
    except (binascii.Error, ValueError):
        return None


def sniff(document: bytes | None) -> LabelFormat | None:
    """What a file is by its first bytes; None when it is none of the formats of labels."""
    if not document:
        return None
    known = next((kind for first, kind in _SIGNATURES if document.startswith(first)), None)
    if known is None and b"%PDF-" in document[:_HEADER]:
        return LabelFormat.PDF
    if known is None and b"^XA" in document[:_HEADER].upper():
        return LabelFormat.ZPL
    return known


def printable(value: Any) -> tuple[bytes, LabelFormat] | None:
    """A base64 text as the label it is; None when it is none."""
    content = decode(value)
    kind = sniff(content)
    return (content, kind) if content and kind else None


def minor_units(amount: Any, currency: str | None) -> int | None:
    """An amount in whole units, a number or a text such as `1,008.45`, in minor units of its currency: 100845 for USD.

    None for what is no amount or could be read in two ways, and for a code that names no currency. Half a unit is
    rounded away from zero.
    """
    found = _AMOUNT.fullmatch(str(amount).strip()) if isinstance(amount, str | int | float) else None
    digits = _digits((currency or "").upper())
    if found is None or digits is None:
        return None
    exact = Decimal(found[0].replace(",", "")).scaleb(digits)
    return int(exact.to_integral_value(ROUND_HALF_UP))


def whole_units(minor: int, currency: str) -> str:
    """Minor units as carriers want amounts written: 845 USD is `8.45`, 8 JPY is `8`. Two digits where unknown."""
    digits = _digits(currency.upper())
    return f"{Decimal(minor).scaleb(-(2 if digits is None else digits)):f}"


@lru_cache(maxsize=256)
def _digits(currency: str) -> int | None:
    """The digits after the point of a currency by its ISO 4217 code; None for any other text."""
    from babel import Locale  # loaded on first use: reading tracking answers needs none of it
    from babel.numbers import get_currency_precision

    return int(get_currency_precision(currency)) if currency in Locale("en").currencies else None


def pounds(grams: int) -> float:
    """Pounds to a hundredth, at least one hundredth."""
    return max(0.01, round(grams / GRAMS_A_POUND, 2))


def kilograms(grams: int) -> float:
    """Kilograms to the gram, at least ten grams."""
    return max(0.01, round(grams / 1000, 3))


def inches(cm: int) -> int:
    """Whole inches, never less than the length is."""
    return max(1, -int(-cm // CM_AN_INCH))


def split_name(name: str) -> tuple[str, str]:
    """First names and the last name. A name of one word is a last name."""
    first, _, last = " ".join(name.split()).rpartition(" ")
    return first, last


def unfit(words: str) -> CarrierError:
    """The error for a request that the carrier could not take, before anything is sent. The words name no values."""
    return CarrierError(ErrorKind.BAD_REQUEST, words, sent=False)


def party(address: Address, whose: str) -> dict[str, str]:
    """An address in the words that EasyPost and Shippo share, without what is empty. Raises CarrierError(bad_request),
    nothing sent, for one that no label can be printed with."""
    if not address.line1 or not address.city or not (address.name or address.company):
        raise unfit(f"The {whose}'s address needs a name, a street and a city.")
    parts = {
        "name": address.name,
        "company": address.company,
        "street1": address.line1,
        "street2": address.line2,
        "city": address.city,
        "state": address.region,
        "zip": address.postal_code,
        "country": address.country,
        "phone": address.phone,
        "email": address.email,
    }
    return {name: value for name, value in parts.items() if value}


def unsold(error: CarrierError, secrets: Iterable[str] = (), answer: RawAnswer | None = None) -> CarrierError:
    """A refusal of a call that buys, without what is personal in its words.

    A server's failure and an answer that cannot be read may hide a purchase; every other refusal says that surely
    nothing was sold, and `sent` is False. "Not found" speaks of an account or a service here, never of a parcel.
    Where HTTP itself does not refuse (`answer`), words and codes do not either: they may be about some later step. A
    call that came too soon was turned away at the door whatever its status.
    """
    kind = _as_http_says(error.kind, answer)
    kind = ErrorKind.BAD_REQUEST if kind in (ErrorKind.NOT_FOUND, ErrorKind.INVALID_NUMBER) else kind
    found = without(error, secrets)
    found.kind, found.sent = kind, error.sent and kind in _MAY_HAVE_SOLD
    return found


def unvoided(error: CarrierError, secrets: Iterable[str] = (), answer: RawAnswer | None = None) -> CarrierError:
    """A refusal of a call that gives a label back, without what is personal in its words.

    Here "not found" speaks of the label, and is kept: after an answer that was lost it may mean that it is gone. Where
    HTTP itself does not refuse, the label may be gone as well.
    """
    kind = _as_http_says(error.kind, answer)
    found = without(error, secrets)
    found.kind = ErrorKind.BAD_REQUEST if kind is ErrorKind.INVALID_NUMBER else kind
    return found


def _as_http_says(kind: ErrorKind, answer: RawAnswer | None) -> ErrorKind:
    unsure = answer is not None and not answer.succeeded and not answer.surely_refused
    surely = (ErrorKind.MALFORMED, ErrorKind.RATE_LIMITED)
    return ErrorKind.SERVER_ERROR if unsure and kind not in surely else kind


def clipped(value: Any, longest: int) -> str:
    """A text cut to what a field of the carrier takes, without outer blanks."""
    return (text(value) or "")[:longest].rstrip()


def street_lines(address: Address, longest: int, most: int) -> list[str]:
    """Both lines of an address, broken between words into lines that the carrier can print. Raises CarrierError."""
    lines = [line for written in (address.line1, address.line2) for line in wrap(written, longest)]
    if not lines or len(lines) > most:
        raise unfit(f"An address needs a street that fits into {most} lines of {longest} characters.")
    return lines


_NUMBER_LAST = re.compile(r"(\S.*?)[\s,]+(\d{1,5}\s?[A-Za-z]?(?:\s?[-/+]\s?\d{1,5}\s?[A-Za-z]?)?)")
_NUMBER_FIRST = re.compile(r"(\d{1,5}[A-Za-z]?(?:[-/]\d{1,5}[A-Za-z]?)?)[\s,]+([^\W\d].*)")


def street_and_number(line: str) -> tuple[str, str]:
    """A street and its house number, which stands last (`Hauptstr. 5 a`) or first (`12 Oak Street`); the number is empty
    where none can be told."""
    words = " ".join(line.split())
    if found := _NUMBER_LAST.fullmatch(words):
        return found[1].rstrip(","), found[2].replace(" ", "")
    if found := _NUMBER_FIRST.fullmatch(words):
        return found[2], found[1]
    return words, ""


def crosses_customs(request: LabelRequest) -> bool:
    """Whether the parcel leaves a country other than for one of the same customs union."""
    ends = {request.sender.country, request.recipient.country}
    return len(ends) > 1 and not ends <= set(CUSTOMS_UNION)


def before_buying(fetch: Callable[[], Token]) -> Callable[[], Token]:
    """The same fetch of a token, whose failures say that the call it was for had not begun: nothing was sold."""

    def fetched() -> Token:
        try:
            return fetch()
        except CarrierError as error:
            error.sent = False
            raise

    return fetched
