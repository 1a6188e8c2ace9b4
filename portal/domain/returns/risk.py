"""How much speaks for looking at a return before its money goes out: a score from 0 to 100 that explains itself.

It holds for a person and never refuses by itself (GDPR, article 22; reliability: T35, T36, T37).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from unicodedata import normalize

from portal.domain.returns.shapes import fold
from portal.domain.words import N_

VERSION = 1
MOST = 100
EMPTY_PERCENT, LIGHT_PERCENT = 20, 50  # of the expected weight
SERIAL_ORDERS, SERIAL_PERCENT = 4, 60  # this many orders, of which so many per cent came back
MISSING_CLAIMS = 2
NEW_CUSTOMER = timedelta(days=30)
# A carrier's scans arrive in any order; only what moves well after a delivery is a second trip.
SECOND_TRIP_AFTER = timedelta(hours=12)
_MOVING = ("in_transit", "out_for_delivery", "available_for_pickup")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a carrier says that it delivered, or where it should have. Empty: not said."""

    city: str = ""
    postal_code: str = ""
    country: str = ""  # ISO 3166 alpha-2


@dataclass(frozen=True, slots=True)
class RiskFacts:
    """What is known of a return, without anybody's name. Sums in minor units, weights in grams."""

    worth_minor: int = 0
    high_worth_minor: int = 0  # from here on a worth is high; 0: never
    expected_grams: int | None = None
    carrier_grams: int | None = None
    place: Place = Place()
    expected_place: Place = Place()
    other_number: bool = False  # what came has another tracking number than the label
    trips: int = 1
    orders_placed: int = 0
    returns_placed: int = 0
    missing_claims: int = 0  # earlier returns that said, or had, something missing
    customer_since: datetime | None = None
    address_changed: bool = False  # sent from elsewhere than where the order went, by the same customer
    now: datetime | None = None


@dataclass(frozen=True, slots=True)
class RiskPoint:
    """One thing that speaks for a look. `words` is a message id with the names of `inputs` in it. What is `hard` is
    enough by itself, whatever the shop's limit is."""

    code: str
    points: int
    words: str
    hard: bool = False
    inputs: dict[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RiskScore:
    """The points, and their sum up to 100."""

    points: tuple[RiskPoint, ...]

    @property
    def total(self) -> int:
        return min(MOST, sum(point.points for point in self.points))

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(point.code for point in self.points)

    def holds(self, at: int, released: Sequence[str] = ()) -> bool:
        """Whether a person has to look: something hard, or a sum of `at` or more (0: no sum is too high).

        What a person has released before (`released`, by code) does not hold again by itself; something new does.
        """
        new = [point for point in self.points if point.code not in released]
        return bool(new) and (any(point.hard for point in new) or 0 < at <= self.total)

    def to_record(self) -> dict[str, Any]:
        """As JSON values, without the words: those belong to the version."""
        points = [
            {"code": one.code, "points": one.points, "hard": one.hard, "inputs": dict(one.inputs)}
            for one in self.points
        ]
        return {"version": VERSION, "score": self.total, "points": points}


def _number(facts: RiskFacts) -> RiskPoint | None:
    return RiskPoint("other_number", 60, WORDS["other_number"], hard=True) if facts.other_number else None


def _place(facts: RiskFacts) -> RiskPoint | None:
    got, wanted = facts.place, facts.expected_place
    inputs: dict[str, str | int] = {"place": _named(got), "expected": _named(wanted)}
    if _differ(got.country, wanted.country) or _differ(got.city, wanted.city):
        return RiskPoint("wrong_place", 60, WORDS["wrong_place"], hard=True, inputs=inputs)
    if not _codes_differ(got.postal_code, wanted.postal_code):
        return None
    if not got.city:
        return RiskPoint("wrong_place", 60, WORDS["wrong_place"], hard=True, inputs=inputs)
    return RiskPoint("other_postal_code", 30, WORDS["other_postal_code"], inputs=inputs)


def _weight(facts: RiskFacts) -> RiskPoint | None:
    if not facts.expected_grams or facts.carrier_grams is None:
        return None
    percent = 100 * facts.carrier_grams // facts.expected_grams
    if percent >= LIGHT_PERCENT:
        return None
    empty = percent < EMPTY_PERCENT
    inputs: dict[str, str | int] = {
        "grams": facts.carrier_grams,
        "expected": facts.expected_grams,
        "percent": percent,
    }
    return RiskPoint("far_too_light" if empty else "too_light", 60 if empty else 30, WORDS["weight"], empty, inputs)


def _trips(facts: RiskFacts) -> RiskPoint | None:
    return RiskPoint("label_reused", 50, WORDS["label_reused"], hard=True) if facts.trips > 1 else None


def _serial(facts: RiskFacts) -> RiskPoint | None:
    orders = max(facts.orders_placed, facts.returns_placed)
    if orders < SERIAL_ORDERS or 100 * facts.returns_placed < SERIAL_PERCENT * orders:
        return None
    inputs: dict[str, str | int] = {"returns": facts.returns_placed, "orders": orders}
    return RiskPoint("serial", 25, WORDS["serial"], inputs=inputs)


def _missing(facts: RiskFacts) -> RiskPoint | None:
    if facts.missing_claims < MISSING_CLAIMS:
        return None
    return RiskPoint("missing_claims", 20, WORDS["missing_claims"], inputs={"claims": facts.missing_claims})


def _worth(facts: RiskFacts) -> RiskPoint | None:
    return RiskPoint("high_worth", 15, WORDS["high_worth"]) if 0 < facts.high_worth_minor <= facts.worth_minor else None


def _new(facts: RiskFacts) -> RiskPoint | None:
    since, now = facts.customer_since, facts.now
    if facts.orders_placed > 1 or since is None or now is None or now - since > NEW_CUSTOMER:
        return None
    return RiskPoint("new_customer", 10, WORDS["new_customer"])


def _address(facts: RiskFacts) -> RiskPoint | None:
    return RiskPoint("address_changed", 10, WORDS["address_changed"]) if facts.address_changed else None


WORDS = {
    "other_number": N_("What came has another tracking number than the label."),
    "wrong_place": N_("The carrier delivered it in %(place)s, not in %(expected)s."),
    "other_postal_code": N_("The carrier delivered it in %(place)s; the returns go to %(expected)s."),
    "weight": N_("It weighs %(grams)s g of the expected %(expected)s g (%(percent)s %%)."),
    "label_reused": N_("The label was scanned on a second trip after it had been delivered."),
    "serial": N_("%(returns)s of the last %(orders)s orders came back."),
    "missing_claims": N_("%(claims)s earlier returns said, or had, something missing."),
    "high_worth": N_("A lot of money is at stake."),
    "new_customer": N_("It is this customer's first order, and a recent one."),
    "address_changed": N_("It is sent from another address than the order went to."),
}
WORDS_OF_POINTS = {
    **{code: words for code, words in WORDS.items() if code != "weight"},
    "far_too_light": WORDS["weight"],
    "too_light": WORDS["weight"],
}
_LOOKS: tuple[Callable[[RiskFacts], RiskPoint | None], ...] = (
    _number, _place, _weight, _trips, _serial, _missing, _worth, _new, _address,
)  # fmt: skip


def score(facts: RiskFacts) -> RiskScore:
    """Everything that speaks for a look, the heaviest first."""
    found = [point for look in _LOOKS if (point := look(facts)) is not None]
    return RiskScore(tuple(sorted(found, key=lambda point: -point.points)))


def trips(scans: Sequence[tuple[datetime, str]]) -> int:
    """How often a label travelled, by its scans (moment and public status): once more for each move long after a
    delivery."""
    count, delivered = 1, None
    for at, status in sorted(scans):
        if status == "delivered":
            delivered = delivered or at
        elif delivered is not None and status in _MOVING and at - delivered > SECOND_TRIP_AFTER:
            count, delivered = count + 1, None
    return count


def _named(place: Place) -> str:
    return " ".join(part for part in (place.postal_code, place.city, place.country) if part) or "?"


def _differ(one: str, other: str) -> bool:
    """Whether both are known and not the same name; a name within the other is the same place (`Frankfurt am Main`)."""
    a, b = _plain(one), _plain(other)
    return bool(a and b) and a not in b and b not in a


def _codes_differ(one: str, other: str) -> bool:
    """Carriers cut postal codes short, or add to them (`05401-1234`)."""
    a, b = _plain(one), _plain(other)
    return bool(a and b) and not a.startswith(b) and not b.startswith(a)


def _plain(text: str) -> str:
    """Letters and digits without accents: `MUENCHEN`, `Munchen` and `München` are one place."""
    bare = "".join(c for c in normalize("NFKD", fold(text)) if c.isalnum())
    for long, short in (("ae", "a"), ("oe", "o"), ("ue", "u")):
        bare = bare.replace(long, short)
    return bare
