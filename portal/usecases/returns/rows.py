"""What the use cases of returns share: the rows of a return, its moves, and the judgement of an order's date."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.db.queries.order_returns import of_orders as of_orders
from portal.db.tables.effects import IdempotencyKey
from portal.db.tables.orders import Customer, Order, OrderLine
from portal.db.tables.returns import LabelRow, Return, ReturnEvent, ReturnItem, ReturnOrder
from portal.db.tables.shipments import Shipment
from portal.db.tables.shops import ShopConfigVersion
from portal.domain.returns.config import ReturnPolicyConfig
from portal.domain.returns.gift_codes import spell
from portal.domain.returns.states import step
from portal.domain.shop_config import ShopConfig
from portal.errors import Conflict, NotFound
from portal.usecases.deps import ShopRef


def order_by_public_id(session: Session, public_id: str, *, lock: bool = False) -> Order:
    """The order of this shop with this public id. Raises NotFound."""
    query = select(Order).where(Order.public_id == public_id)
    order = session.scalars(query.with_for_update() if lock else query).one_or_none()
    if order is None:
        raise NotFound("there is no such order")
    return order


def return_by_public_id(session: Session, public_id: str) -> Return:
    """The return of this shop with this public id. Raises NotFound."""
    row = session.scalars(select(Return).where(Return.public_id == public_id)).one_or_none()
    if row is None:
        raise NotFound("there is no such return")
    return row


def lock_return(session: Session, return_id: int) -> tuple[Order, Return]:
    """A return for changing, its orders first: whoever changes a return waits at its orders, so nobody waits in a ring.

    The order that it was begun from, and the return, as they are once the wait is over, also where the session had read
    them before. Which orders a return has never changes once it is sent in.
    """
    begun_from = session.scalars(select(Return.order_id).where(Return.id == return_id)).one()
    others = session.scalars(select(ReturnOrder.order_id).where(ReturnOrder.return_id == return_id))
    orders = lock_orders(session, {begun_from, *others})
    row = session.scalars(
        select(Return).where(Return.id == return_id).with_for_update().execution_options(populate_existing=True)
    ).one()
    return next(order for order in orders if order.id == begun_from), row


def lock_with_parcels(session: Session, return_id: int) -> tuple[Order, Return]:
    """The same for whoever stops watching its parcel or changes its way: the parcel first, as a scan locks it before the
    return that it moves."""
    mine = select(Shipment.id).where(Shipment.return_id == return_id).order_by(Shipment.id).with_for_update()
    session.execute(mine).all()
    return lock_return(session, return_id)


def lock_customer(session: Session, customer_id: int | None) -> None:
    """Whoever counts the returns of a customer counts one after the other. Before any lock of parcels and orders; who
    only writes an order of theirs need not wait."""
    session.execute(select(Customer.id).where(Customer.id == customer_id).with_for_update(key_share=True)).all()


def lock_orders(session: Session, order_ids: Iterable[int]) -> list[Order]:
    """Orders for changing, each locked in the order of their ids, as they are once the wait is over."""
    return [
        session.scalars(
            select(Order).where(Order.id == id_).with_for_update().execution_options(populate_existing=True)
        ).one()
        for id_ in sorted(set(order_ids))
    ]


def orders_of(session: Session, row: Return) -> list[Order]:
    """The orders of a return: the one it was begun from first, then by id."""
    joined = select(ReturnOrder.order_id).where(ReturnOrder.return_id == row.id)
    found = session.scalars(select(Order).where(or_(Order.id == row.order_id, Order.id.in_(joined))).order_by(Order.id))
    return sorted(found, key=lambda order: (order.id != row.order_id, order.id))


def next_rma(session: Session, order: Order) -> str:
    """The number that is written on the parcel of the next return that is begun from an order."""
    made = session.scalar(select(func.count()).select_from(Return).where(Return.order_id == order.id)) or 0
    return f"{order.number}-R{made + 1}"


def gift_rma(token: str) -> str:
    """The number of a present's return: it does not name the order. `token` is a random one."""
    return "G-" + spell(int.from_bytes(hashlib.sha256(token.encode()).digest()[:8]) >> 4)[:9]


def touch_all(session: Session, row: Return, now: datetime) -> None:
    """Every order of a return shows it."""
    for order in orders_of(session, row):
        touch(order, now)


def lines_of(session: Session, order: Order) -> list[OrderLine]:
    return list(session.scalars(select(OrderLine).where(OrderLine.order_id == order.id).order_by(OrderLine.position)))


def lines_of_orders(session: Session, orders: Sequence[Order]) -> dict[int, list[OrderLine]]:
    """The lines of several orders, by order."""
    found: dict[int, list[OrderLine]] = {}
    wanted = select(OrderLine).where(OrderLine.order_id.in_([order.id for order in orders]))
    for line in session.scalars(wanted.order_by(OrderLine.order_id, OrderLine.position)):
        found.setdefault(line.order_id, []).append(line)
    return found


def items_of(session: Session, row: Return) -> list[tuple[ReturnItem, OrderLine]]:
    """What a return takes now: its items with their order lines, by order and in the order's order."""
    pairs = session.execute(
        select(ReturnItem, OrderLine)
        .join(OrderLine, OrderLine.id == ReturnItem.order_line_id)
        .where(ReturnItem.return_id == row.id, ReturnItem.quantity > 0)
        .order_by(OrderLine.order_id, OrderLine.position)
    )
    return [(item, line) for item, line in pairs]


def held_units(session: Session, row: Return) -> dict[int, int]:
    """The units that a return holds, by order line."""
    return {line.id: item.quantity for item, line in items_of(session, row)}


def live_label(session: Session, row: Return) -> LabelRow | None:
    return session.scalars(
        select(LabelRow).where(LabelRow.return_id == row.id, LabelRow.voided_at.is_(None))
    ).one_or_none()


def return_parcel(session: Session, row: Return) -> Shipment | None:
    """The newest parcel of a return."""
    return session.scalars(
        select(Shipment)
        .where(Shipment.return_id == row.id, Shipment.direction == "return")
        .order_by(Shipment.id.desc())
        .limit(1)
    ).one_or_none()


def config_of_date(session: Session, shop: ShopRef, moment: datetime) -> tuple[int, ReturnPolicyConfig]:
    """The version of the shop's settings that was in force at a moment, or the first one there is."""
    versions = select(ShopConfigVersion).where(ShopConfigVersion.shop_id == shop.id)
    version = session.scalars(
        versions.where(ShopConfigVersion.created_at <= moment).order_by(ShopConfigVersion.version.desc()).limit(1)
    ).one_or_none()
    if version is None:
        version = session.scalars(versions.order_by(ShopConfigVersion.version).limit(1)).one()
    return version.version, ShopConfig.from_document(version.document).returns


def configs_of_dates(
    session: Session, shop: ShopRef, moments: Sequence[datetime]
) -> list[tuple[int, ReturnPolicyConfig]]:
    """The same for several moments: each version that is wanted is read once."""
    if len(moments) == 1:
        return [config_of_date(session, shop, moments[0])]
    versions = session.execute(
        select(ShopConfigVersion.version, ShopConfigVersion.created_at)
        .where(ShopConfigVersion.shop_id == shop.id)
        .order_by(ShopConfigVersion.version)
    ).all()
    wanted = [
        next((version for version, made in reversed(versions) if made <= moment), versions[0].version)
        for moment in moments
    ]
    configs = {version: config_of_version(session, shop.id, version) for version in set(wanted)}
    return [(version, configs[version]) for version in wanted]


def config_of_version(session: Session, shop_id: int, version: int) -> ReturnPolicyConfig:
    """The settings that judged a return."""
    document = session.scalars(
        select(ShopConfigVersion.document).where(
            ShopConfigVersion.shop_id == shop_id, ShopConfigVersion.version == version
        )
    ).one()
    return ShopConfig.from_document(document).returns


def move(session: Session, row: Return, machine: str, to: str, *, now: datetime, actor: str, why: str) -> None:
    """One step of a machine of a return, with its place in the history. Raises IllegalMove."""
    at = getattr(row, machine)
    setattr(row, machine, step(machine, at, to))
    row.version += 1
    session.add(
        ReturnEvent(
            shop_id=row.shop_id,
            return_id=row.id,
            machine=machine,
            from_state=at,
            to_state=to,
            at=now,
            actor=actor,
            why=why,
        )
    )


def touch(order: Order, now: datetime) -> None:
    """Something that a page shows has changed."""
    order.version = Order.version + 1  # counted by the database: two parcels of one order may be written at once
    order.changed_at = now


def request_hash(request: Any) -> str:
    return hashlib.sha256(json.dumps(request, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def earlier_result(session: Session, shop_id: int, actor: str, route: str, key: str) -> IdempotencyKey | None:
    """What the same form made before, if it was sent before."""
    return session.scalars(
        select(IdempotencyKey).where(
            IdempotencyKey.shop_id == shop_id,
            IdempotencyKey.actor == actor,
            IdempotencyKey.route == route,
            IdempotencyKey.key == key,
        )
    ).one_or_none()


class SentBefore(Exception):
    """The same form is being handled by another request, or was: read its result. Ends the transaction."""


def claim_form(
    session: Session, *, shop_id: int, actor: str, route: str, key: str, asked: str, now: datetime
) -> IdempotencyKey:
    """Put the form's key down before anything else is done (reliability: D2).

    Of two at once the second waits here for the first to commit, then raises SentBefore.
    """
    row = IdempotencyKey(
        shop_id=shop_id, actor=actor, route=route, key=key, request_hash=asked, result={}, created_at=now
    )
    session.add(row)
    try:
        session.flush()
    except IntegrityError as error:
        raise SentBefore from error
    return row


class OtherContent(Conflict):
    """The same form was sent before with something else in it. `result` is what it made then."""

    def __init__(self, result: dict[str, Any]) -> None:
        super().__init__("this form was sent before with other content")
        self.result = result


def same_or_conflict(earlier: IdempotencyKey, asked: str) -> dict[str, Any]:
    """The result of the earlier request when it asked for the same; raises OtherContent otherwise."""
    if earlier.request_hash != asked:
        raise OtherContent(dict(earlier.result))
    return dict(earlier.result)
