"""What a return brings, as its page shows it: each sum, where it goes and when, and what is sent instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.db.tables.catalogue import Reservation, Variant
from portal.db.tables.orders import Order
from portal.db.tables.returns import Return, ReturnItem
from portal.db.tables.shipments import Shipment
from portal.domain.business_days import add_business_days
from portal.domain.returns.money import HANDLING_DAYS
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns.exchange_desk import items_of_sending
from portal.usecases.returns.exchange_stock import GOODS, PART, sending
from portal.usecases.returns.owed import paid_as
from portal.usecases.returns.view_label import ParcelView, parcel_view


@dataclass(frozen=True, slots=True)
class MoneyView:
    """The sums of a return in minor units of its currency: due = goods + shipping - fee - exchange + bonus; `keep_minor`
    and `restocking_minor` are parts of goods and fee. `paid_as`: "refund" or "store_credit"."""

    state: str  # none, quoted, due, paid, failed
    paid_as: str
    currency: str
    goods_minor: int
    keep_minor: int
    shipping_minor: int
    exchange_minor: int
    fee_minor: int
    restocking_minor: int
    bonus_minor: int
    due_minor: int
    fee_waived: str  # "reason", "rule", "exchange"; empty: there is none, or it is taken
    fee_says: Mapping[str, str]  # the shop's words for that, by language
    expected_on: date | None
    paid_at: datetime | None
    by_law_on: date | None  # the last day for it (withdrawal)
    is_held: bool  # a person looks at it first
    credit_code: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class InsteadItem:
    title: str
    variant: str | None
    quantity: int


@dataclass(frozen=True, slots=True)
class InsteadView:
    """What is sent to the shopper: wanted instead, or a missing part. `state`: "kept" (set aside until `until`),
    "preparing", "sent", or "fallback" (it could not be had; what was chosen in advance is given)."""

    state: str
    items: tuple[InsteadItem, ...]
    is_part: bool = False
    until: date | None = None
    fallback: str = ""
    parcel: ParcelView | None = None


def money_view(session: Session, shop: ShopRef, order: Order, row: Return) -> MoneyView:
    quoted: Mapping[str, Any] = row.decision_record.get("quote", {})
    is_as_quoted = int(quoted.get("fee", 0)) == row.fee_minor
    items = session.scalars(select(ReturnItem).where(ReturnItem.return_id == row.id))
    return MoneyView(
        state=row.money,
        paid_as=paid_as(row),
        currency=row.currency,
        goods_minor=row.goods_minor,
        keep_minor=sum(item.keep_minor for item in items),
        shipping_minor=row.shipping_minor,
        exchange_minor=row.exchange_minor,
        fee_minor=row.fee_minor,
        restocking_minor=int(quoted.get("restocking", 0)) if is_as_quoted else 0,
        bonus_minor=row.bonus_minor,
        due_minor=row.due_minor,
        fee_waived=_waived(row, quoted) if row.fee_minor == 0 else "",
        fee_says=dict(quoted.get("fee_says") or {}),
        expected_on=_expected_on(row, order, shop),
        paid_at=row.money_at,
        by_law_on=row.refund_by,
        is_held=row.held_at is not None and row.money in ("quoted", "due"),
        credit_code=row.credit_code,
    )


def _waived(row: Return, quoted: Mapping[str, Any]) -> str:
    if not row.decision_record.get("fee_waived"):
        return ""
    return str(quoted.get("fee_why") or "reason")


def _expected_on(row: Return, order: Order, shop: ShopRef) -> date | None:
    """What was said when the return was sent in; from the day it was checked in, or became due, counted from there."""
    if row.due_minor == 0:
        return None
    if row.money == "quoted":
        said = row.decision_record.get("quote", {}).get("money_on")
        return date.fromisoformat(said) if said else None
    since = row.received_at or row.approved_at
    if row.money not in ("due", "failed") or since is None:
        return None
    zone = ZoneInfo(order.timezone)
    days = HANDLING_DAYS.get(paid_as(row), 5)
    return add_business_days(since, days, (shop.config.country,), zone).astimezone(zone).date()


def instead_views(session: Session, deps: Deps, order: Order, row: Return) -> tuple[InsteadView, ...]:
    """What is sent for this return: exchange, missing part; or why not."""
    found = [_wanted(session, deps, order, row), _sent(session, deps, row, PART)]
    return tuple(one for one in found if one is not None)


def _wanted(session: Session, deps: Deps, order: Order, row: Return) -> InsteadView | None:
    if row.exchange == "fallback_used":
        return InsteadView("fallback", (), fallback=row.resolution)
    if row.exchange not in ("reserved", "ordered", "shipped"):
        return None
    under_way = _sent(session, deps, row, GOODS)
    if under_way is not None and row.exchange != "reserved":
        return under_way
    kept = session.execute(
        select(Reservation, Variant)
        .join(Variant, Variant.id == Reservation.variant_id)
        .join(ReturnItem, ReturnItem.id == Reservation.return_item_id)
        .where(ReturnItem.return_id == row.id, Reservation.state == "held")
        .order_by(Reservation.id)
    ).all()
    if under_way is not None or not kept:
        return under_way
    until = min(reservation.expires_at for reservation, _ in kept).astimezone(ZoneInfo(order.timezone)).date()
    items = tuple(InsteadItem(variant.title, variant.variant, held.quantity) for held, variant in kept)
    return InsteadView("kept", items, until=until, fallback=row.fallback or "")


def _sent(session: Session, deps: Deps, row: Return, purpose: str) -> InsteadView | None:
    effect = sending(session, row, purpose)
    if effect is None:
        return None
    items = tuple(InsteadItem(i.title, i.variant, i.quantity) for i in items_of_sending(session, effect, row))
    shipment = session.get(Shipment, effect.result["shipment_id"]) if effect.result.get("shipment_id") else None
    state = "sent" if effect.result.get("sent") else "preparing"
    return InsteadView(state, items, is_part=purpose == PART, parcel=parcel_view(deps, shipment))
