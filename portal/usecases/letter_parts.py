"""What letters of every kind are put together from: items, carriers' names, texts on one line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from carriers.errors import CarrierError
from portal.db.tables.orders import OrderLine
from portal.db.tables.returns import Return, ReturnItem
from portal.notify.letter import Item
from portal.usecases.deps import Deps


def one_line(text: str) -> str:
    """On one line: a title with line breaks could pass for words of ours in the text part."""
    return " ".join(text.split())


def letter_items(rows: Iterable[Any]) -> tuple[Item, ...]:
    """Of rows of title, quantity and variant."""
    return tuple(Item(one_line(title), quantity, one_line(variant or "")) for title, quantity, variant in rows)


def items_of_return(session: Session, row: Return) -> tuple[Item, ...]:
    """What a return takes now."""
    return letter_items(
        session.execute(
            select(OrderLine.title, ReturnItem.quantity, OrderLine.variant)
            .join(ReturnItem, ReturnItem.order_line_id == OrderLine.id)
            .where(ReturnItem.return_id == row.id, ReturnItem.quantity > 0, OrderLine.shop_id == ReturnItem.shop_id)
            .order_by(OrderLine.position)
        )
    )


def carrier_in_letters(deps: Deps, code: str) -> str:
    """The carrier's own name; its code where this installation does not know it."""
    try:
        return deps.carriers.info(code).name
    except CarrierError:
        return code.upper()
