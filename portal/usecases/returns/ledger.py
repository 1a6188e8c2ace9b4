"""The money of returns as entries that only grow. What is given back for a line stays within what was paid for it, and
what is given back for an order within its total: here under the order's lock, and in the database whatever is done here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.db.tables.orders import Order, OrderLine
from portal.db.tables.return_money import AGAINST_PAID, ReturnMoneyEntry
from portal.db.tables.returns import Return
from portal.domain.returns.config import STORE_CREDIT
from portal.domain.returns.money import LineWorth
from portal.domain.returns.settlement import OtherCurrency, Settlement, Share
from portal.errors import Conflict
from portal.usecases.returns.worth import worth_of

FEE, BONUS, SHIPPING, EXCHANGE, KEEP = "fee", "bonus", "shipping", "exchange", "keep"


class MoreThanPaid(Conflict):
    """More than was paid for a line, or for the whole order, would have been given back."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sum belongs. Without a line it is the order's."""

    order_id: int
    line_id: int | None
    kind: str


def wanted(settlement: Settlement, paid_as: str) -> dict[Place, int]:
    """The entries that a settlement stands for, with their sums."""
    goods = "credit" if paid_as == STORE_CREDIT else "refund"
    found: dict[Place, int] = {}
    for share in settlement.shares:
        for part in share.parts:
            found[Place(share.order_id, part.line_id, goods)] = part.goods_minor - part.swapped_minor
            found[Place(share.order_id, part.line_id, EXCHANGE)] = part.swapped_minor
            found[Place(share.order_id, part.line_id, KEEP)] = part.keep_minor
        for kind, amount in ((SHIPPING, share.shipping_minor), (FEE, share.fee_minor), (BONUS, share.bonus_minor)):
            found[Place(share.order_id, None, kind)] = amount
    return {place: amount for place, amount in found.items() if amount}


def entered(session: Session, row: Return) -> dict[Place, int]:
    """What the ledger holds for a return, less what was undone."""
    found: dict[Place, int] = {}
    for entry in session.scalars(select(ReturnMoneyEntry).where(ReturnMoneyEntry.return_id == row.id)):
        place = Place(entry.order_id, entry.order_line_id, entry.kind)
        found[place] = found.get(place, 0) + (-entry.amount_minor if entry.undone else entry.amount_minor)
    return found


def enter(
    session: Session, row: Return, settlement: Settlement, paid_as: str, *, now: datetime, actor: str, why: str
) -> None:
    """Bring the ledger of a return to what is owed now: what is missing is entered, what is too much undone.

    The orders have to be locked. Raises MoreThanPaid, OtherCurrency; the transaction is lost then. Nothing of what has
    gone out may be undone: callers see to it (`payout.py`).
    """
    before = entered(session, row)
    target = wanted(settlement, paid_as)
    for share in settlement.shares:
        worths = open_lines(session, session.get_one(Order, share.order_id), row.currency)
        changes = {
            place: target.get(place, 0) - before.get(place, 0)
            for place in sorted({*before, *target}, key=_key)
            if place.order_id == share.order_id
        }
        # What is undone first leaves room for what is entered.
        for place, amount in sorted(changes.items(), key=lambda change: change[1]):
            if amount:
                _add(session, row, place, amount, worths, now=now, actor=actor, why=why)
        _count(session, share, changes, paid_as)


def open_lines(session: Session, order: Order, currency: str) -> Mapping[int, LineWorth]:
    """Write down what was paid for each line of a locked order, where that is not known yet. The first entry of an order
    fixes it: an order that is imported anew does not change what is left of a line."""
    if order.currency != currency:
        raise OtherCurrency("the return is in another currency than its order")
    lines = session.scalars(
        select(OrderLine)
        .where(OrderLine.order_id == order.id)
        .order_by(OrderLine.position)
        .execution_options(populate_existing=True)
    ).all()
    worths = worth_of(order, lines)
    for line in lines:
        if line.paid_minor is None:
            line.paid_minor = worths[line.id].paid_minor
    session.flush()
    return worths


def _add(
    session: Session,
    row: Return,
    place: Place,
    amount: int,
    worths: Mapping[int, LineWorth],
    *,
    now: datetime,
    actor: str,
    why: str,
) -> None:
    session.add(
        ReturnMoneyEntry(
            shop_id=row.shop_id,
            return_id=row.id,
            order_id=place.order_id,
            order_line_id=place.line_id,
            kind=place.kind,
            amount_minor=abs(amount),
            tax_minor=_tax(session, place, amount, worths),
            currency=row.currency,
            undone=amount < 0,
            # The n-th change of this sum of this return: two who make the same change at once make it once.
            key=f"return {row.id} order {place.order_id} line {place.line_id or 0} {place.kind} {_changes(session, row, place)}",
            at=now,
            actor=actor,
            why=why,
        )
    )
    try:
        session.flush()
    except IntegrityError as error:
        raise MoreThanPaid("more than was paid for an item would be given back") from error


def _changes(session: Session, row: Return, place: Place) -> int:
    """How many changes of a sum there will have been with the next one."""
    earlier = select(func.count()).select_from(ReturnMoneyEntry)
    mine = earlier.where(
        ReturnMoneyEntry.return_id == row.id,
        ReturnMoneyEntry.order_id == place.order_id,
        ReturnMoneyEntry.order_line_id == place.line_id,
        ReturnMoneyEntry.kind == place.kind,
    )
    return 1 + (session.scalar(mine) or 0)


def _tax(session: Session, place: Place, amount: int, worths: Mapping[int, LineWorth]) -> int:
    """The tax in a sum, and whether there is room for it: asked first, for an answer in words instead of an error."""
    if place.kind not in AGAINST_PAID or place.line_id is None:
        return 0
    paid, before = session.execute(
        select(OrderLine.paid_minor, OrderLine.given_back_minor).where(OrderLine.id == place.line_id)
    ).one()
    check_room(int(paid or 0), int(before), amount)
    worth = worths[place.line_id]
    return worth.tax_of(before, amount) if amount > 0 else worth.tax_of(before + amount, -amount)


def check_room(paid_minor: int, given_minor: int, amount: int) -> None:
    """Raises MoreThanPaid. The database holds the same, whoever forgets to ask."""
    if not 0 <= given_minor + amount <= paid_minor:
        raise MoreThanPaid("more than was paid for an item would be given back")


def _count(session: Session, share: Share, changes: Mapping[Place, int], paid_as: str) -> None:
    """The order's own running totals: money back never exceeds the order's total, whoever pays at the same time."""
    amount = sum(_against_total(place) * change for place, change in changes.items())
    column = Order.credited_minor if paid_as == STORE_CREDIT else Order.refunded_minor
    done: Any = session.execute(
        update(Order)
        .where(Order.id == share.order_id, Order.refunded_minor + Order.credited_minor + amount <= Order.total_minor)
        .values({column: column + amount})
        .execution_options(synchronize_session=False)
    )
    if done.rowcount != 1:
        raise MoreThanPaid("this is more than the order's total leaves; look at earlier refunds of this order")


def _against_total(place: Place) -> int:
    """1 for what is given back of what was paid, -1 for what is kept of it, 0 for goods and gifts."""
    return {BONUS: 0, EXCHANGE: 0, FEE: -1}.get(place.kind, 1)


def _key(place: Place) -> tuple[int, int, str]:
    return place.order_id, place.line_id or 0, place.kind


def of_order(session: Session, order_id: int, kinds: Iterable[str] = AGAINST_PAID) -> int:
    """What all returns of an order have been given, of some kinds."""
    rows = session.scalars(
        select(ReturnMoneyEntry).where(ReturnMoneyEntry.order_id == order_id, ReturnMoneyEntry.kind.in_(tuple(kinds)))
    )
    return sum(-entry.amount_minor if entry.undone else entry.amount_minor for entry in rows)
