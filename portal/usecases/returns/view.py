"""Everything a return's page shows, from the label to the money."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from carriers.errors import CarrierError
from portal.db.tables.effects import Effect
from portal.db.tables.orders import Order
from portal.db.tables.returns import LabelRow, Return, ReturnItemEntry
from portal.domain.business_days import add_business_days
from portal.domain.returns.methods import OWN_PARCEL
from portal.domain.returns.money import HANDLING_DAYS
from portal.domain.returns.reasons import is_our_doing, words_for
from portal.domain.returns.states import shopper_may_cancel
from portal.domain.shop_config import PostalAddress
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns import rows
from portal.usecases.returns.own_parcel import may_name

_NOT_SENT = frozenset({"none", "label_queued", "label_failed", "label_ready", "label_lapsed"})
STEPS = ("label", "on_its_way", "received", "paid")


@dataclass(frozen=True, slots=True)
class PageItem:
    """One line of the return."""

    title: str
    variant: str | None
    quantity: int
    received: int
    not_received: int
    reason_words: str  # message id


@dataclass(frozen=True, slots=True)
class LabelView:
    """The label there is."""

    carrier: str
    carrier_name: str
    tracking_number: str
    tracking_link: str
    has_qr: bool
    format: str  # pdf, png, gif, zpl


@dataclass(frozen=True, slots=True)
class LabelWait:
    """There is no label yet, or no more. `kind`: "making" (any moment), "later" (the carrier does not answer; tried
    again in `minutes` of real time), "person" (somebody at the shop has to see to it), or "lapsed" (nobody used it in its
    time; another can be had)."""

    kind: str
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class ParcelView:
    """Where the parcel is, in the nine public words. Moments are business time in UTC."""

    status: str
    as_of: datetime | None
    polled_at: datetime | None
    arrives_on: date | None
    carrier: str
    carrier_name: str
    tracking_number: str
    tracking_link: str


@dataclass(frozen=True, slots=True)
class ReturnPage:
    """A return as its shopper sees it. Sums are in minor units of `currency`."""

    public_id: str
    rma: str
    order_public_id: str
    order_number: str
    timezone: str
    locale: str | None
    decision: str
    parcel: str
    money: str
    method: str  # "label", or "own_parcel": the shopper sends it with a carrier of their own
    resolution: str
    currency: str
    goods_minor: int
    fee_minor: int
    bonus_minor: int
    due_minor: int
    items: tuple[PageItem, ...]
    submitted_at: datetime
    send_back_by: date
    received_at: datetime | None
    paid_at: datetime | None
    credit_code: str | None
    money_on: date | None  # the day to expect the money
    step: int  # how many of STEPS are done
    label: LabelView | None
    wait: LabelWait | None
    tracked: ParcelView | None
    warehouse: PostalAddress
    can_cancel: bool
    can_name: bool  # a number of their own can be given or corrected
    is_our_doing: bool  # something was wrong with the goods or on their way
    is_overdue: bool  # the day to send it back by has passed, and nobody has scanned it


def order_of_return(deps: Deps, shop: ShopRef, return_public_id: str) -> str:
    """The public id of the order that a return belongs to: what a visitor has to have proved. Raises NotFound."""
    with deps.sessions.read(shop.id) as session:
        row = rows.return_by_public_id(session, return_public_id)
        return session.get_one(Order, row.order_id).public_id


def view_return(deps: Deps, shop: ShopRef, return_public_id: str) -> ReturnPage:
    """The page of one return. Raises NotFound."""
    with deps.sessions.read(shop.id) as session:
        row = rows.return_by_public_id(session, return_public_id)
        order = session.get_one(Order, row.order_id)
        label = rows.live_label(session, row)
        today = deps.clock().astimezone(ZoneInfo(order.timezone)).date()
        return ReturnPage(
            public_id=row.public_id,
            rma=row.rma,
            order_public_id=order.public_id,
            order_number=order.number,
            timezone=order.timezone,
            locale=order.locale,
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
            items=_items(session, row),
            submitted_at=row.submitted_at,
            send_back_by=row.send_back_by,
            received_at=row.received_at,
            paid_at=row.money_at,
            credit_code=row.credit_code,
            money_on=_money_on(row, order, shop),
            step=_step(row),
            label=_label(deps, label) if label is not None else None,
            wait=_wait(session, deps, row),
            tracked=_tracked(session, deps, row) if label is not None or row.method == OWN_PARCEL else None,
            warehouse=shop.config.warehouse,
            can_cancel=shopper_may_cancel(row.decision, row.parcel),
            can_name=may_name(row),
            is_our_doing=is_our_doing(item.reason for item, _ in rows.items_of(session, row)),
            is_overdue=row.parcel in _NOT_SENT and today > row.send_back_by,
        )


def _items(session: Session, row: Return) -> tuple[PageItem, ...]:
    pairs = rows.items_of(session, row)
    counts = {
        (item_id, kind): int(units)
        for item_id, kind, units in session.execute(
            select(ReturnItemEntry.return_item_id, ReturnItemEntry.kind, func.sum(ReturnItemEntry.quantity))
            .where(ReturnItemEntry.return_item_id.in_([item.id for item, _ in pairs]))
            .group_by(ReturnItemEntry.return_item_id, ReturnItemEntry.kind)
        )
    }
    return tuple(
        PageItem(
            title=line.title,
            variant=line.variant,
            quantity=item.quantity,
            received=counts.get((item.id, "received"), 0),
            not_received=counts.get((item.id, "not_received"), 0),
            reason_words=words_for(item.reason),
        )
        for item, line in pairs
    )


def _step(row: Return) -> int:
    """A return that needs no label has done the first step when it is registered."""
    if row.money == "paid":
        return 4
    if row.money == "due" or row.received_at is not None:
        return 3
    return {"none": 1, "label_ready": 1, "in_transit": 2, "lost": 2, "delivered_to_us": 2}.get(row.parcel, 0)


def _money_on(row: Return, order: Order, shop: ShopRef) -> date | None:
    """What was said when the return was sent in; from the day it was checked in, counted from there."""
    if row.money == "quoted":
        said = row.decision_record["quote"]["money_on"]
        return date.fromisoformat(said) if said else None
    if row.money != "due" or row.received_at is None:
        return None
    zone = ZoneInfo(order.timezone)
    days = HANDLING_DAYS.get(row.resolution, 5)
    return add_business_days(row.received_at, days, (shop.config.country,), zone).astimezone(zone).date()


def _label(deps: Deps, label: LabelRow) -> LabelView:
    name, link = _at_carrier(deps, label.carrier, label.tracking_number)
    return LabelView(
        carrier=label.carrier,
        carrier_name=name,
        tracking_number=label.tracking_number,
        tracking_link=link,
        has_qr=label.qr_png is not None,
        format=label.format,
    )


def _at_carrier(deps: Deps, code: str, number: str) -> tuple[str, str]:
    """The carrier's name, and its own page about the number."""
    try:
        info = deps.carriers.info(code)
    except CarrierError:  # a carrier that is no longer connected: its labels stay good
        return code.upper(), ""
    return info.name, info.tracking_link.replace("{number}", number)


def _wait(session: Session, deps: Deps, row: Return) -> LabelWait | None:
    """Why there is no label yet, and when it is tried again."""
    if row.decision == "approved" and row.parcel == "label_lapsed":
        return LabelWait("lapsed")
    if row.decision != "approved" or row.parcel not in ("label_queued", "label_failed"):
        return None
    effect = session.scalars(
        select(Effect)
        .where(Effect.kind == "label", Effect.subject == f"return {row.id}")
        .order_by(Effect.id.desc())
        .limit(1)
    ).one_or_none()
    if effect is None or effect.state == "manual":
        return LabelWait("person")
    if effect.state == "succeeded":  # bought; its file is being fetched, or a person has to get it
        return LabelWait("making" if row.parcel == "label_queued" else "person")
    times = [moment for moment in (effect.next_attempt_at, effect.settle_at) if moment is not None]
    seconds = (max(times) - deps.wall()).total_seconds() if times and effect.state != "intended" else 0
    if effect.state == "intended" and effect.next_attempt_at is not None:
        seconds = (effect.next_attempt_at - deps.wall()).total_seconds()
    if effect.error is None and effect.state in ("intended", "submitted"):
        return LabelWait("making")
    return LabelWait("later", max(1, -int(-seconds // 60)))


def _tracked(session: Session, deps: Deps, row: Return) -> ParcelView | None:
    parcel = rows.return_parcel(session, row)
    if parcel is None:
        return None
    name, link = _at_carrier(deps, parcel.carrier, parcel.tracking_number)
    return ParcelView(
        status=parcel.status,
        as_of=parcel.last_scan_at,
        polled_at=parcel.polled_at,
        arrives_on=parcel.eta_on,
        carrier=parcel.carrier,
        carrier_name=name,
        tracking_number=parcel.tracking_number,
        tracking_link=link,
    )
