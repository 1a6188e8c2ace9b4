"""What may solve it without a return: the next size, the part that is missing, or keeping it for a part of the money.

None of them is ever offered for goods that may be unsafe, nor where the shop's rules refuse the return.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from portal.domain.returns.config import EXCHANGE
from portal.domain.returns.exchanges import Bought, Goods, next_size, value_of
from portal.domain.returns.terms import Terms

NEXT_SIZE, PART, KEEP = "next_size", "part", "keep"
UNSAFE = frozenset({"allergic_or_unsafe"})
MISSING = frozenset({"missing_parts"})


@dataclass(frozen=True, slots=True)
class Offer:
    """One way out. `amount_minor` is what the shopper gets in money: for keeping it, or the difference to a cheaper
    size. `percent` is of what was paid; `goods` is what would be sent."""

    kind: str  # next_size, part, keep
    amount_minor: int = 0
    percent: int = 0
    goods: Goods | None = None


def offers_for(
    reason: str, bought: Bought, worths: Sequence[int], variants: Iterable[Goods], terms: Terms
) -> tuple[Offer, ...]:
    """The offers for units that were paid with `worths`, the most helpful first.

    `variants` are those of the same product. Nothing is offered before there is a reason.
    """
    if not reason or not worths or reason in UNSAFE or terms.rejected_by:
        return ()
    found = (_next_size(reason, bought, worths, variants, terms), _part(reason, terms), _keep(reason, worths, terms))
    return tuple(offer for offer in found if offer is not None)


def _next_size(
    reason: str, bought: Bought, worths: Sequence[int], variants: Iterable[Goods], terms: Terms
) -> Offer | None:
    if not terms.config.offers.next_size or EXCHANGE not in terms.resolutions:
        return None
    goods = next_size(bought, variants, reason)
    if goods is None or goods.available < len(worths):
        return None
    value = value_of(bought, goods, worths, terms.config.exchange)
    return None if value is None else Offer(NEXT_SIZE, amount_minor=sum(worths) - value, goods=goods)


def _part(reason: str, terms: Terms) -> Offer | None:
    return Offer(PART) if reason in MISSING and terms.config.offers.missing_part else None


def _keep(reason: str, worths: Sequence[int], terms: Terms) -> Offer | None:
    percent, amount = keep_sum(reason, worths, terms)
    return Offer(KEEP, amount_minor=amount, percent=percent) if amount else None


def keep_sum(reason: str, worths: Sequence[int], terms: Terms) -> tuple[int, int]:
    """The percent and the sum for keeping these units, half up and within the shop's cap; 0 where none is offered.

    The higher one of what the shop's settings give for the reason and what a rule gives for the line.
    """
    if reason in UNSAFE:
        return 0, 0
    percent = max(terms.keep_percent, terms.config.offers.keep_percent.get(reason, 0))
    amount = min((sum(worths) * percent + 50) // 100, terms.config.offers.keep_up_to_minor, sum(worths))
    return (percent, amount) if amount > 0 else (0, 0)
