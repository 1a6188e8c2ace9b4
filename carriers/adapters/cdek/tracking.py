"""Reading CDEK's orders and pushes (API v2, January 2026). Statuses come in either order, some of them taken back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from carriers import parsing as read
from carriers.adapters.cdek import codes
from carriers.answers import concerning, refusal
from carriers.base import RawAnswer
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Checkpoint, EstimatedDelivery, Status, TrackingResult

_NOT_FOUND = re.compile(r"not_found|entity_empty|(?:entity|order)_forbidden")  # forbidden: it is another client's
_INVALID = re.compile(r"invalid_format|invalid_value_type")
_DENIED = re.compile(r"token|authorization|invalid_client|unauthorized|access_denied")
_BROKEN = re.compile(r"internal_error|still_processed|not_ready|timeout")
_ABOUT_NUMBER = re.compile(r"cdek_?number|im_?number|uuid|order", re.IGNORECASE)


def parse(answer: RawAnswer, tree: Any, numbers: Sequence[str]) -> list[TrackingResult]:
    """One result. Raises CarrierError for what concerns the whole call."""
    asked = numbers[0] if numbers else None
    entity = read.record(read.dig(tree, "entity"))
    if answer.status not in (200, 202) or not any(entity.get(name) for name in ("uuid", "cdek_number", "statuses")):
        return [concerning(refused(answer, tree), asked)]
    events = [one for one in read.records(entity.get("statuses")) if not true(one.get("deleted"))]
    returning = true(entity.get("is_return")) and not true(entity.get("is_client_return"))
    scans = _scans(events, returning=returning)
    found = read.last_known(scans)
    if not scans and _failed(tree, "CREATE"):
        found = codes.STATUSES["INVALID"]
    done = [scan.time for scan in scans if scan.status is Status.DELIVERED] if found[0] is Status.DELIVERED else []
    day = read.date_of(entity.get("planned_delivery_date"))
    estimate = EstimatedDelivery(day) if day else None
    signed_by = read.text(read.dig(entity, "delivery_detail", "recipient_name")) if done else None
    number = asked or read.first_text(entity.get("cdek_number"), entity.get("number"), entity.get("uuid"))
    return [TrackingResult(number, *found, scans, estimate, done[-1] if done else None, signed_by)]


def true(value: Any) -> bool:
    return value is True or (read.text(value) or "").lower() in ("true", "1")


def _failed(tree: Any, kind: str) -> bool:
    requests = read.records(read.dig(tree, "requests"))
    return any(read.text(one.get("type")) == kind and read.text(one.get("state")) == "INVALID" for one in requests)


def errors(tree: Any) -> list[dict[str, Any]]:
    """The errors at the top and of the requests."""
    found = read.records(read.dig(tree, "errors"))
    for request in read.records(read.dig(tree, "requests")):
        found += read.records(request.get("errors"))
    return found


def refused(answer: RawAnswer, tree: Any, *, about_number: bool = True) -> CarrierError:
    """`errors` or `requests[].errors`, each `{"code", "message"}`; or OAuth's `{"error", "error_description"}`.

    Their code decides: an unknown order is HTTP 400, and sometimes 404.
    """
    first = next(iter(errors(tree)), {})
    code = read.first_text(first.get("code"), read.dig(tree, "error"))
    words = read.first_text(first.get("message"), read.dig(tree, "error_description"), read.dig(tree, "message"))
    error = refusal(answer, words, code)
    if code is None:
        return error
    known = next((kind for kind, pattern in _KINDS if pattern.search(code.lower())), None)
    if _INVALID.search(code.lower()) and about_number and _ABOUT_NUMBER.search(words or ""):
        known = ErrorKind.INVALID_NUMBER
    error.kind = known or (ErrorKind.BAD_REQUEST if error.kind is ErrorKind.MALFORMED else error.kind)
    return error


_KINDS = ((ErrorKind.NOT_FOUND, _NOT_FOUND), (ErrorKind.AUTH, _DENIED), (ErrorKind.SERVER_ERROR, _BROKEN))


def _scans(events: list[dict[str, Any]], *, returning: bool) -> tuple[Checkpoint, ...]:
    """Oldest first. Those of one moment keep CDEK's order, which is that of the list whichever end it begins at."""
    times = [at for event in events if (at := read.moment(event.get("date_time")))]
    newest_first = len(times) > 1 and str(times[0].replace(tzinfo=None)) > str(times[-1].replace(tzinfo=None))
    ordered = read.in_order(_bare(event) for event in (events if newest_first else events[::-1]))
    scans: list[Checkpoint] = []
    for scan in ordered:
        arrived = any(_name(one) in codes.ARRIVED for one in scans)
        scans.append(_scan(scan.raw, arrived=arrived, returning=returning))
    return tuple(scans)


def _bare(event: dict[str, Any]) -> Checkpoint:
    return Checkpoint(read.moment(event.get("date_time")), None, raw=event)


def _name(scan: Checkpoint) -> str:
    return codes.NUMBERS.get(scan.raw_code or "", scan.raw_code or "")


def _scan(event: Any, *, arrived: bool, returning: bool) -> Checkpoint:
    code, words = read.text(event.get("code")), read.text(event.get("name"))
    reason = read.text(event.get("reason_code"))
    told = codes.of_status((code or "").upper(), reason, words, arrived=arrived, returning=returning)
    found = told or (None, None)
    at, city = read.moment(event.get("date_time")), read.text(event.get("city"))
    return Checkpoint(at, found[0], found[1], code, words, city, raw=event)


def parse_push(tree: Any) -> list[TrackingResult]:
    """What a push says. One about anything but an order's status names at most the order; a taken-back status too."""
    body = read.record(tree)
    kind, said = read.text(body.get("type")), read.record(body.get("attributes"))
    if kind is None or not said:
        raise CarrierError(ErrorKind.MALFORMED, "A CDEK push without a type or attributes.")
    number = read.text(said.get("cdek_number"))
    if kind != "ORDER_STATUS":
        return [TrackingResult(number, Status.PENDING)] if number else []
    # An order that CDEK refused got no number of its own.
    number = read.first_text(number, said.get("number"), body.get("uuid"))
    code = read.first_text(said.get("code"), said.get("status_code"))
    if number is None or code is None:
        raise CarrierError(ErrorKind.MALFORMED, "A CDEK push without an order or its status.")
    if true(said.get("deleted")):
        return [TrackingResult(number, Status.PENDING)]
    event = {
        "code": code,
        "date_time": read.first_text(said.get("status_date_time"), body.get("date_time")),
        "reason_code": said.get("status_reason_code"),
        "city": said.get("city_name"),
    }
    returning = true(said.get("is_return")) and not true(said.get("is_client_return"))
    scan = _scan(event, arrived=False, returning=returning)
    found = read.last_known([scan])
    return [TrackingResult(number, *found, (scan,), None, scan.time if found[0] is Status.DELIVERED else None)]
