"""Cells into values. Each reader takes trimmed text and raises BadValue with a reason that quotes no personal data."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.numbers import get_currency_precision

LONGEST_TEXT = 500
LONGEST_SKU = 200
MOST_DIGITS = 12  # of an amount, before the cents: sums of many fit a column of 64 bits
_EMAIL = re.compile(r"[^@\s\"<>,;]{1,64}@[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?", re.IGNORECASE)
_AMOUNT = re.compile(r"(-?)([1-9][0-9]{0,2}(?:[.,'\u00a0\u202f ][0-9]{3})+|[0-9]+)(?:([.,])([0-9]+))?")
_YES, _NO = frozenset({"1", "true", "yes", "y", "x"}), frozenset({"0", "false", "no", "n"})
_FIRST_YEAR, _LAST_YEAR = 1990, 2100


class BadValue(ValueError):
    """A cell that cannot be used. `code` is stable, the message is for a person."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@lru_cache(maxsize=1)
def _countries() -> frozenset[str]:
    return frozenset(code for code in map(str, Locale("en").territories) if len(code) == 2 and code.isalpha())


@lru_cache(maxsize=64)
def _currencies() -> frozenset[str]:
    return frozenset(Locale("en").currencies)


def tidy(value: str) -> str | None:
    """The text without control characters and not longer than LONGEST_TEXT; None when it needs neither."""
    if value.isprintable() and len(value) <= LONGEST_TEXT:
        return None
    clean = "".join(c if c.isprintable() else " " for c in value).strip()[:LONGEST_TEXT]
    return clean if clean != value else None


def moment_in(zone: tzinfo, formats: tuple[str, ...]) -> Callable[[str], datetime]:
    """A reader of times: ISO 8601, then `formats`. Without an offset they are in `zone`; a day alone is its midnight."""

    def read(value: str) -> datetime:
        found = _any_format(value, formats)
        if not _FIRST_YEAR <= found.year <= _LAST_YEAR:
            raise BadValue("bad_date", f"the year {found.year} cannot be right")
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)

    return read


def _any_format(value: str, formats: tuple[str, ...]) -> datetime:
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        for pattern in formats:
            try:
                return datetime.strptime(value, pattern)  # noqa: DTZ007  the zone is put in by the caller
            except ValueError:
                continue
    raise BadValue("bad_date", "this is no date; write 2026-11-18 or 2026-11-18T14:30:00+01:00")


def day_with(formats: tuple[str, ...]) -> Callable[[str], date]:
    """A reader of days; the time of a moment is left out."""

    def read(value: str) -> date:
        found = _any_format(value, formats).date()
        if not _FIRST_YEAR <= found.year <= _LAST_YEAR:
            raise BadValue("bad_date", f"the year {found.year} cannot be right")
        return found

    return read


@lru_cache(maxsize=512)
def currency_digits(currency: str) -> int:
    return int(get_currency_precision(currency))


def currency_code(value: str) -> str:
    code = value.upper()
    if code not in _currencies():
        raise BadValue("unknown_currency", "this is no currency; write its ISO 4217 code, such as EUR")
    return code


@lru_cache(maxsize=65536)
def money(value: str, currency: str, decimal: str = "auto") -> int:
    """An amount in minor units of its currency. Exact; an amount that can be read in two ways is refused.

    `decimal` is the separator before the cents: ".", "," or "auto". "1.234,56" and "1,234.56" are plain;
    "1,234" is not: a thousand or one and a bit?
    """
    match = _AMOUNT.fullmatch(value)
    if match is None:
        raise BadValue("bad_money", "this is no amount; write 1234.56")
    sign, whole, separator, cents = match.group(1), match.group(2), match.group(3) or "", match.group(4) or ""
    grouping = next((c for c in whole if not c.isdigit()), "")
    if (grouping and grouping == separator) or len({c for c in whole if not c.isdigit()}) > 1:
        raise BadValue("bad_money", "this is no amount; write 1234.56")
    if decimal == "auto":
        _refuse_ambiguous(grouping, separator, whole)
    elif separator not in ("", decimal) or grouping == decimal:
        raise BadValue("bad_money", f"amounts of this source have {decimal!r} before the cents")
    return _minor(sign, "".join(c for c in whole if c.isdigit()), cents, currency_digits(currency))


def _refuse_ambiguous(grouping: str, separator: str, whole: str) -> None:
    once = grouping in (".", ",") and not separator and sum(c == grouping for c in whole) == 1
    if once:
        raise BadValue("ambiguous_money", "a thousand, or one and a bit? write 1234.00")


def _minor(sign: str, whole: str, cents: str, digits: int) -> int:
    kept, rest = cents[:digits].ljust(digits, "0"), cents[digits:]
    if rest.strip("0"):
        raise BadValue("bad_money", f"this currency has {digits} decimal places, here are more")
    if len(whole) > MOST_DIGITS:
        raise BadValue("bad_money", "this is more money than an order can be worth")
    return int(sign + whole + kept)


@lru_cache(maxsize=4096)
def count(value: str) -> int:
    """A whole number from 1 to 99,999: every unit has a worth of its own. "2.0" as spreadsheets write it is 2."""
    whole = value.removesuffix(".0").removesuffix(".00")
    if not whole.isascii() or not whole.lstrip("-").isdigit() or len(whole) > 5:
        raise BadValue("bad_quantity", "this is no whole number up to 99,999")
    if int(whole) < 1:
        raise BadValue("bad_quantity", "this must be 1 or more; returns and credits are not order lines")
    return int(whole)


@lru_cache(maxsize=4096)
def whole(value: str) -> int:
    """A whole number from 0 to 9,999,999, such as what is in stock. "2.0" as spreadsheets write it is 2."""
    digits = value.removesuffix(".0").removesuffix(".00")
    if not digits.isascii() or not digits.isdigit() or len(digits) > 7:
        raise BadValue("bad_number", "this is no whole number from 0 to 9,999,999")
    return int(digits)


@lru_cache(maxsize=4096)
def grams(value: str) -> int:
    try:
        weight = round(float(value.replace(",", ".")))
    except (ValueError, OverflowError):
        raise BadValue("bad_weight", "this is no weight in grams") from None
    if not 0 <= weight <= 1_000_000:
        raise BadValue("bad_weight", "a weight lies between 0 and 1,000,000 grams")
    return weight


def yes_no(value: str) -> bool:
    word = value.lower()
    if word not in _YES and word not in _NO:
        raise BadValue("bad_yes_no", "write yes or no")
    return word in _YES


def email(value: str) -> str:
    if len(value) > 254 or not _EMAIL.fullmatch(value) or ".." in value:
        raise BadValue("bad_email", "this is no e-mail address; the order can be found by phone and postcode only")
    return value.lower()


@lru_cache(maxsize=512)
def country(value: str) -> str:
    code = value.upper()
    if code not in _countries():
        raise BadValue("bad_country", "this is no country; write its ISO 3166 code, such as DE")
    return code


@lru_cache(maxsize=256)
def locale(value: str) -> str:
    try:
        return str(Locale.parse(value, sep="-" if "-" in value else "_")).replace("_", "-")
    except (ValueError, UnknownLocaleError):
        raise BadValue("bad_locale", "this is no language; write en, de or ar") from None


def tags(value: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in re.split(r"[,;|]", value) if part.strip()))


def readers(zone: tzinfo, formats: tuple[str, ...]) -> Mapping[str, Callable[[str], Any]]:
    """A reader for each field that is not plain text; money and words need more than the cell."""
    moment, day = moment_in(zone, formats), day_with(formats)
    moments = ["placed_at", "approved_at", "handed_over_at", "delivered_at", "promised_at", "shipped_at"]
    return {
        **dict.fromkeys(moments, moment),
        "promised_on": day,
        "currency": currency_code,
        "quantity": count,
        "line_position": count,
        "weight_grams": grams,
        "final_sale": yes_no,
        "customer_email": email,
        "customer_tags": tags,
        "line_tags": tags,
        "order_tags": tags,
        "discount_codes": tags,
        "tax_included": yes_no,
        "goods_origin": country,
        "ship_country": country,
        "origin_country": country,
        "locale": locale,
    }
