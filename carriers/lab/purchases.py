"""Labels that were bought. Whoever asks twice buys twice, but for carriers that honour an idempotency key."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from threading import RLock
from typing import Any

from carriers.lab.numbers import digits, return_number, seeded
from carriers.lab.orders import Order
from carriers.lab.parcels import Plan
from carriers.lab.places import add_delivery_days
from carriers.lab.prices import price
from carriers.lab.world import World

_DAYS_BACK = 4  # delivery days until a return is promised at the shop


class KeyReusedError(Exception):
    """The idempotency key was used for another request before."""


@dataclass(frozen=True, slots=True)
class Purchase:
    """One label that was paid for. `handle` is the carrier's own name for it beside its number."""

    carrier: str
    number: str
    key: str | None
    handle: str
    bought_at: datetime
    cost_minor: int
    currency: str
    fingerprint: str
    order: Order = field(repr=False)

    @property
    def reference(self) -> str:
        return self.order.reference

    @property
    def service(self) -> str:
        return self.order.service

    @property
    def format(self) -> str:
        return self.order.format

    @property
    def request(self) -> Any:
        """What the carrier's own answer needs of the call."""
        return self.order.request

    def summary(self) -> dict[str, Any]:
        """What may be shown: no addresses."""
        shown = ("carrier", "number", "key", "reference", "handle", "service", "format", "cost_minor", "currency")
        return {name: getattr(self, name) for name in shown} | {"bought_at": self.bought_at.isoformat()}

    def to_dict(self) -> dict[str, Any]:
        plain = {name: getattr(self, name) for name in self.__slots__}
        return plain | {"bought_at": self.bought_at.isoformat(), "order": self.order.to_dict()}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Purchase:
        moment = datetime.fromisoformat(data["bought_at"])
        return cls(**data | {"bought_at": moment, "order": Order.from_dict(data["order"])})


class LabelBook:
    """Every label the lab sold, voided or not. Selling one puts its parcel into the world, living through `story`."""

    def __init__(self, world: World) -> None:
        self.story = "return"
        self._world = world
        self._lock = RLock()
        self._sold: list[Purchase] = []
        self._by_key: dict[tuple[str, str], Purchase] = {}
        self._by_number: dict[tuple[str, str], Purchase] = {}
        self._counts: dict[str, int] = {}
        self._reprints: dict[str, int] = {}
        self._voided: dict[str, datetime] = {}

    @property
    def purchases(self) -> tuple[Purchase, ...]:
        with self._lock:
            return tuple(self._sold)

    def __len__(self) -> int:
        return len(self._sold)

    def sell(
        self,
        carrier: str,
        order: Order,
        now: datetime,
        *,
        key: str | None = None,
        handle: str = "",
        number: str = "",
        cost: tuple[int, str] | None = None,
        carried_by: str = "",
    ) -> Purchase:
        """A label, paid for now, or earlier under the same key. KeyReusedError when the key is another request's.

        The lab makes up number and handle where none is given; `cost` is minor units and currency, where it is not the
        price list's. `carried_by` is the code of the carrier whose parcel it becomes: the seller's, when not given.
        """
        fingerprint = hashlib.sha256(json.dumps(order.to_dict(), sort_keys=True).encode()).hexdigest()
        with self._lock:
            earlier = self._by_key.get((carrier, key)) if key else None
            if earlier:
                if earlier.fingerprint != fingerprint:
                    raise KeyReusedError
                return earlier
            carried_by = carried_by or carrier
            rng = seeded(self._world.seed, "label", carrier, self._counts.get(carrier, 0))
            drawn, drawn_handle = return_number(carried_by, rng), digits(rng, 10)
            minor, currency = cost or price(carrier, order.weight_grams)
            purchase = Purchase(
                carrier, number or drawn, key, handle or drawn_handle, now, minor, currency, fingerprint, order
            )
            self._world.put(_plan(purchase, carried_by, self.story))
            self._enter(purchase)
        return purchase

    def by_key(self, carrier: str, key: str) -> Purchase | None:
        return self._by_key.get((carrier, key))

    def by_number(self, carrier: str, number: str) -> Purchase | None:
        return self._by_number.get((carrier, number))

    def by_handle(self, carrier: str, handle: str) -> Purchase | None:
        return next((sold for sold in self.purchases if (sold.carrier, sold.handle) == (carrier, handle)), None)

    def by_reference(self, carrier: str, reference: str) -> tuple[Purchase, ...]:
        """All labels bought under a reference, or with it printed on them, oldest first."""
        if not reference:
            return ()
        return tuple(sold for sold in self.of(carrier) if reference in (sold.reference, *sold.order.notes))

    def of(self, carrier: str) -> tuple[Purchase, ...]:
        """One carrier's sales, oldest first."""
        return tuple(sold for sold in self.purchases if sold.carrier == carrier)

    def reprint(self, number: str) -> int:
        """Count one more reprint; gives how many there have been."""
        with self._lock:
            self._reprints[number] = self._reprints.get(number, 0) + 1
            return self._reprints[number]

    def reprints(self, number: str) -> int:
        return self._reprints.get(number, 0)

    def voided(self, number: str) -> bool:
        return number in self._voided

    def used(self, number: str, now: datetime) -> bool:
        """Whether the parcel has been scanned: the record of the label itself is no scan."""
        parcel = self._world.get(number)
        return parcel is not None and len(parcel.events(now)) > 1

    def void(self, number: str, now: datetime) -> None:
        """Take the label back. Nothing happens the second time."""
        with self._lock:
            if number not in self._voided:
                self._voided[number] = now
                self._world.cancel(number, now)

    def to_dict(self) -> dict[str, Any]:
        """Everything needed to go on after a restart."""
        with self._lock:
            parcels = [self._world.get(sold.number) for sold in self._sold]
            return {
                "sold": [sold.to_dict() for sold in self._sold],
                "carried": {parcel.number: (parcel.carrier, parcel.story) for parcel in parcels if parcel},
                "reprints": dict(self._reprints),
                "voided": {number: at.isoformat() for number, at in self._voided.items()},
            }

    def load(self, data: dict[str, Any]) -> None:
        """Take over what `to_dict` gave, and put the labels' parcels into the world again."""
        self._reprints = dict(data["reprints"])
        for entry in data["sold"]:
            purchase = Purchase.from_dict(entry)
            self._world.put(_plan(purchase, *data["carried"][purchase.number]))
            self._enter(purchase)
        for number, at in data["voided"].items():
            self.void(number, datetime.fromisoformat(at))

    def _enter(self, purchase: Purchase) -> None:
        self._sold.append(purchase)
        self._counts[purchase.carrier] = self._counts.get(purchase.carrier, 0) + 1
        self._by_number[purchase.carrier, purchase.number] = purchase
        if purchase.key:
            self._by_key.setdefault((purchase.carrier, purchase.key), purchase)


def _plan(purchase: Purchase, carried_by: str, story: str) -> Plan:
    origin, destination = purchase.order.sender.place(), purchase.order.recipient.place()
    return Plan(
        number=purchase.number,
        carrier=carried_by,
        story=story,
        service_level="standard",
        created_at=purchase.bought_at,
        promised_on=add_delivery_days(origin.local(purchase.bought_at).date(), _DAYS_BACK),
        origin=origin,
        destination=destination,
        weight_grams=purchase.order.weight_grams,
    )
