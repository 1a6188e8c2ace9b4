"""A return that is not sent in yet, as it is kept: line ids, counts, codes and the shopper's own words. Its shape has no
room for names, addresses or sums; those are read anew for each page."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from portal.usecases.returns.offer_views import Choice, ReturnRequest, Sender

RETURN, GIFT = "return", "gift"


def edit_of(return_id: str) -> str:
    """The purpose of a draft that changes a return (its public id)."""
    return f"edit {return_id}"


@dataclass(frozen=True, slots=True)
class Draft:
    """Choices so far. `version` is 0 before it is saved first; saving asks that nobody saved in between."""

    order_public_id: str
    purpose: str = RETURN
    other_orders: tuple[str, ...] = ()  # public ids of those that joined
    choices: tuple[Choice, ...] = ()
    resolution: str = ""
    fallback: str = ""
    method: str = ""
    pickup_on: date | None = None
    store: str = ""
    version: int = 0

    @property
    def orders(self) -> tuple[str, ...]:
        """Public ids of all orders, the one it was begun from first."""
        return (self.order_public_id, *self.other_orders)

    def to_record(self) -> dict[str, Any]:
        return {
            "orders": list(self.other_orders),
            "choices": [asdict(choice) | {"photos": list(choice.photos)} for choice in self.choices],
            "resolution": self.resolution,
            "fallback": self.fallback,
            "method": self.method,
            "pickup_on": self.pickup_on.isoformat() if self.pickup_on else None,
            "store": self.store,
        }

    @classmethod
    def from_record(cls, order_public_id: str, purpose: str, record: Mapping[str, Any], version: int) -> Draft:
        picked = record.get("pickup_on")
        return cls(
            order_public_id=order_public_id,
            purpose=purpose,
            other_orders=tuple(record.get("orders", ())),
            choices=tuple(
                Choice(**(choice | {"photos": tuple(choice.get("photos", ()))})) for choice in record.get("choices", ())
            ),
            resolution=record.get("resolution", ""),
            fallback=record.get("fallback", ""),
            method=record.get("method", ""),
            pickup_on=date.fromisoformat(picked) if picked else None,
            store=record.get("store", ""),
            version=version,
        )

    def request(self, kind: str = "return", sender: Sender | None = None) -> ReturnRequest:
        """What is asked for with it."""
        return ReturnRequest(
            order_public_id=self.order_public_id,
            choices=self.choices,
            resolution=self.resolution,
            method=self.method,
            fallback=self.fallback,
            kind=kind,
            sender=sender,
            pickup_on=self.pickup_on,
            store=self.store,
        )

    def digest(self) -> str:
        """Names exactly these choices: what is confirmed is what was shown."""
        return hashlib.sha256(json.dumps(self.to_record(), sort_keys=True).encode()).hexdigest()[:24]


@dataclass(frozen=True, slots=True)
class OpenedDraft:
    """What the link of a draft leads to. `proof` is the level that it grants for the order."""

    order_public_id: str
    purpose: str
    proof: str = field(default="masked")
