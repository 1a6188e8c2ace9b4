"""What is owed for a return, by order and line: worth, fees, postage, what is sent instead, and a bonus.

Whole numbers of the order's minor unit. Fees are rounded up and bonuses down, so that many small returns never bring
more than one large one (reliability: T34).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from portal.domain.returns.money import STORE_CREDIT, allocate
from portal.errors import Conflict


class OtherCurrency(Conflict):
    """Sums of two currencies cannot be one sum."""


@dataclass(frozen=True, slots=True)
class Part:
    """A line of a return, as far as it is paid for. `units` is what was paid for each unit that is taken back,
    `keep_minor` what is paid for keeping others, `exchange_minor` what that counts for which is sent instead."""

    order_id: int
    line_id: int
    currency: str
    units: tuple[int, ...] = ()
    keep_minor: int = 0
    exchange_minor: int = 0
    restocking_percent: int = 0

    def __post_init__(self) -> None:
        if min((self.keep_minor, self.exchange_minor, *self.units)) < 0 or not 0 <= self.restocking_percent <= 100:
            raise ValueError("no sum of a return is below 0")

    @property
    def goods_minor(self) -> int:
        return sum(self.units)

    @property
    def swapped_minor(self) -> int:
        """What is sent instead never counts for more than what comes back."""
        return min(self.exchange_minor, self.goods_minor)

    @property
    def restocking_minor(self) -> int:
        return -(-(self.goods_minor - self.swapped_minor) * self.restocking_percent // 100)


@dataclass(frozen=True, slots=True)
class Conditions:
    """What holds for the whole return. `fee_minor` is taken once, however many orders there are."""

    paid_as: str  # refund or store_credit: how whatever is left is given
    fee_minor: int = 0
    fee_waived: bool = False
    bonus_percent: int = 0
    shipping: Mapping[int, int] = field(default_factory=dict)  # outbound postage given back, by order

    def __post_init__(self) -> None:
        if min((self.fee_minor, self.bonus_percent, *self.shipping.values())) < 0:
            raise ValueError("no sum of a return is below 0")


@dataclass(frozen=True, slots=True)
class Share:
    """One order's part of what is owed."""

    order_id: int
    parts: tuple[Part, ...]
    shipping_minor: int
    fee_minor: int
    bonus_minor: int

    @property
    def goods_minor(self) -> int:
        """What comes back, and what is paid for keeping the rest."""
        return sum(part.goods_minor + part.keep_minor for part in self.parts)

    @property
    def exchange_minor(self) -> int:
        return sum(part.swapped_minor for part in self.parts)

    @property
    def counted_minor(self) -> int:
        """What counts against the order's total: money back that was paid for the order. Not a bonus, which is given on
        top, and not what is sent instead."""
        return self.goods_minor + self.shipping_minor - self.fee_minor - self.exchange_minor

    @property
    def due_minor(self) -> int:
        return self.counted_minor + self.bonus_minor


@dataclass(frozen=True, slots=True)
class Settlement:
    """What is owed for a return. Every sum is that of its shares."""

    shares: tuple[Share, ...]

    @property
    def goods_minor(self) -> int:
        return sum(share.goods_minor for share in self.shares)

    @property
    def shipping_minor(self) -> int:
        return sum(share.shipping_minor for share in self.shares)

    @property
    def fee_minor(self) -> int:
        return sum(share.fee_minor for share in self.shares)

    @property
    def exchange_minor(self) -> int:
        return sum(share.exchange_minor for share in self.shares)

    @property
    def bonus_minor(self) -> int:
        return sum(share.bonus_minor for share in self.shares)

    @property
    def due_minor(self) -> int:
        return sum(share.due_minor for share in self.shares)


def settle(parts: Sequence[Part], conditions: Conditions) -> Settlement:
    """What is owed for these parts. Raises OtherCurrency when they are not all in one.

    Fees are taken from goods alone: nothing is ever owed by the shopper, nor kept of what is paid for keeping an item.
    Postage is given back where something comes back.
    """
    if len({part.currency for part in parts}) > 1:
        raise OtherCurrency("items of orders in different currencies cannot be in one return")
    orders = sorted({part.order_id for part in parts})
    by_order = [tuple(part for part in parts if part.order_id == order) for order in orders]
    room = [sum(part.goods_minor - part.swapped_minor for part in mine) for mine in by_order]
    fees = _fees(by_order, room, conditions)
    left = [goods - fee for goods, fee in zip(room, fees, strict=True)]
    percent = conditions.bonus_percent if conditions.paid_as == STORE_CREDIT else 0
    bonuses = allocate(sum(left) * percent // 100, left)
    return Settlement(
        tuple(
            Share(order, mine, conditions.shipping.get(order, 0) if any(p.units for p in mine) else 0, fee, bonus)
            for order, mine, fee, bonus in zip(orders, by_order, fees, bonuses, strict=True)
        )
    )


def _fees(by_order: Sequence[tuple[Part, ...]], room: Sequence[int], conditions: Conditions) -> list[int]:
    """The restocking of each order's lines, then the fee for the whole return where there is most left to take it of."""
    if conditions.fee_waived:
        return [0] * len(by_order)
    restocking = [sum(part.restocking_minor for part in mine) for mine in by_order]
    left = [goods - fee for goods, fee in zip(room, restocking, strict=True)]
    shared = allocate(min(conditions.fee_minor, sum(left)), left)
    return [one + other for one, other in zip(restocking, shared, strict=True)]
