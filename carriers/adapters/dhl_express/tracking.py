"""Reading MyDHL's tracking answers (OpenAPI 3.1.1, and DHL's list of status codes for express).

A shipment's `status` is how the request went, never where the parcel is: that is what its newest event says.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from carriers import parsing as read
from carriers.answers import concerning, refusal
from carriers.base import RawAnswer
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Checkpoint, EstimatedDelivery, Status, TrackingResult
from carriers.wording import by_words, sharpen, trouble

# Event type codes. DD is a delivery of something damaged, MS and MC are sorted wrongly and sent on, BN waits for the
# customer's broker.
CODES = read.code_table(
    {
        "InTransit": "AD FD PL RR SC SM TP TR",
        "InTransit_002": "PU SA",
        "InTransit_003": "AF AR",
        "InTransit_005": "BR CR",
        "InTransit_006": "IC",
        "InTransit_007": "DF",
        "InTransit_009": "MC MS",
        "OutForDelivery_001": "WC",
        "AttemptFail_001": "MD ND",
        "AttemptFail_002": "NH",
        "AttemptFail_003": "CA",
        "AvailableForPickup_001": "CC",
        "Delivered_001": "DD OK PD",
        "Exception_001": "CS OH SS",
        "Exception_002": "CM",
        "Exception_003": "RD",
        "Exception_004": "BN CD UD",
        "Exception_006": "HP",
        "Exception_007": "BA",
        "Exception_010": "RT",
        "Exception_021": "DS",
    }
)
_NO_DATA = re.compile(r"no (?:shipments?|data)|not (?:data )?found", re.IGNORECASE)
_ABOUT_NUMBER = re.compile(r"tracking ?number|waybill|\bawb|piece ?id", re.IGNORECASE)
_CREDENTIALS = re.compile(r"credential|unauthori[sz]ed|authenticat", re.IGNORECASE)
_SIGNED = re.compile(r"signed (?:for )?by\s{0,2}:?\s{0,2}(\S.{0,80})", re.IGNORECASE)


def parse(answer: RawAnswer, tree: Any, numbers: Sequence[str]) -> list[TrackingResult]:
    """Results for every number asked. Raises CarrierError for what concerns the whole call."""
    if answer.status != 200 or "shipments" not in read.record(tree):
        error = refused(answer, tree, alone=len(numbers) < 2)
        return [concerning(error, number) for number in numbers or (None,)]
    shipments = read.records(read.dig(tree, "shipments"))
    if not numbers:
        return [_best(found, None) for found in _by_number(shipments).values()] or [_unknown(None)]
    if len(numbers) == 1:
        own = [one for one in shipments if numbers[0] in _names(one)] or shipments
        return [_best(own, numbers[0]) if own else _unknown(numbers[0])]
    found = {number: [one for one in shipments if number in _names(one)] for number in numbers}
    return [_best(own, number) if own else _unknown(number) for number, own in found.items()]


def _by_number(shipments: list[dict[str, Any]]) -> dict[str | None, list[dict[str, Any]]]:
    groups: dict[str | None, list[dict[str, Any]]] = {}
    for shipment in shipments:
        groups.setdefault(read.text(shipment.get("shipmentTrackingNumber")), []).append(shipment)
    return groups


def _names(shipment: dict[str, Any]) -> list[str | None]:
    """The shipment's number and those of its pieces."""
    pieces = [read.text(piece.get("trackingNumber")) for piece in read.records(shipment.get("pieces"))]
    return [read.text(shipment.get("shipmentTrackingNumber")), *pieces]


def _unknown(number: str | None) -> TrackingResult:
    error = CarrierError(ErrorKind.NOT_FOUND, "DHL Express has no data on this number.", carrier_code="404")
    return TrackingResult(number, Status.PENDING, error=error)


def refused(answer: RawAnswer, tree: Any, *, alone: bool) -> CarrierError:
    """`{"instance", "detail", "title", "message", "status"}`, where `instance` repeats the question; or the gateway's
    `{"reasons": [{"msg"}]}`. The status in the body counts when HTTP says 200."""
    said = read.record(tree)
    inner = read.text(said.get("status")) or ""
    status = int(inner) if answer.status == 200 and re.fullmatch(r"[45]\d\d", inner, re.ASCII) else answer.status
    more = said.get("additionalDetails")
    told = [said.get("title"), said.get("detail"), said.get("message"), *(more if isinstance(more, list) else [])]
    words = " / ".join(dict.fromkeys(filter(None, map(read.text, told)))) or read.text(read.dig(said, "reasons", "msg"))
    error = refusal(RawAnswer(status, answer.content_type, b"", answer.headers), words, inner or None)
    if error.kind is ErrorKind.BAD_REQUEST and _CREDENTIALS.search(error.message):
        error.kind = ErrorKind.AUTH
    elif error.kind is ErrorKind.BAD_REQUEST and alone and _ABOUT_NUMBER.search(error.message):
        error.kind = ErrorKind.INVALID_NUMBER
    return error


def _best(shipments: list[dict[str, Any]], asked: str | None) -> TrackingResult:
    """Numbers are used again after some time: the shipment heard of last counts."""
    return _result(max(shipments, key=_heard_of), asked)


def _heard_of(shipment: dict[str, Any]) -> str:
    stamps = [read.moment(shipment.get("shipmentTimestamp")), *(_moment(event) for event in _events(shipment, None))]
    return max((at.replace(tzinfo=None).isoformat() for at in stamps if at), default="")


def _events(shipment: dict[str, Any], asked: str | None) -> list[dict[str, Any]]:
    """The events of the shipment; of a piece when it was asked for or when the shipment has none of its own."""
    pieces = read.records(shipment.get("pieces"))
    own = next((piece for piece in pieces if asked and read.text(piece.get("trackingNumber")) == asked), None)
    if own and read.records(own.get("events")):
        return read.records(own.get("events"))
    events = read.records(shipment.get("events"))
    return events or read.records(read.dig(pieces, "events"))


def _result(shipment: dict[str, Any], asked: str | None) -> TrackingResult:
    number = asked or read.text(shipment.get("shipmentTrackingNumber"))
    events = _events(shipment, asked)
    said = read.text(shipment.get("status"))
    if not events and said and said.lower() != "success":
        kind = ErrorKind.NOT_FOUND if _NO_DATA.search(said) else ErrorKind.MALFORMED
        return TrackingResult(number, Status.PENDING, error=CarrierError(kind, said))
    scans = read.back_at_sender(read.in_order(map(_scan, events[::-1])))
    found = read.last_known(scans)
    if not events and shipment.get("shipmentTimestamp"):
        found = read.meaning("InfoReceived_001")
    done = [scan for scan in scans if scan.status is Status.DELIVERED] if found[0] is Status.DELIVERED else []
    delivered_at = done[-1].time if done else None
    signed_by = read.first_text(*(_signer(scan.raw) for scan in reversed(done)))
    return TrackingResult(number, *found, scans, _estimate(shipment), delivered_at, signed_by)


def _scan(event: dict[str, Any]) -> Checkpoint:
    code, words = read.text(event.get("typeCode")), read.text(event.get("description"))
    found = _meaning(code, words) or (None, None)
    city = read.text(read.dig(event, "serviceArea", "description"))
    return Checkpoint(_moment(event), found[0], found[1], code, words, city, raw=event)


def _meaning(code: str | None, words: str | None) -> read.Meaning | None:
    found = CODES.get((code or "").upper())
    if found is None:
        return by_words(words, "en")
    if found[1] == "Exception_010":
        back = read.meaning("Exception_011")
        return back if trouble(words) == back else found
    return sharpen(found, words)


def _moment(event: dict[str, Any]) -> Any:
    """`date` and `time` are local; `GMTOffset` is not always there."""
    day, at = read.text(event.get("date")), read.text(event.get("time"))
    return read.moment(f"{day} {at}" if at else day, read.offset(event.get("GMTOffset")))


def _signer(event: Any) -> str | None:
    named = _SIGNED.search(read.text(event.get("description")) or "")
    return read.text(event.get("signedBy")) or (named[1].strip() if named else None)


def _estimate(shipment: dict[str, Any]) -> EstimatedDelivery | None:
    """A day; with a time, which is the end of it."""
    pieces = (piece.get("estimatedDeliveryDate") for piece in read.records(shipment.get("pieces")))
    given = read.first_text(shipment.get("estimatedDeliveryDate"), shipment.get("estimatedTimeOfDelivery"), *pieces)
    day = read.date_of(given)
    latest = read.moment(given) if given and len(given) > len("2024-01-31") else None
    return EstimatedDelivery(day, None, latest) if day else None
