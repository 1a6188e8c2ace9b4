"""What a shop's returns of a period add up to. The caller's session is the shop's own; periods are half open, in UTC."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, case, distinct, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from portal.db.tables.orders import Order, OrderLine
from portal.db.tables.returns import LabelRow, Return, ReturnEvent, ReturnItem, ReturnItemEntry
from portal.domain.blind import SOURCE as BLIND

MOST_ROWS = 20
MOST_DURATIONS = 50_000
_COUNTED = Return.decision.not_in(("draft", "cancelled", "withdrawn_by_shopper"))
Rows = Sequence[Row[*tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class Period:
    """From `begin` up to, and without, `end`."""

    shop_id: int
    begin: datetime
    end: datetime

    def returns(self) -> ColumnElement[bool]:
        """Returns that were asked for in it."""
        sent = and_(Return.submitted_at >= self.begin, Return.submitted_at < self.end)
        return and_(Return.shop_id == self.shop_id, sent, _COUNTED)

    def orders(self) -> ColumnElement[bool]:
        """Orders that were placed in it and stand."""
        placed = and_(Order.placed_at >= self.begin, Order.placed_at < self.end)
        return and_(Order.shop_id == self.shop_id, placed, Order.status != "cancelled", Order.source != BLIND)


Column = InstrumentedAttribute[Any] | ColumnElement[Any]
PRODUCT: tuple[Column, ...] = (OrderLine.title,)
VARIANT: tuple[Column, ...] = (OrderLine.title, func.coalesce(OrderLine.variant, OrderLine.sku))


def rates(session: Session, period: Period, by: tuple[Column, ...]) -> Rows:
    """Name, units returned, units sold, by what came back most."""
    names = [column.label(f"n{n}") for n, column in enumerate(by)]
    back = (
        select(*names, func.sum(ReturnItem.quantity).label("units"))
        .select_from(ReturnItem)
        .join(Return, Return.id == ReturnItem.return_id)
        .join(OrderLine, OrderLine.id == ReturnItem.order_line_id)
        .where(period.returns())
        .group_by(*by)
        .order_by(func.sum(ReturnItem.quantity).desc(), *by)
        .limit(MOST_ROWS)
        .subquery()
    )
    sold = (
        select(*names, func.sum(OrderLine.quantity).label("sold"))
        .select_from(OrderLine)
        .join(Order, Order.id == OrderLine.order_id)
        .where(period.orders())
        .group_by(*by)
        .subquery()
    )
    same = and_(*(back.c[f"n{n}"] == sold.c[f"n{n}"] for n in range(len(by))))
    query = select(*(back.c[f"n{n}"] for n in range(len(by))), back.c.units, func.coalesce(sold.c.sold, 0))
    order = [back.c.units.desc(), *(back.c[f"n{n}"] for n in range(len(by)))]
    return session.execute(query.select_from(back.outerjoin(sold, same)).order_by(*order)).all()


def reasons(session: Session, period: Period) -> Rows:
    """Reason, units, worth of the goods."""
    return session.execute(
        select(
            ReturnItem.reason,
            func.sum(ReturnItem.quantity),
            func.sum(ReturnItem.quantity * ReturnItem.unit_refund_minor),
        )
        .join(Return, Return.id == ReturnItem.return_id)
        .where(period.returns())
        .group_by(ReturnItem.reason)
        .order_by(func.sum(ReturnItem.quantity).desc(), ReturnItem.reason)
    ).all()


def sizes(session: Session, period: Period) -> Rows:
    """Product, units that were too small, too large, and all that came back, where any were."""

    def units(code: str) -> ColumnElement[int]:
        return func.sum(case((ReturnItem.reason == code, ReturnItem.quantity), else_=0))

    small, large = units("size_too_small"), units("size_too_large")
    return session.execute(
        select(OrderLine.title, small, large, func.sum(ReturnItem.quantity))
        .select_from(ReturnItem)
        .join(Return, Return.id == ReturnItem.return_id)
        .join(OrderLine, OrderLine.id == ReturnItem.order_line_id)
        .where(period.returns())
        .group_by(OrderLine.title)
        .having(small + large > 0)
        .order_by(small.desc(), OrderLine.title)
        .limit(MOST_ROWS)
    ).all()


def resolutions(session: Session, period: Period) -> Rows:
    """Resolution, returns, sum due."""
    return session.execute(
        select(Return.resolution, func.count(), func.sum(Return.due_minor))
        .where(period.returns())
        .group_by(Return.resolution)
        .order_by(func.count().desc(), Return.resolution)
    ).all()


def label_costs(session: Session, period: Period, currency: str) -> tuple[int, int]:
    """Labels whose cost is known, and what they cost, in the shop's currency."""
    found = session.execute(
        select(func.count(), func.coalesce(func.sum(LabelRow.cost_minor), 0))
        .join(Return, Return.id == LabelRow.return_id)
        .where(
            period.returns(),
            LabelRow.voided_at.is_(None),
            LabelRow.cost_minor.is_not(None),
            LabelRow.currency == currency,
        )
    ).one()
    return int(found[0] or 0), int(found[1] or 0)


def totals(session: Session, period: Period) -> Row[*tuple[Any, ...]]:
    """Returns, fees kept, those that are held now and their sum due."""
    held = Return.held_at.is_not(None)
    return session.execute(
        select(
            func.count(),
            func.coalesce(func.sum(Return.fee_minor), 0),
            func.count().filter(held),
            func.coalesce(func.sum(case((held, Return.due_minor), else_=0)), 0),
        ).where(period.returns())
    ).one()


def released(session: Session, period: Period) -> int:
    """Returns that were held and released by a person, whenever."""
    query = (
        select(func.count(distinct(ReturnEvent.return_id)))
        .join(Return, Return.id == ReturnEvent.return_id)
        .where(period.returns(), ReturnEvent.machine == "hold", ReturnEvent.to_state == "released")
    )
    return session.scalar(query) or 0


def grades(session: Session, period: Period) -> Rows:
    """What became of inspected units, their grade, units, worth of the goods."""
    looked = ReturnItemEntry.kind.in_(("restocked", "disposed", "rejected"))
    grade = func.coalesce(ReturnItemEntry.grade, "")
    return session.execute(
        select(
            ReturnItemEntry.kind,
            grade,
            func.sum(ReturnItemEntry.quantity),
            func.sum(ReturnItemEntry.quantity * ReturnItem.unit_refund_minor),
        )
        .join(ReturnItem, ReturnItem.id == ReturnItemEntry.return_item_id)
        .join(Return, Return.id == ReturnItem.return_id)
        .where(period.returns(), looked)
        .group_by(ReturnItemEntry.kind, grade)
        .order_by(ReturnItemEntry.kind.desc(), grade)
    ).all()


def found(session: Session, period: Period) -> Rows:
    """What the shopper said, what the inspector found, units."""
    return session.execute(
        select(ReturnItem.reason, ReturnItemEntry.found_reason, func.sum(ReturnItemEntry.quantity))
        .join(ReturnItem, ReturnItem.id == ReturnItemEntry.return_item_id)
        .join(Return, Return.id == ReturnItem.return_id)
        .where(period.returns(), ReturnItemEntry.found_reason.is_not(None))
        .group_by(ReturnItem.reason, ReturnItemEntry.found_reason)
        .order_by(func.sum(ReturnItemEntry.quantity).desc(), ReturnItem.reason, ReturnItemEntry.found_reason)
        .limit(2 * MOST_ROWS)
    ).all()


def durations(session: Session, period: Period) -> list[tuple[datetime, datetime]]:
    """When each was asked for and paid, of the newest that were paid."""
    query = select(Return.submitted_at, Return.money_at).where(period.returns(), Return.money_at.is_not(None))
    newest = query.order_by(Return.submitted_at.desc()).limit(MOST_DURATIONS)
    return [(asked, paid) for asked, paid in session.execute(newest) if paid is not None]
