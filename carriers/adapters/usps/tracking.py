"""Reading USPS tracking answers: v3 (one object), v3r2 (a list with an entry a number), errors of both."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timezone
from http import HTTPStatus
from typing import Any

from carriers import parsing as read
from carriers.adapters.usps.codes import of_category, of_code, of_text
from carriers.adapters.usps.older import entries
from carriers.answers import concerning, missing, refusal
from carriers.base import RawAnswer
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Checkpoint, EstimatedDelivery, Status, TrackingResult

_UNKNOWN_WORDS = ("not yet available", "not found", "no record", "could not locate", "not available for")
_UNKNOWN_CODES = ("150001",)
_REASONS = frozenset(status.phrase.lower() for status in HTTPStatus)


def parse(answer: RawAnswer, tree: Any, numbers: Sequence[str]) -> list[TrackingResult]:
    """Results for every entry. Raises CarrierError for what concerns the whole call."""
    asked = numbers[0] if len(numbers) == 1 else None
    if isinstance(tree, list):
        results = [_entry(answer, entry, asked) for entry in read.records(tree) if _known(entry)]
        told = {result.tracking_number for result in results}
        results += [missing("USPS", number) for number in numbers if number not in told] if results else []
    elif answer.status not in (200, 207) or read.dig(tree, "error"):
        results = [concerning(refused(answer, tree, alone=len(numbers) < 2), asked)]
    else:
        found = [entry for entry in entries(tree) if _known(entry)]
        mine = {"trackingNumber": asked} if asked and len(found) == 1 else {}
        results = [_entry(answer, entry | mine, asked) for entry in found]
    if not results:
        raise CarrierError(ErrorKind.MALFORMED, "USPS answered without tracking data.")
    return results


def _known(entry: dict[str, Any]) -> bool:
    """Whether an object speaks of a number at all."""
    names = ("trackingNumber", "statusCategory", "status", "statusSummary", "trackingEvents", "error")
    return any(entry.get(name) for name in names)


def refused(answer: RawAnswer, tree: Any, *, alone: bool = True) -> CarrierError:
    """`{"error": {"code", "message", "errors": [...]}}`, or OAuth's `{"error", "error_description"}`.

    An unknown number is HTTP 400 with code 150001 and a sentence that begins with "12:"; every other 400 to a question
    about one number means that the number is not one of USPS's.
    """
    said = read.dig(tree, "error")
    inner = read.record(read.dig(said, "errors"))
    code = read.first_text(said, inner.get("code"), read.dig(said, "code"))
    answer = _inner(answer, read.text(read.dig(said, "code")))
    gateway = read.dig(tree, "fault", "faultstring")
    words = read.first_text(
        read.dig(said, "message"), read.dig(tree, "error_description"), inner.get("detail"), gateway
    )
    if words and words.lower() in _REASONS:  # only the HTTP status in words: what is wrong stands in the detail
        words = read.first_text(inner.get("detail"), words)
    error = refusal(answer, words, code)
    if answer.status not in (400, 404, 422):
        return error
    if _unknown(code, words) or (answer.status == 404 and not isinstance(said, str)):
        error.kind = ErrorKind.NOT_FOUND
    elif isinstance(said, str):
        error.kind = (
            ErrorKind.AUTH if code in ("invalid_client", "invalid_grant", "unauthorized_client") else error.kind
        )
    elif alone and read.text(read.dig(inner, "source", "parameter")) in (None, "trackingNumber"):
        error.kind = ErrorKind.INVALID_NUMBER
    return error


def _inner(answer: RawAnswer, code: str | None) -> RawAnswer:
    """An error with HTTP 200 has its own status as its code."""
    if not 200 <= answer.status < 300:
        return answer
    status = int(code) if code and re.fullmatch(r"[45]\d\d", code, re.ASCII) else 400
    return RawAnswer(status, answer.content_type, b"", answer.headers)


def _unknown(code: str | None, words: str | None) -> bool:
    low = (words or "").lower()
    return code in _UNKNOWN_CODES or low.startswith("12:") or any(part in low for part in _UNKNOWN_WORDS)


def _entry(answer: RawAnswer, entry: dict[str, Any], asked: str | None) -> TrackingResult:
    number = read.text(entry.get("trackingNumber")) or asked
    if entry.get("error"):
        status = read.first_text(entry.get("statusCode"), read.dig(entry, "error", "code"))
        error = refused(_inner(RawAnswer(200, "", b"", answer.headers), status), entry)
        return TrackingResult(number, Status.PENDING, error=error)
    events = read.records(entry.get("trackingEvents"))
    scans = read.back_at_sender(read.in_order(map(_scan, events)))
    newest = read.last_known(scans)
    summary = entry.get("eventSummaries")
    told = [entry.get("status"), *(summary[:1] if isinstance(summary, list) else []), entry.get("statusSummary")]
    words = read.first_text(*told)
    current = of_category(read.text(entry.get("statusCategory")), words, newest)
    if current is None:
        current = newest if newest[0] is not Status.PENDING or events else of_text(words) or newest
    delivered = next((scan for scan in reversed(scans) if scan.status is Status.DELIVERED), None)
    at = delivered.time if delivered and current[0] is Status.DELIVERED else None
    signed_by = read.first_text(entry.get("recipientName"), *(_signer(event) for event in events[:1]))
    return TrackingResult(number, *current, scans, _estimate(entry), at, signed_by)


def _signer(event: dict[str, Any]) -> Any:
    return read.first_text(event.get("recipientName"), event.get("name"))


def _scan(event: dict[str, Any]) -> Checkpoint:
    code, words = read.text(event.get("eventCode")), read.text(event.get("eventType"))
    found = of_code(code, words) or (None, None)
    city, state = read.text(event.get("eventCity")), read.text(event.get("eventState"))
    postal = read.first_text(event.get("eventZIP"), event.get("eventZIPCode"))
    abroad = read.text(event.get("eventCountry"))
    where = read.country(abroad) if abroad else ("US" if state or postal else None)
    return Checkpoint(_moment(event), found[0], found[1], code, words, city, state, postal, where, event)


def _moment(event: dict[str, Any]) -> datetime | None:
    """`eventTimestamp` is local even when it ends in Z; the offset is GMTOffset. GMTTimestamp is never used: it is
    sometimes a whole day early."""
    at = read.moment(event.get("eventTimestamp"))
    if at is None:
        return None
    own = at.tzinfo if isinstance(at.tzinfo, timezone) and at.tzinfo is not UTC else None
    return read.with_zone(at.replace(tzinfo=None), read.offset(event.get("GMTOffset")) or own)


def _estimate(entry: dict[str, Any]) -> EstimatedDelivery | None:
    """The predicted day with its window, else the expected, else the guaranteed one; v3r2 nests them."""
    known = {**entry, **read.record(entry.get("deliveryDateExpectation"))}
    for kind in ("predicted", "expected", "guaranteed"):
        day = read.date_of(known.get(f"{kind}DeliveryDate")) or read.date_of(known.get(f"{kind}DeliveryTimeStamp"))
        if day is None:
            continue
        start = known.get("predictedDeliveryWindowStartTime")
        end = read.first_text(known.get("predictedDeliveryWindowEndTime"), known.get("endOfDay"))
        return read.window(day, start, end)
    return None
