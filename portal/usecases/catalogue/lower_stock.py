"""There is less of something than is promised: the newest promises are taken back until it fits."""

from __future__ import annotations

from sqlalchemy import case, select, update
from sqlalchemy.orm import Session

from portal.db.tables.catalogue import Reservation, Variant
from portal.db.tables.returns import Return, ReturnItem
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns import rows
from portal.usecases.returns.exchange_fallback import SOLD_OUT, fall_back
from portal.usecases.returns.exchange_stock import held_by, sending


def lower_stock(deps: Deps, shop: ShopRef, variant_id: int, told: int) -> int:
    """Bring a variant's stock down to `told`. Gives how many reservations lost their units.

    Each is taken back in a transaction of its own, with its return: whoever is killed in between goes on with the next
    import of the same file. Reservations that are to be sent already are the last to go.
    """
    lost = 0
    while (found := _newest(deps, shop, variant_id, told)) is not None:
        return_id, reservation_id = found
        with deps.sessions.write(shop.id) as session:
            order, row = rows.lock_return(session, return_id)
            mine = [held for held in held_by(session, row) if held.reservation.id == reservation_id]
            lost += fall_back(session, deps, shop, order, row, mine, SOLD_OUT)
            _fit(session, variant_id, told)
            deps.crash("catalogue.before_lowered")
    with deps.sessions.write(shop.id) as session:
        _fit(session, variant_id, told)
    return lost


def _newest(deps: Deps, shop: ShopRef, variant_id: int, told: int) -> tuple[int, int] | None:
    """The promise that goes next, as (return, reservation), while there are more of them than `told`."""
    with deps.sessions.read(shop.id) as session:
        if (session.scalar(select(Variant.reserved).where(Variant.id == variant_id)) or 0) <= told:
            return None
        found = session.execute(
            select(ReturnItem.return_id, Reservation.id)
            .join(ReturnItem, ReturnItem.id == Reservation.return_item_id)
            .where(Reservation.variant_id == variant_id, Reservation.state == "held")
            .order_by(Reservation.id.desc())
        ).all()
        if not found:
            return None
        waiting = (pair for pair in found if sending(session, session.get_one(Return, pair[0])) is None)
        return_id, reservation_id = next(waiting, found[0])
        return return_id, reservation_id


def _fit(session: Session, variant_id: int, told: int) -> None:
    session.execute(
        update(Variant)
        .where(Variant.id == variant_id, Variant.stock > told)
        .values(stock=case((Variant.reserved > told, Variant.reserved), else_=told))
        .execution_options(synchronize_session=False)
    )
