"""What was paid for the lines of an order, from its rows."""

from __future__ import annotations

from collections.abc import Sequence

from portal.db.tables.orders import Order, OrderLine
from portal.domain.returns.money import LineWorth, PricedLine, line_worths


def worth_of(order: Order, lines: Sequence[OrderLine]) -> dict[int, LineWorth]:
    """What was paid for each line, by its id. `lines` are all lines of the order."""
    priced = [
        PricedLine(line.id, line.quantity, line.unit_price_minor, line.discount_minor, line.tax_minor) for line in lines
    ]
    worths = line_worths(
        priced,
        total_minor=order.total_minor,
        shipping_minor=order.shipping_minor,
        tax_minor=order.tax_minor,
        tax_included=order.tax_included,
    )
    return {worth.line_id: worth for worth in worths}
