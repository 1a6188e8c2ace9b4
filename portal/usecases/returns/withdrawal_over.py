"""What a withdrawal takes the place of: returns of the shop's own that hold the goods and have not set off yet.

Else a return that was begun, with its fee or its review, would stand in the way of a right that nothing of the shop's may
touch. What the parcel has left with, a present's new owner sends back, or several orders share, stays as it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.db.tables.orders import Order
from portal.db.tables.returns import Return, ReturnOrder
from portal.db.tables.shipments import Shipment
from portal.domain.returns.states import shopper_may_cancel
from portal.usecases.deps import Deps
from portal.usecases.returns import rows
from portal.usecases.returns.cancel import call_off

WHY = "the consumer withdraws from the contract"


def replaceable(session: Session, order: Order) -> list[Return]:
    """The returns whose goods can be withdrawn from instead, oldest first."""
    shared = select(ReturnOrder.return_id).group_by(ReturnOrder.return_id).having(func.count() > 1)
    found = select(Return).where(Return.order_id == order.id, Return.kind == "return", Return.id.not_in(shared))
    return [row for row in session.scalars(found.order_by(Return.id)) if _may(row)]


def _may(row: Return) -> bool:
    return shopper_may_cancel(row.decision, row.parcel, row.money)


def held_units(session: Session, returns: Iterable[Return]) -> dict[int, int]:
    """How many units of each line they hold."""
    held: Counter[int] = Counter()
    for row in returns:
        held.update(rows.held_units(session, row))
    return dict(held)


def lock_all(session: Session, order_public_id: str) -> tuple[Order, list[Return]]:
    """The order and what may be replaced, for changing: parcels first, then the order, then the returns, as everybody
    else locks them. Raises NotFound."""
    order = rows.order_by_public_id(session, order_public_id)
    ids = [row.id for row in replaceable(session, order)]
    mine = select(Shipment.id).where(Shipment.return_id.in_(ids)).order_by(Shipment.id).with_for_update()
    session.execute(mine).all()
    (order,) = rows.lock_orders(session, [order.id])
    anew = {"populate_existing": True}
    locked = session.scalars(
        select(Return).where(Return.id.in_(ids)).order_by(Return.id).with_for_update().execution_options(**anew)
    ).all()
    return order, [row for row in locked if _may(row)]


def make_room(
    session: Session,
    deps: Deps,
    order: Order,
    returns: Iterable[Return],
    wanted: Mapping[int, int],
    now: datetime,
    actor: str,
) -> tuple[str, ...]:
    """Call off as many of these returns as hold what is wanted and not free, and give their numbers. A return is called
    off as a whole: what else it held is in no return any more."""
    lines = rows.lines_of(session, order)
    for line in lines:
        session.refresh(line)
    short = {line.id: wanted.get(line.id, 0) - (line.quantity - line.units_returning) for line in lines}
    gone = []
    for row in returns:
        held = rows.held_units(session, row)
        if any(units > 0 and short.get(line_id, 0) > 0 for line_id, units in held.items()):
            call_off(session, deps, row, now, actor, WHY)
            gone.append(row.rma)
            short = {line_id: missing - held.get(line_id, 0) for line_id, missing in short.items()}
    for line in lines:
        session.refresh(line)
    return tuple(gone)
