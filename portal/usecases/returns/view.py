"""Everything a return's page shows, from the decision to the money."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.db.tables.orders import Order
from portal.db.tables.returns import Return, ReturnEvent, ReturnItemEntry
from portal.domain.business_days import add_business_days
from portal.domain.returns.config import Store
from portal.domain.returns.methods import IN_STORE, NOT_SENT, OWN_PARCEL
from portal.domain.returns.reasons import is_our_doing, words_for
from portal.domain.returns.refusals import REFUSALS, words_of
from portal.domain.returns.states import DECISION, shopper_may_cancel
from portal.domain.shop_config import PostalAddress
from portal.errors import NotFound
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns import photos, rows
from portal.usecases.returns.edit import may_edit
from portal.usecases.returns.own_parcel import may_name
from portal.usecases.returns.papers import has_slip, needs_invoice
from portal.usecases.returns.switch import Way, other_ways, switch_key
from portal.usecases.returns.view_label import (
    LabelView,
    LabelWait,
    ParcelView,
    label_view,
    parcel_view,
    wait_view,
)
from portal.usecases.returns.view_money import InsteadView, MoneyView, instead_views, money_view
from portal.usecases.staff.views import view_of

GIFT, WITHDRAWAL = "gift", "withdrawal"  # kinds
NOT_SCANNED = frozenset({"none", "label_queued", "label_failed", "label_ready", "label_lapsed"})
REVIEW_DAYS = 2  # business days within which a person answers
AGAIN = frozenset({"photo_missing"})  # refusals after which it can be sent in once more


@dataclass(frozen=True, slots=True)
class PageItem:
    """One line of the return. `photos` are public ids; `order_number` is given where a return has several orders."""

    title: str
    variant: str | None
    quantity: int
    received: int
    not_received: int
    reason_words: str  # message id
    outcome: str = "send_back"  # or keep, part
    rejected: int = 0  # units that came and are not paid for
    order_number: str = ""
    photos: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a person said no: a message id, and that person's own words."""

    words: str
    own_words: str
    can_try_again: bool


@dataclass(frozen=True, slots=True)
class ReturnPage:
    """A return as its shopper sees it. Days are those of the recipient's zone, moments are business time in UTC."""

    public_id: str
    rma: str
    kind: str  # return, gift, withdrawal, blind
    order_public_id: str
    order_number: str
    orders: tuple[tuple[str, str], ...]  # public id and number of each order that it takes items of
    timezone: str
    locale: str | None
    decision: str
    parcel: str
    method: str
    resolution: str
    money: MoneyView
    instead: tuple[InsteadView, ...]
    items: tuple[PageItem, ...]
    submitted_at: datetime
    send_back_by: date
    send_back_days: int  # from the day it was approved, or sent in
    decide_by: date | None  # when a person answers at the latest, while it waits for one
    refused: Refused | None
    reopened_at: datetime | None
    closed_at: datetime | None
    received_at: datetime | None
    label: LabelView | None
    wait: LabelWait | None
    others: tuple[Way, ...]  # ways back that can be chosen instead of waiting for a label
    switch_key: str  # of the form that chooses one
    tracked: ParcelView | None
    warehouse: PostalAddress
    store: Store | None
    pickup_on: date | None
    donate_to: str
    has_slip: bool
    needs_invoice: bool
    can_cancel: bool
    can_edit: bool
    can_name: bool  # a number of their own can be given or corrected
    is_our_doing: bool  # something was wrong with the goods or on their way
    is_overdue: bool  # the day to send it back by has passed, and nobody has scanned it

    @property
    def is_present(self) -> bool:
        """Whoever reads this was given the goods: no prices, and nothing of the order that it came with."""
        return self.kind == GIFT

    @property
    def is_sent(self) -> bool:
        """Whether a parcel goes back."""
        return (
            self.method not in NOT_SENT
            and self.method != IN_STORE
            and any(i.outcome == "send_back" for i in self.items)
        )

    @property
    def is_waiting(self) -> bool:
        """Whether it is the shopper's turn: approved, and nothing handed in yet."""
        return self.decision == "approved" and self.parcel in NOT_SCANNED and self.money.state == "quoted"


def order_of_return(deps: Deps, shop: ShopRef, return_public_id: str) -> str:
    """The public id of the order that a return belongs to: what a visitor has to have proved. Raises NotFound."""
    with deps.sessions.read(shop.id) as session:
        row = rows.return_by_public_id(session, return_public_id)
        if row.kind == "gift":  # the order's proof opens nothing of a present's return, which has a link of its own
            raise NotFound("there is no such return")
        return session.get_one(Order, row.order_id).public_id


def view_return(deps: Deps, shop: ShopRef, return_public_id: str) -> ReturnPage:
    """The page of one return. Raises NotFound."""
    with deps.sessions.read(shop.id) as session:
        row = rows.return_by_public_id(session, return_public_id)
        order = session.get_one(Order, row.order_id)
        label = rows.live_label(session, row)
        zone = ZoneInfo(order.timezone)
        is_watched = label is not None or row.method == OWN_PARCEL
        may_change = shopper_may_cancel(row.decision, row.parcel, row.money)
        return view_of(
            ReturnPage,
            row,
            order_public_id=order.public_id,
            order_number=order.number,
            orders=tuple((one.public_id, one.number) for one in rows.orders_of(session, row)),
            timezone=order.timezone,
            locale=order.locale,
            money=money_view(session, shop, order, row),
            instead=instead_views(session, deps, order, row),
            items=_items(session, row),
            send_back_days=(row.send_back_by - (row.approved_at or row.submitted_at).astimezone(zone).date()).days,
            decide_by=_decide_by(shop, row, zone),
            refused=_refused(row),
            reopened_at=_reopened_at(session, row),
            label=label_view(deps, label) if label is not None else None,
            wait=wait_view(session, deps, row),
            others=other_ways(session, shop, order, row),
            switch_key=switch_key(row),
            tracked=parcel_view(deps, rows.return_parcel(session, row)) if is_watched else None,
            warehouse=shop.config.place_of(row.destination),
            store=next((one for one in shop.config.returns.stores if one.name == row.store), None),
            pickup_on=row.pickup_on if row.method == "pickup" else None,
            donate_to=shop.config.returns.donate_to,
            has_slip=has_slip(row),
            needs_invoice=needs_invoice(shop, order, row),
            can_cancel=may_change,
            can_edit=may_edit(row) and row.kind != GIFT,
            can_name=may_name(row),
            is_our_doing=is_our_doing(item.reason for item, _ in rows.items_of(session, row)),
            is_overdue=row.parcel in NOT_SCANNED and deps.clock().astimezone(zone).date() > row.send_back_by,
        )


def _items(session: Session, row: Return) -> tuple[PageItem, ...]:
    pairs = rows.items_of(session, row)
    orders = {order.id: order.number for order in rows.orders_of(session, row)}
    shown = photos.photos_of(session, row)
    counts = _counts(session, [item.id for item, _ in pairs])
    return tuple(
        PageItem(
            title=line.title,
            variant=line.variant,
            quantity=item.quantity,
            received=counts.get((item.id, "received"), 0),
            not_received=counts.get((item.id, "not_received"), 0),
            reason_words=words_for(item.reason) if item.reason else "",
            outcome=item.outcome,
            rejected=counts.get((item.id, "rejected"), 0),
            order_number=orders.get(line.order_id, "") if len(orders) > 1 else "",
            photos=shown.get(line.id, ()),
        )
        for item, line in pairs
    )


def _counts(session: Session, item_ids: list[int]) -> Mapping[tuple[int, str], int]:
    return {
        (item_id, kind): int(units)
        for item_id, kind, units in session.execute(
            select(ReturnItemEntry.return_item_id, ReturnItemEntry.kind, func.sum(ReturnItemEntry.quantity))
            .where(ReturnItemEntry.return_item_id.in_(item_ids))
            .group_by(ReturnItemEntry.return_item_id, ReturnItemEntry.kind)
        )
    }


def _decide_by(shop: ShopRef, row: Return, zone: ZoneInfo) -> date | None:
    if row.decision != "submitted":
        return None
    until = add_business_days(row.submitted_at, REVIEW_DAYS, (shop.config.country,), ZoneInfo(shop.config.timezone))
    return until.astimezone(zone).date()


def _refused(row: Return) -> Refused | None:
    if row.decision != "rejected":
        return None
    refusal = REFUSALS.get(row.reject_code or "")
    speaks_for_itself = refusal is not None and refusal.needs_words and bool(row.reject_words)
    general = "" if speaks_for_itself else words_of(row.reject_code)
    return Refused(general, row.reject_words or "", row.reject_code in AGAIN)


def _reopened_at(session: Session, row: Return) -> datetime | None:
    """When a person opened it again, if it is open because of that."""
    last = session.scalars(
        select(ReturnEvent)
        .where(ReturnEvent.return_id == row.id, ReturnEvent.machine == DECISION)
        .order_by(ReturnEvent.id.desc())
        .limit(1)
    ).one_or_none()
    is_again = (
        last is not None and last.to_state == "approved" and last.from_state in ("rejected", "expired", "resolved")
    )
    return last.at if last is not None and is_again else None
