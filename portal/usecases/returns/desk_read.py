"""The returns desk's list: every shop's returns, what waits first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from portal.db.queries.order_returns import of_orders
from portal.db.queries.return_desk import LISTS, TROUBLES, DeskFilter, scanned, where
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
from portal.usecases.staff.views import view_of

PAGE_SIZE = 50
_Placed = tuple[Order, Customer]
_Number = tuple[str, str]  # carrier, tracking number
FILTERS = tuple(LISTS)  # the lists, in the order of the tabs
_NEWEST_FIRST = (None, "done", "cancelled")


def list_returns(
    deps: Deps,
    *,
    wanted: DeskFilter | None = None,
    shop_id: int | None = None,
    state: str | None = None,
    page: int = 1,
    size: int = PAGE_SIZE,
) -> DeskPage:
    """Returns of one shop or of all, those that wait longest first. `state` is a name of FILTERS; None: all.

    The counts are those of every list under the same filter. Raises NotFound for a list that does not exist.
    """
    if state is not None and state not in LISTS:
        raise NotFound("there is no such list of returns")
    wanted = wanted or DeskFilter(shop_id=shop_id)
    mine, now = where(wanted), deps.clock()
    shops = _shops(deps)
    with deps.sessions.read_system() as session:
        counts = _counts(session, mine, now)
        total = session.scalar(select(func.count()).select_from(Return).where(mine)) if state is None else counts[state]
        pages = max(1, -(-(total or 0) // size))
        page = min(max(1, page), pages)
        query = select(Return).where(mine).order_by(*_order(state)).offset((page - 1) * size).limit(size)
        if state is not None:
            query = query.where(LISTS[state](now))
        rows = list(session.scalars(query))
        found = desk_returns(session, rows, shops)
        troubles = _troubles(session, rows, now)
    return DeskPage(tuple(found), page, pages, total or 0, counts, troubles)


def _counts(session: Session, mine: ColumnElement[bool], now: datetime) -> dict[str, int]:
    counted = (func.count().filter(condition(now)) for condition in LISTS.values())
    row = session.execute(select(*counted).select_from(Return).where(mine)).one()
    return dict(zip(LISTS, (int(n) for n in row), strict=True))


def _troubles(session: Session, rows: Sequence[Return], now: datetime) -> dict[int, tuple[str, ...]]:
    """What went wrong with each, by the names of TROUBLES."""
    asked = select(Return.id, *(condition(now) for condition in TROUBLES.values()))
    found = session.execute(asked.where(Return.id.in_([row.id for row in rows])))
    return {
        return_id: tuple(name for name, is_so in zip(TROUBLES, answers, strict=True) if is_so)
        for return_id, *answers in found
    }


def _order(state: str | None) -> tuple[Any, ...]:
    if state in _NEWEST_FIRST:
        return (Return.submitted_at.desc(), Return.id.desc())
    return (Return.submitted_at, Return.id)


def find_scanned(deps: Deps, text: str) -> tuple[int, ...]:
    """The returns that a scanned or typed code means: an RMA, a tracking number, an order's number."""
    with deps.sessions.read_system() as session:
        return tuple(scanned(session, text[:80]))


def find_return(deps: Deps, return_id: int) -> DeskReturn:
    """One return by its id. Raises NotFound."""
    shops = _shops(deps)
    with deps.sessions.read_system() as session:
        row = session.get(Return, return_id)
        if row is None:
            raise NotFound("there is no such return")
        return desk_returns(session, [row], shops)[0]


def returns_of_order(deps: Deps, order_id: int) -> tuple[DeskReturn, ...]:
    """The returns of one order, the newest first: what a case's page shows beside the parcels."""
    shops = _shops(deps)
    with deps.sessions.read_system() as session:
        rows = session.scalars(select(Return).where(of_orders([order_id])).order_by(Return.id.desc()))
        return tuple(desk_returns(session, list(rows), shops))


def _shops(deps: Deps) -> dict[int, ShopRef]:
    """Read before another session is open: whoever holds one connection and waits for a second can wait for ever."""
    return {shop.id: shop for shop in list_shops(deps)}


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
    found = select(Shipment.return_id, Shipment.carrier, Shipment.tracking_number).where(
        Shipment.return_id.in_(own), Shipment.direction == "return"
    )
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
        .where(ReturnItem.return_id.in_(ids), ReturnItem.quantity > 0)
        .order_by(OrderLine.order_id, OrderLine.position)
    ):
        found[item.return_id].append(
            DeskItem(
                id=item.id,
                line_id=line.id,
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
                elsewhere=sum(counts.get((item.id, kind), 0) for kind in ("wrong_item", "removed", "kept")),
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
    return view_of(
        DeskReturn,
        row,
        shop_id=shop.id,
        shop_slug=shop.slug,
        shop_name=shop.config.name,
        order_number=order.number,
        order_public_id=order.public_id,
        customer_name=buyer.name or order.ship_name,
        customer_email=order.email,
        is_vip=buyer.is_vip,
        paid_at=row.money_at,
        flags=tuple(row.flags),
        carrier=number[0] if number else None,
        tracking_number=number[1] if number else None,
        label_trouble=why,
        items=tuple(items),
    )
