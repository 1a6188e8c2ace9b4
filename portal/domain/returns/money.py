"""What a return is worth, to the last minor unit. Whole numbers only; what is split adds up to the whole (D16).

A unit is worth what was paid for it: its price, less its share of the discount, with its share of the tax where that
came on top. Shipping is not part of it. A currency without decimals, or with three, only has other minor units.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from portal.domain.business_days import add_business_days
from portal.domain.returns.config import ReturnPolicyConfig
from portal.domain.returns.reasons import fee_is_waived

REFUND, STORE_CREDIT = "refund", "store_credit"
# Business days from the parcel's arrival to the money.
HANDLING_DAYS = {REFUND: 5, STORE_CREDIT: 1}


def allocate(total: int, weights: Sequence[int]) -> list[int]:
    """Split `total` in proportion to `weights` by largest remainder; equal remainders go to the earlier one.

    The parts add up to `total`, unless all weights are 0: then every part is 0. Nothing may be below 0 (ValueError).
    """
    if total < 0 or any(weight < 0 for weight in weights):
        raise ValueError("a sum below 0 cannot be split")
    whole = sum(weights)
    if whole == 0:
        return [0] * len(weights)
    parts = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda n: (-(total * weights[n] % whole), n))
    for n in by_remainder[: total - sum(parts)]:
        parts[n] += 1
    return parts


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A line as it was bought. The price is of one unit, before any discount. Discount and tax are of the whole line, as
    the shop states them; None where it does not: then the line has its share of the order's."""

    line_id: int
    quantity: int
    unit_price_minor: int
    discount_minor: int | None = None
    tax_minor: int | None = None

    def __post_init__(self) -> None:
        if self.quantity < 1 or min(self.unit_price_minor, self.discount_minor or 0, self.tax_minor or 0) < 0:
            raise ValueError("a line has one unit or more, and no sum of it is below 0")

    @property
    def price_minor(self) -> int:
        return self.quantity * self.unit_price_minor


@dataclass(frozen=True, slots=True)
class LineWorth:
    """What was paid for a line: price - discount, and + tax where the tax came on top of the price."""

    line_id: int
    quantity: int
    price_minor: int
    discount_minor: int
    tax_minor: int  # in what was paid, however it came there
    tax_on_top: bool

    @property
    def paid_minor(self) -> int:
        return self.price_minor - self.discount_minor + (self.tax_minor if self.tax_on_top else 0)

    @property
    def units(self) -> tuple[int, ...]:
        """What each unit was paid with, largest first."""
        return tuple(allocate(self.paid_minor, [1] * self.quantity))

    def tax_of(self, given_before: int, amount: int) -> int:
        """The tax in `amount`, when `given_before` of the line were given back already: all parts add up to the tax."""
        if not self.paid_minor:
            return 0
        upto = self.tax_minor * (given_before + amount) // self.paid_minor
        return upto - self.tax_minor * given_before // self.paid_minor


def line_worths(
    lines: Sequence[PricedLine],
    *,
    total_minor: int,
    shipping_minor: int,
    tax_minor: int = 0,
    tax_included: bool = True,
) -> tuple[LineWorth, ...]:
    """What was paid for each line. All together are the order's total without shipping, and never more than prices and
    tax add up to: whatever else was paid was not for goods. `tax_minor` is the whole order's."""
    prices = [line.price_minor for line in lines]
    stated = [min(line.discount_minor or 0, price) for line, price in zip(lines, prices, strict=True)]
    net = [price - part for price, part in zip(prices, stated, strict=True)]
    taxes = _taxes(lines, net, tax_minor)
    gross = [price + (0 if tax_included else tax) for price, tax in zip(prices, taxes, strict=True)]
    less = sum(gross) - min(sum(gross), max(0, total_minor - shipping_minor))
    discounts = _discounts(lines, prices, gross, stated, less)
    worths = []
    for line, price, tax, full, off in zip(lines, prices, taxes, gross, discounts, strict=True):
        # A tax that is in the price is never more than what was paid; one on top is what is left of it.
        kept = min(tax, full - off) if tax_included else tax
        worths.append(LineWorth(line.line_id, line.quantity, price, off, kept, not tax_included))
    return tuple(worths)


def _taxes(lines: Sequence[PricedLine], net: Sequence[int], tax_minor: int) -> list[int]:
    """The tax of each line: as stated, or its share of what is left of the order's."""
    left = max(0, tax_minor - sum(line.tax_minor or 0 for line in lines))
    open_ = [amount if line.tax_minor is None else 0 for line, amount in zip(lines, net, strict=True)]
    shares = allocate(left, open_)
    return [share if line.tax_minor is None else line.tax_minor for line, share in zip(lines, shares, strict=True)]


def _discounts(
    lines: Sequence[PricedLine], prices: Sequence[int], gross: Sequence[int], stated: Sequence[int], less: int
) -> list[int]:
    """Split what was paid less than the full sums: to the lines that state a discount, then to those that state none by
    their price, then to what is left anywhere. Never more of a line than there is of it."""
    if sum(stated) >= less:
        return allocate(less, stated)
    open_ = [price if line.discount_minor is None else 0 for line, price in zip(lines, prices, strict=True)]
    shared = allocate(min(less - sum(stated), sum(open_)), open_)
    found = [one + other for one, other in zip(stated, shared, strict=True)]
    rest = allocate(less - sum(found), [full - part for full, part in zip(gross, found, strict=True)])
    return [one + other for one, other in zip(found, rest, strict=True)]


def unit_refunds(
    lines: Sequence[PricedLine],
    *,
    total_minor: int,
    shipping_minor: int,
    tax_minor: int = 0,
    tax_included: bool = True,
) -> dict[int, tuple[int, ...]]:
    """What each unit of each line was really paid with, largest first (`line_worths`)."""
    worths = line_worths(
        lines,
        total_minor=total_minor,
        shipping_minor=shipping_minor,
        tax_minor=tax_minor,
        tax_included=tax_included,
    )
    return {worth.line_id: worth.units for worth in worths}


def units_for(values: Sequence[int], units_returning: int, units: int) -> tuple[int, ...]:
    """What `units` more are worth when `units_returning` are already in returns.

    Values fall from the first to the last, so returns that come and are called off in any order never add up to more
    than the line: of those that hold a value of place n or before, there are never more than n + 1.
    """
    return tuple(values[units_returning : units_returning + units])


@dataclass(frozen=True, slots=True)
class Quote:
    """What a shopper gets, in minor units: goods - fee + bonus = due. `money_on` is the day to expect it."""

    resolution: str
    currency: str
    goods_minor: int
    fee_minor: int
    bonus_minor: int
    fee_waived: bool  # there is a fee, and this return does not pay it
    money_on: date

    @property
    def due_minor(self) -> int:
        return self.goods_minor - self.fee_minor + self.bonus_minor

    @property
    def refundable_minor(self) -> int:
        """What counts against the order's total; a bonus is a gift on top."""
        return self.goods_minor - self.fee_minor

    def to_record(self) -> dict[str, Any]:
        return {
            "resolution": self.resolution,
            "goods": self.goods_minor,
            "fee": self.fee_minor,
            "bonus": self.bonus_minor,
            "due": self.due_minor,
            "fee_waived": int(self.fee_waived),
            "money_on": self.money_on.isoformat(),
        }


def sums(goods_minor: int, resolution: str, fee_minor: int, bonus_percent: int) -> tuple[int, int]:
    """Fee and bonus of goods of this worth. The fee never exceeds the goods; the bonus is on what is left, rounded down,
    so that many small returns bring no more than one."""
    fee = min(fee_minor, goods_minor)
    percent = bonus_percent if resolution == STORE_CREDIT else 0
    return fee, (goods_minor - fee) * percent // 100


def quote(
    resolution: str,
    goods_minor: int,
    reasons: Sequence[str],
    config: ReturnPolicyConfig,
    *,
    currency: str,
    money_on: date,
) -> Quote:
    """The exact sums of one resolution."""
    waived = fee_is_waived(reasons, config.fee_waived_reasons)
    fee, bonus = sums(goods_minor, resolution, 0 if waived else config.fee_minor, config.credit_bonus_percent)
    return Quote(resolution, currency, goods_minor, fee, bonus, waived and config.fee_minor > 0, money_on)


def money_expected(resolution: str, sent_at: datetime, config: ReturnPolicyConfig, *, country: str, zone: str) -> date:
    """The day to expect the money when the parcel is sent at `sent_at`: its way back, then the days for handling it,
    which are business days of the shop's country."""
    arrives = sent_at + timedelta(days=config.transit_days_assumed)
    tz = ZoneInfo(zone)
    return add_business_days(arrives, HANDLING_DAYS[resolution], (country,), tz).astimezone(tz).date()
