"""What staff have to send: exchanges and missing parts, and the confirmation that they are on their way.

The goods are ordered or packed in the shop's own system; here their number and the parcel's are written down. Both are
safe to send twice, and the stock goes down once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from portal.db.tables.catalogue import Reservation, Variant
from portal.db.tables.effects import Effect
from portal.db.tables.orders import Order, OrderLine
from portal.db.tables.returns import Return, ReturnItem
from portal.db.tables.shipments import Shipment
from portal.domain.returns.states import EXCHANGE
from portal.domain.words import N_
from portal.errors import Conflict, InvalidInput
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.enqueue import enqueue
from portal.usecases.returns import rows
from portal.usecases.returns.desk import once
from portal.usecases.returns.desk_views import DeskReturn
from portal.usecases.returns.exchange_stock import GOODS, KIND, PART, held_by, sending, use_up
from portal.usecases.returns.own_parcel import CarrierChoice, carriers_to_choose, checked_number
from portal.usecases.returns.parcels import watch
from portal.usecases.returns.paying import close_when_complete
from portal.usecases.returns.payout import HELD, Held
from portal.usecases.returns.settle import settle_when_complete
from portal.usecases.shops import find_shop

LONGEST_ORDER_NUMBER = 100
TO_SEND, ORDERED, SENT = "to_send", "ordered", "sent"
_OPEN = ("intended", "manual")


@dataclass(frozen=True, slots=True)
class SendItem:
    """What goes out. For a part that was missing: of which item, and the shopper's words for what it is."""

    title: str
    variant: str | None
    sku: str
    quantity: int
    words: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Sending:
    """Something that is sent to a shopper for a return. `purpose`: "goods" or "part"; `state`: "to_send", "ordered" (in
    the shop's system, not on its way yet) or "sent". Moments are real time in UTC."""

    return_id: int
    rma: str
    shop_name: str
    purpose: str
    state: str
    items: tuple[SendItem, ...]
    since: datetime
    order_number: str = ""  # in the shop's own system
    carrier: str = ""
    tracking_number: str = ""
    address: tuple[str, ...] = field(default=(), repr=False)  # as on the parcel
    carriers: tuple[CarrierChoice, ...] = ()


@dataclass(frozen=True, slots=True)
class Sent:
    """What staff write down. Without a tracking number it is on its way all the same when `on_its_way` says so."""

    order_number: str = ""
    carrier: str = ""
    tracking_number: str = ""
    on_its_way: bool = False


def list_exchanges_to_send(deps: Deps, limit: int = 100) -> tuple[Sending, ...]:
    """What waits to be sent in every shop, the longest waiting first. What is held waits for a look first."""
    with deps.sessions.read_system() as session:
        found = session.execute(
            select(Effect, Return)
            .join(Return, Return.id == Effect.request["return_id"].as_integer())
            .where(Effect.kind == KIND, Effect.state.in_(_OPEN), Return.decision == "approved")
            .where(or_(Effect.purpose == PART, Return.held_at.is_(None)))
            .order_by(Effect.intended_at, Effect.id)
            .limit(limit)
        ).all()
        names = {row.shop_id: find_shop(deps, shop_id=row.shop_id).config.name for _, row in found}
        return tuple(_view(session, effect, row, names[row.shop_id]) for effect, row in found)


def sendings_of(deps: Deps, return_id: int) -> tuple[Sending, ...]:
    """What is, or is to be, sent to the shopper for this return; with the address and the carriers to choose from."""
    with deps.sessions.read_system() as session:
        row = session.get(Return, return_id)
        effects = [] if row is None else [e for p in (GOODS, PART) if (e := sending(session, row, p)) is not None]
        if row is None or not effects:
            return ()
        shop = find_shop(deps, shop_id=row.shop_id)
        order = session.get_one(Order, row.order_id)
        carriers = carriers_to_choose(deps, shop)
        address = _address(order, row)
        return tuple(_view(session, effect, row, shop.config.name, address, carriers) for effect in effects)


def _view(
    session: Session,
    effect: Effect,
    row: Return,
    shop_name: str,
    address: tuple[str, ...] = (),
    carriers: tuple[CarrierChoice, ...] = (),
) -> Sending:
    state = TO_SEND if effect.state in _OPEN else SENT if effect.result.get("sent") else ORDERED
    parcel = session.get(Shipment, effect.result["shipment_id"]) if effect.result.get("shipment_id") else None
    return Sending(
        return_id=row.id,
        rma=row.rma,
        shop_name=shop_name,
        purpose=effect.purpose,
        state=state,
        items=items_of_sending(session, effect, row),
        since=effect.intended_at,
        order_number=str(effect.result.get("order_number", "")),
        carrier=parcel.carrier if parcel else "",
        tracking_number=parcel.tracking_number if parcel else "",
        address=address,
        carriers=carriers,
    )


def items_of_sending(session: Session, effect: Effect, row: Return) -> tuple[SendItem, ...]:
    """What an effect sends: wanted instead, or missing."""
    pairs = session.execute(
        select(ReturnItem, OrderLine)
        .join(OrderLine, OrderLine.id == ReturnItem.order_line_id)
        .where(ReturnItem.return_id == row.id, ReturnItem.id.in_(effect.request["items"]))
        .order_by(ReturnItem.id)
    ).all()
    if effect.purpose == PART:
        return tuple(SendItem(li.title, li.variant, li.sku, item.quantity, item.comment) for item, li in pairs)
    wanted = session.execute(
        select(Variant, Reservation.quantity)
        .join(Reservation, Reservation.variant_id == Variant.id)
        .where(
            Variant.shop_id == row.shop_id,
            Reservation.return_item_id.in_([item.id for item, _ in pairs]),
            Reservation.state.in_(("held", "used")),
        )
        .order_by(Reservation.return_item_id, Reservation.id)
    )
    return tuple(SendItem(variant.title, variant.variant, variant.sku, units) for variant, units in wanted)


def _address(order: Order, row: Return) -> tuple[str, ...]:
    """The sender's, where that is not the order's recipient: a present's new owner gets what is sent instead."""
    who = row.sender or {}
    names = ("name", "line1", "line2", "postal_code", "city", "region", "country")
    parts = {name: who.get(name) if who else getattr(order, f"ship_{name}") for name in names}
    town = " ".join(filter(None, (parts["postal_code"], parts["city"], parts["region"])))
    lines = (parts["name"], parts["line1"], parts["line2"], town, parts["country"])
    return tuple(line for line in lines if line)


def confirm_sent(
    deps: Deps, return_id: int, staff_id: int, form_key: str, sent: Sent, purpose: str = GOODS
) -> DeskReturn:
    """It is ordered (an order number alone), or on its way (a tracking number, or without one when it says so).

    The first confirmation takes the goods out of the stock; the one that says that it is on its way tells the shopper.
    Raises NotFound; InvalidInput (fields "order_number", "carrier", "number", "number.taken"); Conflict when there is
    nothing to send (any more), or it was sent already; Held while a person has to look: goods are as good as money.
    """
    asked = {"purpose": purpose, "order_number": sent.order_number.strip(), "on_its_way": sent.on_its_way}
    asked |= {"carrier": sent.carrier, "number": sent.tracking_number.strip()}

    def act(session: Session, shop: ShopRef, row: Return, order: Order, now: datetime) -> None:
        effect = sending(session, row, purpose)
        if effect is None or row.decision not in ("approved", "resolved") or effect.result.get("sent"):
            raise Conflict("there is nothing to send for this return, or it was sent already")
        if purpose == GOODS and effect.state in _OPEN and row.held_at is not None:  # held since it was planned
            raise Held(HELD)
        number = checked_number(deps, shop, sent.carrier, sent.tracking_number) if sent.tracking_number.strip() else ""
        _check(effect, sent, number)
        actor = f"staff {staff_id}"
        if effect.state in _OPEN:
            _ordered(session, deps, effect, row, sent, now, actor)
        if number or sent.on_its_way:
            _on_its_way(session, deps, shop, effect, row, order, sent.carrier, number, now, actor)
        deps.crash("exchange.before_sent")

    return once(deps, return_id, staff_id, "return.exchange", form_key, asked, act)


def _check(effect: Effect, sent: Sent, number: str) -> None:
    written = sent.order_number.strip()
    if len(written) > LONGEST_ORDER_NUMBER or not written.isprintable():
        raise InvalidInput(N_("Use at most 100 characters for the order number."), "order_number")
    if not number and not sent.on_its_way and (not written or effect.state not in _OPEN):
        raise InvalidInput(N_("Enter the order number or the tracking number, or say that it is on its way."), "number")


def _ordered(session: Session, deps: Deps, effect: Effect, row: Return, sent: Sent, now: datetime, actor: str) -> None:
    wall = deps.wall()
    effect.state, effect.submitted_at, effect.settled_at = "succeeded", wall, wall
    effect.attempts += 1
    effect.result = {**effect.result, "order_number": sent.order_number.strip(), "by": actor}
    if effect.purpose != GOODS:
        return
    for held in held_by(session, row):
        use_up(session, deps, held)
    rows.move(session, row, EXCHANGE, "ordered", now=now, actor=actor, why="ordered in the shop's system")


def _on_its_way(
    session: Session,
    deps: Deps,
    shop: ShopRef,
    effect: Effect,
    row: Return,
    order: Order,
    carrier: str,
    number: str,
    now: datetime,
    actor: str,
) -> None:
    parcel = _parcel(session, deps, shop, order, row, carrier, number, now) if number else None
    effect.result = {**effect.result, "sent": True, "shipment_id": parcel.id if parcel else None}
    if effect.purpose == GOODS:
        rows.move(session, row, EXCHANGE, "shipped", now=now, actor=actor, why="on its way to the shopper")
    session.flush()
    close_when_complete(session, row, now, actor)
    enqueue(
        session,
        deps,
        shop,
        "exchange_shipped",
        order,
        once=f"return {row.id} sent {effect.purpose}",
        payload={"effect": effect.id},
        shipment_id=parcel.id if parcel else None,
        return_id=row.id,
    )
    settle_when_complete(session, deps, shop, row, now, actor)


def _parcel(
    session: Session, deps: Deps, shop: ShopRef, order: Order, row: Return, carrier: str, number: str, now: datetime
) -> Shipment:
    """A parcel of the order like those before it, so that its page shows it and the same rules watch it. That it
    belongs to a return tells it from the parcels that brought what was bought."""
    taken = select(Shipment.id).where(
        Shipment.order_id == order.id, Shipment.carrier == carrier, Shipment.tracking_number == number
    )
    if session.scalar(taken) is not None:
        raise InvalidInput(N_("Another parcel of this order has this number already."), "number.taken")
    who = row.sender or {}
    parcel = Shipment(
        shop_id=shop.id,
        public_id=deps.token(),
        order_id=order.id,
        return_id=row.id,
        direction="outbound",
        carrier=carrier,
        tracking_number=number,
        created_at=now,
        origin_country=shop.config.warehouse.country,
        destination_country=who.get("country") or order.ship_country,
        destination_postal_code=who.get("postal_code") or order.ship_postal_code,
        timezone=order.timezone,
        changed_at=now,
        next_check_at=now,
    )
    session.add(parcel)
    session.flush()
    watch(session, parcel, now)
    return parcel
