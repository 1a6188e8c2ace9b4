"""What a shopper is offered, and what a shopper asks for: frozen, no rows behind it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from portal.domain.returns.methods import Method
from portal.domain.returns.model import Reason


@dataclass(frozen=True, slots=True)
class Choice:
    """One line that a shopper sends back: how many, and why."""

    line_id: int
    quantity: int
    reason: str = ""
    comment: str = field(default="", repr=False)
    sub_reason: str = ""
    photos: tuple[str, ...] = ()  # public ids
    outcome: str = "send_back"  # or "keep" (a partial refund, nothing is sent), "part" (what is missing is sent)
    exchange_sku: str = ""  # what is wanted instead


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends the parcel, where that is not the order's recipient: a present's new owner. Personal data."""

    name: str
    email: str
    line1: str
    city: str
    postal_code: str
    country: str
    line2: str = ""
    region: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class ReturnRequest:
    """Everything that a shopper, or staff for one, asks for. Choices may be of several orders of one shopper."""

    order_public_id: str  # where it was begun
    choices: tuple[Choice, ...]
    resolution: str
    method: str = ""  # empty: the first that is possible
    fallback: str = ""  # for an exchange that sells out: refund or store_credit
    kind: str = "return"  # return, gift, blind
    sender: Sender | None = field(default=None, repr=False)
    pickup_on: date | None = None
    store: str = ""


@dataclass(frozen=True, slots=True)
class OfferLine:
    """One order line with what every policy says of it. `worth_minor` is what was paid for one unit."""

    line_id: int
    title: str
    variant: str | None
    quantity: int
    units_left: int
    worth_minor: int
    eligible: bool
    against: tuple[Reason, ...]  # every reason why not
    window: Reason | None  # until when, and why that day
    last_day: date | None


@dataclass(frozen=True, slots=True)
class EarlierReturn:
    """A return that this order has already."""

    public_id: str
    rma: str
    decision: str


@dataclass(frozen=True, slots=True)
class ReturnOffer:
    """What may go back of one order. `form_key` is the same for everybody who looks before the next return is made,
    so that two tabs make one return."""

    order_public_id: str
    order_number: str
    timezone: str  # of the recipient
    locale: str | None  # the order's language
    currency: str
    lines: tuple[OfferLine, ...]
    resolutions: tuple[str, ...]
    earlier: tuple[EarlierReturn, ...]
    method: Method  # how it goes back, and who pays the postage
    form_key: str

    @property
    def eligible(self) -> tuple[OfferLine, ...]:
        return tuple(line for line in self.lines if line.eligible)

    @property
    def ineligible(self) -> tuple[OfferLine, ...]:
        return tuple(line for line in self.lines if not line.eligible)
