"""A shop in numbers: orders, deliveries, promises broken. Computed from what is stored, never kept."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from portal.domain.business_days import end_of_day
from portal.usecases.customer_values import count_vips_as_of
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.importing.tables import customers, orders


@dataclass(frozen=True, slots=True)
class ShopReport:
    """`delivered` counts orders with a time of delivery, whatever their status; shares are fractions of them.

    Late by the minute: delivered after the promised moment (for a promised day: after its end where the recipient
    lives). Late by the day: delivered on a later day than the promised one, there.
    """

    shop: str
    orders: int
    customers: int
    delivered: int
    late_by_minute: int
    late_by_day: int
    share_late_by_minute: float
    share_late_by_day: float
    vips: int

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def report_shop(deps: Deps, shop: ShopRef, as_of: datetime | None = None) -> ShopReport:
    """All orders of a shop, or those placed before `as_of` (an aware moment), with the VIPs of that moment."""
    placed = and_(orders.c.shop_id == shop.id, orders.c.placed_at < as_of if as_of else orders.c.shop_id == shop.id)
    with deps.sessions.read_system() as session:
        count, people, delivered = session.execute(
            select(func.count(), func.count(orders.c.customer_id.distinct()), func.count(orders.c.delivered_at)).where(
                placed
            )
        ).one()
        by_minute, by_day = _late(session, placed)
        vips = count_vips_as_of(session, shop, as_of) if as_of else _marked(session, shop)
    return ShopReport(
        shop=shop.slug,
        orders=count,
        customers=people,
        delivered=delivered,
        late_by_minute=by_minute,
        late_by_day=by_day,
        share_late_by_minute=_share(by_minute, delivered),
        share_late_by_day=_share(by_day, delivered),
        vips=vips,
    )


def _marked(session: Session, shop: ShopRef) -> int:
    marked = select(func.count()).select_from(customers).where(customers.c.shop_id == shop.id, customers.c.is_vip)
    return session.scalar(marked) or 0


def _late(session: Session, placed: Any) -> tuple[int, int]:
    """The database finds who may be late; the day is judged here, where time zones are known."""
    c = orders.c
    perhaps = or_(c.delivered_at > c.promised_at, and_(c.promised_at.is_(None), c.delivered_at > c.promised_on))
    by_minute = by_day = 0
    for row in session.execute(
        select(c.delivered_at, c.promised_at, c.promised_on, c.timezone)
        .where(placed, perhaps)
        .execution_options(yield_per=2_000)
    ):
        zone = ZoneInfo(row.timezone)
        day = row.promised_on or row.promised_at.astimezone(zone).date()
        by_minute += (
            row.delivered_at > row.promised_at if row.promised_at else row.delivered_at >= end_of_day(day, zone)
        )
        by_day += row.delivered_at.astimezone(zone).date() > day
    return by_minute, by_day


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def as_of_moment(moment: datetime, timezone: str) -> datetime:
    """A moment without an offset is local time of the shop; a day alone is its beginning."""
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(timezone))
