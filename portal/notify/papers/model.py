"""What a sheet says, as plain values. Use cases fill it. Personal data: none of it goes into representations."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class Place:
    """A postal address; `country` is ISO 3166 alpha-2. Empty: unknown."""

    name: str = field(default="", repr=False)
    line1: str = field(default="", repr=False)
    line2: str = field(default="", repr=False)
    postal_code: str = field(default="", repr=False)
    city: str = field(default="", repr=False)
    region: str = field(default="", repr=False)
    country: str = ""
    phone: str = field(default="", repr=False)
    email: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class PaperLine:
    """One line of the parcel. `unit_minor` is what was paid for a unit, weights are grams a unit; None: unknown."""

    title: str
    quantity: int
    sku: str = ""
    variant: str = ""
    reason: str = ""  # a message id
    unit_minor: int | None = None
    weight_grams: int | None = None
    hs_code: str = ""
    origin_country: str = ""
    order_number: str = ""


@dataclass(frozen=True, slots=True)
class ReturnPaper:
    """A return on paper. `made_on` and `send_back_by` are days where the sender lives."""

    rma: str
    shop: str
    sender: Place
    recipient: Place
    lines: tuple[PaperLine, ...]
    currency: str
    made_on: date
    send_back_by: date
    ordered_on: date | None = None
    carrier: str = ""
    tracking_number: str = ""
    is_present: bool = False  # its new owner prints it: nothing of the order, and no prices

    @property
    def orders(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(line.order_number for line in self.lines if line.order_number))

    @property
    def units(self) -> int:
        return sum(line.quantity for line in self.lines)
