"""What each customer is worth to a shop, and who is a VIP because of it. Run after an import and every night.

Historic value: what was paid for orders that were not cancelled, less refunds and store credit (field: e.10).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Select, Subquery, and_, case, cast, func, or_, select, update
from sqlalchemy.orm import Session

from portal.db.tables.shops import Shop
from portal.domain.blind import SOURCE as BLIND
from portal.domain.vip import CustomerFacts, VipRules, VipVerdict, judge
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.importing.tables import customers, orders
from portal.usecases.shops import list_shops

YEAR = timedelta(days=365)
_BATCH = 2_000


def recompute_values(
    deps: Deps, shop: ShopRef, customer_ids: Collection[int] | None = None, now: datetime | None = None
) -> int:
    """Bring values and VIP marks of a shop's customers up to date; all of them unless `customer_ids` are given.

    With all of them, the shop's learnt value floor is learnt anew. Returns how many VIP marks or reasons changed.
    """
    now = now or deps.clock()
    with deps.sessions.write_system() as session:
        totals = _totals(shop.id, now, customer_ids).subquery()
        session.execute(_write_totals(totals))
        floor = session.scalar(select(Shop.vip_value_floor_minor).where(Shop.id == shop.id))
        if customer_ids is None or floor is None:
            floor = _learn_floor(session, shop)
            session.execute(
                update(Shop).where(Shop.id == shop.id).values(vip_value_floor_minor=floor, values_computed_at=now)
            )
    rules = vip_rules(shop, floor)
    return sum(_judge_batch(deps, shop, rules, ids, now) for ids in _id_batches(deps, shop.id, customer_ids))


def vip_rules(shop: ShopRef, learnt_floor_minor: int | None) -> VipRules:
    """The shop's settings with the floor learnt from its customers."""
    vip = shop.config.vip
    return VipRules(
        currency=shop.config.currency,
        value_floor_minor=vip.value_floor_minor,
        value_quantile_minor=learnt_floor_minor,
        orders_12m=vip.orders_12m,
        loyalty_tiers=vip.loyalty_tiers,
        tags=vip.tags,
        express_paid=vip.express_paid,
    )


def _totals(shop_id: int, now: datetime, customer_ids: Collection[int] | None) -> Select[Any]:
    """Per customer, over orders placed before `now`: counts and value without cancelled ones, first and last of all."""
    live = orders.c.status != "cancelled"
    paid = orders.c.total_minor - orders.c.refunded_minor - orders.c.credited_minor
    found = (
        select(
            orders.c.customer_id,
            cast(func.sum(case((live, 1), else_=0)), BigInteger).label("orders_count"),
            cast(func.sum(case((and_(live, orders.c.placed_at >= now - YEAR), 1), else_=0)), BigInteger).label(
                "orders_12m"
            ),
            cast(func.sum(case((live, paid), else_=0)), BigInteger).label("ltv_minor"),
            func.min(orders.c.placed_at).label("first_order_at"),
            func.max(orders.c.placed_at).label("last_order_at"),
        )
        .where(orders.c.shop_id == shop_id, orders.c.placed_at < now, orders.c.source != BLIND)
        .group_by(orders.c.customer_id)
    )
    return found if customer_ids is None else found.where(orders.c.customer_id.in_(list(customer_ids)))


def _write_totals(totals: Subquery) -> Any:
    names = ("orders_count", "orders_12m", "ltv_minor", "first_order_at", "last_order_at")
    differs = or_(*(customers.c[name].is_distinct_from(totals.c[name]) for name in names))
    return (
        update(customers)
        .where(customers.c.id == totals.c.customer_id, differs)
        .values({name: totals.c[name] for name in names})
    )


def _learn_floor(session: Session, shop: ShopRef) -> int | None:
    """The value that the given share of customers with two or more orders do not exceed (nearest rank)."""
    again = (customers.c.shop_id == shop.id) & (customers.c.orders_count >= 2)
    n = session.scalar(select(func.count()).select_from(customers).where(again)) or 0
    if not n:
        return None
    rank = max(0, math.ceil(shop.config.vip.value_quantile * n) - 1)
    values = select(customers.c.ltv_minor).where(again).order_by(customers.c.ltv_minor)
    return session.scalar(values.offset(rank).limit(1))


def _id_batches(deps: Deps, shop_id: int, customer_ids: Collection[int] | None) -> Iterator[list[int]]:
    if customer_ids is not None:
        ids = sorted(customer_ids)
        yield from (ids[start : start + _BATCH] for start in range(0, len(ids), _BATCH))
        return
    last = 0
    while True:
        with deps.sessions.read_system() as session:
            wanted = select(customers.c.id).where(customers.c.shop_id == shop_id, customers.c.id > last)
            ids = list(session.scalars(wanted.order_by(customers.c.id).limit(_BATCH)))
        if not ids:
            return
        yield ids
        last = ids[-1]


def _judge_batch(deps: Deps, shop: ShopRef, rules: VipRules, ids: list[int], now: datetime) -> int:
    c = customers.c
    columns = (
        c.id,
        c.ltv_minor,
        c.orders_12m,
        c.tags,
        c.loyalty_tier,
        c.pinned_vip,
        c.is_vip,
        c.vip_reason,
        c.vip_since,
    )
    with deps.sessions.write_system() as session:
        rows = session.execute(select(*columns).where(c.shop_id == shop.id, c.id.in_(ids)).with_for_update())
        changes = [change for row in rows if (change := _verdict(row, rules, now)) is not None]
        for change in changes:
            session.execute(update(customers).where(c.id == change.pop("id")).values(change))
        return len(changes)


def _verdict(row: Any, rules: VipRules, now: datetime) -> dict[str, Any] | None:
    """The columns to change; None when the mark and its reason are as they were."""
    reason = row.vip_reason or {}
    before = VipVerdict(row.is_vip, reason.get("key"), since=row.vip_since)
    verdict = judge(facts_of(row, rules.currency), rules, now, before)
    told = {"key": verdict.key, "inputs": dict(verdict.inputs)} if verdict.is_vip else None
    if verdict.is_vip == row.is_vip and told == row.vip_reason:
        return None
    return {"id": row.id, "is_vip": verdict.is_vip, "vip_reason": told, "vip_since": verdict.since}


def facts_of(row: Any, currency: str) -> CustomerFacts:
    """A customer's row, or one made of totals, as the domain judges it."""
    return CustomerFacts(
        ltv_minor=row.ltv_minor,
        currency=currency,
        orders_12m=row.orders_12m,
        loyalty_tier=row.loyalty_tier,
        tags=tuple(row.tags or ()),
        pinned=row.pinned_vip,
    )


def count_vips_as_of(session: Session, shop: ShopRef, moment: datetime) -> int:
    """How many customers were VIPs at `moment`, by their orders until then. Tags, tiers and pins are today's."""
    totals = _totals(shop.id, moment, None).subquery()
    again = select(totals.c.ltv_minor).where(totals.c.orders_count >= 2).order_by(totals.c.ltv_minor)
    values = list(session.scalars(again))
    rank = max(0, math.ceil(shop.config.vip.value_quantile * len(values)) - 1)
    rules = vip_rules(shop, values[rank] if values else None)
    c = customers.c
    rows = session.execute(
        select(totals.c.ltv_minor, totals.c.orders_12m, c.tags, c.loyalty_tier, c.pinned_vip)
        .join(totals, totals.c.customer_id == c.id)
        .execution_options(yield_per=_BATCH)
    )
    return sum(judge(facts_of(row, rules.currency), rules, moment).is_vip for row in rows)


def recompute_all_values(deps: Deps) -> int:
    """The periodic job: every shop's customers."""
    return sum(recompute_values(deps, shop) for shop in list_shops(deps))
