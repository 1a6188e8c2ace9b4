"""What a label counter is asked for, in no carrier's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from carriers.lab.places import Place
from carriers.lab.zones import zone_of


@dataclass(frozen=True, slots=True)
class Party:
    """Who sends or receives, as the label shows it. Its representation shows the country alone."""

    name: str = field(repr=False)
    line1: str = field(repr=False)
    city: str = field(repr=False)
    postal_code: str = field(repr=False)
    country: str  # ISO 3166 alpha-2
    state: str = field(default="", repr=False)
    company: str = field(default="", repr=False)
    line2: str = field(default="", repr=False)

    def lines(self) -> tuple[str, ...]:
        """The address as it is written on the label; the country only outside the United States."""
        if self.country in ("US", "CA", "AU"):
            town = f"{self.city} {self.state} {self.postal_code}"
        else:
            town = f"{self.postal_code} {self.city}"
        abroad = "" if self.country == "US" else self.country
        every = (self.name, self.company, self.line1, self.line2, " ".join(town.split()), abroad)
        return tuple(line for line in every if line)

    def place(self) -> Place:
        return Place(self.city, self.state, self.postal_code, self.country, zone_of(self.country, self.state))


@dataclass(frozen=True, slots=True)
class Order:
    """A return label: from the shopper to the shop. `reference` is what the carrier's look-ups find it by.

    `notes` are printed on it. `request` is what the carrier's own answer needs of the call, as JSON; it holds
    addresses, so it stays out of representations.
    """

    sender: Party
    recipient: Party
    weight_grams: int
    service: str = ""
    format: str = "pdf"
    reference: str = ""
    notes: tuple[str, ...] = field(default=(), repr=False)
    request: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Order:
        parties = {name: Party(**data[name]) for name in ("sender", "recipient")}
        return cls(**{**data, **parties, "notes": tuple(data["notes"])})
