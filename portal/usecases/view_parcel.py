"""One parcel of the tracking page: its sentence, its steps, its trouble, its timeline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from carriers.model import Status
from portal.db.tables.checkpoints import CheckpointRow
from portal.db.tables.delivery_exceptions import DeliveryException
from portal.db.tables.shipments import Shipment
from portal.domain import headlines
from portal.domain.plain_words import plain
from portal.domain.words import N_
from portal.i18n import Speaker
from portal.usecases.order_page import Day, ScanLine
from portal.usecases.order_rows import ParcelRow


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads, and when: the language, the recipient's zone, what was proved, the shop's voice."""

    speaker: Speaker
    now: datetime
    full: bool
    voice: str
    carriers: dict[str, tuple[str, str]] = field(default_factory=dict)  # code to name and link

    @property
    def zone(self) -> ZoneInfo:
        return self.speaker.zone

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    def carrier(self, code: str) -> str:
        return self.carriers.get(code, (code.upper(), ""))[0]

    def say(self, sentence: headlines.Sentence) -> str:
        """A sentence in the reader's language; its dates are days, its moments are times of day."""
        return self.speaker.gettext(sentence.words, **{k: self._said(v) for k, v in sentence.values.items()})

    def _said(self, value: headlines.Value) -> object:
        if isinstance(value, datetime):
            return self.speaker.time(value)
        return self.speaker.day(value) if isinstance(value, date) else value

    def word(self, message: str, carrier: str = "", **values: object) -> str:
        return self.speaker.gettext(message, carrier=self.carrier(carrier), **values)


def moment(text: str | None, zone: ZoneInfo) -> datetime | None:
    """A carrier's time as given; a time without an offset is read on the recipient's clock."""
    if not text:
        return None
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        return None
    return given if given.tzinfo else given.replace(tzinfo=zone)


def arrival(shipment: Shipment, promised_on: date | None, reader: Reader) -> tuple[date | None, bool]:
    """The day to name, and whether it is the carrier's: an estimate that is over gives way to a promise that is not."""
    promise = shipment.promised_on or promised_on
    if shipment.eta_on is not None and (shipment.eta_on >= reader.today or not promise or promise < reader.today):
        return shipment.eta_on, True
    return promise, False


def situation(row: ParcelRow, promised_on: date | None, reader: Reader) -> headlines.Situation:
    shipment, zone = row.shipment, reader.zone
    day, estimated = arrival(shipment, promised_on, reader)
    until = moment(shipment.eta_latest, zone) if estimated else None
    whole_day = until is None or until.astimezone(zone).date() != day or until.astimezone(zone).hour in (0, 23)
    since = shipment.delivered_at or (shipment.last_scan_at if shipment.status == "expired" else shipment.status_at)
    return headlines.Situation(
        status=shipment.status,
        substatus=shipment.substatus,
        carrier=reader.carrier(shipment.carrier),
        today=reader.today,
        arrives_on=day,
        arrives_by=None if whole_day else until,
        estimated=estimated,
        since_on=since.astimezone(zone).date() if since else None,
        delivered_at=shipment.delivered_at,
    )


_COLLECT = N_("It is at a pickup point of %(carrier)s since %(day)s. Take a document with your name along.")
_AGAIN = N_("%(carrier)s usually tries again on the next working day.")
_PACKED = N_("Packed on %(day)s. %(carrier)s has not scanned it yet.")
_SIGNED = N_("Signed for by %(name)s.")
_NEIGHBOUR = N_("Not there? Please ask next door first, then write to us.")
_SEEN = N_("Last scan: %(what)s.")
_SEEN_AT = N_("Last scan: %(what)s, %(place)s.")


def detail(row: ParcelRow, scans: Sequence[CheckpointRow], reader: Reader) -> str:
    """The sentence under the headline."""
    shipment, code = row.shipment, row.shipment.carrier
    since = shipment.status_at or shipment.created_at
    if shipment.status == "available_for_pickup":
        return reader.word(_COLLECT, code, day=reader.speaker.day(since))
    if shipment.status == "attempt_fail":
        return reader.word(_AGAIN, code)
    if shipment.status in ("pending", "info_received"):
        return reader.word(_PACKED, code, day=reader.speaker.day(shipment.created_at))
    if shipment.status == "delivered":
        return _delivered(shipment, reader)
    return _last_seen(scans, reader, code)


def _delivered(shipment: Shipment, reader: Reader) -> str:
    if shipment.substatus == "Delivered_005":
        return reader.word(_NEIGHBOUR)
    return reader.word(_SIGNED, name=shipment.signed_by) if reader.full and shipment.signed_by else ""


def _last_seen(scans: Sequence[CheckpointRow], reader: Reader, carrier: str) -> str:
    known = next((s for s in scans if plain(s.status, s.substatus)), None)
    if known is None:
        return ""
    what, place = scan_words(known, reader, carrier), scan_place(known, reader)
    return reader.word(_SEEN_AT, what=what, place=place) if place else reader.word(_SEEN, what=what)


def scan_words(scan: CheckpointRow, reader: Reader, carrier: str) -> str:
    """Our words; for a code nobody has mapped the carrier's own, which only a full proof may read."""
    words = plain(scan.status, scan.substatus)
    if words is not None:
        return reader.word(words, carrier)
    if reader.full and scan.raw_text:
        return f"“{scan.raw_text}”"
    return reader.word(N_("News from %(carrier)s"), carrier)


def scan_place(scan: CheckpointRow, reader: Reader) -> str:
    """Town and country for a full proof, the country alone for less."""
    parts = [scan.city.title() if scan.city and scan.city.isupper() else scan.city] if reader.full else []
    comma = "، " if reader.speaker.direction == "rtl" else ", "
    return comma.join(part for part in (*parts, reader.speaker.country(scan.country)) if part)


def timeline(scans: Sequence[CheckpointRow], reader: Reader, carrier: str) -> tuple[Day, ...]:
    """Newest first, by the day on the calendar of the place."""

    def clock(scan: CheckpointRow) -> datetime:
        given = moment(scan.local_time, reader.zone)
        return given.replace(tzinfo=reader.zone) if given else scan.at.astimezone(reader.zone)

    def line(scan: CheckpointRow) -> ScanLine:
        raw = (scan.raw_text or "") if reader.full and scan.status is not None else ""
        return ScanLine(
            time=reader.speaker.time(clock(scan)),
            iso=scan.local_time or scan.at.isoformat(),
            words=scan_words(scan, reader, carrier),
            place=scan_place(scan, reader),
            raw=raw,
        )

    days = groupby(scans, key=lambda s: clock(s).date())
    return tuple(Day(on, day_name(on, reader), tuple(line(s) for s in same)) for on, same in days)


def day_name(on: date, reader: Reader) -> str:
    """Today, yesterday, or the weekday and the day."""
    if on == reader.today:
        return reader.word(N_("Today"))
    if on == reader.today - timedelta(days=1):
        return reader.word(N_("Yesterday"))
    return reader.speaker.day(on)


def worst(cases: Sequence[DeliveryException], shipment_id: int) -> DeliveryException | None:
    """The case to speak of; several at once would only worry."""
    order = {"critical": 4, "high": 3, "medium": 2}
    mine = [c for c in cases if c.shipment_id == shipment_id and c.severity in order]
    return max(mine, key=lambda c: (order[c.severity], c.opened_at), default=None)


OFF_THE_LINE = frozenset({Status.ATTEMPT_FAIL.value, Status.EXCEPTION.value, Status.EXPIRED.value})
