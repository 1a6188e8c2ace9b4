"""Words without people and secrets in them: what a carrier says no with may repeat what it was asked, as it was sent.

An address is sent in pieces: the street without its number, a telephone's digits alone, a long line broken or cut off. So
its pieces are taken out too, and what a carrier has made of it in other letters as far as that can be known.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from typing import ParamSpec, TypeVar
from urllib.parse import unquote

from carriers.answers import redacted
from carriers.base import Account
from carriers.errors import CarrierError
from carriers.model import Address, LabelRequest

P = ParamSpec("P")
T = TypeVar("T")

_SHORTEST = 3  # a shorter piece stands in many words that are nobody's
_SHORT = 4  # and one as short as this only by itself: Ada is not in Canada
_PREFIX = 8  # of a value that a carrier has cut off, so much is known again
_TOKENS = re.compile(r"(?i)\b(?:bearer|basic|token|shippotoken)\s+[\w.~+/=-]{8,}|\beyJ[\w-]{6,}\.[\w-]+(?:\.[\w-]+)?")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})
# What stands in any address: taking it out would leave a refusal without its sense.
_ANYBODY = frozenset(
    [
        "street",
        "avenue",
        "court",
        "drive",
        "place",
        "square",
        "floor",
        "suite",
        "building",
        "apartment",
        "house",
        "north",
        "south",
        "east",
        "west",
        "unit",
        "road",
        "lane",
        "strasse",
        "straße",
        "hinterhaus",
        "etage",
        "platz",
        "calle",
        "avenida",
        "rue",
        "улица",
        "дом",
        "квартира",
        "returns",
        "retouren",
        "возвраты",
    ]
)


def discreet(act: Callable[P, T]) -> Callable[P, T]:
    """A call to a carrier whose errors name nobody: neither the account's secrets nor, where a label is asked for, the
    addresses. For what takes an account, and a label's request where it has one."""

    @wraps(act)
    def quietly(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return act(*args, **kwargs)
        except CarrierError as error:
            given = (*args, *kwargs.values())
            request = next((one for one in given if isinstance(one, LabelRequest)), None)
            account = next((one for one in given if isinstance(one, Account)), None)
            quiet = without(error, personal(account, request))
        raise quiet

    return quietly


def without(error: CarrierError, values: Iterable[str]) -> CarrierError:
    """The same error without the given values in its words and its code."""
    known = list(values)
    return CarrierError(
        error.kind,
        spoken(error.message, known),
        carrier_code=spoken(error.carrier_code, known) if error.carrier_code else None,
        retry_after=error.retry_after,
        sent=error.sent,
    )


def spoken(words: str, values: Iterable[str]) -> str:
    """Words without the given values, in whatever letters they stand there, and without anything like an access token."""
    found = _TOKENS.sub("…", unquote(html.unescape(words)))
    forms = dict.fromkeys(form for value in values for form in _forms(value))
    found = redacted(found, (form for form in forms if len(form) > _SHORT)) or ""
    for form in forms:
        if len(form) <= _SHORT:
            found = re.sub(rf"(?<!\w){re.escape(form)}(?!\w)", "…", found, flags=re.IGNORECASE)
        elif len(form) > _PREFIX:
            found = re.sub(rf"{re.escape(form[:_PREFIX])}\w*", "…", found, flags=re.IGNORECASE)
    return found


def personal(account: Account | None, request: LabelRequest | None = None) -> list[str]:
    """What no message may repeat: the account's credentials, and both addresses."""
    values = list(account.credentials.values()) if account else []
    for address in (request.sender, request.recipient) if request else ():
        values += about(address)
    return [value for value in values if len(value) >= _SHORTEST and value.lower() not in _ANYBODY]


def about(address: Address) -> list[str]:
    """An address as it may be repeated: whole, and in the pieces in which it is sent."""
    lines = (address.line1, address.line2)
    return [
        *(address.name, *address.name.split(), address.company, *lines, address.city, address.email),
        *(piece for line in lines for piece in _pieces_of_line(line)),
        *_pieces_of_code(address.postal_code),
        *_pieces_of_phone(address.phone),
    ]


def _pieces_of_line(line: str) -> Iterator[str]:
    """The street without its number, and the words that are its own."""
    yield re.sub(r"^[\d\s,/-]+|[\d\s,/-]+[A-Za-z]?$", "", line)
    yield from (word for word in re.findall(r"[^\W\d_]{5,}", line) if word.lower() not in _ANYBODY)


def _pieces_of_code(code: str) -> Iterator[str]:
    yield code
    yield re.sub(r"[\s-]", "", code)
    yield from (part for part in re.split(r"[\s-]", code) if len(part) > _SHORTEST)


def _pieces_of_phone(phone: str) -> Iterator[str]:
    digits = re.sub(r"\D", "", phone)
    yield phone
    yield from (piece for piece in (digits, digits[:15], digits[-10:], digits[-7:]) if len(piece) > 6)


def _forms(value: str) -> Iterator[str]:
    """A value in the letters in which carriers write it."""
    plain = "".join(one for one in unicodedata.normalize("NFKD", value) if not unicodedata.combining(one))
    yield from (form for form in (value, plain, value.translate(_UMLAUTS)) if len(form) >= _SHORTEST)
