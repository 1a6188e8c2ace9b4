"""What a return is worth, to the last minor unit. Whole numbers only; what is split adds up to the whole (D16).

A unit is worth what was paid for it: its price less its share of the order's discount. Shipping is not part of it.
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

    The parts add up to `total`, unless all weights are 0: then every part is 0.
    """
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
    """A line as it was bought. The price is of one unit, before the order's discount."""

    line_id: int
    quantity: int
    unit_price_minor: int


def unit_refunds(lines: Sequence[PricedLine], *, total_minor: int, shipping_minor: int) -> dict[int, tuple[int, ...]]:
    """What each unit of each line was really paid with, largest first.

    What was paid for goods is the total without shipping, and never more than the prices add up to.
    """
    prices = [line.quantity * line.unit_price_minor for line in lines]
    paid = min(sum(prices), max(0, total_minor - shipping_minor))
    return {
        line.line_id: tuple(allocate(share, [1] * line.quantity))
        for line, share in zip(lines, allocate(paid, prices), strict=True)
    }


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
    """Fee and bonus of goods of this worth. The fee never exceeds the goods; the bonus is on what is left, half up."""
    fee = min(fee_minor, goods_minor)
    percent = bonus_percent if resolution == STORE_CREDIT else 0
    return fee, ((goods_minor - fee) * percent + 50) // 100


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
