"""Check digits: given a serial, which digit or letter must follow it.

The algorithms are those of the tracking_number_data project (CHECKSUM_ALGORITHMS.md, MIT), UPU S10 and DPD's label
specification 2.4.1 among them. Serials are capitals and digits without blanks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import cycle
from typing import Any

Extras = Mapping[str, Any]
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)


def _mod7(serial: str, extras: Extras) -> str:
    return str(int(serial) % 7)


def _mod10(serial: str, extras: Extras) -> str:
    """Letters count as (character code - 3) mod 10. `addend` is what is added to the sum (GLS: one)."""
    values = [int(char) if char.isdigit() else (ord(char) - 3) % 10 for char in serial]
    if extras.get("reverse"):
        values.reverse()
    evens, odds = int(extras.get("evens_multiplier") or 1), int(extras.get("odds_multiplier") or 1)
    total = sum(value * factor for value, factor in zip(values, cycle((evens, odds)), strict=False))
    return str(-(total + int(extras.get("addend") or 0)) % 10)


def _luhn(serial: str, extras: Extras) -> str:
    doubled = (sum(divmod(int(char) * factor, 10)) for char, factor in zip(serial[::-1], cycle((2, 1)), strict=False))
    return str(-sum(doubled) % 10)


def _s10(serial: str, extras: Extras) -> str:
    """UPU S10: 11 minus the weighted sum mod 11, where 10 becomes 0 and 11 becomes 5."""
    rest = sum(int(char) * weight for char, weight in zip(serial, _S10_WEIGHTS, strict=False)) % 11
    return str({1: 0, 0: 5}.get(rest, 11 - rest))


def _weighted(serial: str, extras: Extras) -> str:
    weights = extras.get("weightings") or ()
    total = sum(int(char) * weight for char, weight in zip(serial, weights, strict=False))
    return str(total % int(extras["modulo1"]) % int(extras["modulo2"]))


def _mod_37_36(serial: str, extras: Extras) -> str:
    """ISO/IEC 7064 mod 37,36, as DPD uses it."""
    check = 36
    for char in serial:
        check += _ALPHABET.index(char)
        check = (check - 36 if check > 36 else check) * 2
        check = check - 37 if check > 36 else check
    return _ALPHABET[(37 - check) % 36]


_ALGORITHMS: dict[str, Callable[[str, Extras], str]] = {
    "mod7": _mod7,
    "mod10": _mod10,
    "luhn": _luhn,
    "s10": _s10,
    "sum_product_with_weightings_and_modulo": _weighted,
    "mod_37_36": _mod_37_36,
}


def expected(serial: str, extras: Extras) -> str:
    """The check digit of a serial by the algorithm named in `extras`.

    Raises KeyError for an algorithm that is not known and ValueError for a serial it cannot count.
    """
    return _ALGORITHMS[extras["name"]](serial.upper(), extras)
