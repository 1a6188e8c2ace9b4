"""Which returns an order has: those with items of it, wherever they were begun."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, or_, select

from portal.db.tables.returns import Return, ReturnOrder


def of_orders(order_ids: Iterable[int]) -> ColumnElement[bool]:
    """The condition on `Return` that finds every return with items of these orders, wherever it was begun."""
    ids = list(order_ids)
    joined = select(ReturnOrder.return_id).where(ReturnOrder.order_id.in_(ids))
    return or_(Return.order_id.in_(ids), Return.id.in_(joined))
