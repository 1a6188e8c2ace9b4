"""What a customer has sent back before. Asked by an index of their returns, and counted up to a limit: a decision takes as
long for a customer of a hundred thousand orders as for a new one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, func, select, union
from sqlalchemy.orm import Session

from portal.db.tables.orders import OrderLine
from portal.db.tables.returns import Return, ReturnItem, ReturnItemEntry, ReturnOrder

MOST = 500  # the newest returns of a customer that are looked at
# Called off, or never sent in. A legal withdrawal is a right: using it is held against nobody.
_NOT_COUNTED = ("draft", "withdrawn_by_shopper", "cancelled")
_WRONG = ("not_received", "wrong_item", "rejected")


@dataclass(frozen=True, slots=True)
class Past:
    """Returns of a customer within some days: all, those with missing, wrong or rejected items, units that were kept,
    and units sent back by SKU."""

    placed: int
    wrong: int
    kept: int
    units: dict[str, int]


def past_of(session: Session, customer_id: int, skus: Collection[str], within_days: int, now: datetime) -> Past:
    """Three questions, each through an index. Units are counted for `skus` alone."""
    newest = (
        select(Return.id)
        .where(
            Return.customer_id == customer_id,
            Return.submitted_at > now - timedelta(days=within_days),
            Return.decision.not_in(_NOT_COUNTED),
            Return.kind != "withdrawal",
        )
        .order_by(Return.submitted_at.desc(), Return.id.desc())
        .limit(MOST)
    )
    ids = list(session.scalars(newest))
    if not ids:
        return Past(0, 0, 0, {})
    wrong: set[int] = set()
    kept = 0
    for return_id, kind, units in session.execute(_entries(ids)):
        if kind == "kept":
            kept += int(units)
        else:
            wrong.add(return_id)
    sent = select(OrderLine.sku, func.sum(ReturnItem.quantity)).join(
        OrderLine, OrderLine.id == ReturnItem.order_line_id
    )
    sent = sent.where(ReturnItem.return_id.in_(ids), OrderLine.sku.in_(sorted(skus))).group_by(OrderLine.sku)
    return Past(len(ids), len(wrong), kept, {sku: int(units) for sku, units in session.execute(sent)})


def _entries(ids: list[int]) -> Select[int, str, int]:
    return (
        select(ReturnItem.return_id, ReturnItemEntry.kind, func.sum(ReturnItemEntry.quantity))
        .join(ReturnItemEntry, ReturnItemEntry.return_item_id == ReturnItem.id)
        .where(ReturnItem.return_id.in_(ids), ReturnItemEntry.kind.in_((*_WRONG, "kept")))
        .group_by(ReturnItem.return_id, ReturnItemEntry.kind)
    )


def count_returns(session: Session, order_id: int) -> int:
    """Returns with items of an order, called off or not: each may have cost a label."""
    found = union(
        select(Return.id).where(Return.order_id == order_id),
        select(ReturnOrder.return_id).where(ReturnOrder.order_id == order_id),
    ).subquery()
    return session.scalar(select(func.count()).select_from(found)) or 0
