"""Which returns stand in which list of the returns desk, and which of them somebody looks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from types import MappingProxyType

from sqlalchemy import ColumnElement, String, and_, case, cast, func, or_, select, true
from sqlalchemy.orm import Session

from portal.db.queries.staff_search import contains, escaped, key_of
from portal.db.tables.effects import Effect
from portal.db.tables.orders import Customer, Order
from portal.db.tables.returns import LabelRow, Return, ReturnItem, ReturnItemEntry
from portal.db.tables.shipments import Shipment

_OPEN = Return.decision.in_(("submitted", "approved"))
_APPROVED = Return.decision == "approved"
_ON_THEIR_WAY = ("none", "label_queued", "label_ready", "in_transit", "lost")
_UNPAID = ("quoted", "due", "failed")
_ESCAPE = "\\"
# Money that is due and not paid after this many days is late, where no law names a day.
LATE_AFTER_DAYS = 7


def _units(*weights: tuple[tuple[str, ...], int]) -> ColumnElement[int]:
    """The sum of the ledger's counts, each kind with its weight."""
    return func.sum(
        case(
            *((ReturnItemEntry.kind.in_(kinds), ReturnItemEntry.quantity * weight) for kinds, weight in weights),
            else_=0,
        )
    )


def _with(more_than_none: ColumnElement[int]) -> ColumnElement[bool]:
    """Returns whose ledger sums up to more than none, of those that are open: the others need no counting."""
    found = (
        select(ReturnItem.return_id)
        .join(ReturnItemEntry, ReturnItemEntry.return_item_id == ReturnItem.id)
        .join(Return, Return.id == ReturnItem.return_id)
        .where(_APPROVED)
        .group_by(ReturnItem.return_id)
        .having(more_than_none > 0)
    )
    return Return.id.in_(found)


_STILL_OUT = _units((("requested",), 1), (("received", "not_received", "wrong_item", "removed", "kept"), -1))
_NOT_INSPECTED = _units((("received",), 1), (("restocked", "disposed", "rejected"), -1))


def _effect(kind: str, *states: str) -> ColumnElement[bool]:
    """The return has an effect of this kind in one of these states."""
    return (
        select(Effect.id)
        .where(
            Effect.shop_id == Return.shop_id,
            Effect.kind == kind,
            Effect.subject == "return " + cast(Return.id, String),
            Effect.state.in_(states),
        )
        .exists()
    )


def _late(now: datetime) -> ColumnElement[bool]:
    """Money that should be with the shopper: by law, or because it has been due for long."""
    waits_since = func.coalesce(Return.received_at, Return.approved_at)
    by_law = and_(Return.refund_by.is_not(None), Return.refund_by < now.date(), Return.money.in_(_UNPAID))
    return and_(
        _APPROVED, or_(by_law, and_(Return.money == "due", waits_since < now - timedelta(days=LATE_AFTER_DAYS)))
    )


Condition = Callable[[datetime], ColumnElement[bool]]


def _always(condition: ColumnElement[bool]) -> Condition:
    return lambda _now: condition


TROUBLES: Mapping[str, Condition] = MappingProxyType(
    {
        "label_failed": _always(and_(_OPEN, Return.parcel.in_(("label_failed", "label_lapsed")))),
        "money_failed": _always(
            and_(_OPEN, or_(Return.money == "failed", _effect("refund", "manual"), _effect("credit", "manual")))
        ),
        "exchange_failed": _always(
            and_(_OPEN, Return.exchange.in_(("reserved", "ordered")), _effect("exchange", "rejected"))
        ),
        "held": _always(and_(_OPEN, Return.held_at.is_not(None))),
        "money_late": _late,
        "parcel_lost": _always(and_(_APPROVED, Return.parcel == "lost")),
    }
)
# What staff can ask for, in the order of the tabs: what went wrong first.
LISTS: Mapping[str, Condition] = MappingProxyType(
    {
        "failed": lambda now: or_(*(trouble(now) for trouble in TROUBLES.values())),
        "to_approve": _always(Return.decision == "submitted"),
        "to_receive": _always(and_(_APPROVED, Return.parcel == "delivered_to_us", _with(_STILL_OUT))),
        "to_inspect": _always(and_(_APPROVED, _with(_NOT_INSPECTED))),
        "to_pay": _always(and_(_APPROVED, Return.money == "due", Return.held_at.is_(None))),
        "pickups": _always(
            and_(_APPROVED, Return.method == "pickup", Return.parcel.in_(("label_queued", "label_ready", "none")))
        ),
        "to_send": _always(or_(_effect("exchange", "intended", "manual"), Return.exchange == "ordered")),
        "on_its_way": _always(and_(_APPROVED, Return.money == "quoted", Return.parcel.in_(_ON_THEIR_WAY))),
        "open": _always(_OPEN),
        "done": _always(Return.decision == "resolved"),
        "cancelled": _always(Return.decision.in_(("cancelled", "expired", "rejected", "withdrawn_by_shopper"))),
    }
)


@dataclass(frozen=True, slots=True)
class DeskFilter:
    """What the list is narrowed down to. Empty: not at all. All of it stands in the page's address."""

    shop_id: int | None = None
    method: str = ""
    resolution: str = ""
    reason: str = ""
    flag: str = ""
    text: str = ""

    @property
    def narrows(self) -> bool:
        return any(getattr(self, one.name) for one in fields(self))


def where(wanted: DeskFilter) -> ColumnElement[bool]:
    """The filter as a condition on `Return`."""
    parts: list[ColumnElement[bool]] = [true()]
    if wanted.shop_id is not None:
        parts.append(Return.shop_id == wanted.shop_id)
    if wanted.method:
        parts.append(Return.method == wanted.method)
    if wanted.resolution:
        parts.append(Return.resolution == wanted.resolution)
    if wanted.reason:
        parts.append(
            select(ReturnItem.id).where(ReturnItem.return_id == Return.id, ReturnItem.reason == wanted.reason).exists()
        )
    if wanted.flag:
        quoted = f'%"{escaped(wanted.flag)}"%'
        parts.append(cast(Return.flags, String).like(quoted, escape=_ESCAPE))
    if wanted.text:
        parts.append(found_by(wanted.text))
    return and_(*parts)


def found_by(text: str) -> ColumnElement[bool]:
    """An RMA or order number from its beginning, a tracking number whole, a name or an address in part."""
    key = key_of(text)
    orders = (
        select(Order.id)
        .outerjoin(Customer, Customer.id == Order.customer_id)
        .where(
            or_(
                *(contains(column, text) for column in (Order.ship_name, Customer.name, Order.email)),  # type: ignore[arg-type]
                *((Order.number_key.like(f"{escaped(key)}%", escape=_ESCAPE),) if key else ()),
            )
        )
    )
    found = [Return.order_id.in_(orders), Return.rma.ilike(f"{escaped(text)}%", escape=_ESCAPE)]
    if key:
        found.append(Return.id.in_(_with_number((key,))))
    return or_(*found)


def _with_number(numbers: tuple[str, ...]) -> ColumnElement[int]:
    """Returns whose parcel has one of these tracking numbers."""
    labels = select(LabelRow.return_id).where(LabelRow.tracking_number.in_(numbers))
    parcels = select(Shipment.return_id).where(
        Shipment.tracking_number.in_(numbers), Shipment.direction == "return", Shipment.return_id.is_not(None)
    )
    return labels.union(parcels)  # type: ignore[return-value]


def scanned(session: Session, text: str, *, limit: int = 20) -> list[int]:
    """The returns that a scanned or typed code means: an RMA, a tracking number, or an order's number, in this order.

    A parcel's barcode may hold more than its number: USPS puts the destination's ZIP code before it.
    """
    key = key_of(text)
    if not key:
        return []
    by_rma = select(Return.id).where(func.upper(Return.rma) == text.strip().upper())
    by_number = select(Return.id).where(Return.id.in_(_with_number(_inside(key))))
    orders = select(Order.id).where(Order.number_key.in_((key, _order_of(key))))
    by_order = select(Return.id).where(Return.order_id.in_(orders), _OPEN)
    for query in (by_rma, by_number, by_order, select(Return.id).where(Return.order_id.in_(orders))):
        if found := list(session.scalars(query.order_by(Return.id.desc()).limit(limit))):
            return _same_rma(session, found, key)
    return []


def _inside(key: str) -> tuple[str, ...]:
    """The numbers that a barcode may mean."""
    shorter = [key[8:], key[12:]] if key.startswith("420") and key.isdigit() and len(key) >= 28 else []
    return (key, *shorter)


def _order_of(key: str) -> str:
    """The order's part of an RMA that was scanned without its hyphens: `J1001R2` is of `J1001`."""
    order, mark, number = key.rpartition("R")
    return order if mark and number.isdigit() else key


def _same_rma(session: Session, found: list[int], key: str) -> list[int]:
    """Of several, the one whose RMA it is, where the scanner swallowed the hyphens."""
    if len(found) < 2:
        return found
    rmas = session.execute(select(Return.id, Return.rma).where(Return.id.in_(found)))
    exact = [return_id for return_id, rma in rmas if key_of(rma) == key]
    return exact or found
