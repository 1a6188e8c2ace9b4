"""What the returns desk shows: frozen, no rows behind it. Words are message ids or the shopper's own."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class DeskItem:
    """One line of a return. `open_units` have neither come nor been given up; `late_units` were given up, and may come
    after all. `elsewhere` counts what need not come: kept, removed, or another thing in its place."""

    id: int
    line_id: int
    title: str
    variant: str | None
    sku: str
    quantity: int
    received: int
    not_received: int
    reason: str  # code
    reason_words: str  # message id
    comment: str | None  # the shopper's words
    unit_refund_minor: int
    elsewhere: int = 0

    @property
    def late_units(self) -> int:
        return max(0, min(self.not_received, self.quantity - self.received - self.elsewhere))

    @property
    def open_units(self) -> int:
        return self.quantity - self.received - self.elsewhere - self.late_units


@dataclass(frozen=True, slots=True)
class DeskReturn:
    """A return as staff see it. Sums in minor units of `currency`; moments are business time in UTC."""

    id: int
    public_id: str
    rma: str
    shop_id: int
    shop_slug: str
    shop_name: str
    order_id: int
    order_number: str
    order_public_id: str
    customer_name: str | None = field(repr=False)
    customer_email: str | None = field(repr=False)
    is_vip: bool
    decision: str
    parcel: str
    money: str
    method: str  # "label", or "own_parcel": sent with a carrier of the shopper's own
    resolution: str  # refund, store_credit
    currency: str
    goods_minor: int
    fee_minor: int
    bonus_minor: int
    due_minor: int
    submitted_at: datetime
    send_back_by: date
    received_at: datetime | None
    paid_at: datetime | None
    closed_at: datetime | None
    credit_code: str | None
    carrier: str | None
    tracking_number: str | None
    label_trouble: str | None  # why there is no label, in the carrier's words; None when there is no trouble
    kind: str  # return, gift, withdrawal, blind
    exchange: str
    exchange_minor: int
    shipping_minor: int
    flags: tuple[str, ...]
    held_at: datetime | None
    refund_by: date | None
    requested_by: str | None
    money_asked_by: str | None
    reject_code: str | None
    reject_words: str | None
    items: tuple[DeskItem, ...]

    @property
    def can_decide(self) -> bool:
        """Whether a person has to say yes or no."""
        return self.decision == "submitted"

    @property
    def can_reopen(self) -> bool:
        return self.decision in ("rejected", "expired", "resolved")

    @property
    def can_receive(self) -> bool:
        """Whether there is something to tick off: an approved return with units that may still come."""
        return self.decision == "approved" and any(i.open_units or i.late_units for i in self.items)

    @property
    def can_pay(self) -> bool:
        return self.decision == "approved" and self.money in ("due", "failed") and self.held_at is None


@dataclass(frozen=True, slots=True)
class DeskPage:
    """One page of the list. `counts` has the number of returns in each list of `FILTERS` under the same filter;
    `troubles` what went wrong, by the id of the return."""

    returns: tuple[DeskReturn, ...]
    page: int
    pages: int
    total: int
    counts: dict[str, int]
    troubles: dict[int, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What staff found of one item: how many units came, and how many surely will not."""

    received: int = 0
    not_received: int = 0
