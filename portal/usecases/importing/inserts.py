"""New orders into the database, a batch at a time: a handful of statements for hundreds of orders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from portal.platforms.model import ImportedLine, ImportedOrder, ImportedParcel
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.find_order import order_key
from portal.usecases.importing.tables import order_lines, orders, poll_queue, promises, shipment_lines, shipments


@dataclass(frozen=True, slots=True)
class Context:
    """What every row of an import has in common. `now` is business time."""

    deps: Deps
    shop: ShopRef
    source: str
    now: datetime

    def is_history(self, order: ImportedOrder) -> bool:
        """Too old to open cases or send messages. Decided once, when the order first comes in."""
        return order.placed_at < self.now - timedelta(days=self.shop.config.history_days)


def insert_orders(
    session: Session, context: Context, found: Sequence[ImportedOrder], customer_ids: Mapping[str, int]
) -> int:
    """Store orders that are not there yet, with lines, parcels and promises. Returns how many parcels were made."""
    if not found:
        return 0
    shop_id = context.shop.id
    history = {order.number: context.is_history(order) for order in found}
    session.execute(
        insert(orders),
        [_order_row(context, o, customer_ids[o.customer.external_id], history[o.number]) for o in found],
    )
    stored = select(orders.c.number, orders.c.id).where(
        orders.c.shop_id == shop_id, orders.c.number.in_([o.number for o in found])
    )
    ids = {row.number: row.id for row in session.execute(stored)}
    lines = [line_row(shop_id, ids[o.number], line) for o in found for line in o.lines]
    promised = [promise_row(context, ids[o.number], o) for o in found if o.promised_on and not history[o.number]]
    if lines:
        session.execute(insert(order_lines), lines)
    if promised:
        session.execute(insert(promises), promised)
    with_parcels = [(ids[o.number], o, history[o.number]) for o in found if o.parcels]
    return insert_parcels(session, context, [(i, o, o.parcels, old) for i, o, old in with_parcels])


def _order_row(context: Context, order: ImportedOrder, customer_id: int, history: bool) -> dict[str, Any]:
    return {
        "shop_id": context.shop.id,
        "public_id": context.deps.token(),
        "number": order.number,
        "number_key": order_key(order.number),
        "source": context.source,
        "customer_id": customer_id,
        "refunded_minor": 0,
        "credited_minor": 0,
        "is_history": history,
        "version": 1,
        "created_at": context.now,
        "changed_at": context.now,
        **told_values(order),
    }


def told_values(order: ImportedOrder) -> dict[str, Any]:
    """The columns of an order that are the source's word."""
    customer = order.customer
    phone = "".join(c for c in customer.phone or "" if c.isdigit())
    return {
        "row_hash": order.row_hash,
        "status": order.status,
        "placed_at": order.placed_at,
        "approved_at": order.approved_at,
        "handed_over_at": order.handed_over_at,
        "delivered_at": order.delivered_at,
        "promised_at": order.promised_at,
        "promised_on": order.promised_on,
        "timezone": order.timezone,
        "currency": order.currency,
        "total_minor": order.total_minor,
        "shipping_minor": order.shipping_minor,
        "service_level": order.service_level,
        "discount_minor": order.discount_minor,
        "discount_codes": list(order.discount_codes),
        "tax_minor": order.tax_minor,
        "tax_included": order.tax_included,
        "tags": list(order.tags),
        "external_id": order.external_id,
        "email": customer.email,
        "phone": customer.phone,
        "phone_last4": phone[-4:] if len(phone) > 4 else None,
        "locale": customer.locale,
        **order.address,
    }


def line_row(shop_id: int, order_id: int, line: ImportedLine) -> dict[str, Any]:
    return {
        "shop_id": shop_id,
        "order_id": order_id,
        "position": line.position,
        "sku": line.sku,
        "title": line.title,
        "variant": line.variant,
        "product_type": line.product_type,
        "quantity": line.quantity,
        "unit_price_minor": line.unit_price_minor,
        "final_sale": line.final_sale,
        "weight_grams": line.weight_grams,
        "product_ref": line.product_ref,
        "vendor": line.vendor,
        "tags": list(line.tags),
        "discount_minor": line.discount_minor,
        "tax_minor": line.tax_minor,
        "external_id": line.external_id,
        "hs_code": line.hs_code,
        "origin_country": line.origin_country,
        "units_returning": 0,
    }


def promise_row(context: Context, order_id: int, order: ImportedOrder) -> dict[str, Any]:
    """The shop's word goes into the ledger of every date that was ever shown."""
    return {
        "shop_id": context.shop.id,
        "order_id": order_id,
        "kind": "promised",
        "date": order.promised_on,
        "source": "shop",
        "reason": "import",
        "shown": ["page"],
        "inputs": {},
        "recorded_at": context.now,
    }


def insert_parcels(
    session: Session, context: Context, found: Sequence[tuple[int, ImportedOrder, Sequence[ImportedParcel], bool]]
) -> int:
    """Store parcels of orders, given as (order id, order, parcels, is history). Returns how many.

    A parcel of history is not polled: what the source says of its delivery is all there will be.
    """
    rows = [_parcel_row(context, i, order, parcel, old) for i, order, parcels, old in found for parcel in parcels]
    if not rows:
        return 0
    session.execute(insert(shipments), rows)
    order_ids = list({order_id for order_id, *_ in found})
    ids = {
        (row.order_id, row.carrier, row.tracking_number): row.id
        for row in session.execute(
            select(shipments.c.id, shipments.c.order_id, shipments.c.carrier, shipments.c.tracking_number).where(
                shipments.c.shop_id == context.shop.id, shipments.c.order_id.in_(order_ids)
            )
        )
    }
    made = [(ids[i, p.carrier, p.tracking_number], i, p, old) for i, _order, parcels, old in found for p in parcels]
    queue = [_queue_row(context, shipment_id, p.carrier) for shipment_id, _, p, old in made if not old]
    if queue:
        session.execute(insert(poll_queue), queue)
    insert_parcel_lines(session, context.shop.id, [(shipment_id, i, p) for shipment_id, i, p, _ in made])
    return len(rows)


def insert_parcel_lines(session: Session, shop_id: int, made: Sequence[tuple[int, int, ImportedParcel]]) -> None:
    """Which units travel in which parcel, for (shipment id, order id, parcel)."""
    line_ids = {
        (row.order_id, row.position): row.id
        for row in session.execute(
            select(order_lines.c.id, order_lines.c.order_id, order_lines.c.position).where(
                order_lines.c.shop_id == shop_id, order_lines.c.order_id.in_(list({i for _, i, _ in made}))
            )
        )
    }
    rows = [
        {
            "shop_id": shop_id,
            "shipment_id": shipment_id,
            "order_line_id": line_ids[order_id, position],
            "quantity": quantity,
        }
        for shipment_id, order_id, parcel in made
        for position, quantity in parcel.units.items()
        if (order_id, position) in line_ids
    ]
    if rows:
        session.execute(insert(shipment_lines), rows)


def _parcel_row(
    context: Context, order_id: int, order: ImportedOrder, parcel: ImportedParcel, history: bool
) -> dict[str, Any]:
    delivered = order.delivered_at if history else None
    return {
        "shop_id": context.shop.id,
        "public_id": context.deps.token(),
        "order_id": order_id,
        "direction": "outbound",
        "carrier": parcel.carrier,
        "tracking_number": parcel.tracking_number,
        "service_level": order.service_level,
        # Scans from before the label are another holder's of the same number, so this must not be too late.
        "created_at": parcel.shipped_at or order.placed_at,
        "shipped_at": parcel.shipped_at,
        "origin_country": parcel.origin_country,
        "destination_country": order.address.get("ship_country"),
        "destination_postal_code": order.address.get("ship_postal_code"),
        "timezone": order.timezone,
        "promised_on": order.promised_on,
        "status": "delivered" if delivered else "pending",
        "status_at": delivered,
        "delivered_at": delivered,
        "changed_at": context.now,
        "tracking_ended_at": context.now if history else None,
        "error_count": 0,
        "not_found_count": 0,
        "next_check_at": None if history else context.now,
    }


def _queue_row(context: Context, shipment_id: int, carrier: str) -> dict[str, Any]:
    return {
        "shop_id": context.shop.id,
        "shipment_id": shipment_id,
        "carrier": carrier,
        "next_poll_at": context.now,
        "fence": 0,
        "claims": 0,
    }
