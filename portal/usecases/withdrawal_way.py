"""Whether an order's page shows the way to withdraw from the contract: for the whole period, before delivery too
(Directive 2011/83/EU, Art. 11a(1)). Made from what the page has read anyway, and the settings of the order's date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from portal.db.tables.orders import OrderLine
from portal.domain.returns.model import LineFacts, OrderFacts
from portal.domain.returns.states import shopper_may_cancel
from portal.domain.returns.withdrawal import ALL_DONE, EXEMPT, holds_in, right_of
from portal.usecases.deps import ShopRef
from portal.usecases.order_rows import Rows
from portal.usecases.returns.facts import journey
from portal.usecases.returns.rows import config_of_date


@dataclass(frozen=True, slots=True)
class WithdrawalWay:
    """`is_open`: the way is shown, `last_on` is its last day, None while it has not begun to run. Otherwise nothing in
    the order can be withdrawn from by its nature, and the page says so."""

    is_open: bool
    last_on: date | None


def withdrawal_way(session: Session, shop: ShopRef, rows: Rows | None, now: datetime) -> WithdrawalWay | None:
    """None where the right does not exist, is over, or was used. One statement, and only for who may have the right."""
    if rows is None or not holds_in(rows.order.ship_country, shop.config.country):
        return None
    _, config = config_of_date(session, shop, rows.order.placed_at)
    right = right_of(_facts(rows), config.withdrawal, shop.config.country, now)
    if right.is_open or right.against == EXEMPT:
        return WithdrawalWay(right.is_open, right.period.last_on)
    takes_over = any(r.kind == "return" and shopper_may_cancel(r.decision, r.parcel, r.money) for r in rows.returns)
    return WithdrawalWay(True, right.period.last_on) if right.against == ALL_DONE and takes_over else None


def _facts(rows: Rows) -> OrderFacts:
    """Only what the right rests on."""
    order = rows.order
    lines = {row.line.id: row.line for row in rows.lines}
    return OrderFacts(
        order.status, order.ship_country, order.timezone, tuple(_line(rows, line) for line in lines.values())
    )


def _line(rows: Rows, line: OrderLine) -> LineFacts:
    """A line has arrived with its last parcel; where nobody said which parcel that is, with the order's last one."""
    known = {row.shipment_id for row in rows.lines if row.line.id == line.id and row.shipment_id is not None}
    mine = [p.shipment for p in rows.parcels if not known or p.shipment.id in known]
    handed_over_at, delivered_at = journey(rows.order, mine, bool(known))
    return LineFacts(
        line_id=line.id,
        quantity=line.quantity,
        units_returning=line.units_returning,
        product_type=line.product_type,
        final_sale=line.final_sale,
        handed_over_at=handed_over_at,
        delivered_at=delivered_at,
        tags=tuple(line.tags),
    )
