"""What messages and pages say of exchanges and missing parts, read when they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.db.tables.catalogue import Reservation, Variant
from portal.db.tables.effects import Effect
from portal.db.tables.messages import OutboxMessage
from portal.db.tables.returns import Return
from portal.db.tables.shipments import Shipment
from portal.notify.letter import Item, Letter
from portal.usecases.returns.exchange_desk import SendItem, items_of_sending
from portal.usecases.returns.exchange_fallback import SOLD_OUT
from portal.usecases.returns.exchange_stock import GOODS, PART, sending


def with_exchange(session: Session, letter: Letter, message: OutboxMessage) -> Letter:
    """The letter with what is sent, or cannot be sent any more; other letters as they are."""
    if letter.note is None:
        return letter
    if letter.event == "exchange_shipped":
        effect = session.get_one(Effect, message.payload["effect"])
        row = session.get_one(Return, message.return_id)
        items = tuple(_item(item) for item in items_of_sending(session, effect, row))
        return replace(letter, note=replace(letter.note, instead=items, is_part=effect.purpose == PART))
    if letter.event == "exchange_fallback":
        sold_out = message.payload["why"] == SOLD_OUT
        items = _lost(session, message.payload["reservations"])
        return replace(letter, note=replace(letter.note, instead=items, sold_out=sold_out))
    return letter


def sent_in(session: Session, parcels: Sequence[Shipment]) -> dict[int, tuple[SendItem, ...]]:
    """What is in parcels that were sent for returns, by parcel; nothing where nobody knows."""
    found: dict[int, tuple[SendItem, ...]] = {parcel.id: () for parcel in parcels}
    for return_id in {parcel.return_id for parcel in parcels if parcel.return_id is not None}:
        row = session.get_one(Return, return_id)
        for purpose in (GOODS, PART):
            effect = sending(session, row, purpose)
            if effect is not None and effect.result.get("shipment_id") in found:
                found[effect.result["shipment_id"]] = items_of_sending(session, effect, row)
    return found


def _lost(session: Session, reservations: list[int]) -> tuple[Item, ...]:
    found = session.execute(
        select(Variant.title, Reservation.quantity, Variant.variant)
        .join(Reservation, Reservation.variant_id == Variant.id)
        .where(Reservation.id.in_(reservations), Variant.shop_id == Reservation.shop_id)
        .order_by(Reservation.id)
    )
    return tuple(Item(" ".join(title.split()), units, variant or "") for title, units, variant in found)


def _item(item: SendItem) -> Item:
    return Item(" ".join(item.title.split()), item.quantity, item.variant or "")
