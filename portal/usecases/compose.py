"""Everything one queued message has to say, read in one transaction, with a fresh signed link to the order."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from urllib.parse import quote, urlsplit

from sqlalchemy import func, select
from sqlalchemy.orm import Session, undefer

from carriers.model import Status
from portal.db.tables.delivery_exceptions import DeliveryException
from portal.db.tables.messages import OutboxMessage
from portal.db.tables.orders import Order, OrderLine
from portal.db.tables.return_flow import Withdrawal
from portal.db.tables.returns import LabelRow, Return, ReturnItem
from portal.db.tables.shipments import Shipment, ShipmentLine
from portal.domain.delivery_exceptions.assess import words
from portal.domain.notifications import CATALOGUE, GIFT_NEWS, NO_LONGER_TRUE, Notification, why_not
from portal.domain.returns.reasons import is_our_doing
from portal.domain.returns.refusals import words_of
from portal.i18n import Speaker, choose
from portal.notify.label_pdf import as_pdf
from portal.notify.letter import Item, Letter, Parcel, ReturnNote, Trouble
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.letter_parts import carrier_in_letters, items_of_return, letter_items, one_line
from portal.usecases.links import address, make_link
from portal.usecases.returns.exchange_letters import with_exchange
from portal.usecases.returns.gift_letter import gift_letter
from portal.usecases.returns.letter_papers import papers_for
from portal.usecases.returns.telling import is_untrue


class Moot(Exception):  # not an error: the message has lost its point
    """The message must not be sent any more; `reason` says why, for staff."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def compose(deps: Deps, shop: ShopRef, outbox_id: int) -> Letter:
    """What the message says now. Raises Moot when it is too late for it or no longer true (field: e.6)."""
    now = deps.clock()
    with deps.sessions.write(shop.id) as session:
        row = session.get_one(OutboxMessage, outbox_id)
        order = session.get_one(Order, row.order_id)
        shipment = session.get(Shipment, row.shipment_id) if row.shipment_id else None
        spec = CATALOGUE[row.event]
        _guard(session, row, spec, shipment, now)
        letter = Letter(
            event=row.event,
            language=choose([row.locale], shop.config.locales),
            timezone=order.timezone,
            order_number=one_line(order.number),
            items=_order_items(session, order.id),
            parcel=_parcel(session, deps, order, shipment) if shipment else None,
            trouble=_trouble(row) if row.event == "problem" else None,
            code=str(row.payload.get("code", "")),
            minutes=int(row.payload.get("minutes", 10)),
        )
        if row.event == GIFT_NEWS:  # says nothing of the order, and comes with a link that does not open it
            present = gift_letter(session, deps, shop, row, order.timezone)
            if present is None:
                raise Moot(NO_LONGER_TRUE)
            return present
        if row.event == "code":  # worth nothing beside a link that needs none
            return letter
        if row.recipient == order.email:  # a link opens everything: it goes to the address on file and to no other
            letter = replace(letter, link=make_link(session, deps, shop, order.id))
        if "path" in row.payload and letter.link:
            letter = replace(letter, link=f"{letter.link}?next={quote(_path(deps, shop, str(row.payload['path'])))}")
        if row.return_id is None:
            return letter
        returned = session.get_one(Return, row.return_id)
        letter = with_exchange(session, _with_return(session, deps, shop, letter, returned), row)
        path = f"/returns/{returned.public_id}"
        if row.event == "withdrawal_receipt":
            declared = session.get_one(Withdrawal, int(row.payload["withdrawal_id"]))
            letter, path = replace(letter, receipt=declared.receipt), f"/withdrawals/{declared.public_id}"
        return replace(letter, link=f"{letter.link}?next={quote(_path(deps, shop, path))}" if letter.link else "")


def _path(deps: Deps, shop: ShopRef, path: str) -> str:
    """A page of the shop as it is named on its host."""
    return urlsplit(address(deps, shop, path)).path


def _guard(session: Session, row: OutboxMessage, spec: Notification, shipment: Shipment | None, now: datetime) -> None:
    reason = why_not(
        spec,
        now,
        useful_until=row.useful_until,
        status=Status(shipment.status) if shipment else None,
        delivered=shipment is not None and shipment.delivered_at is not None,
    )
    if reason is None and row.event == "problem" and shipment is not None and _cleared(session, shipment, _rule(row)):
        reason = NO_LONGER_TRUE
    if reason is not None:
        raise Moot(reason)


def _rule(row: OutboxMessage) -> str:
    return str(row.payload.get("message_key", "")).partition(".")[0]


def _cleared(session: Session, shipment: Shipment, rule: str) -> bool:
    """Whether the trouble is over: there were cases of this rule, and none of them is open."""
    states = set(
        session.scalars(
            select(DeliveryException.state).where(
                DeliveryException.shipment_id == shipment.id, DeliveryException.rule == rule
            )
        )
    )
    return bool(states) and "open" not in states


def _trouble(row: OutboxMessage) -> Trouble:
    key = str(row.payload.get("message_key", ""))
    return Trouble(_rule(row), words(key).shopper, dict(row.payload.get("inputs") or {}))


def _parcel(session: Session, deps: Deps, order: Order, shipment: Shipment) -> Parcel:
    parcels = session.scalar(
        select(func.count())
        .select_from(Shipment)
        .where(Shipment.order_id == order.id, Shipment.direction == shipment.direction)
    )
    lines = session.execute(
        select(OrderLine.title, ShipmentLine.quantity, OrderLine.variant)
        .join(ShipmentLine, ShipmentLine.order_line_id == OrderLine.id)
        .where(ShipmentLine.shipment_id == shipment.id, OrderLine.shop_id == ShipmentLine.shop_id)
        .order_by(OrderLine.position)
    )
    items = letter_items(lines)
    return Parcel(
        carrier=carrier_in_letters(deps, shipment.carrier),
        number=shipment.tracking_number,
        items=items if items or (parcels or 1) > 1 else _order_items(session, order.id),
        expected_on=shipment.eta_on,
        promised_on=shipment.promised_on or order.promised_on,
        parcels=parcels or 1,
    )


def _with_return(session: Session, deps: Deps, shop: ShopRef, letter: Letter, row: Return) -> Letter:
    label = session.scalars(
        select(LabelRow)
        .where(LabelRow.return_id == row.id, LabelRow.voided_at.is_(None))
        .options(undefer(LabelRow.document), undefer(LabelRow.qr_png))
    ).one_or_none()
    if letter.event == "return_label_ready" and label is None:
        raise Moot(NO_LONGER_TRUE)
    if is_untrue(letter.event, row):
        raise Moot(NO_LONGER_TRUE)
    if letter.event == "return_rejected" and row.decision != "rejected":
        raise Moot(NO_LONGER_TRUE)
    if letter.event == "return_instructions" and (row.decision, row.parcel) != ("approved", "none"):
        raise Moot(NO_LONGER_TRUE)
    note = ReturnNote(
        rma=row.rma,
        destination=row.destination,
        resolution=row.resolution,
        due_minor=row.due_minor,
        currency=row.currency,
        send_back_by=row.send_back_by,
        carrier=carrier_in_letters(deps, label.carrier) if label else "",
        number=label.tracking_number if label else "",
        items=items_of_return(session, row),
        credit_code=row.credit_code,
        is_our_doing=is_our_doing(session.scalars(select(ReturnItem.reason).where(ReturnItem.return_id == row.id))),
        refusal=words_of(row.reject_code),
        refusal_words=row.reject_words or "",
    )
    speaker = Speaker(letter.language, letter.timezone)
    letter = replace(letter, note=note, papers=papers_for(session, deps, shop, letter.event, row, speaker))
    if letter.event != "return_label_ready" or label is None:
        return letter
    return replace(letter, pdf=as_pdf(label.document), qr_png=label.qr_png)


def _order_items(session: Session, order_id: int) -> tuple[Item, ...]:
    lines = select(OrderLine.title, OrderLine.quantity, OrderLine.variant).where(OrderLine.order_id == order_id)
    return letter_items(session.execute(lines.order_by(OrderLine.position)))
