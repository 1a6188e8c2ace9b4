"""Which cases are open, in the order in which they are to be answered; and how many there are in each view."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import ColumnElement, Row, Select, and_, false, func, literal_column, or_, select, true
from sqlalchemy.orm import Session

from portal.db.tables.delivery_exceptions import DeliveryException as Case
from portal.db.tables.messages import OutboxMessage
from portal.db.tables.orders import Customer, Order
from portal.db.tables.shipments import Shipment
from portal.db.tables.staff import Staff

QueueRow = Row[Case, Order, Customer, Shipment, str]  # all but the case may be None
View = Literal["open", "mine", "vip", "due", "unassigned", "snoozed"]
DUE_SOON = timedelta(hours=2)
# Written out and not as a parameter: only then do both databases see that the partial index holds what is asked for.
_OPEN = Case.state == literal_column("'open'")
# A feed that is down is told in one line above the queue, not as a case among the cases.
_LISTED = and_(_OPEN, Case.subject_kind != "feed")


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """What to show. None does not filter."""

    view: View = "open"
    shop_id: int | None = None
    carrier: str | None = None
    rule: str | None = None
    severity: str | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page ended: the next one goes on behind this case."""

    is_vip: bool
    due_at: datetime
    priority: int
    id: int


def _narrowed(wanted: QueueFilter) -> list[ColumnElement[bool]]:
    pairs = (
        (Case.shop_id, wanted.shop_id),
        (Case.carrier, wanted.carrier),
        (Case.rule, wanted.rule),
        (Case.severity, wanted.severity),
    )
    return [column == value for column, value in pairs if value is not None]


def _views(now: datetime, staff_id: int) -> dict[View, ColumnElement[bool]]:
    asleep = and_(Case.snoozed_until.is_not(None), Case.snoozed_until > now)
    awake = or_(Case.snoozed_until.is_(None), Case.snoozed_until <= now)
    return {
        "open": awake,
        "mine": and_(awake, Case.claimed_by == staff_id),
        "vip": and_(awake, Case.is_vip == true()),
        "due": and_(awake, Case.due_at <= now + DUE_SOON),
        "unassigned": and_(awake, Case.claimed_by.is_(None)),
        "snoozed": asleep,
    }


def count_views(session: Session, wanted: QueueFilter, now: datetime, staff_id: int) -> dict[View, int]:
    """How many cases each view holds under the other filters, in one walk over the open cases."""
    views = _views(now, staff_id)
    counts = [func.count().filter(condition).label(name) for name, condition in views.items()]
    row = session.execute(select(*counts).where(_LISTED, *_narrowed(wanted))).one()
    return {name: int(getattr(row, name)) for name in views}


def page_statement(
    wanted: QueueFilter, now: datetime, staff_id: int, size: int, *, vip: bool, after: Position | None
) -> Select[Case, Order, Customer, Shipment, str]:
    """One stretch of the queue, VIPs or the others: a range of the queue's index, read in order until `size` are found."""
    statement = (
        select(Case, Order, Customer, Shipment, Staff.name)
        .outerjoin(Order, Order.id == Case.order_id)
        .outerjoin(Customer, Customer.id == Case.customer_id)
        .outerjoin(Shipment, Shipment.id == Case.shipment_id)
        .outerjoin(Staff, Staff.id == Case.claimed_by)
        .where(_LISTED, Case.is_vip == (true() if vip else false()))
        .where(_views(now, staff_id)[wanted.view], *_narrowed(wanted))
        .order_by(Case.is_vip.desc(), Case.due_at, Case.priority.desc(), Case.id)
        .limit(size)
    )
    if after is None:
        return statement
    later = or_(
        Case.due_at > after.due_at,
        Case.priority < after.priority,
        and_(Case.priority == after.priority, Case.id > after.id),
    )
    return statement.where(Case.due_at >= after.due_at, later)


def read_page(
    session: Session, wanted: QueueFilter, now: datetime, staff_id: int, size: int, after: Position | None
) -> Sequence[QueueRow]:
    """Up to `size` cases behind `after`: (case, order, customer, shipment, name of who has it)."""
    rows: list[QueueRow] = []
    for vip in (True, False):
        if after is not None and vip and not after.is_vip:
            continue
        start = after if after is not None and after.is_vip == vip else None
        left = size - len(rows)
        if left:
            rows += session.execute(page_statement(wanted, now, staff_id, left, vip=vip, after=start)).all()
    return rows


def last_told(session: Session, orders: Sequence[tuple[int, int]]) -> dict[int, OutboxMessage]:
    """The last message that reached the shopper of each order, by order id; `orders` are (shop id, order id)."""
    if not orders:
        return {}
    newest = (
        select(func.max(OutboxMessage.id))
        .where(
            OutboxMessage.shop_id.in_({shop for shop, _ in orders}),
            OutboxMessage.order_id.in_({order for _, order in orders}),
            OutboxMessage.state == "sent",
            OutboxMessage.audience == "shopper",
            OutboxMessage.event.not_in(("code", "link")),
        )
        .group_by(OutboxMessage.order_id)
    )
    found = session.scalars(select(OutboxMessage).where(OutboxMessage.id.in_(newest)))
    return {message.order_id: message for message in found if message.order_id is not None}


def feeds_down(session: Session) -> list[Case]:
    """The open cases about carriers' feeds."""
    return list(session.scalars(select(Case).where(_OPEN, Case.subject_kind == "feed").order_by(Case.since)))
