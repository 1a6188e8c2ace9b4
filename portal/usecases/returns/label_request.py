"""What is asked of a carrier for a return label: from the address the order went to, to the shop's warehouse.

Nothing of it comes from a form, so a label cannot be made for anybody else's parcel (reliability: T35).
"""

from __future__ import annotations

from collections.abc import Sequence

from carriers.model import Address, LabelRequest
from portal.db.tables.orders import Order, OrderLine
from portal.db.tables.returns import Return, ReturnItem
from portal.usecases.deps import ShopRef

WEIGHT_UNKNOWN_GRAMS = 500  # of one unit, where the source gives none
PACKAGING_GRAMS = 100


class AddressIncomplete(Exception):
    """The order has no address that a label could be printed with. The message names the missing parts, no values."""


def label_request(
    shop: ShopRef, order: Order, row: Return, items: Sequence[tuple[ReturnItem, OrderLine]], reference: str
) -> LabelRequest:
    """The request of one return; the same return gives the same request. Raises AddressIncomplete."""
    units = sum(item.quantity * (line.weight_grams or WEIGHT_UNKNOWN_GRAMS) for item, line in items)
    return LabelRequest(
        reference=reference,
        sender=_sender(order),
        recipient=_warehouse(shop),
        weight_grams=PACKAGING_GRAMS + units,
        description=f"Return {row.rma}",
        rma=row.rma,
    )


def _sender(order: Order) -> Address:
    parts = {
        "name": order.ship_name,
        "street": order.ship_line1,
        "city": order.ship_city,
        "postcode": order.ship_postal_code,
        "country": order.ship_country,
    }
    missing = [name for name, value in parts.items() if not (value or "").strip()]
    if missing:
        raise AddressIncomplete(f"the order's address has no {', '.join(missing)}")
    return Address(
        name=order.ship_name or "",
        line1=order.ship_line1 or "",
        line2=order.ship_line2 or "",
        city=order.ship_city or "",
        region=order.ship_region or "",
        postal_code=order.ship_postal_code or "",
        country=order.ship_country or "",
        phone=order.phone or "",
        email=order.email or "",
    )


def _warehouse(shop: ShopRef) -> Address:
    place = shop.config.warehouse
    return Address(
        name=place.name,
        line1=place.line1,
        line2=place.line2,
        city=place.city,
        region=place.region,
        postal_code=place.postal_code,
        country=place.country,
        company=shop.config.name,
        phone=place.phone,
    )
