"""The customers of a batch of orders: made when new, brought up to date by newer orders, never emptied by gaps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from portal.platforms.model import ImportedCustomer, ImportedOrder
from portal.usecases.importing.tables import customers

_TOLD = ("email", "name", "phone", "locale", "loyalty_tier")


@dataclass(frozen=True, slots=True)
class CustomerIds:
    """Row ids by external id, and how many rows were made or changed."""

    ids: dict[str, int]
    created: int
    updated: int


def keep_customers(session: Session, shop_id: int, orders: Iterable[ImportedOrder]) -> CustomerIds:
    """Store the customers of `orders`. What a source does not tell stays; an older order overwrites nothing."""
    merged = _merge(orders)
    known = {
        row.external_id: row
        for row in session.execute(
            select(customers).where(customers.c.shop_id == shop_id, customers.c.external_id.in_(list(merged)))
        )
    }
    new = [_new_row(shop_id, told, at) for told, at in merged.values() if told.external_id not in known]
    changes = [c for told, at in merged.values() if told.external_id in known if (c := _change(known, told, at))]
    told_anew = sum(len(change) > len(("id", "last_order_at")) for change in changes)
    for change in changes:
        session.execute(update(customers).where(customers.c.id == change.pop("id")).values(change))
    ids = {external_id: row.id for external_id, row in known.items()}
    if new:
        session.execute(insert(customers), new)
        wanted = [row["external_id"] for row in new]
        found = select(customers.c.external_id, customers.c.id).where(
            customers.c.shop_id == shop_id, customers.c.external_id.in_(wanted)
        )
        ids |= {row.external_id: row.id for row in session.execute(found)}
    return CustomerIds(ids, len(new), told_anew)


def _merge(orders: Iterable[ImportedOrder]) -> dict[str, tuple[ImportedCustomer, datetime]]:
    """One record a customer: each field from the newest order that tells it."""
    found: dict[str, tuple[ImportedCustomer, datetime]] = {}
    for order in sorted(orders, key=lambda order: order.placed_at):
        told = order.customer
        before = found.get(told.external_id)
        found[told.external_id] = (_newer(before[0], told) if before else told, order.placed_at)
    return found


def _newer(before: ImportedCustomer, told: ImportedCustomer) -> ImportedCustomer:
    values = {name: getattr(told, name) or getattr(before, name) for name in _TOLD}
    tags = before.tags if told.tags is None else told.tags
    return ImportedCustomer(external_id=told.external_id, tags=tags, **values)


def _new_row(shop_id: int, told: ImportedCustomer, at: datetime) -> dict[str, Any]:
    return {
        "shop_id": shop_id,
        "external_id": told.external_id,
        "email": told.email,
        "name": told.name,
        "phone": told.phone,
        "locale": told.locale,
        "loyalty_tier": told.loyalty_tier,
        "tags": list(told.tags or ()),
        "pinned_vip": False,
        "is_vip": False,
        "orders_count": 0,
        "orders_12m": 0,
        "ltv_minor": 0,
        "last_order_at": at,
    }


def _change(known: dict[str, Any], told: ImportedCustomer, at: datetime) -> dict[str, Any] | None:
    row = known[told.external_id]
    if row.last_order_at is not None and at < row.last_order_at:
        return None
    change: dict[str, Any] = {
        name: value for name in _TOLD if (value := getattr(told, name)) and value != getattr(row, name)
    }
    if told.tags is not None and list(told.tags) != row.tags:
        change["tags"] = list(told.tags)
    # The date moves with every order, so that a later batch knows which contact data is newer.
    return {"id": row.id, "last_order_at": at, **change} if change or at != row.last_order_at else None
