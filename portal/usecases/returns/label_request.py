"""What is asked of a carrier for a return label: from the address the order went to, to where the shop wants it.

Nothing of it comes from a form, so a label cannot be made for anybody else's parcel (reliability: T35).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from carriers.discretion import about, spoken
from carriers.model import Address, CustomsItem, LabelFormat, LabelRequest
from portal.db.tables.orders import Order, OrderLine
from portal.db.tables.returns import Return, ReturnItem
from portal.db.tables.shipments import Shipment
from portal.domain.returns.quoting import SEND_BACK
from portal.domain.words import N_
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns import rows
from portal.usecases.returns.addresses import sender_parts

WEIGHT_UNKNOWN_GRAMS = 500  # of one unit, where the source gives none
PACKAGING_GRAMS = 100
WITHOUT = {
    "ship_name": N_("The order's address has no name."),
    "ship_line1": N_("The order's address has no street."),
    "ship_city": N_("The order's address has no city."),
    "ship_postal_code": N_("The order's address has no postcode."),
    "ship_country": N_("The order's address has no country."),
}
WITHOUT_SEVERAL = N_("Several parts of the order's address are missing.")


class AddressIncomplete(Exception):
    """The order has no address that a label could be printed with. The message says what is missing, no values."""


def wishes(deps: Deps, shop: ShopRef, order: Order) -> dict[str, Any]:
    """What may be different tomorrow: kept with the intent, so that asking again under the same key asks the same."""
    labels = shop.config.labels
    today = deps.clock().astimezone(ZoneInfo(order.timezone)).date()
    return {"ship_on": today.isoformat(), "format": labels.format, "service": labels.service}


def request_for(
    session: Session,
    deps: Deps,
    shop: ShopRef,
    order: Order,
    row: Return,
    reference: str,
    wished: Mapping[str, Any],
    carrier: str,
) -> LabelRequest:
    """The request of one return to one carrier. Raises AddressIncomplete."""
    sent = [(item, line) for item, line in rows.items_of(session, row) if item.outcome == SEND_BACK]
    goods = tuple(_goods(item, line) for item, line in sent)  # what is kept is not in the parcel
    return LabelRequest(
        reference=reference,
        sender=_sender(order, row),
        recipient=_place(shop, row),
        weight_grams=PACKAGING_GRAMS + sum(one.weight_grams for one in goods),
        description=f"Return {row.rma}",
        rma=row.rma,
        ship_on=date.fromisoformat(wished["ship_on"]),
        format=LabelFormat(wished["format"]),
        service=wished["service"],
        value_minor=sum(one.value_minor for one in goods),
        currency=order.currency,
        items=goods,
        outbound_number=_outbound(session, order, carrier),
    )


def named_nobody(words: str, shop: ShopRef, order: Order, row: Return) -> str:
    """A carrier's words about a return's label, without the addresses on it: the carrier knows them by itself."""
    try:
        sender = about(_sender(order, row))
    except AddressIncomplete:
        sender = [part for part in (order.ship_name, order.ship_line1, order.email) if part]
    return spoken(words, [*sender, *about(_place(shop, row))])


def _goods(item: ReturnItem, line: OrderLine) -> CustomsItem:
    weight = item.quantity * (line.weight_grams or WEIGHT_UNKNOWN_GRAMS)
    return CustomsItem(line.title, item.quantity, weight, item.quantity * line.unit_price_minor)


def _outbound(session: Session, order: Order, carrier: str) -> str:
    """The number under which this carrier brought the goods, or any that brought them."""
    parcels = session.execute(
        select(Shipment.carrier, Shipment.tracking_number)
        .where(Shipment.order_id == order.id, Shipment.direction == "outbound", Shipment.return_id.is_(None))
        .order_by(Shipment.id)
    ).all()
    return next((number for code, number in parcels if code == carrier), parcels[0][1] if parcels else "")


def _sender(order: Order, row: Return) -> Address:
    """Whoever sends the parcel: the order's recipient, or a present's new owner, who gave an address of their own."""
    missing = [words for part, words in WITHOUT.items() if not (getattr(order, part) or "").strip()]
    if missing and not row.sender:
        raise AddressIncomplete(missing[0] if len(missing) == 1 else WITHOUT_SEVERAL)
    return Address(**sender_parts(order, row))


def _place(shop: ShopRef, row: Return) -> Address:
    place = shop.config.place_of(row.destination)
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
