"""What a return's sheets of paper say: who sends what, to whom."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from carriers.errors import CarrierError
from portal.db.tables.orders import Order, OrderLine
from portal.db.tables.returns import Return, ReturnItem
from portal.domain.returns.borders import crosses_customs
from portal.domain.returns.reasons import words_for
from portal.errors import NotFound
from portal.notify.papers.model import PaperLine, Place, ReturnPaper
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns import rows
from portal.usecases.returns.addresses import sender_parts

NOTHING_SENT = frozenset({"keep", "donate"})  # methods
GIFT = "gift"


def has_slip(row: Return) -> bool:
    """Whether there is something to send or to bring, now that the return is approved."""
    return row.decision == "approved" and row.method not in NOTHING_SENT


def needs_invoice(shop: ShopRef, order: Order, row: Return) -> bool:
    """Whether the parcel crosses a customs border on its way back."""
    is_sent = has_slip(row) and row.method != "in_store"
    return is_sent and crosses_customs(sender_parts(order, row)["country"], recipient_of(shop, row).country)


def paper_of(session: Session, deps: Deps, shop: ShopRef, row: Return) -> ReturnPaper:
    """What the papers of a return say. Raises NotFound for a return that sends nothing, or is closed."""
    if not has_slip(row):
        raise NotFound("this return has no papers")
    order = session.get_one(Order, row.order_id)
    carrier, number = _parcel(session, deps, row)
    return ReturnPaper(
        rma=row.rma,
        shop=shop.config.name,
        sender=Place(**sender_parts(order, row)),
        recipient=recipient_of(shop, row),
        lines=_lines(session, row),
        currency=row.currency,
        made_on=deps.clock().astimezone(ZoneInfo(order.timezone)).date(),
        send_back_by=row.send_back_by,
        ordered_on=order.placed_at.astimezone(ZoneInfo(order.timezone)).date(),
        carrier=carrier,
        tracking_number=number,
        is_present=row.kind == GIFT,
    )


def recipient_of(shop: ShopRef, row: Return) -> Place:
    """Where it goes: the shop that it is brought to, else where the shop wants it."""
    store = next((one for one in shop.config.returns.stores if one.name == row.store), None)
    if store is not None:
        return Place(store.name, store.line1, "", store.postal_code, store.city, "", store.country)
    there = shop.config.place_of(row.destination)
    return Place(
        there.name, there.line1, there.line2, there.postal_code, there.city, there.region, there.country, there.phone
    )


def _lines(session: Session, row: Return) -> tuple[PaperLine, ...]:
    """What is sent; what is kept is not in the parcel."""
    found = session.execute(
        select(ReturnItem, OrderLine, Order.number)
        .join(OrderLine, OrderLine.id == ReturnItem.order_line_id)
        .join(Order, Order.id == OrderLine.order_id)
        .where(ReturnItem.return_id == row.id, ReturnItem.outcome == "send_back", ReturnItem.quantity > 0)
        .order_by(Order.id, OrderLine.position)
    )
    return tuple(
        PaperLine(
            title=line.title,
            quantity=item.quantity,
            sku=line.sku,
            variant=line.variant or "",
            reason=words_for(item.reason),
            unit_minor=item.unit_refund_minor if row.kind != GIFT else None,
            weight_grams=line.weight_grams,
            hs_code=line.hs_code or "",
            origin_country=line.origin_country or "",
            order_number=number,
        )
        for item, line, number in found
    )


def _parcel(session: Session, deps: Deps, row: Return) -> tuple[str, str]:
    """The carrier's name and the number the parcel travels under, if it has one."""
    parcel = rows.live_label(session, row) or rows.return_parcel(session, row)
    if parcel is None:
        return "", ""
    try:
        return deps.carriers.info(parcel.carrier).name, parcel.tracking_number
    except CarrierError:
        return parcel.carrier.upper(), parcel.tracking_number
