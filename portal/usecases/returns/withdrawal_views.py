"""What a consumer may withdraw from, and what was declared: frozen, no rows behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class WithdrawalLine:
    """One order line. `units` can still be withdrawn from; `exemption` is a message id, empty where there is none."""

    line_id: int
    title: str
    variant: str | None
    quantity: int
    units: int
    is_open: bool
    exemption: str
    elsewhere: str  # the public id of an open return that has the other units, empty where there is none


@dataclass(frozen=True, slots=True)
class EarlierWithdrawal:
    public_id: str
    declared_at: datetime


@dataclass(frozen=True, slots=True)
class WithdrawalOffer:
    """The right of one order. `against` is one of `portal.domain.returns.withdrawal`, empty when it is open. `form_key` is
    the same for everybody who looks before the next one is declared, so that two tabs declare it once. `name` and `email`
    are those on file, for a full proof only."""

    order_public_id: str
    order_number: str
    placed_on: date
    timezone: str
    locale: str | None
    against: str
    arrived_on: date | None
    due_on: date | None
    last_on: date | None
    days: int
    lines: tuple[WithdrawalLine, ...]
    earlier: tuple[EarlierWithdrawal, ...]
    form_key: str
    replaces: tuple[tuple[str, tuple[int, ...]], ...] = ()  # numbers of returns that would be called off, their lines
    name: str = field(default="", repr=False)
    email: str = field(default="", repr=False)

    def called_off(self, units: Mapping[int, int]) -> tuple[str, ...]:
        """The numbers of the returns that may be called off when so many units of these lines are withdrawn from."""
        return tuple(rma for rma, lines in self.replaces if any(units.get(line_id, 0) > 0 for line_id in lines))

    @property
    def open_lines(self) -> tuple[WithdrawalLine, ...]:
        return tuple(line for line in self.lines if line.is_open)

    @property
    def closed_lines(self) -> tuple[WithdrawalLine, ...]:
        return tuple(line for line in self.lines if not line.is_open)


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a consumer declares: nothing is needed but a name and an address for the receipt. `units` are by order line,
    `language` is the one it was declared in and the receipt is written in."""

    name: str = field(repr=False)
    email: str = field(repr=False)
    units: dict[int, int]
    language: str = "en"


@dataclass(frozen=True, slots=True)
class WithdrawalPage:
    """A declaration that was received, and what follows from it. `receipt` is the text that was sent, to the letter."""

    public_id: str
    order_public_id: str
    order_number: str
    return_public_id: str
    rma: str
    timezone: str
    locale: str | None
    declared_at: datetime
    receipt: str = field(repr=False)
    receipt_sha256: str
    email: str = field(repr=False)
    items: tuple[tuple[int, str, str], ...]  # units, title, variant
    send_back_by: date
    refund_by: date
    due_minor: int
    shipping_minor: int
    currency: str
    method: str
    parcel: str
    decision: str
    is_whole: bool
    awaits_goods: bool  # something of it has not reached the consumer, as far as anybody knows
    pays_postage: bool  # the consumer
