"""The last day for sending back, and every why of it. Days are days in the recipient's zone.

The days begin at the delivery, the hand-off or the order. Days on which the parcel was late or stuck before it arrived do
not count; VIPs and rules add to them; a season gives until its own day; and a last day on which nobody works where the
recipient lives becomes the next working one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from portal.domain.business_days import works_in
from portal.domain.returns.anchors import began
from portal.domain.returns.former.window_1 import OPEN
from portal.domain.returns.model import LineFacts, Note, OrderFacts, Reason, Terms
from portal.domain.words import N_

FOR_COUNTRY = N_("These days hold for orders to your country.")
FOR_KIND = N_("These days hold for items of this kind.")
BY_RULE = N_("These days hold for this item by a rule of the shop.")
FOR_VIP = N_("You have %(extra)s days more, as a thank-you for your orders.")
EXTENDED = N_("%(extra)s days were added for this item.")
STUCK = N_("%(stuck)s days do not count: your parcel was late or did not move on them.")
SEASON = N_("For orders of this season it is extended to %(until_on)s.")
ROLLED = N_(
    "It would have ended on %(rolled_from_on)s; as nobody works on that day, you have until the next working day."
)

_WHOSE = {"zone": FOR_COUNTRY, "product": FOR_KIND, "rule": BY_RULE}


@dataclass(slots=True)
class Window:
    """`start` and `last` are None until it begins. `known`: a carrier or the order says when; otherwise it is assumed.
    `days` are those that the shop gives, before anything is added."""

    days: int
    anchor: str
    start: date | None = None
    known: bool = True
    last: date | None = None
    notes: list[Note] = field(default_factory=list)


def window_of(line: LineFacts, order: OrderFacts, terms: Terms) -> Window:
    """The window of a line under its terms."""
    window = Window(terms.window_days, terms.window_from, notes=_where_from(terms))
    start = began(line, order, terms.window_from, terms.config.transit_days_assumed)
    if start is None:
        return window
    window.start, window.known = order.day(start[0]), start[1]
    before_delivery = line.delivered_at is None or start[0] < line.delivered_at
    window.last = window.start + timedelta(days=window.days + _more(window, line, order, terms, before_delivery))
    _season(window, order, terms)
    if terms.config.roll_to_working_day:
        _roll(window, order)
    return window


def _where_from(terms: Terms) -> list[Note]:
    """Who set the days, where it was not the shop in general: of several the last one holds."""
    for applied in reversed(terms.applied):
        if applied.action == "window_days":
            return [Note(_WHOSE[applied.source.partition(":")[0]], says=applied.says)]
    return []


def _more(window: Window, line: LineFacts, order: OrderFacts, terms: Terms, before_delivery: bool) -> int:
    vip = terms.config.vip_extra_days if order.customer.is_vip else 0
    stuck = line.stuck_days if before_delivery else 0
    if vip:
        window.notes.append(Note(FOR_VIP, {"extra": vip}))
    if terms.extend_days:
        says = next((applied.says for applied in terms.applied if applied.action == "extend_days"), {})
        window.notes.append(Note(EXTENDED, {"extra": terms.extend_days}, says))
    if stuck:
        window.notes.append(Note(STUCK, {"stuck": stuck}))
    return vip + terms.extend_days + stuck


def _season(window: Window, order: OrderFacts, terms: Terms) -> None:
    if order.placed_at is None or window.last is None:
        return
    placed = order.day(order.placed_at).isoformat()
    until = max((s.last_on for s in terms.config.seasons if s.orders_from <= placed <= s.orders_until), default="")
    if until > window.last.isoformat():
        window.last = date.fromisoformat(until)
        window.notes.append(Note(SEASON, {"until_on": until}))


def _roll(window: Window, order: OrderFacts) -> None:
    if window.last is None or _works(order, window.last):
        return
    window.notes.append(Note(ROLLED, {"rolled_from_on": window.last.isoformat()}))
    while not _works(order, window.last):
        window.last += timedelta(days=1)


def _works(order: OrderFacts, day: date) -> bool:
    """Monday to Friday where the country or its calendar is unknown."""
    known = order.calendar.get(day.isoformat())
    return works_in(order.country or "", day) if known is None else known


def is_plain(reason: Reason) -> bool:
    """Whether a window is open and is nothing but days from a delivery."""
    return reason.words == OPEN and not reason.notes


def calendar_of(last_on: str, rolled_from_on: str | None) -> dict[str, bool]:
    """The days that were looked at for a last day, and whether they were working days: calendars change later on."""
    last = date.fromisoformat(last_on)
    first = date.fromisoformat(rolled_from_on or last_on)
    off = {(first + timedelta(days=n)).isoformat(): False for n in range((last - first).days)}
    return off | {last_on: True}
