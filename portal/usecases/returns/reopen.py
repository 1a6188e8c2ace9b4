"""A return that was turned down, ran out or is done with is taken up again, for a reason (field: e.5)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from portal.db.tables.orders import Order
from portal.db.tables.returns import Return, ReturnItem
from portal.domain.returns.config import EXCHANGE as WANTS_EXCHANGE
from portal.domain.returns.states import DECISION, MONEY
from portal.domain.words import N_
from portal.errors import Conflict, InvalidInput
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns import rows
from portal.usecases.returns.approve import put_through
from portal.usecases.returns.authority import check_role, check_second
from portal.usecases.returns.decide import take_units
from portal.usecases.returns.desk import once
from portal.usecases.returns.desk_views import DeskReturn
from portal.usecases.returns.exchange_stock import SoldOut, reserve
from portal.usecases.staff.people import actor_of

LONGEST_WHY = 600
REOPENED = "reopened"  # a flag: it had been closed


def reopen(deps: Deps, return_id: int, staff_id: int, why: str, form_key: str) -> DeskReturn:
    """Take a return up again. What was turned down or ran out takes its units, and what was kept for it, again, and is
    approved, with new days to send it back; of what is done with (for administrators) more can come and be paid.

    Raises NotFound; Forbidden; InvalidInput without a reason; Conflict when it is open, was called off, or its units
    are part of another return by now; SamePerson as approving.
    """
    why = " ".join(why.split())
    if not why or len(why) > LONGEST_WHY:
        raise InvalidInput(N_("Say why it is opened again."), "why")
    told: dict[str, object] = {}

    def act(session: Session, shop: ShopRef, row: Return, order: Order, now: datetime) -> None:
        again = _WAYS.get(row.decision)
        if again is None:
            raise Conflict("this return cannot be opened again")
        told["from"] = row.decision
        check_role(session, staff_id, "return.reopen_paid" if row.decision == "resolved" else "return.reopen")
        check_second(shop, row, staff_id)
        again(session, deps, shop, row, order, now, actor_of(staff_id), why)
        row.closed_at = None
        if REOPENED not in row.flags:
            row.flags = [*row.flags, REOPENED]

    return once(deps, return_id, staff_id, "return.reopen", form_key, told, act, digest_more=why)


def _given_up(
    session: Session, deps: Deps, shop: ShopRef, row: Return, order: Order, now: datetime, actor: str, why: str
) -> None:
    take_units(session, rows.held_units(session, row))
    items = [item for item, _ in rows.items_of(session, row)]
    if row.resolution == WANTS_EXCHANGE and row.exchange == "released":
        _keep_again(session, deps, shop, row, items)
    put_through(session, deps, shop, order, row, now, actor=actor, why=why)


def _keep_again(session: Session, deps: Deps, shop: ShopRef, row: Return, items: list[ReturnItem]) -> None:
    """What was kept for the exchange may have gone to somebody else: then what was chosen for that case holds."""
    try:
        with session.begin_nested():
            reserve(session, deps, shop, row, items)
    except SoldOut:
        if row.fallback is None:
            raise


def _done_with(
    session: Session, deps: Deps, shop: ShopRef, row: Return, order: Order, now: datetime, actor: str, why: str
) -> None:
    rows.move(session, row, DECISION, "approved", now=now, actor=actor, why=why)
    if row.money == "none":
        rows.move(session, row, MONEY, "quoted", now=now, actor=actor, why=why)


_WAYS: dict[str, Callable[..., None]] = {"rejected": _given_up, "expired": _given_up, "resolved": _done_with}
