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
