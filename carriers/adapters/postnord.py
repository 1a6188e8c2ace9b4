"""PostNord: Track & Trace v5, findByIdentifier, one item or shipment number a call. No push.

Sources: the interface description of Track & Trace (statuses, items, events, faults), and recorded answers. PostNord's
event codes are not public: every event carries one of thirteen statuses beside its code, and these are mapped. Times have
no offset, countries have three letters, and a fault stands in an answer with HTTP status 200.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from carriers import parsing as read
from carriers.answers import concerning, not_supported, read_json, refusal
from carriers.base import Account, AdapterInfo, Answers, Call, Http, RawAnswer
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Checkpoint, EstimatedDelivery, Status, TrackingResult
from carriers.wording import by_words, refined, sharpen

# The status of an event and of an item. RETURNED does not say whether the parcel is on its way back or there, STOPPED and
# the delays do not say why: their texts may.
STATUSES = read.code_table(
    {
        "InfoReceived_001": "CREATED INFORMED",
        "InTransit": "EN_ROUTE",
        "AvailableForPickup_001": "AVAILABLE_FOR_DELIVERY AVAILABLE_FOR_DELIVERY_PAR_LOC",
        "AttemptFail_001": "DELIVERY_IMPOSSIBLE",
        "Delivered_001": "DELIVERED",
        "Exception": "DELAYED EXPECTED_DELAY RETURNED STOPPED",
        "Exception_003": "DELIVERY_REFUSED",
    }
)
# "The delivery of the shipment item is in progress": there is no status for it, its events are EN_ROUTE.
EVENTS = read.code_table({"OutForDelivery_001": "113"})
_NOTHING = "OTHER"  # messages to the recipient, and now and then a scan, whose text begins with the item
_OF_THE_ITEM = re.compile(r"(?:the shipment|your) item\b", re.IGNORECASE)
_CUSTOMS = re.compile(r"being customs cleared", re.IGNORECASE)
_KEPT = re.compile(r"awaiting (?:the booked delivery date|an agreement of delivery)", re.IGNORECASE)
_FAULTS = {"invalidIdentifier": ErrorKind.INVALID_NUMBER}


class PostNord:
    """The adapter for PostNord: one number a call."""

    info = AdapterInfo(
        code="postnord",
        name="PostNord",
        country="SE",
        formats=("s10", "postnord_sscc", "postnord_se"),
        production_url="https://api2.postnord.com",
        credential_names=("api_key",),
        calls_per_second=2.0,
        tracking_link="https://tracking.postnord.com/en/tracking?id={number}",
    )

    def track(self, http: Http, account: Account, numbers: Sequence[str]) -> Answers:
        """GET /rest/shipment/v5/trackandtrace/findByIdentifier.json, one call a number."""
        answers = []
        for number in numbers:
            url = account.url("/rest/shipment/v5/trackandtrace/findByIdentifier.json")
            who = {"apikey": account.credential("api_key"), "locale": account.setting("language", "en")}
            answer = http.send(account, Call("GET", url, params={"id": number, **who}))
            answers.append((answer, self.parse(answer, [number])))
        return answers

    def parse(self, answer: RawAnswer, numbers: Sequence[str] = ()) -> list[TrackingResult]:
        """Pure. One result a shipment."""
        tree = read_json(answer)
        asked = numbers[0] if len(numbers) == 1 else None
        shipments = read.records(read.dig(tree, "TrackingInformationResponse", "shipments"))
        if answer.status != 200 or not shipments:
            return [concerning(_error(answer, tree), asked)]
        told_of = [one for one in shipments if asked in _names(one)][:1] or shipments
        return [_result(one, asked if len(told_of) == 1 else None) for one in told_of]

    def parse_push(self, answer: RawAnswer) -> list[TrackingResult]:
        """Raises CarrierError(not_supported)."""
        raise not_supported(self.info.code, "pushes")


def _names(shipment: dict[str, Any]) -> list[str | None]:
    return [read.text(shipment.get("shipmentId")), *(read.text(item.get("itemId")) for item in _items(shipment))]


def _items(shipment: dict[str, Any]) -> list[dict[str, Any]]:
    return read.records(shipment.get("items"))


def _error(answer: RawAnswer, tree: Any) -> CarrierError:
    """A fault, a problem report of the gateway, or an answer without a shipment, which is how PostNord says not found."""
    told = read.dig(tree, "TrackingInformationResponse")
    fault = read.record(read.dig(told, "compositeFault", "faults") or read.dig(tree, "compositeFault", "faults"))
    code = read.text(fault.get("faultCode"))
    words = read.first_text(fault.get("explanationText"), read.dig(tree, "detail"), read.dig(tree, "message"))
    error = refusal(answer, words, code)
    if fault and error.kind in (ErrorKind.MALFORMED, ErrorKind.BAD_REQUEST):
        error.kind = _FAULTS.get(code or "", ErrorKind.BAD_REQUEST)
    elif answer.status == 200 and isinstance(told, dict) and told.get("shipments") == []:
        error = CarrierError(ErrorKind.NOT_FOUND, "PostNord has no data on this number.")
    elif error.kind is ErrorKind.NOT_FOUND:  # an address that is not there says nothing of a number
        error.kind = ErrorKind.MALFORMED
    return error


def _result(shipment: dict[str, Any], asked: str | None) -> TrackingResult:
    item = _item(shipment, asked)
    scans = read.back_at_sender(_filled(read.in_order(map(_scan, read.records(item.get("events"))[::-1]))))
    found = _current(item or shipment, scans)
    delivered_at = None
    if found[0] is Status.DELIVERED:
        scanned = (scan.time for scan in reversed(scans) if scan.status is Status.DELIVERED and not scan.notice)
        delivered_at = next(scanned, None) or read.moment(item.get("deliveryDate"))
    number = asked or read.first_text(item.get("itemId"), shipment.get("shipmentId"))
    signed_by = read.text(read.dig(item, "acceptor", "name"))
    return TrackingResult(number, *found, scans, _estimate(item, shipment), delivered_at, signed_by)


def _item(shipment: dict[str, Any], asked: str | None) -> dict[str, Any]:
    """The item asked for. A shipment of several is as far as the one that lags, so a delivered one is taken last."""
    items = _items(shipment)
    exact = [item for item in items if asked and read.text(item.get("itemId")) == asked]
    behind = [item for item in items if _status(item) != "DELIVERED"]
    return next(iter(exact or behind or items), {})


def _current(item: dict[str, Any], scans: Sequence[Checkpoint]) -> read.Meaning:
    """PostNord's own status, which the newest scan makes exact where it carries the same."""
    known, stated = read.last_known(scans), STATUSES.get(_status(item))
    newest = next((scan for scan in reversed(scans) if not scan.notice), None)
    same = newest is not None and _status(newest.raw) == _status(item)
    early = stated is not None and stated[0] is Status.INFO_RECEIVED and known[0] is not Status.PENDING
    return known if stated is None or same or early else stated


def _status(record: Mapping[str, Any]) -> str:
    return (read.text(record.get("status")) or "").upper()


def _scan(event: dict[str, Any]) -> Checkpoint:
    status, code, words = _status(event), read.text(event.get("eventCode")), read.text(event.get("eventDescription"))
    notice = status == _NOTHING and code not in EVENTS and not _OF_THE_ITEM.match(words or "")
    state, sub = (None if notice else _meaning(status, code, words)) or (None, None)
    place = read.record(event.get("location"))
    return Checkpoint(
        time=read.moment(event.get("eventTime")),
        status=state,
        substatus=sub,
        raw_code=code,
        raw_text=words,
        city=read.text(place.get("city")),
        postal_code=read.text(place.get("postcode")),
        country=read.country(place.get("countryCode")),
        raw=event,
        notice=notice,
    )


def _meaning(status: str, code: str | None, words: str | None) -> read.Meaning | None:
    """What an event says. STOPPED is also what a parcel is called that is kept on purpose."""
    if status == "STOPPED" and _CUSTOMS.search(words or ""):
        return read.meaning("InTransit_006")
    if status == "STOPPED" and _KEPT.search(words or ""):
        return read.meaning("InTransit")
    found = EVENTS.get(code or "") or STATUSES.get(status)
    return refined(sharpen(found, words), words) if found else by_words(words)


def _filled(scans: Iterable[Checkpoint]) -> Iterable[Checkpoint]:
    """Scans oldest first, where a message repeats what stood before it."""
    before: tuple[Status | None, str | None] = (None, None)
    for scan in scans:
        if scan.notice:
            scan = replace(scan, status=before[0], substatus=before[1])
        elif scan.status:
            before = scan.status, scan.substatus
        yield scan


def _estimate(item: dict[str, Any], shipment: dict[str, Any]) -> EstimatedDelivery | None:
    """The booked window, else the day that PostNord shows, else the one it planned."""
    earliest, latest = (read.moment(item.get(f"bookedDeliveryDate{end}")) for end in ("From", "To"))
    given = (one.get(name) for name in ("publicTimeOfArrival", "estimatedTimeOfArrival") for one in (item, shipment))
    day = next((at.date() for at in (latest, earliest, *map(read.moment, given)) if at), None)
    return EstimatedDelivery(day, earliest, latest) if day else None


def adapter() -> PostNord:
    """Called by the registry."""
    return PostNord()
