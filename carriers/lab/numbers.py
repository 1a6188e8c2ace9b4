"""Tracking numbers for the lab's own parcels, with the check digits the carriers print.

Written apart from `carriers.numbers` on purpose: a number made here and recognised there shows that both are right.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

_FEDEX_WEIGHTS = (3, 1, 7, 3, 1, 7, 3, 1, 7, 3, 1)
_S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)
_UPS_SERVICES = {"standard": "03", "express": "01"}
_USPS_SERVICES = {"standard": "001", "express": "701"}
_LAB_SHIPPER_UPS = "A4B917"
_LAB_MAILER_USPS = "901234567"


def seeded(*parts: object) -> Random:
    """Draws that are the same whenever the parts are."""
    return Random("/".join(str(part) for part in parts))  # noqa: S311  a story has to come out the same again


def digits(rng: Random, count: int) -> str:
    """`count` digits drawn from `rng`."""
    return "".join(str(rng.randrange(10)) for _ in range(count))


def gs1_check(body: str) -> str:
    """The GS1 modulo-10 digit: weights 3 and 1 from the right (USPS IMpb, DHL Parcel DE)."""
    total = sum(int(char) * (3 if place % 2 == 0 else 1) for place, char in enumerate(reversed(body)))
    return str(-total % 10)


def ups_check(body: str) -> str:
    """UPS 1Z: every second character doubled, letters counted as their place in the alphabet plus two, modulo 10."""
    values = [int(char) if char.isdigit() else (ord(char) - 63) % 10 for char in body]
    return str(-sum(value * (1 + place % 2) for place, value in enumerate(values)) % 10)


def fedex_check(body: str) -> str:
    """FedEx Express, twelve digits: weights 3-1-7, modulo 11 and then modulo 10."""
    return str(sum(int(char) * weight for char, weight in zip(body, _FEDEX_WEIGHTS, strict=True)) % 11 % 10)


def dhl_express_check(body: str) -> str:
    """DHL Express waybill: the remainder of the first nine digits by seven."""
    return str(int(body) % 7)


def make_number(carrier: str, rng: Random, service_level: str = "standard") -> str:
    """A number that `carrier` could have printed. KeyError for a carrier the lab does not play."""
    return _MAKERS[carrier](rng, service_level)


def _ups(rng: Random, level: str) -> str:
    body = _LAB_SHIPPER_UPS + _UPS_SERVICES[level] + digits(rng, 7)
    return "1Z" + body + ups_check(body)


def _fedex(rng: Random, level: str) -> str:
    body = ("7" if level == "express" else "2") + digits(rng, 10)
    return body + fedex_check(body)


def _usps(rng: Random, level: str) -> str:
    body = "94" + _USPS_SERVICES[level] + _LAB_MAILER_USPS + digits(rng, 7)
    return body + gs1_check(body)


def _dhl(rng: Random, level: str) -> str:
    if level == "express":
        body = str(rng.randrange(1, 10)) + digits(rng, 8)
        return body + dhl_express_check(body)
    body = "00340434" + digits(rng, 11)
    return body + gs1_check(body)


def _dhl_express(rng: Random, _level: str) -> str:
    return _dhl(rng, "express")


def _dhl_parcel(rng: Random, _level: str) -> str:
    return _dhl(rng, "standard")


def _gs1(prefix: str, drawn: int) -> Callable[[Random, str], str]:
    """A prefix, so many digits and the GS1 digit (Canada Post, Russian Post)."""

    def make(rng: Random, _level: str) -> str:
        body = prefix + digits(rng, drawn)
        return body + gs1_check(body)

    return make


def _plain(prefix: str, drawn: int) -> Callable[[Random, str], str]:
    return lambda rng, _level: prefix + digits(rng, drawn)


def _s10(prefix: str, country: str) -> Callable[[Random, str], str]:
    """An S10 number of the Universal Postal Union."""

    def make(rng: Random, _level: str) -> str:
        serial = digits(rng, 8)
        return prefix + serial + s10_check(serial) + country

    return make


def s10_check(serial: str) -> str:
    """UPU S10: weights 8 6 4 2 3 5 9 7, eleven minus the remainder, with 10 as 0 and 11 as 5."""
    remainder = sum(int(char) * weight for char, weight in zip(serial, _S10_WEIGHTS, strict=True)) % 11
    return str({0: 5, 1: 0}.get(remainder, 11 - remainder))


_MAKERS: dict[str, Callable[[Random, str], str]] = {
    "ups": _ups,
    "fedex": _fedex,
    "usps": _usps,
    "dhl_unified": _dhl,
    "dhl_express": _dhl_express,
    "dhl_parcel_de": _dhl_parcel,
    "canada_post": _gs1("7035114", 8),
    "gls": _plain("3630", 7),
    "hermes_de": _plain("H1", 18),
    "cdek": _plain("11", 8),
    "royal_mail": _s10("TT", "GB"),
    "australia_post": _plain("33LAB", 9),
    "la_poste": _s10("LB", "FR"),
    "chronopost": _s10("XY", "FR"),
    "postnl": _plain("3SLABS", 9),
    "dpd": _plain("0998", 10),
    "bpost": _plain("3232", 20),
    "russian_post": _gs1("80", 11),
    # Aggregators bring the rest of the world's carriers: their own parcels go by USPS.
    **dict.fromkeys(("easypost", "shippo", "aftership", "17track", "karrio"), _usps),
}


def return_number(carrier: str, rng: Random) -> str:
    """A number for a return label. KeyError for a carrier the lab does not play."""
    return usps_return_number(rng) if _MAKERS[carrier] is _usps else make_number(carrier, rng)


def usps_return_number(rng: Random) -> str:
    """A number for a Ground Advantage return label."""
    body = "94058" + _LAB_MAILER_USPS + digits(rng, 7)
    return body + gs1_check(body)
