"""Reading EasyPost's trackers: one, a list, a shipment's, or the one in an event (a push)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from carriers import parsing as read
from carriers import relayed
from carriers.adapters.easypost.codes import STATUSES, meaning
from carriers.answers import concerning, refusal
from carriers.base import RawAnswer
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Checkpoint, EstimatedDelivery, Status, TrackingResult

_NO_NUMBER = re.compile(
    r"(?:invalid|not a valid|malformed|unrecognized) (?:\w+ )?tracking|tracking.{0,30}(?:invalid|not valid|format)",
    re.IGNORECASE,
)
_KINDS = (
    (ErrorKind.AUTH, re.compile(r"^APIKEY\.|^UNAUTHORIZED", re.IGNORECASE)),
    (ErrorKind.NOT_FOUND, re.compile(r"NOT_FOUND$", re.IGNORECASE)),
    (ErrorKind.RATE_LIMITED, re.compile(r"^RATE_LIMIT", re.IGNORECASE)),
)
_FARTHEST = 10  # days that the carrier's local day may lie off EasyPost's: recorded answers name the year 2875


def parse(answer: RawAnswer, tree: Any, numbers: Sequence[str]) -> list[TrackingResult]:
    """Results for every tracker of an answer. Raises CarrierError for what concerns the whole call."""
    asked = numbers[0] if len(numbers) == 1 else None
    if not relayed.succeeded(answer) or read.dig(tree, "error"):
        return [concerning(refused(answer, tree), asked)]
    found = trackers(tree)
    if found is None:
        raise CarrierError(ErrorKind.MALFORMED, "EasyPost answered without a tracker.")
    mine = [one for one in found if asked and relayed.spelt(read.text(one.get("tracking_code")), numbers) == asked]
    if asked and len(found) > 1:
        found = [max(mine, key=_heard_of)] if mine else []
    if not found:
        return [relayed.unknown(asked, "EasyPost")]
    return [result(one, asked) for one in found]


def trackers(tree: Any) -> list[dict[str, Any]] | None:
    """The trackers in an answer or a push; None where it holds none."""
    listed = tree if isinstance(tree, list) else read.record(tree).get("trackers")
    if isinstance(listed, list | dict):
        return [one for one in read.records(listed) if read.text(one.get("tracking_code"))] or (None if listed else [])
    inner = next((one for one in (read.dig(tree, "result"), read.dig(tree, "tracker")) if one), tree)
    return [one for one in read.records(inner) if read.text(one.get("tracking_code")) and "status" in one] or None


def refused(answer: RawAnswer, tree: Any) -> CarrierError:
    """`{"error": {"code", "message", "errors"}}`; older answers have a text, a list or an object as the message."""
    said = read.dig(tree, "error")
    code = read.text(read.dig(said, "code"))
    words = read.first_text(said, *_texts(read.dig(said, "message")))
    status = answer.status if not relayed.succeeded(answer) else 400
    error = refusal(RawAnswer(status, "", b"", answer.headers), words, code)
    inner = read.records(read.dig(said, "errors"))
    details = " ".join(filter(None, (words, *(read.text(one.get("message")) for one in inner))))
    known = next((kind for kind, pattern in _KINDS if pattern.search(code or "")), None)
    if known:
        error.kind = known
    elif error.kind is ErrorKind.BAD_REQUEST and _NO_NUMBER.search(details):
        error.kind = ErrorKind.INVALID_NUMBER
    return error


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else [value]
    return [words for words in map(read.text, values) if words]


def _heard_of(tracker: dict[str, Any]) -> str:
    return read.text(tracker.get("updated_at")) or ""


def result(tracker: dict[str, Any], asked: str | None = None) -> TrackingResult:
    """One tracker. Its own status comes first; the newest scan makes it exact where both speak of the same stage."""
    details = read.records(tracker.get("tracking_details"))
    scans = relayed.story(map(_scan, details))
    status, detail = read.text(tracker.get("status")), read.text(tracker.get("status_detail"))
    newest = details[-1] if details else {}
    words = _words(newest) if read.text(newest.get("status")) == status else None
    said = None if status == "error" and not scans else meaning(status, detail, words)
    found = (Status.PENDING, None) if status == "unknown" else relayed.current(said, scans)
    number = asked or read.text(tracker.get("tracking_code"))
    at = relayed.delivered_at(found, scans)
    return TrackingResult(number, *found, scans, _estimate(tracker), at, read.text(tracker.get("signed_by")))


def _scan(event: dict[str, Any]) -> Checkpoint:
    status, detail = read.text(event.get("status")), read.text(event.get("status_detail"))
    words = _words(event)
    heard, finer = meaning(status, detail, words) or relayed.by_text(words) or (None, None)
    where = read.record(event.get("tracking_location"))
    city, state, postal = (read.text(where.get(key)) for key in ("city", "state", "zip"))
    code = detail or (status if heard is None or (status or "").lower() not in STATUSES else None)
    at = read.moment(event.get("datetime"))
    return Checkpoint(at, heard, finer, code, words, city, state, postal, read.country(where.get("country")), event)


def _words(event: dict[str, Any]) -> str | None:
    return read.first_text(event.get("message"), event.get("description"))


def _estimate(tracker: dict[str, Any]) -> EstimatedDelivery | None:
    """The day: the carrier's local one where it is believable beside EasyPost's, which is a moment in UTC."""
    day = read.date_of(tracker.get("est_delivery_date"))
    local = read.date_of(read.dig(tracker, "carrier_detail", "est_delivery_date_local"))
    if day and local and abs((local - day).days) <= _FARTHEST:
        day = local
    return EstimatedDelivery(day) if day else None
