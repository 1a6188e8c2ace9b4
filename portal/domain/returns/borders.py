"""Whether goods that go back cross a customs border: between two customs territories, and not within a customs union."""

from __future__ import annotations

# Regulation (EU) 952/2013, Art. 4: the 27 member states; Monaco belongs to the territory (Art. 4(2)).
EU = frozenset(
    [
        "AT",
        "BE",
        "BG",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FR",
        "GR",
        "HR",
        "HU",
        "IE",
        "IT",
        "LT",
        "LU",
        "LV",
        "MC",
        "MT",
        "NL",
        "PL",
        "PT",
        "RO",
        "SE",
        "SI",
        "SK",
    ]
)
# The Customs Treaty of 1923; the Eurasian Economic Union's customs code (2018); 48 U.S.C. 738 and 19 CFR 101.1.
_UNIONS = (EU, frozenset({"CH", "LI"}), frozenset(["AM", "BY", "KG", "KZ", "RU"]), frozenset({"US", "PR"}))


def crosses_customs(sender: str | None, recipient: str | None) -> bool:
    """Whether a parcel between two countries (ISO 3166 alpha-2) needs a customs invoice. Unknown countries: no, since
    nothing can be filled in for them."""
    if not sender or not recipient or sender == recipient:
        return False
    return not any(sender in union and recipient in union for union in _UNIONS)
