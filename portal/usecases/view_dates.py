"""The dates of a tracking page and their age: which day was named before and why it moved, and how old the news is."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import zip_longest

from portal.db.tables.shipments import Promise
from portal.domain.plain_words import because
from portal.domain.words import N_
from portal.usecases.order_page import Moved
from portal.usecases.order_rows import Rows
from portal.usecases.view_parcel import Reader

FORMER_DATES = 3


def moved(rows: Rows, current: date | None, reader: Reader) -> tuple[Moved, ...]:
    """Former dates, oldest first, from the ledger of every date that was shown; for one parcel, where it is clear
    which date took the place of which."""
    if current is None or len(rows.parcels) != 1:
        return ()
    ledger = list(rows.promises)
    former: dict[date, Moved] = {}
    for entry, following in zip_longest(ledger, ledger[1:]):
        if entry.date != current and (following is None or following.date != entry.date):
            former[entry.date] = Moved(entry.date, _because(rows, following, reader))
    return tuple(former.values())[-FORMER_DATES:]


def _because(rows: Rows, entry: Promise | None, reader: Reader) -> str:
    if entry is None:
        return ""
    if entry.reason:
        return reader.speaker.gettext(entry.reason)
    before = [s for s in rows.scans[rows.parcels[0].shipment.id] if s.at <= entry.recorded_at + timedelta(hours=1)]
    words = next((found for s in before[:6] if (found := because(s.substatus))), None)
    return reader.word(words) if words else ""


def as_of_words(rows: Rows, as_of: datetime | None, reader: Reader) -> str:
    waiting = [p for p in rows.parcels if p.next_poll_at is not None and p.shipment.status != "delivered"]
    following = min((p.next_poll_at for p in waiting if p.next_poll_at and p.next_poll_at > reader.now), default=None)
    if as_of is None:
        return reader.word(N_("No news from the carrier yet; we are asking.")) if waiting else ""
    known = reader.word(N_("As of %(time)s"), time=_clock(as_of, reader))
    if following is None:
        return known + (" · " + reader.word(N_("next check in a moment")) if waiting else "")
    return known + " · " + reader.word(N_("next check about %(time)s"), time=_clock(following, reader))


def _clock(at: datetime, reader: Reader) -> str:
    """The time, with its day unless that is today."""
    time, day = reader.speaker.time(at), at.astimezone(reader.zone).date()
    return time if day == reader.today else f"{reader.speaker.day(day)}, {time}"


_FEED = N_("%(carrier)s has sent no news since %(time)s. What you see is from before that; we keep asking.")


def feeds_words(rows: Rows, reader: Reader) -> tuple[str, ...]:
    down = {
        p.shipment.carrier: p.feed_down_since
        for p in rows.parcels
        if p.feed_down_since is not None and p.next_poll_at is not None and p.shipment.status != "delivered"
    }
    return tuple(reader.word(_FEED, code, time=_clock(since, reader)) for code, since in sorted(down.items()))
