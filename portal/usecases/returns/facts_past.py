"""What a customer has sent back before. Asked by an index of their returns, and counted up to a limit: a decision takes as
long for a customer of a hundred thousand orders as for a new one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
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


def count_returns(session: Session, order_ids: Sequence[int]) -> dict[int, int]:
    """Returns with items of each order, called off or not: each may have cost a label. Orders without any are left out."""
    found = union(
        select(Return.order_id, Return.id.label("return_id")).where(Return.order_id.in_(order_ids)),
        select(ReturnOrder.order_id, ReturnOrder.return_id).where(ReturnOrder.order_id.in_(order_ids)),
    ).subquery()
    counted = select(found.c.order_id, func.count()).group_by(found.c.order_id)
    return {order_id: int(count) for order_id, count in session.execute(counted)}
