"""Reading Karrio's trackers: one, a page of them, the proxy's answer, or the one in a push."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from carriers import parsing as read
from carriers import relayed
from carriers.adapters.karrio.codes import meaning
from carriers.answers import concerning, refusal
from carriers.base import RawAnswer
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Checkpoint, EstimatedDelivery, Status, TrackingResult

_NOT_FOUND = re.compile(r"not.?found|no (?:\w+ )?(?:tracking|record|information|data|result)", re.IGNORECASE)
_NO_NUMBER = re.compile(r"invalid.{0,20}(?:tracking|number)|(?:tracking|number).{0,30}invalid", re.IGNORECASE)
_CREDENTIALS = re.compile(
    r"access licen[cs]e|client.?(?:id|secret)|api.?key|credential|access token|unauthori[sz]ed|authentication|password",
    re.IGNORECASE,
)
_AUTH = ("authentication_failed", "not_authenticated", "permission_denied", "authentication_required", "invalid_token")
FAILED_AT_CARRIER = 424


def parse(answer: RawAnswer, tree: Any, numbers: Sequence[str]) -> list[TrackingResult]:
    """Results for every tracker of an answer. Raises CarrierError for what concerns the whole call."""
    asked = numbers[0] if len(numbers) == 1 else None
    if not relayed.succeeded(answer) or read.dig(tree, "errors"):
        return [concerning(refused(answer, tree), asked)]
    found = trackers(tree)
    if found is None and read.dig(tree, "messages"):
        return [concerning(refused(RawAnswer(FAILED_AT_CARRIER, "", b"", answer.headers), tree), asked)]
    if found is None:
        raise CarrierError(ErrorKind.MALFORMED, "Karrio answered without a tracker.")
    mine = [one for one in found if asked is None or _number(one) == asked or len(found) == 1]
    if not mine:
        return [relayed.unknown(asked, "Karrio")]
    return [result(one, asked) for one in (mine if asked is None else mine[:1])]


def trackers(tree: Any) -> list[dict[str, Any]] | None:
    """The trackers in an answer or a push; None where it holds none."""
    page = tree if isinstance(tree, list) else read.record(tree).get("results")
    if isinstance(page, list):
        return [one for one in read.records(page) if _number(one)] or (None if page else [])
    inner = next((one for one in (read.dig(tree, "tracking"), read.dig(tree, "data")) if one), tree)
    return [one for one in read.records(inner) if _number(one)] or None


def _number(tracker: dict[str, Any]) -> str | None:
    return read.text(tracker.get("tracking_number"))


def refused(answer: RawAnswer, tree: Any) -> CarrierError:
    """`{"errors": [{code, message, level}]}` are Karrio's own, `{"messages": […]}` those of the carrier it asked."""
    said = read.records(read.dig(tree, "errors")) or read.records(read.dig(tree, "messages"))
    first = next((one for one in said if read.text(one.get("level")) != "info"), {})
    words = read.first_text(first.get("message"), *read.record(first.get("message")).values(), read.dig(tree, "detail"))
    code = read.first_text(first.get("code"), read.dig(tree, "code"))
    status = answer.status if not relayed.succeeded(answer) else 400
    error = refusal(RawAnswer(status, "", b"", answer.headers), words, code)
    details = f"{code} {words}"
    if (code in _AUTH and status < 500) or (status in (400, FAILED_AT_CARRIER) and _CREDENTIALS.search(details)):
        error.kind = ErrorKind.AUTH
    elif status in (400, FAILED_AT_CARRIER) and _NOT_FOUND.search(details):
        error.kind = ErrorKind.NOT_FOUND
    elif status in (400, FAILED_AT_CARRIER) and _NO_NUMBER.search(details):
        error.kind = ErrorKind.INVALID_NUMBER
    elif status == FAILED_AT_CARRIER:
        error.kind = ErrorKind.SERVER_ERROR
    return error


def result(tracker: dict[str, Any], asked: str | None = None) -> TrackingResult:
    """One tracker. Of a parcel that is only "in transit" the newest scan knows more."""
    events = read.records(tracker.get("events"))
    scans = relayed.story(map(_scan, _oldest_first(events)))
    found = _current(tracker, scans)
    info = read.record(tracker.get("info"))
    day = read.date_of(tracker.get("estimated_delivery")) or read.date_of(info.get("expected_delivery"))
    number, at = asked or _number(tracker), relayed.delivered_at(found, scans)
    signer = read.first_text(info.get("signed_by"), tracker.get("signed_by"))
    return TrackingResult(number, *found, scans, EstimatedDelivery(day) if day else None, at, signer)


def _current(tracker: dict[str, Any], scans: Sequence[Checkpoint]) -> read.Meaning:
    status = read.text(tracker.get("status"))
    newest = scans[-1] if scans else None
    said = meaning(status, None, newest.raw_text if newest and _same_stage(status, newest) else None)
    if said is None and tracker.get("delivered") is True:
        said = read.meaning("Delivered_001")
    if said == relayed.IN_TRANSIT and newest and newest.status is not None:
        said = None  # Karrio's word for everything that it has not mapped
    if status == "pending" and not scans:
        said = (Status.PENDING, None)
    return relayed.current(said, scans)


def _same_stage(status: str | None, newest: Checkpoint) -> bool:
    own = read.text(newest.raw.get("status"))
    return own is None or own == status


def _scan(event: dict[str, Any]) -> Checkpoint:
    status, reason, words = (read.text(event.get(key)) for key in ("status", "reason", "description"))
    heard, finer = meaning(status, reason, words) or relayed.by_text(words) or (None, None)
    city, state, country = relayed.place(event.get("location"))
    return Checkpoint(
        _moment(event), heard, finer, read.text(event.get("code")), words, city, state, None, country, event
    )


def _oldest_first(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Karrio keeps the order of the carrier: most, but not all, tell the newest first."""
    at = [moment.replace(tzinfo=None) for moment in map(_moment, events) if moment]
    return events[::-1] if at and at[0] > at[-1] else events


def _moment(event: dict[str, Any]) -> datetime | None:
    """`date` and `time` are the carrier's local clock. `timestamp` ends in Z whatever the place: where it shows the
    same clock it says nothing of the offset; where it shows another it is the same moment in UTC."""
    stamp, day, at = read.moment(event.get("timestamp")), read.date_of(event.get("date")), read.clock(event.get("time"))
    if day is None or at is None:
        return stamp or read.moment(event.get("date"))
    local = datetime.combine(day, at)
    if stamp is None or stamp.tzinfo is None:
        return local
    same = stamp.replace(tzinfo=None, second=0) == local.replace(second=0)
    if same and stamp.tzinfo is not UTC:
        return stamp
    utc = stamp.astimezone(UTC).replace(tzinfo=None, second=0)
    return local if same else read.with_zone(local, read.zone_between(local.replace(second=0), utc))
