"""The returns desk's list: every shop's returns, what waits first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from portal.db.tables.effects import Effect
from portal.db.tables.orders import Customer, Order, OrderLine
from portal.db.tables.returns import LabelRow, Return, ReturnItem, ReturnItemEntry
from portal.db.tables.shipments import Shipment
from portal.domain.returns.methods import OWN_PARCEL
from portal.domain.returns.reasons import words_for
from portal.errors import NotFound
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns.desk_views import DeskItem, DeskPage, DeskReturn
from portal.usecases.shops import list_shops

PAGE_SIZE = 50
_OPEN = Return.decision.in_(("submitted", "approved"))
_ON_THEIR_WAY = ("none", "label_ready", "in_transit", "lost")  # none: a parcel of the shopper's own, without a label
_Placed = tuple[Order, Customer]
_Number = tuple[str, str]  # carrier, tracking number
# What staff can ask for, in the order of the tabs.
FILTERS: Mapping[str, ColumnElement[bool]] = {
    "open": _OPEN,
    "no_label": and_(_OPEN, Return.parcel.in_(("label_failed", "label_lapsed"))),
    "on_its_way": and_(_OPEN, Return.money == "quoted", Return.parcel.in_(_ON_THEIR_WAY)),
    "to_receive": and_(_OPEN, Return.money == "quoted", Return.parcel == "delivered_to_us"),
    "to_pay": and_(_OPEN, Return.money == "due"),
    "done": Return.decision == "resolved",
    "cancelled": Return.decision.in_(("cancelled", "expired", "rejected", "withdrawn_by_shopper")),
}


def list_returns(
    deps: Deps, *, shop_id: int | None = None, state: str | None = None, page: int = 1, size: int = PAGE_SIZE
) -> DeskPage:
    """Returns of one shop or of all, those that wait longest first. `state` is a name of FILTERS; None: all.

    Raises NotFound for a filter that does not exist.
    """
    if state is not None and state not in FILTERS:
        raise NotFound("there is no such list of returns")
    mine = Return.shop_id == shop_id if shop_id is not None else Return.id.is_not(None)
    with deps.sessions.read_system() as session:
        counts = _counts(session, mine)
        total = session.scalar(select(func.count()).select_from(Return).where(mine)) if state is None else counts[state]
        pages = max(1, -(-(total or 0) // size))
        page = min(max(1, page), pages)
        query = select(Return).where(mine).order_by(*_order(state)).offset((page - 1) * size).limit(size)
        if state is not None:
            query = query.where(FILTERS[state])
        shops = {shop.id: shop for shop in list_shops(deps)}
        found = desk_returns(session, list(session.scalars(query)), shops)
    return DeskPage(tuple(found), page, pages, total or 0, counts)


def _counts(session: Session, mine: ColumnElement[bool]) -> dict[str, int]:
    row = session.execute(
        select(*(func.count().filter(where) for where in FILTERS.values())).select_from(Return).where(mine)
    ).one()
    return dict(zip(FILTERS, (int(n) for n in row), strict=True))


def _order(state: str | None) -> tuple[Any, ...]:
    if state in (None, "done", "cancelled"):
        return (Return.submitted_at.desc(), Return.id.desc())
    return (Return.submitted_at, Return.id)


def find_return(deps: Deps, return_id: int) -> DeskReturn:
    """One return by its id. Raises NotFound."""
    with deps.sessions.read_system() as session:
        row = session.get(Return, return_id)
        if row is None:
            raise NotFound("there is no such return")
        return desk_returns(session, [row], {shop.id: shop for shop in list_shops(deps)})[0]


def returns_of_order(deps: Deps, order_id: int) -> tuple[DeskReturn, ...]:
    """The returns of one order, the newest first: what a case's page shows beside the parcels."""
    with deps.sessions.read_system() as session:
        rows = session.scalars(select(Return).where(Return.order_id == order_id).order_by(Return.id.desc()))
        return tuple(desk_returns(session, list(rows), {shop.id: shop for shop in list_shops(deps)}))


def desk_returns(session: Session, rows: Sequence[Return], shops: Mapping[int, ShopRef]) -> list[DeskReturn]:
    """The same returns as the desk shows them, with a handful of queries however many there are."""
    ids = [row.id for row in rows]
    orders = {
        order.id: (order, customer)
        for order, customer in session.execute(
            select(Order, Customer)
            .join(Customer, Customer.id == Order.customer_id)
            .where(Order.id.in_({row.order_id for row in rows}))
        )
    }
    items = _items(session, ids)
    labels = {
        label.return_id: (label.carrier, label.tracking_number)
        for label in session.scalars(select(LabelRow).where(LabelRow.return_id.in_(ids)).order_by(LabelRow.id))
    }
    numbers = labels | _own_parcels(session, rows)
    trouble = _label_trouble(session, rows)
    return [
        _view(row, shops[row.shop_id], orders[row.order_id], items[row.id], numbers.get(row.id), trouble.get(row.id))
        for row in rows
    ]


def _own_parcels(session: Session, rows: Sequence[Return]) -> dict[int, _Number]:
    """Of returns without a label, the numbers that their shoppers have given."""
    own = [row.id for row in rows if row.method == OWN_PARCEL]
    found = select(Shipment.return_id, Shipment.carrier, Shipment.tracking_number).where(Shipment.return_id.in_(own))
    return {of: (carrier, number) for of, carrier, number in session.execute(found) if of is not None}


def _items(session: Session, ids: list[int]) -> dict[int, list[DeskItem]]:
    counts: dict[tuple[int, str], int] = {
        (item, kind): int(quantity)
        for item, kind, quantity in session.execute(
            select(ReturnItemEntry.return_item_id, ReturnItemEntry.kind, func.sum(ReturnItemEntry.quantity))
            .join(ReturnItem, ReturnItem.id == ReturnItemEntry.return_item_id)
            .where(ReturnItem.return_id.in_(ids))
            .group_by(ReturnItemEntry.return_item_id, ReturnItemEntry.kind)
        )
    }
    found: dict[int, list[DeskItem]] = defaultdict(list)
    for item, line in session.execute(
        select(ReturnItem, OrderLine)
        .join(OrderLine, OrderLine.id == ReturnItem.order_line_id)
        .where(ReturnItem.return_id.in_(ids))
        .order_by(OrderLine.position)
    ):
        found[item.return_id].append(
            DeskItem(
                id=item.id,
                title=line.title,
                variant=line.variant,
                sku=line.sku,
                quantity=item.quantity,
                received=counts.get((item.id, "received"), 0),
                not_received=counts.get((item.id, "not_received"), 0),
                reason=item.reason,
                reason_words=words_for(item.reason),
                comment=item.comment,
                unit_refund_minor=item.unit_refund_minor,
            )
        )
    return found


def _label_trouble(session: Session, rows: Sequence[Return]) -> dict[int, str]:
    """What the carrier last said, for returns that wait for a label."""
    waiting = {f"return {row.id}": row.id for row in rows if row.parcel in ("label_failed", "label_queued")}
    effects = session.execute(
        select(Effect.subject, Effect.error)
        .where(Effect.kind == "label", Effect.subject.in_(waiting), Effect.error.is_not(None))
        .order_by(Effect.id)
    )
    return {waiting[subject]: error for subject, error in effects if error}


def _view(
    row: Return, shop: ShopRef, placed: _Placed, items: list[DeskItem], number: _Number | None, why: str | None
) -> DeskReturn:
    order, buyer = placed
    return DeskReturn(
        id=row.id,
        public_id=row.public_id,
        rma=row.rma,
        shop_id=shop.id,
        shop_slug=shop.slug,
        shop_name=shop.config.name,
        order_id=order.id,
        order_number=order.number,
        order_public_id=order.public_id,
        customer_name=buyer.name or order.ship_name,
        customer_email=order.email,
        is_vip=buyer.is_vip,
        decision=row.decision,
        parcel=row.parcel,
        money=row.money,
        method=row.method,
        resolution=row.resolution,
        currency=row.currency,
        goods_minor=row.goods_minor,
        fee_minor=row.fee_minor,
        bonus_minor=row.bonus_minor,
        due_minor=row.due_minor,
        submitted_at=row.submitted_at,
        send_back_by=row.send_back_by,
        received_at=row.received_at,
        paid_at=row.money_at,
        closed_at=row.closed_at,
        credit_code=row.credit_code,
        carrier=number[0] if number else None,
        tracking_number=number[1] if number else None,
        label_trouble=why,
        items=tuple(items),
    )
