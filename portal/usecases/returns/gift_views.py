"""What whoever returns a present is shown: no price, nobody's name, no number or address of the order it came with."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from portal.domain.returns.methods import Method
from portal.domain.returns.model import Reason
from portal.domain.shop_config import PostalAddress
from portal.usecases.returns.view_label import LabelView, LabelWait, ParcelView


@dataclass(frozen=True, slots=True)
class GiftLine:
    """One thing that the code is good for."""

    line_id: int
    title: str
    variant: str | None
    units_left: int
    eligible: bool
    against: tuple[Reason, ...]
    window: Reason | None


@dataclass(frozen=True, slots=True)
class GiftOffer:
    """What may go back with a code. `order_public_id` is for our own use and stands on no page."""

    gift_id: int
    order_public_id: str = field(repr=False)
    purpose: str  # of the draft
    timezone: str
    lines: tuple[GiftLine, ...]
    form_key: str

    @property
    def eligible(self) -> tuple[GiftLine, ...]:
        return tuple(line for line in self.lines if line.eligible)

    @property
    def ineligible(self) -> tuple[GiftLine, ...]:
        return tuple(line for line in self.lines if not line.eligible)


@dataclass(frozen=True, slots=True)
class GiftMethod:
    """A way back, with its last day. `first_pickup_on` and `stores` where it needs them."""

    method: Method
    send_back_by: date
    first_pickup_on: date | None
    stores: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GiftQuotes:
    """What a request could bring and how it could go back."""

    can_exchange: bool
    methods: tuple[GiftMethod, ...]
    photos_for: tuple[int, ...]
    needs_review: bool


@dataclass(frozen=True, slots=True)
class Swap:
    """Another variant of the same product. `enough`: in stock for all units that go back."""

    sku: str
    title: str
    variant: str | None
    enough: bool
    suggested: bool


@dataclass(frozen=True, slots=True)
class GiftItem:
    title: str
    variant: str | None
    quantity: int
    received: int
    reason_words: str  # message id


@dataclass(frozen=True, slots=True)
class GiftPage:
    """The return of a present, for its sender alone. `credit_code` once there is one; what it is worth, the shop says
    when it is used."""

    public_id: str
    rma: str
    timezone: str
    locale: str | None
    decision: str
    parcel: str
    money: str
    method: str
    resolution: str
    items: tuple[GiftItem, ...]
    send_back_by: date
    label: LabelView | None
    wait: LabelWait | None
    tracked: ParcelView | None
    warehouse: PostalAddress
    can_cancel: bool
    credit_code: str | None = field(repr=False)
