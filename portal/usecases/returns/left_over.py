"""What is left of what was paid once other returns of the same orders have had theirs.

Sums are promised by what other returns hold at that moment. One that is opened again, or whose goods come after all, was
promised in another one: the unit of a cent more, or the outbound postage, may have been given to a later return since.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from portal.db.tables.orders import Order, OrderLine
from portal.db.tables.return_money import AGAINST_PAID, ReturnMoneyEntry
from portal.db.tables.returns import Return
from portal.domain.returns.quoting import QuotedLine

_SHIPPING = "shipping"


def within_what_is_left(session: Session, row: Return, lines: Sequence[QuotedLine]) -> list[QuotedLine]:
    """The lines, with no more in them than other returns have left. What this return has had counts as free."""
    goods, postage = _given_to_others(session, row, {line.order_id for line in lines})
    paid = _paid(session, set(goods))
    outbound = _outbound(session, set(postage))
    return [
        _capped(
            line,
            paid[line.line_id] - goods[line.line_id] if line.line_id in paid else None,
            outbound[line.order_id] - postage[line.order_id] if line.order_id in outbound else None,
        )
        for line in lines
    ]


def _capped(line: QuotedLine, goods: int | None, postage: int | None) -> QuotedLine:
    if goods is not None:
        line = replace(line, units=_fitting(line.units, goods), keep_minor=min(line.keep_minor, max(0, goods)))
    if postage is not None:
        line = replace(line, shipping_minor=min(line.shipping_minor, max(0, postage)))
    return line


def _fitting(units: Sequence[int], room: int) -> tuple[int, ...]:
    fitting = []
    for worth in units:
        fitting.append(min(worth, max(0, room)))
        room -= fitting[-1]
    return tuple(fitting)


def _given_to_others(session: Session, row: Return, order_ids: set[int]) -> tuple[dict[int, int], dict[int, int]]:
    """What other returns have been given: of goods by line, of outbound postage by order."""
    amount = func.sum(
        case((ReturnMoneyEntry.undone, -ReturnMoneyEntry.amount_minor), else_=ReturnMoneyEntry.amount_minor)
    )
    goods: dict[int, int] = {}
    postage: dict[int, int] = {}
    for order_id, line_id, kind, given in session.execute(
        select(ReturnMoneyEntry.order_id, ReturnMoneyEntry.order_line_id, ReturnMoneyEntry.kind, amount)
        .where(
            ReturnMoneyEntry.order_id.in_(order_ids),
            ReturnMoneyEntry.return_id != row.id,
            ReturnMoneyEntry.kind.in_((*AGAINST_PAID, _SHIPPING)),
        )
        .group_by(ReturnMoneyEntry.order_id, ReturnMoneyEntry.order_line_id, ReturnMoneyEntry.kind)
    ):
        found, of = (postage, order_id) if kind == _SHIPPING else (goods, line_id)
        found[of] = found.get(of, 0) + int(given)
    return goods, postage


def _paid(session: Session, line_ids: set[int]) -> dict[int, int]:
    """What was paid for each line; the first entry of an order has fixed it."""
    if not line_ids:
        return {}
    known = select(OrderLine.id, OrderLine.paid_minor).where(OrderLine.id.in_(line_ids))
    return {line_id: paid for line_id, paid in session.execute(known) if paid is not None}


def _outbound(session: Session, order_ids: set[int]) -> dict[int, int]:
    if not order_ids:
        return {}
    known = select(Order.id, Order.shipping_minor).where(Order.id.in_(order_ids))
    return {order_id: int(shipping) for order_id, shipping in session.execute(known)}
