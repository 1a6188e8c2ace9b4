"""The tracking page of an order: the answer first, then the detail. Never asks a carrier (reliability: D20)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import bindparam, func, select

from carriers.errors import CarrierError
from portal.db.tables.operations import CarrierFeed
from portal.db.tables.orders import Order
from portal.db.tables.shipments import PollQueueEntry, Shipment
from portal.domain import headlines
from portal.domain.headlines import Sentence
from portal.domain.words import N_
from portal.errors import NotFound
from portal.i18n import Speaker
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.order_page import Item, OrderPage, Parcel, ReturnLine
from portal.usecases.order_rows import LineRow, ParcelRow, Rows, load
from portal.usecases.returns.exchange_desk import SendItem
from portal.usecases.returns.exchange_letters import sent_in
from portal.usecases.returns_way import ReturnsWay, returns_way
from portal.usecases.view_dates import as_of_words, feeds_words, moved
from portal.usecases.view_parcel import Reader, arrival, detail, situation, timeline, worst
from portal.usecases.view_problem import problem
from portal.usecases.view_progress import steps
from portal.usecases.withdrawal_way import withdrawal_way

CODE_LAST = frozenset({"AU", "CA", "GB", "IE", "IN", "NZ", "US"})  # the postcode stands after the town
CANCELLED = frozenset({"cancelled", "canceled"})


_STAMP = (
    select(
        Order.version,
        Order.timezone,
        Order.locale,
        func.max(Shipment.polled_at),
        func.min(PollQueueEntry.next_poll_at),
        func.max(CarrierFeed.down_since),
    )
    .outerjoin(Shipment, (Shipment.order_id == Order.id) & (Shipment.shop_id == Order.shop_id))
    .outerjoin(PollQueueEntry, PollQueueEntry.shipment_id == Shipment.id)
    .outerjoin(CarrierFeed, CarrierFeed.carrier == Shipment.carrier)
    .where(Order.public_id == bindparam("public_id"))
    .group_by(Order.id)
)


def view_order(deps: Deps, shop: ShopRef, public_id: str, tier: str, speaker: Speaker) -> OrderPage:
    """The page for a visitor who has proved `tier` ("masked" or "full"). Raises NotFound.

    `speaker` brings the language; its zone is replaced by the recipient's.
    """
    with deps.sessions.read(shop.id) as session:
        rows = load(session, public_id)
        if rows is None:
            raise NotFound("there is no such order")
        way = withdrawal_way(session, shop, rows, deps.clock())
        reader = Reader(
            speaker=Speaker(speaker.language, rows.order.timezone),
            now=deps.clock(),
            full=tier == "full",
            voice=shop.config.brand.voice,
            carriers=_carriers(deps, {p.shipment.carrier for p in (*rows.parcels, *rows.instead)}),
        )
        sent = sent_in(session, [row.shipment for row in rows.instead]) if rows.instead else {}
        back = returns_way(session, shop, rows.order, reader, deps.clock()) if _delivered(rows) else None
    instead = tuple(_sent_instead(rows, row, sent[row.shipment.id], reader) for row in rows.instead)
    return replace(_page(rows, reader, tier, back), withdrawal=way, instead=instead)


def page_stamp(deps: Deps, shop: ShopRef, public_id: str) -> tuple[Any, ...] | None:
    """What a page depends on, in one statement: the same stamp means the same page for the same reader.

    None when there is no such order. The stamp holds the recipient's day, since "tomorrow" becomes "today" by itself.
    """
    with deps.sessions.read(shop.id) as session:
        row = session.execute(_STAMP, {"public_id": public_id}).one_or_none()
    if row is None:
        return None
    version, timezone, locale, polled, following, down = row
    now = deps.clock()
    today = now.astimezone(Speaker("en", timezone).zone).date()
    return (version, timezone, locale, polled, following, following is not None and following > now, down, today)


def _carriers(deps: Deps, codes: set[str]) -> dict[str, tuple[str, str]]:
    known = {}
    for code in codes:
        try:
            info = deps.carriers.info(code)
        except (CarrierError, KeyError):
            continue
        known[code] = (info.name, info.tracking_link)
    return known


def _page(rows: Rows, reader: Reader, tier: str, back: ReturnsWay | None) -> OrderPage:
    order = rows.order
    parcels = tuple(_parcel(rows, row, n, reader) for n, row in enumerate(rows.parcels, start=1))
    headline = _headline(rows, parcels, reader)
    shown = _next_arrival(rows, reader)
    delivered = _delivered(rows)
    as_of = max((p.shipment.polled_at for p in rows.parcels if p.shipment.polled_at), default=None)
    return OrderPage(
        public_id=order.public_id,
        number=order.number,
        tier=tier,
        headline=headline[0],
        tone=headline[1],
        detail=headline[2],
        arrives_on=shown,
        arrives_label=reader.word(_label(shown, delivered, reader)) if shown else "",
        moved=() if delivered else moved(rows, shown, reader),
        as_of=as_of,
        as_of_words=as_of_words(rows, as_of, reader),
        feed_words=feeds_words(rows, reader),
        problems=tuple(p.problem for p in parcels if p.problem is not None),
        parcels=parcels,
        loose_items=tuple(_item(line) for line in _loose_lines(rows.lines, len(rows.parcels))),
        packed=any(parcel.items for parcel in parcels) and len(parcels) > 1,
        placed_on=order.placed_at.astimezone(reader.zone).date(),
        promised_on=order.promised_on,
        recipient=_recipient(order, reader),
        email=_email(order.email, reader.full),
        returns=tuple(ReturnLine(r.public_id, r.rma, _return_state(r, reader)) for r in rows.returns),
        return_until=back.until if back else None,
        return_words=back.words if back else "",
        can_return=back is not None and back.is_open,
        delivered=delivered,
    )


def _parcel(rows: Rows, row: ParcelRow, n: int, reader: Reader) -> Parcel:
    shipment, scans = row.shipment, rows.scans[row.shipment.id]
    promised_on = rows.order.promised_on if shipment.return_id is None else None  # that was of the first parcels
    sentence = headlines.parcel_headline(situation(row, promised_on, reader), reader.voice)
    line, note = steps(rows.order, shipment, scans, reader)
    link = reader.carriers.get(shipment.carrier, ("", ""))[1]
    return Parcel(
        public_id=shipment.public_id,
        name=reader.word(N_("Parcel %(n)s of %(of)s"), n=n, of=len(rows.parcels)),
        carrier=reader.carrier(shipment.carrier),
        tracking_number=shipment.tracking_number if reader.full else f"…{shipment.tracking_number[-4:]}",
        tracking_link=link.replace("{number}", shipment.tracking_number) if reader.full else "",
        whole_number=reader.full,
        headline=reader.say(sentence),
        tone=sentence.tone,
        detail=detail(row, scans, reader),
        steps=line,
        note=note,
        problem=problem(shipment, worst(rows.cases, shipment.id), reader),
        days=timeline(scans, reader, shipment.carrier),
        items=tuple(_item(part) for part in rows.lines if part.shipment_id == shipment.id),
        delivered=shipment.status == "delivered",
    )


def _sent_instead(rows: Rows, row: ParcelRow, sent: tuple[SendItem, ...], reader: Reader) -> Parcel:
    """A parcel that was sent for a return, with what is in it."""
    rma = next((one.rma for one in rows.returns if one.id == row.shipment.return_id), "")
    items = tuple(Item(item.quantity, item.title, item.variant or "") for item in sent)
    return replace(_parcel(rows, row, 1, reader), name=reader.word(N_("Sent for return %(rma)s"), rma=rma), items=items)


def _headline(rows: Rows, parcels: Sequence[Parcel], reader: Reader) -> tuple[str, str, str]:
    """The words, their tone, and the sentence under them."""
    if rows.order.status.lower() in CANCELLED:
        return reader.say(headlines.order_headline("cancelled", reader.voice)), "warn", ""
    if len(parcels) == 1:
        return parcels[0].headline, parcels[0].tone, parcels[0].detail
    sentence = _split(rows, reader) if parcels else _without_parcels(rows, reader)
    trouble = sum(p.problem is not None for p in parcels)
    more = reader.speaker.ngettext(
        "One of them needs attention; see below.", "%(n)s of them need attention; see below.", trouble
    )
    return reader.say(sentence), "warn" if trouble else sentence.tone, more if trouble else ""


def _without_parcels(rows: Rows, reader: Reader) -> Sentence:
    order, today = rows.order, reader.today
    if order.delivered_at is not None:
        on = order.delivered_at.astimezone(reader.zone).date()
        now = headlines.Situation(
            status="delivered", today=today, since_on=on, delivered_at=order.delivered_at, arrives_on=on
        )
        return headlines.parcel_headline(now, reader.voice)
    if order.promised_on is not None:
        return headlines.parcel_headline(
            headlines.Situation(status="pending", today=today, arrives_on=order.promised_on), reader.voice
        )
    return headlines.order_headline("received", reader.voice)


def _split(rows: Rows, reader: Reader) -> Sentence:
    n = len(rows.parcels)
    done = sum(p.shipment.status == "delivered" for p in rows.parcels)
    if done == n:
        return headlines.order_headline("all", reader.voice, "good", n=n)
    following = _next_arrival(rows, reader)
    named = following is not None and following >= reader.today
    key = ("some" if done else "none") + ("_next" if named else "")
    values: dict[str, Any] = {"n": n, "done": done} | ({"day": following} if named else {})
    return headlines.order_headline(key, reader.voice, **values)


def _label(day: date, delivered: bool, reader: Reader) -> str:
    if delivered:
        return N_("Delivered")
    return N_("Expected") if day >= reader.today else N_("We promised")


def _delivered(rows: Rows) -> bool:
    if rows.parcels:
        return all(p.shipment.status == "delivered" for p in rows.parcels)
    return rows.order.delivered_at is not None


def _still_coming(shipment: Shipment) -> bool:
    """Whether a day of arrival says anything: not for a parcel that waits to be collected, is lost or turned round."""
    if shipment.status == "exception":
        return shipment.substatus in headlines.DELAYS and shipment.eta_on is not None
    return shipment.status in ("pending", "info_received", "in_transit", "out_for_delivery")


def _next_arrival(rows: Rows, reader: Reader) -> date | None:
    """The day to show large: of delivery when all is there, else the next that is expected."""
    if _delivered(rows):
        moments = [p.shipment.delivered_at for p in rows.parcels] or [rows.order.delivered_at]
        last = max((m for m in moments if m is not None), default=None)
        return last.astimezone(reader.zone).date() if last else None
    waiting = [p.shipment for p in rows.parcels if _still_coming(p.shipment)]
    days = [day for s in waiting if (day := arrival(s, rows.order.promised_on, reader)[0]) is not None]
    coming = [day for day in days if day >= reader.today]
    return min(coming or days, default=rows.order.promised_on if not rows.parcels else None)


def _loose_lines(lines: Sequence[LineRow], parcels: int) -> list[LineRow]:
    """What is not shown inside a parcel: all of it for one parcel, what is left over for several."""
    once = {row.line.id: row.line for row in lines}
    packed = dict.fromkeys(once, 0)
    for row in lines:
        packed[row.line.id] += row.quantity if row.shipment_id is not None and parcels > 1 else 0
    return [LineRow(line, None, n) for id_, line in once.items() if (n := line.quantity - packed[id_]) > 0]


def _item(row: LineRow) -> Item:
    return Item(row.quantity, row.line.title, row.line.variant or "")


def _recipient(order: Order, reader: Reader) -> tuple[str, ...]:
    """The address as lines; without a full proof initials and the country."""
    country = reader.speaker.country(order.ship_country)
    if not reader.full:
        initials = " ".join(f"{part[0].upper()}." for part in (order.ship_name or "").split()[:3])
        return tuple(part for part in (initials, country) if part)
    place = (order.ship_city, order.ship_region, order.ship_postal_code)
    if order.ship_country not in CODE_LAST:
        place = (order.ship_postal_code, order.ship_city, order.ship_region)
    lines = (order.ship_name, order.ship_line1, order.ship_line2, " ".join(p for p in place if p), country)
    return tuple(line for line in lines if line)


def _email(address: str | None, full: bool) -> str:
    if not address or full:
        return address or ""
    name, _, host = address.partition("@")
    return f"{name[:1]}•••@{host[:1]}•••"


def _return_state(row: Any, reader: Reader) -> str:
    if row.exchange == "shipped":
        return reader.word(N_("Your exchange is on its way"))
    if row.exchange in ("reserved", "ordered") and row.received_at is not None:
        return reader.word(N_("Received; your exchange is next"))
    if row.money == "paid":
        return reader.word(N_("Paid back"))
    if row.closed_at is not None:
        return reader.word(N_("Closed"))
    if row.received_at is not None:
        return reader.word(N_("Received; your money is next"))
    return reader.word(N_("Open: send it by %(day)s"), day=reader.speaker.day(row.send_back_by))
