"""What return policies may know of an order, read from the database: a fixed number of questions, however many orders and
returns a customer or a shop has had."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.db.tables.delivery_exceptions import DeliveryException
from portal.db.tables.orders import Customer, Order, OrderLine
from portal.db.tables.shipments import Shipment, ShipmentLine
from portal.domain.returns.anchors import count_stuck_days
from portal.domain.returns.config import ReturnLists, ReturnPolicyConfig
from portal.domain.returns.model import CustomerFacts, LineFacts, OrderFacts
from portal.domain.returns.shapes import fold
from portal.domain.zones import zone_for
from portal.usecases.returns.facts_past import Past, count_returns, past_of

# Rules about parcels whose trouble is not the shopper's time: no scan, late, not brought, delayed, held, lost.
STUCK = ("R05", "R06", "R08", "R10", "R13", "R14", "R16")
Spells = Mapping[int | None, Sequence[tuple[datetime, datetime | None]]]


def order_facts(
    session: Session, order: Order, lines: Sequence[OrderLine], config: ReturnPolicyConfig, now: datetime
) -> OrderFacts:
    """The facts of an order at `now`. `config` says how far back a customer's returns count, and who is on its lists."""
    return facts_of_orders(session, [(order, lines, config)], now)[0]


def facts_of_orders(
    session: Session, orders: Sequence[tuple[Order, Sequence[OrderLine], ReturnPolicyConfig]], now: datetime
) -> list[OrderFacts]:
    """The same of several orders, with as many questions as for one while they are of one customer."""
    ids = [order.id for order, _, _ in orders]
    parcels = _parcels(session, ids)
    in_parcels = _in_parcels(session, [parcel.id for mine in parcels.values() for parcel in mine])
    spells = _spells(session, ids)
    returns = count_returns(session, ids)
    skus = {line.sku for _, lines, _ in orders for line in lines}
    whose = {order.customer_id for order, _, _ in orders}
    customers = {row.id: row for row in session.scalars(select(Customer).where(Customer.id.in_(whose)))}
    pasts: dict[tuple[int, int], Past] = {}
    found = []
    for order, lines, config in orders:
        who = order.customer_id, config.limits.customer_days
        if who not in pasts:
            pasts[who] = past_of(session, order.customer_id, skus, config.limits.customer_days, now)
        mine = parcels.get(order.id, [])
        stuck = _stuck_days(order, mine, spells, now)
        known = tuple(_line_facts(order, line, mine, in_parcels.get(line.id), stuck) for line in lines)
        customer = _customer_facts(order, customers.get(order.customer_id), pasts[who], config.lists)
        found.append(_facts(order, known, customer, returns.get(order.id, 0)))
    return found


def _facts(order: Order, lines: tuple[LineFacts, ...], customer: CustomerFacts, returns: int) -> OrderFacts:
    mine = {line.sku for line in lines}
    units = {sku: units for sku, units in customer.units_returned.items() if sku in mine}
    return OrderFacts(
        status=order.status,
        country=order.ship_country,
        timezone=order.timezone,
        lines=lines,
        number=order.number,
        placed_at=order.placed_at,
        channel=order.source,
        currency=order.currency,
        total_minor=order.total_minor,
        shipping_minor=order.shipping_minor,
        discount_minor=order.discount_minor,
        discount_codes=tuple(order.discount_codes),
        tags=tuple(order.tags),
        service_level=order.service_level,
        returns_so_far=returns,
        customer=replace(customer, units_returned=units),
    )


def _parcels(session: Session, order_ids: Sequence[int]) -> dict[int, list[Shipment]]:
    """What was bought, by order; not what is sent for a return."""
    found: dict[int, list[Shipment]] = {}
    bought = (Shipment.direction == "outbound", Shipment.return_id.is_(None))
    for parcel in session.scalars(
        select(Shipment).where(Shipment.order_id.in_(order_ids), *bought).order_by(Shipment.id)
    ):
        found.setdefault(parcel.order_id, []).append(parcel)
    return found


def _in_parcels(session: Session, parcel_ids: Sequence[int]) -> dict[int, set[int]]:
    """The parcels of each line."""
    found: dict[int, set[int]] = {}
    for entry in session.scalars(select(ShipmentLine).where(ShipmentLine.shipment_id.in_(parcel_ids))):
        found.setdefault(entry.order_line_id, set()).add(entry.shipment_id)
    return found


def _customer_facts(order: Order, customer: Customer | None, past: Past, lists: ReturnLists) -> CustomerFacts:
    known = {fold(email) for email in (order.email, customer.email if customer else None) if email}
    on = tuple(
        name for name in ("allow_emails", "block_emails") if not known.isdisjoint(map(fold, getattr(lists, name)))
    )
    if customer is None:
        return CustomerFacts(lists=on)
    return CustomerFacts(
        is_vip=customer.is_vip,
        tier=customer.loyalty_tier,
        tags=tuple(customer.tags),
        orders_placed=customer.orders_count,
        value_minor=customer.ltv_minor,
        returns_placed=past.placed,
        returns_wrong=past.wrong,
        units_returned=past.units,
        items_kept=past.kept,
        lists=on,
    )


def journey(order: Order, mine: Sequence[Shipment], is_known: bool) -> tuple[datetime | None, datetime | None]:
    """When a line that is in these parcels was handed over, and when it arrived. A line is where its last parcel is;
    where nobody said which parcel that is (`is_known`), where the order's last one is."""
    arrivals = [parcel.delivered_at for parcel in mine if parcel.delivered_at is not None]
    departures = [parcel.shipped_at for parcel in mine if parcel.shipped_at is not None]
    all_arrived = bool(mine) and len(arrivals) == len(mine)
    return (
        max(departures) if departures else order.handed_over_at,
        max(arrivals) if all_arrived else (None if mine and is_known else order.delivered_at),
    )


def _line_facts(
    order: Order, line: OrderLine, parcels: Sequence[Shipment], known: set[int] | None, stuck: Mapping[int, int]
) -> LineFacts:
    mine = [parcel for parcel in parcels if known is None or parcel.id in known]
    handed_over_at, delivered_at = journey(order, mine, bool(known))
    return LineFacts(
        line_id=line.id,
        quantity=line.quantity,
        units_returning=line.units_returning,
        product_type=line.product_type,
        final_sale=line.final_sale,
        handed_over_at=handed_over_at,
        delivered_at=delivered_at,
        sku=line.sku,
        product_ref=line.product_ref,
        vendor=line.vendor,
        tags=tuple(line.tags),
        unit_price_minor=line.unit_price_minor,
        stuck_days=max((stuck[parcel.id] for parcel in mine), default=stuck[0]),
    )


def _spells(session: Session, order_ids: Sequence[int]) -> Spells:
    """When each parcel was in trouble: from, and until if that is over."""
    found: dict[int | None, list[tuple[datetime, datetime | None]]] = {}
    for case in session.execute(
        select(DeliveryException.shipment_id, DeliveryException.since, DeliveryException.closed_at).where(
            DeliveryException.order_id.in_(order_ids),
            DeliveryException.subject_kind == "shipment",
            DeliveryException.rule.in_(STUCK),
        )
    ):
        found.setdefault(case.shipment_id, []).append((case.since, case.closed_at))
    return found


def _stuck_days(order: Order, parcels: Sequence[Shipment], spells: Spells, now: datetime) -> dict[int, int]:
    """Of each parcel by its id; of an order without parcels under 0."""
    zone = zone_for(order.timezone)

    def day(moment: datetime) -> date:
        return moment.astimezone(zone).date()

    def count(parcel_id: int, sent: datetime | None, arrived: datetime | None, promised_on: date | None) -> int:
        if sent is None:
            return 0
        end = arrived or now
        times = [(day(since), day(min(closed or end, end))) for since, closed in spells.get(parcel_id, ())]
        return count_stuck_days(day(sent), day(end), promised_on, times)

    found = {
        parcel.id: count(
            parcel.id,
            parcel.shipped_at,
            parcel.delivered_at or order.delivered_at,
            parcel.promised_on or order.promised_on,
        )
        for parcel in parcels
    }
    return found | {0: count(0, order.handed_over_at, order.delivered_at, order.promised_on)}
