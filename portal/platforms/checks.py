"""What contradicts itself in an order that can be imported all the same. Each check gives a code, a reason and a field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import reduce
from operator import add
from typing import Any

from portal.platforms.lines import Parts
from portal.platforms.mapping import Payments

Finding = tuple[str, str, str]
_FUTURE = timedelta(days=1)


def story(values: Mapping[str, Any], tells_delivery: bool, now: datetime) -> Iterator[Finding]:
    """Times that cannot be in this order, and a status that does not go with them."""
    approved, handed, delivered = (values.get(f) for f in ("approved_at", "handed_over_at", "delivered_at"))
    if approved and handed and handed < approved:
        yield "handed_over_before_approved", "handed to the carrier before it was approved", "handed_over_at"
    if handed and delivered and delivered < handed:
        yield "delivered_before_handed_over", "delivered before it was handed to the carrier", "delivered_at"
    status = values["status"]
    if status == "delivered" and tells_delivery and not delivered:
        yield "delivered_without_date", "said to be delivered, without a date", "delivered_at"
    if status == "cancelled" and delivered:
        yield "cancelled_with_delivery", "said to be cancelled, with a date of delivery", "delivered_at"
    if values["placed_at"] > now + _FUTURE:
        yield "placed_in_future", "placed in the future", "placed_at"


def payments(spec: Payments, paid: Sequence[int], parts: Parts, digits: int) -> Iterator[Finding]:
    """Payments against lines and the shipping told with them, in minor units of a currency with `digits` decimals."""
    if not paid:
        yield "no_payment", "nothing was paid for it", ""
    elif parts.lines and sum(paid) != sum(_owed(parts)):
        if _apart(spec, paid, _owed(parts), 10**digits):
            yield "payment_differs", "what was paid differs from its lines and shipping", ""
        else:
            yield "payment_rounding", "what was paid differs from its lines and shipping by a rounding", ""


def _owed(parts: Parts) -> list[int]:
    amounts = []
    for line, shipping in zip(parts.lines, parts.shippings, strict=True):
        amounts += [line.unit_price_minor * line.quantity, shipping]
    return amounts


def _apart(spec: Payments, paid: Sequence[int], owed: Sequence[int], unit: int) -> bool:
    if spec.arithmetic == "float":
        # Price and shipping of a line are added before the lines are, as a spreadsheet with a row a line does it.
        # Added one by one: `sum` rounds differently from one Python to the next.
        due = reduce(
            add, (price / unit + shipping / unit for price, shipping in zip(owed[::2], owed[1::2], strict=True))
        )
        return abs(due - reduce(add, (minor / unit for minor in paid))) > spec.tolerance
    return Decimal(abs(sum(owed) - sum(paid))) / unit > Decimal(str(spec.tolerance))
