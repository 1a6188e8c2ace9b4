"""Which of the formats that a number fits says most about whose it is."""

from __future__ import annotations

from functools import cache
from math import log2

from carriers.numbers.formats import by_id

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# Of equal candidates, the carriers that shops are likeliest to use; the others follow by their codes.
_LIKELY = (
    *("ups", "fedex", "usps", "dhl_unified", "dhl_express", "dhl_parcel_de", "canada_post", "royal_mail"),
    *("australia_post", "la_poste", "chronopost", "postnl", "gls", "hermes_de", "dpd", "bpost", "cdek", "russian_post"),
)
Order = tuple[int, int, int, int, str, str]


def order(carrier: str, format_id: str, valid: bool | None, place: int) -> Order:
    """What candidates are sorted by. `place` is the carrier's among those that track the same format.

    A right check digit comes before none, and none before a wrong one. Then the format that leaves the least open: ten
    digits in a row say less than ten digits that begin with a one. Then the likelier carrier.
    """
    likely = _LIKELY.index(carrier) if carrier in _LIKELY else len(_LIKELY)
    return ({True: 0, None: 1, False: 2}[valid], openness(format_id), place, likely, carrier, format_id)


@cache
def openness(format_id: str) -> int:
    """How much a format leaves open, in thousandths of a bit a character: what could stand at each place of its example.

    A character, because some formats have several lengths, and candidates for one number are compared.
    """
    form = by_id()[format_id]
    number = form.example
    bits = 0.0
    for place in range(len(number)):
        others = (number[:place] + char + number[place + 1 :] for char in _ALPHABET)
        bits += log2(sum(form.fits(other) is not None for other in others))
    return round(1000 * bits / len(number))
