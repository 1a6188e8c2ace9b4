"""The queue of cases: VIP first, then by due time, then by priority, fifty a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from portal.db.queries import staff_queue
from portal.db.queries.staff_queue import Position, QueueFilter, View
from portal.db.tables.delivery_exceptions import DeliveryException
from portal.db.tables.messages import OutboxMessage
from portal.db.tables.orders import Customer, Order
from portal.db.tables.shipments import Shipment
from portal.domain.business_days import end_of_day
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.shops import list_shops
from portal.usecases.staff.views import CaseView, Told, view_of

__all__ = ["PAGE", "VIEWS", "FeedDown", "QueueFilter", "QueuePage", "case_view", "decode", "encode", "list_queue"]

PAGE = 50
VIEWS: tuple[View, ...] = ("open", "mine", "vip", "due", "unassigned", "snoozed")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class FeedDown:
    """A carrier whose feed gives no answers (rule R29), or whose pushes do not come, and since when. `case_id` is the
    case about it."""

    case_id: int
    carrier: str
    since: datetime
    rule: str


@dataclass(frozen=True, slots=True)
class QueuePage:
    """One page. `next` goes behind its last line, None on the last page. `counts` are those of the whole queue."""

    cases: tuple[CaseView, ...]
    counts: Mapping[View, int]
    feeds: tuple[FeedDown, ...]
    next: str | None
    shops: tuple[ShopRef, ...]
    carriers: tuple[str, ...]
    now: datetime


def list_queue(
    deps: Deps, wanted: QueueFilter, *, staff_id: int, after: str | None = None, size: int = PAGE
) -> QueuePage:
    """One page of the queue for one member of staff. An `after` that we did not write starts at the top."""
    now = deps.clock()
    shops = {shop.id: shop for shop in list_shops(deps)}
    with deps.sessions.read_system() as session:
        rows = staff_queue.read_page(session, wanted, now, staff_id, size + 1, decode(after))
        counts = staff_queue.count_views(session, wanted, now, staff_id)
        shown = rows[:size]
        told = staff_queue.last_told(session, [(c.shop_id, c.order_id) for c, *_ in shown if c.order_id and c.shop_id])
        feeds = [FeedDown(c.id, c.carrier or c.subject_id, c.since, c.rule) for c in staff_queue.feeds_down(session)]
    last = shown[-1][0] if len(rows) > size else None
    return QueuePage(
        tuple(case_view(*row, shops=shops, told=told, now=now) for row in shown),
        counts,
        tuple(feeds),
        encode(Position(last.is_vip, last.due_at, last.priority, last.id)) if last is not None else None,
        tuple(shops.values()),
        tuple(sorted(deps.carriers.reachable(None))),
        now,
    )


def case_view(
    case: DeliveryException,
    order: Order | None,
    customer: Customer | None,
    shipment: Shipment | None,
    claimed_name: str | None,
    *,
    shops: Mapping[int, ShopRef],
    told: Mapping[int, OutboxMessage],
    now: datetime,
) -> CaseView:
    """A case with what its line says of order, customer and parcel."""
    shop = shops.get(case.shop_id or 0)
    message = told.get(case.order_id or 0)
    return view_of(
        CaseView,
        case,
        shop_slug=shop.slug if shop else "",
        shop_name=shop.config.name if shop else "",
        claimed_name=claimed_name,
        told=Told(message.event, message.subject, message.sent_at) if message else None,
        late_hours=_late_hours(order, shipment, now),
        customer_currency=shop.config.currency if shop else None,
        **_of_order(order, shipment),
        **_of_customer(order, customer),
    )


def _of_order(order: Order | None, shipment: Shipment | None) -> dict[str, Any]:
    return {
        "order_number": order.number if order else None,
        "order_total_minor": order.total_minor if order else None,
        "currency": order.currency if order else None,
        "service_level": order.service_level if order else None,
        "tracking_number": shipment.tracking_number if shipment else None,
    }


def _of_customer(order: Order | None, customer: Customer | None) -> dict[str, Any]:
    return {
        "customer_name": (customer.name if customer else None) or (order.ship_name if order else None),
        "customer_value_minor": customer.ltv_minor if customer else None,
        "customer_orders": customer.orders_count if customer else None,
    }


def _late_hours(order: Order | None, shipment: Shipment | None, now: datetime) -> int | None:
    """Whole hours since the promised day was over where the recipient lives; a delivery stops the count."""
    held = shipment or order
    if held is None or held.promised_on is None:
        return None
    late = (held.delivered_at or now) - end_of_day(held.promised_on, ZoneInfo(held.timezone))
    return int(late / timedelta(hours=1)) if late > timedelta() else None


def encode(position: Position) -> str:
    """A position as it stands in an address."""
    micros = (position.due_at - _EPOCH) // _MICROSECOND
    return f"{int(position.is_vip)}.{micros}.{position.priority}.{position.id}"


def decode(text: str | None) -> Position | None:
    """The way back; None for what is no position of ours."""
    try:
        vip, micros, priority, case_id = (int(part) for part in (text or "").split("."))
        due_at = _EPOCH + timedelta(microseconds=micros)
    except (ValueError, OverflowError):
        return None
    return Position(bool(vip), due_at, priority, case_id) if max(abs(priority), abs(case_id)) < 2**62 else None
