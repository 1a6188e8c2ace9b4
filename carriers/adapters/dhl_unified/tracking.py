"""Reading the shipments of DHL's unified tracking, in answers and in pushes. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from carriers import parsing as read
from carriers.adapters.dhl_unified.codes import meaning
from carriers.answers import refusal
from carriers.base import RawAnswer
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Checkpoint, EstimatedDelivery, Status, TrackingResult

_ABOUT_NUMBER = re.compile(r"tracking ?number|shipment ?number", re.IGNORECASE)
_LEFT_OUT = re.compile(r"missing|required", re.IGNORECASE)


def refused(answer: RawAnswer, tree: Any) -> CarrierError:
    """`{"title", "detail", "status"}` (RFC 9457); the status in the body counts when HTTP says 200."""
    said = read.record(tree)
    inner = read.text(said.get("status")) or ""
    status = int(inner) if answer.status == 200 and re.fullmatch(r"[45]\d\d", inner, re.ASCII) else answer.status
    words = read.first_text(said.get("title"), said.get("detail"), said.get("message"))
    error = refusal(RawAnswer(status, answer.content_type, b"", answer.headers), words, str(status))
    details = f"{words} {read.text(said.get('detail'))}"
    if error.kind is ErrorKind.BAD_REQUEST and _ABOUT_NUMBER.search(details) and not _LEFT_OUT.search(details):
        error.kind = ErrorKind.INVALID_NUMBER
    return error


def shipments(found: list[dict[str, Any]], asked: str | None) -> list[TrackingResult]:
    """One result a number; of several shipments with one number, the one heard of last."""
    if not found:
        error = CarrierError(ErrorKind.NOT_FOUND, "DHL has no data on this number.", carrier_code="404")
        return [TrackingResult(asked, Status.PENDING, error=error)]
    exact = [one for one in found if asked and read.text(one.get("id")) == asked]
    groups: dict[str | None, list[dict[str, Any]]] = {}
    for shipment in exact or found:
        groups.setdefault(asked or read.text(shipment.get("id")), []).append(shipment)
    return [_result(max(group, key=_heard_of), asked) for group in groups.values()]


def _heard_of(shipment: dict[str, Any]) -> str:
    stamps = [
        read.dig(shipment, "status", "timestamp"),
        *(e.get("timestamp") for e in read.records(shipment.get("events"))),
    ]
    return max((at.replace(tzinfo=None).isoformat() for at in map(read.moment, stamps) if at), default="")


def _result(shipment: dict[str, Any], asked: str | None) -> TrackingResult:
    service = (read.text(shipment.get("service")) or "").lower()
    scans = read.back_at_sender(read.in_order(_scan(event, service) for event in read.records(shipment.get("events"))))
    said = shipment.get("status")
    known = read.last_known(scans)
    found = meaning({"statusCode": said} if isinstance(said, str) else read.record(said), service) or known
    if found[0] is Status.DELIVERED and known == read.meaning("Exception_011"):
        found = known
    delivered_at = _delivered_at(shipment, scans) if found[0] is Status.DELIVERED else None
    number = asked or read.text(shipment.get("id"))
    return TrackingResult(number, *found, scans, _estimate(shipment), delivered_at, _signer(shipment))


def _scan(event: dict[str, Any], service: str) -> Checkpoint:
    found = meaning(event, service) or (None, None)
    code = read.first_text(event.get("statusCode"), event.get("status"))
    words = read.first_text(event.get("description"), event.get("status"))
    place = read.record(read.dig(event, "location", "address"))
    city, state, postal = (read.text(place.get(key)) for key in ("addressLocality", "addressRegion", "postalCode"))
    where = read.country(place.get("countryCode")) or read.country(city)
    at = read.moment(event.get("timestamp"))
    return Checkpoint(at, found[0], found[1], code, words, city, state, postal, where, event)


def _estimate(shipment: dict[str, Any]) -> EstimatedDelivery | None:
    frame = read.record(shipment.get("estimatedDeliveryTimeFrame"))
    earliest, latest = read.moment(frame.get("estimatedFrom")), read.moment(frame.get("estimatedThrough"))
    day = read.date_of(shipment.get("estimatedTimeOfDelivery"))
    day = day or next((at.date() for at in (latest, earliest) if at), None)
    return EstimatedDelivery(day, earliest, latest) if day else None


def _delivered_at(shipment: dict[str, Any], scans: Sequence[Checkpoint]) -> datetime | None:
    scanned = next((scan.time for scan in reversed(scans) if scan.status is Status.DELIVERED), None)
    return scanned or read.moment(read.dig(shipment, "status", "timestamp"))


def _signer(shipment: dict[str, Any]) -> str | None:
    signed = read.record(read.dig(shipment, "details", "proofOfDelivery", "signed"))
    parts = (read.text(signed.get(key)) for key in ("givenName", "familyName"))
    return read.first_text(signed.get("name"), " ".join(filter(None, parts)), signed.get("organizationName"))
