"""Days to remember of a return, as calendar entries (RFC 5545). An entry that is fetched again moves the earlier one: its
UID stays, its SEQUENCE grows with the return's version."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from portal.db.tables.returns import Return
from portal.i18n import Speaker
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.links import address
from portal.usecases.returns import rows
from portal.usecases.returns.documents import Document
from portal.usecases.returns.papers import NOTHING_SENT

if TYPE_CHECKING:
    from icalendar import Event

_NOT_SENT = frozenset({"none", "label_queued", "label_failed", "label_ready", "label_lapsed"})
_REMINDER = timedelta(hours=-8)  # the afternoon before


def calendar_entry(deps: Deps, shop: ShopRef, return_public_id: str, speaker: Speaker) -> Document:
    """The last day to send it back, and the day of the pickup if there is one: all-day, where the sender lives.

    What no longer counts comes as cancelled, so that a calendar that has it lets it go. Raises NotFound.
    """
    with deps.sessions.read(shop.id) as session:
        row = rows.return_by_public_id(session, return_public_id)
    return Document(f"return-{row.rma}.ics", "text/calendar", calendar_of(deps, shop, row, speaker))


def calendar_of(deps: Deps, shop: ShopRef, row: Return, speaker: Speaker) -> bytes:
    """The entries of a return as a file."""
    from icalendar import Calendar  # slow to load

    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//Doorstep//Returns//EN")
    calendar.add("method", "PUBLISH")
    for event in _events(deps, shop, row, speaker):
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _events(deps: Deps, shop: ShopRef, row: Return, speaker: Speaker) -> list[Event]:
    _ = speaker.gettext
    is_open = row.decision == "approved" and row.parcel in _NOT_SENT
    found = []
    if row.method not in NOTHING_SENT:
        words = _("Send back by today: return %(rma)s, %(shop)s", rma=row.rma, shop=shop.config.name)
        found.append(_event(deps, shop, row, "send-back", words, row.send_back_by, is_open))
    if row.pickup_on is not None:
        words = _("Parcel is picked up: return %(rma)s, %(shop)s", rma=row.rma, shop=shop.config.name)
        is_coming = is_open and row.method == "pickup"
        found.append(_event(deps, shop, row, "pickup", words, row.pickup_on, is_coming))
    return found


def _event(deps: Deps, shop: ShopRef, row: Return, what: str, words: str, day: date, counts: bool) -> Event:
    from icalendar import Alarm, Event

    event = Event()
    event.add("uid", f"{row.public_id}.{what}@{shop.config.sender.address.rpartition('@')[2]}")
    event.add("sequence", row.version)
    event.add("dtstamp", deps.clock())
    event.add("summary", words)
    event.add("dtstart", day)
    event.add("dtend", day + timedelta(days=1))
    event.add("transp", "TRANSPARENT")
    event.add("status", "CONFIRMED" if counts else "CANCELLED")
    event.add("url", address(deps, shop, f"/returns/{row.public_id}"))
    if counts:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", words)
        alarm.add("trigger", _REMINDER)
        event.add_component(alarm)
    return event
