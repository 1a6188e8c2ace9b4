"""The story of an order and the history of a customer, read for staff: everything, across shops."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from carriers.errors import CarrierError
from portal.db.queries.order_returns import of_orders
from portal.db.tables.checkpoints import CheckpointRow
from portal.db.tables.delivery_exceptions import DeliveryException
from portal.db.tables.messages import OutboxMessage
from portal.db.tables.orders import Customer, Order, OrderLine
from portal.db.tables.returns import Return
from portal.db.tables.shipments import Promise, Shipment
from portal.errors import NotFound
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.shops import find_shop
from portal.usecases.staff.views import (
    CaseLine,
    CustomerView,
    LineView,
    MessageView,
    OrderLineOfMany,
    OrderView,
    ParcelView,
    PromiseView,
    ReturnView,
    ScanView,
    view_of,
)

_NEWEST = 10  # of a customer's past


def show_order(deps: Deps, order_id: int) -> tuple[OrderView, CustomerView]:
    """An order and its customer, for the order's page. Raises NotFound."""
    with deps.sessions.read_system() as session:
        order = session.get(Order, order_id)
        if order is None:
            raise NotFound("there is no such order")
        shop = find_shop(deps, shop_id=order.shop_id)
        return read_order(session, deps, shop, order), read_customer(session, shop, order)


def carrier_name(deps: Deps, code: str) -> str:
    """The carrier's own name; its code where this installation does not know it."""
    try:
        return deps.carriers.info(code).name
    except (CarrierError, KeyError):
        return code


def read_order(session: Session, deps: Deps, shop: ShopRef, order: Order) -> OrderView:
    """The order with its parcels, promises, messages, returns and cases: one query for each kind."""
    mine = order.id
    lines = session.scalars(
        select(OrderLine)
        .where(OrderLine.shop_id == order.shop_id, OrderLine.order_id == mine)
        .order_by(OrderLine.position)
    )
    promises = session.scalars(
        select(Promise).where(Promise.shop_id == order.shop_id, Promise.order_id == mine).order_by(Promise.id)
    )
    messages = session.scalars(
        select(OutboxMessage)
        .where(OutboxMessage.shop_id == order.shop_id, OutboxMessage.order_id == mine)
        .order_by(OutboxMessage.id.desc())
    )
    cases = session.scalars(
        select(DeliveryException).where(DeliveryException.order_id == mine).order_by(DeliveryException.id.desc())
    )
    return view_of(
        OrderView,
        order,
        shop_slug=shop.slug,
        shop_name=shop.config.name,
        lines=tuple(view_of(LineView, line) for line in lines),
        parcels=_parcels(session, deps, order),
        promises=tuple(view_of(PromiseView, p) for p in promises),
        messages=tuple(view_of(MessageView, m) for m in messages),
        returns=_returns(session, order.shop_id, [mine]),
        cases=case_lines(cases),
    )


def _parcels(session: Session, deps: Deps, order: Order) -> tuple[ParcelView, ...]:
    parcels = session.scalars(
        select(Shipment)
        .where(Shipment.shop_id == order.shop_id, Shipment.order_id == order.id)
        .order_by(Shipment.direction, Shipment.id)
    ).all()
    scans: dict[int, list[ScanView]] = {}
    for row in session.scalars(
        select(CheckpointRow)
        .where(CheckpointRow.shipment_id.in_([p.id for p in parcels]))
        .order_by(CheckpointRow.at.desc(), CheckpointRow.sequence.desc(), CheckpointRow.id.desc())
    ):
        scans.setdefault(row.shipment_id, []).append(view_of(ScanView, row))
    return tuple(
        view_of(ParcelView, p, carrier_name=carrier_name(deps, p.carrier), scans=tuple(scans.get(p.id, ())))
        for p in parcels
    )


def _returns(session: Session, shop_id: int, orders: list[int]) -> tuple[ReturnView, ...]:
    found = session.scalars(
        select(Return).where(Return.shop_id == shop_id, of_orders(orders)).order_by(Return.id.desc())
    )
    return tuple(view_of(ReturnView, row) for row in found)


def case_lines(cases: Iterable[DeliveryException]) -> tuple[CaseLine, ...]:
    return tuple(view_of(CaseLine, case) for case in cases)


def read_customer(session: Session, shop: ShopRef, order: Order) -> CustomerView:
    """Who ordered: value, VIP and since when, and the newest of their other orders, problems and returns."""
    customer = session.get_one(Customer, order.customer_id)
    orders = session.scalars(
        select(Order)
        .where(Order.shop_id == shop.id, Order.customer_id == customer.id)
        .order_by(Order.placed_at.desc(), Order.id.desc())
        .limit(_NEWEST + 1)
    ).all()
    others = [o for o in orders if o.id != order.id][:_NEWEST]
    cases = session.scalars(
        select(DeliveryException)
        .where(DeliveryException.customer_id == customer.id, DeliveryException.order_id != order.id)
        .order_by(DeliveryException.id.desc())
        .limit(_NEWEST)
    )
    return view_of(
        CustomerView,
        customer,
        currency=shop.config.currency,
        orders=tuple(view_of(OrderLineOfMany, o) for o in others),
        cases=case_lines(cases),
        returns=_returns(session, shop.id, [o.id for o in others]),
    )
