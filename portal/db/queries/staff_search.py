"""Which orders somebody means who types a number, an address, a name or a tracking number into one box."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Row, Select, case, func, or_, select
from sqlalchemy.orm import Session

from portal.db.tables.delivery_exceptions import DeliveryException
from portal.db.tables.orders import Customer, Order
from portal.db.tables.shipments import Shipment

Hit = Row[Order, str | None, int]  # order, customer's name, open cases
_ESCAPE = "\\"


def escaped(text: str) -> str:
    """The text as a LIKE pattern that means exactly the text."""
    for sign in (_ESCAPE, "%", "_"):
        text = text.replace(sign, _ESCAPE + sign)
    return text


def key_of(text: str) -> str:
    """An order or tracking number as it is looked up: letters and digits, upper case."""
    return "".join(c for c in text.upper() if c.isalnum())


def contains(column: ColumnElement[str | None], text: str) -> ColumnElement[bool]:
    """Whether a column holds the text, whatever the case of the letters.

    SQLite folds only ASCII by itself, so other ways to write it are tried too.
    """
    forms = {text, text.lower(), text.upper(), text.title()} if not text.isascii() else {text}
    return or_(*(column.ilike(f"%{escaped(form)}%", escape=_ESCAPE) for form in sorted(forms)))


def _parcel_with(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return select(Shipment.id).where(Shipment.order_id == Order.id, condition).exists()


def _exact(text: str) -> ColumnElement[bool]:
    """Numbers and addresses typed whole: answered from indexes."""
    by_parcel = select(Shipment.order_id).where(Shipment.tracking_number == key_of(text))
    return or_(Order.number_key == key_of(text), Order.id.in_(by_parcel), Order.email == text.lower())


def _loose(text: str) -> ColumnElement[bool]:
    columns = (Order.email, Order.ship_name, Customer.name, Customer.email)
    found = [contains(column, text) for column in columns]  # type: ignore[arg-type]
    key = key_of(text)
    if key:
        found.append(Order.number_key.like(f"%{escaped(key)}%", escape=_ESCAPE))
        found.append(_parcel_with(Shipment.tracking_number.like(f"%{escaped(key)}%", escape=_ESCAPE)))
    return or_(*found)


def _statement(condition: ColumnElement[bool], text: str, size: int, offset: int) -> Select[Order, str | None, int]:
    open_cases = (
        select(func.count())
        .select_from(DeliveryException)
        .where(DeliveryException.order_id == Order.id, DeliveryException.state == "open")
        .scalar_subquery()
    )
    rank = case((Order.number_key == key_of(text), 0), else_=1)
    return (
        select(Order, Customer.name, open_cases)
        .outerjoin(Customer, Customer.id == Order.customer_id)
        .where(condition)
        .order_by(rank, Order.placed_at.desc(), Order.id.desc())
        .limit(size)
        .offset(offset)
    )


def find_orders(session: Session, text: str, size: int, offset: int) -> Sequence[Hit]:
    """Orders with exactly this number, tracking number or address; where there are none, those that contain the text."""
    exact = session.execute(_statement(_exact(text), text, size, offset)).all()
    if exact or (offset and session.scalar(select(Order.id).where(_exact(text)).limit(1)) is not None):
        return exact
    return session.execute(_statement(_loose(text), text, size, offset)).all()
