"""Labels that were bought, each once: the same idempotency key with the same request gives the same label again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Any, Final

from carriers.lab.numbers import digits, seeded, usps_return_number
from carriers.lab.parcels import Plan
from carriers.lab.places import Place, add_delivery_days
from carriers.lab.world import World

_POUND: Final = 453.59237
_BASE_CENTS, _CENTS_A_POUND = 725, 145  # the lab's own price list: a flat part and a part by started pound

_ZONES: Final = {
    "America/Los_Angeles": "CA OR WA NV",
    "America/Denver": "CO UT NM WY MT ID",
    "America/Phoenix": "AZ",
    "America/Chicago": "TX IL WI MN IA MO AR LA MS AL TN OK KS NE SD ND",
    "Pacific/Honolulu": "HI",
    "America/Anchorage": "AK",
}


class KeyReusedError(Exception):
    """The idempotency key was used for another request before."""


@dataclass(frozen=True, slots=True)
class Purchase:
    """One label that was paid for. `request` holds addresses, so it stays out of reprs."""

    number: str
    key: str | None
    bought_at: datetime
    postage_cents: int
    broker_id: str
    fingerprint: str
    request: Mapping[str, Any] = field(repr=False)

    def to_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__} | {"bought_at": self.bought_at.isoformat()}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Purchase:
        return cls(**data | {"bought_at": datetime.fromisoformat(data["bought_at"])})


class LabelBook:
    """Every label the lab sold, voided or not. Buying one puts its parcel into the world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._lock = Lock()
        self._sold: list[Purchase] = []
        self._reprints: dict[str, int] = {}
        self._voided: dict[str, datetime] = {}

    @property
    def purchases(self) -> tuple[Purchase, ...]:
        with self._lock:
            return tuple(self._sold)

    def buy(self, key: str | None, request: Mapping[str, Any], now: datetime) -> Purchase:
        """The label for `request`, paid for now or earlier under the same key. KeyReusedError when the key is taken."""
        fingerprint = hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()
        with self._lock:
            earlier = next((sold for sold in self._sold if key and sold.key == key), None)
            if earlier:
                if earlier.fingerprint != fingerprint:
                    raise KeyReusedError
                return earlier
            rng = seeded(self._world.seed, "label", len(self._sold))
            number, broker = usps_return_number(rng), digits(rng, 10)
            purchase = Purchase(number, key, now, _postage(request), broker, fingerprint, request)
            self._sold.append(purchase)
            self._world.put(_plan(purchase))
        return purchase

    def by_key(self, key: str) -> Purchase | None:
        return next((sold for sold in self.purchases if sold.key == key), None)

    def by_number(self, number: str) -> Purchase | None:
        return next((sold for sold in self.purchases if sold.number == number), None)

    def reprint(self, number: str) -> int:
        """Count one more reprint; gives how many there have been."""
        with self._lock:
            self._reprints[number] = self._reprints.get(number, 0) + 1
            return self._reprints[number]

    def reprints(self, number: str) -> int:
        return self._reprints.get(number, 0)

    def voided(self, number: str) -> bool:
        return number in self._voided

    def void(self, number: str, now: datetime) -> None:
        """Take the label back. Nothing happens the second time."""
        with self._lock:
            if number not in self._voided:
                self._voided[number] = now
                self._world.cancel(number, now)

    def to_dict(self) -> dict[str, Any]:
        """Everything needed to go on after a restart."""
        with self._lock:
            return {
                "sold": [sold.to_dict() for sold in self._sold],
                "reprints": dict(self._reprints),
                "voided": {number: at.isoformat() for number, at in self._voided.items()},
            }

    def load(self, data: dict[str, Any]) -> None:
        """Take over what `to_dict` gave, and put the labels' parcels into the world again."""
        self._sold = [Purchase.from_dict(sold) for sold in data["sold"]]
        self._reprints = dict(data["reprints"])
        for purchase in self._sold:
            self._world.put(_plan(purchase))
        for number, at in data["voided"].items():
            self.void(number, datetime.fromisoformat(at))


def pounds(request: Mapping[str, Any]) -> float:
    """The weight asked for, in pounds."""
    return float(request["packageDescription"]["weight"])


def _postage(request: Mapping[str, Any]) -> int:
    return _BASE_CENTS + _CENTS_A_POUND * int(-(-pounds(request) // 1))


def _place(address: Mapping[str, Any]) -> Place:
    state = str(address["state"])
    zone = next((tz for tz, states in _ZONES.items() if state in states.split()), "America/New_York")
    return Place(str(address["city"]), state, str(address["ZIPCode"]), "US", zone)


def _plan(purchase: Purchase) -> Plan:
    origin, destination = _place(purchase.request["fromAddress"]), _place(purchase.request["toAddress"])
    return Plan(
        number=purchase.number,
        carrier="usps",
        story="return",
        service_level="standard",
        created_at=purchase.bought_at,
        promised_on=add_delivery_days(origin.local(purchase.bought_at).date(), 4),
        origin=origin,
        destination=destination,
        weight_grams=round(pounds(purchase.request) * _POUND),
    )
