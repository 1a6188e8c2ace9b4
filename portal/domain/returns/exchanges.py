"""What may be had instead of what goes back, and what that counts for. Sums in minor units; whole numbers only (D16).

The rules of worth:

- Another variant of the same product is an even swap, whatever discount was paid with, as long as it costs no more than
  the one that goes back costs today or cost when it was bought. A dearer one only where the shop says so, and then it is
  an even swap too: nobody is asked for money.
- A cheaper variant counts for its share of what was paid; the difference is given back.
- Another product counts for its price, with the tax that was paid on top of prices, and never for more than what goes
  back is worth.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from portal.domain.returns.config import ExchangeConfig

# Reasons that name the size: which way the next one lies.
SIZE_REASONS = {"size_too_small": 1, "size_too_large": -1}
# Reasons for which the same thing once more puts it right.
SAME_AGAIN = frozenset({"defective", "damaged_in_transit", "wrong_item_sent", "missing_parts"})


@dataclass(frozen=True, slots=True)
class Goods:
    """A variant that could be sent. `available` is what is in stock and promised to nobody."""

    sku: str
    product_ref: str
    title: str
    variant: str | None
    size_rank: int | None
    price_minor: int
    available: int


@dataclass(frozen=True, slots=True)
class Bought:
    """The line whose units go back. `price_minor` is of one unit as it was sold, before discounts; `price_now_minor`
    what it costs today, where the catalogue knows. `taxed_minor` of which `tax_minor` was put on top are what all its
    units were taxed on; 0 where prices hold their tax."""

    sku: str
    product_ref: str | None
    variant: str | None
    size_rank: int | None
    price_minor: int
    price_now_minor: int | None = None
    taxed_minor: int = 0
    tax_minor: int = 0

    def is_same_product(self, goods: Goods) -> bool:
        return self.product_ref is not None and self.product_ref == goods.product_ref


def value_of(bought: Bought, goods: Goods, worths: Sequence[int], config: ExchangeConfig) -> int | None:
    """What it counts for when as many units of `goods` are sent as go back; `worths` is what each of those was paid
    with. Never more than they are worth together. None when it may not be had for them."""
    if bought.is_same_product(goods):
        return _variant(bought, goods, worths, config)
    if not config.other_products:
        return None
    total = with_tax(bought, goods.price_minor) * len(worths)
    return total if total <= sum(worths) else None


def _variant(bought: Bought, goods: Goods, worths: Sequence[int], config: ExchangeConfig) -> int | None:
    """What everything costs less today, a sale say, is no difference between the two: today's prices are compared."""
    reference = bought.price_minor if bought.price_now_minor is None else bought.price_now_minor
    if goods.price_minor >= reference:
        even = goods.price_minor <= max(reference, bought.price_minor) or config.dearer_variants
        return sum(worths) if even else None
    return sum((2 * worth * goods.price_minor + reference) // (2 * reference) for worth in worths)


def with_tax(bought: Bought, price_minor: int) -> int:
    """A price as the shopper would pay it: with the same share of tax on top that the line had, half up."""
    if not bought.tax_minor or bought.taxed_minor <= 0:
        return price_minor
    return price_minor + (2 * price_minor * bought.tax_minor + bought.taxed_minor) // (2 * bought.taxed_minor)


def dearest(worths: Sequence[int]) -> int:
    """The highest price that another product may have: a bound for looking them up. `value_of` decides."""
    return sum(worths) // len(worths) if worths else 0


def suggestion(bought: Bought, variants: Sequence[Goods], reason: str) -> Goods | None:
    """What the reason asks for: the next size, or the same once more."""
    if reason in SAME_AGAIN:
        return next((goods for goods in variants if goods.sku == bought.sku), None)
    return next_size(bought, variants, reason)


def next_size(bought: Bought, variants: Iterable[Goods], reason: str) -> Goods | None:
    """The next larger or smaller one of the same product, by the reason; None where no reason or no rank says which.

    Where a size comes in several colours, the one most like the one that goes back.
    """
    way = SIZE_REASONS.get(reason)
    own = bought.size_rank
    if way is None or own is None:
        return None
    farther = [
        goods
        for goods in variants
        if bought.is_same_product(goods) and goods.size_rank is not None and (goods.size_rank - own) * way > 0
    ]
    if not farther:
        return None
    nearest = min(abs(_rank(goods) - own) for goods in farther)
    same_size = [goods for goods in farther if abs(_rank(goods) - own) == nearest]
    return min(same_size, key=lambda goods: (-_likeness(goods.variant, bought.variant), goods.sku))


def _rank(goods: Goods) -> int:
    return goods.size_rank or 0


def _likeness(one: str | None, other: str | None) -> int:
    """How many words two variants share: "Blue, M" and "Blue, L" one, "Blue, M" and "Red, L" none."""
    return len(_words(one) & _words(other))


def _words(text: str | None) -> set[str]:
    return set(re.findall(r"\w+", (text or "").casefold()))
