"""Answers that say nothing new: nearly all of them. One transaction and a handful of statements for a whole round."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table, select, update
from sqlalchemy.orm import Session

from carriers.model import Status
from portal.db.tables.delivery_exceptions import DeliveryException
from portal.db.tables.orders import Customer, Order
from portal.db.tables.shipments import Shipment
from portal.domain.pacing import Stretch
from portal.domain.polling import PollFacts, PollPlan, next_poll
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.shops import find_shop
from portal.usecases.tracking.ask import Answered
from portal.usecases.tracking.claim import Finish, finish, ours
from portal.usecases.tracking.plan import finish_of

_shipments: Table = Shipment.__table__  # type: ignore[assignment]
_orders: Table = Order.__table__  # type: ignore[assignment]
_customers: Table = Customer.__table__  # type: ignore[assignment]
_cases: Table = DeliveryException.__table__  # type: ignore[assignment]


def store_unchanged(
    deps: Deps, answers: Sequence[Answered], shops: dict[int, ShopRef], stretched: Stretch
) -> list[Answered]:
    """Plan the next poll of each. Returns those whose tracking ends with it: they want a transaction of their own."""
    if not answers:
        return []
    for shop_id in {a.claim.shop_id for a in answers} - set(shops):
        shops[shop_id] = find_shop(deps, shop_id=shop_id)
    with deps.sessions.write_system() as session:
        rows = _read(session, {a.claim.shipment_id for a in answers})
        mine = ours(session, [a.claim for a in answers])
        pressing = _pressing(session, mine)
        ending: list[Answered] = []
        done: list[Finish] = []
        for answered in answers:
            if answered.claim.shipment_id not in mine:
                continue  # another worker has taken it over: its word counts
            row = rows[answered.claim.shipment_id]
            planned = _plan(deps, shops[answered.claim.shop_id], row, str(row.id) in pressing, stretched)
            if planned.tracking_ended:
                ending.append(answered)
            else:
                done.append(finish_of(answered.claim, planned, answered.claim.fingerprint))
        _answered_again(deps, session, [f.claim.shipment_id for f in done])
        finish(session, done)
    return ending


def _read(session: Session, ids: set[int]) -> dict[int, Any]:
    columns = (
        _shipments.c.id,
        _shipments.c.status,
        _shipments.c.substatus,
        _shipments.c.created_at,
        _shipments.c.status_at,
        _shipments.c.last_scan_at,
        _shipments.c.delivered_at,
        _shipments.c.eta_on,
        _shipments.c.pushed_at,
        _orders.c.service_level,
        _customers.c.is_vip,
    )
    query = (
        select(*columns)
        .join(_orders, _orders.c.id == _shipments.c.order_id)
        .join(_customers, _customers.c.id == _orders.c.customer_id)
        .where(_shipments.c.id.in_(ids))
        .order_by(_shipments.c.id)
        .with_for_update(of=_shipments)  # the parcel before its place in the queue, as everywhere
    )
    return {row.id: row for row in session.execute(query)}


def _pressing(session: Session, ids: set[int]) -> set[str]:
    """The parcels with an open case of high or critical severity."""
    return set(
        session.scalars(
            select(_cases.c.subject_id).where(
                _cases.c.subject_kind == "shipment",
                _cases.c.subject_id.in_([str(i) for i in ids]),
                _cases.c.state == "open",
                _cases.c.severity.in_(("high", "critical")),
            )
        )
    )


def _plan(deps: Deps, shop: ShopRef, row: Any, pressing: bool, stretched: Stretch) -> PollPlan:
    facts = PollFacts(
        status=Status(row.status),
        substatus=row.substatus,
        created_at=row.created_at,
        status_at=row.status_at,
        last_scan_at=row.last_scan_at,
        delivered_at=row.delivered_at,
        eta_latest=row.eta_on,
        is_vip=row.is_vip or (row.service_level == "express" and shop.config.vip.express_paid),
        pressing_case=pressing,
        pushed_at=row.pushed_at,
        stretch=stretched.usual,
        stretch_urgent=stretched.urgent,
    )
    return next_poll(facts, deps.clock(), deps.tick_uniform())


def _answered_again(deps: Deps, session: Session, ids: list[int]) -> None:
    if ids:
        session.execute(
            update(_shipments)
            .where(_shipments.c.id.in_(ids))
            .values(polled_at=deps.clock(), error_count=0, last_error=None)
        )
