"""Reading Shippo's tracks: as an answer, or in a push."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from carriers import parsing as read
from carriers import relayed
from carriers.adapters.shippo.codes import STATUSES, meaning
from carriers.answers import concerning, read_json, refusal
from carriers.base import RawAnswer
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Checkpoint, EstimatedDelivery, Status, TrackingResult

_NOT_FOUND_PAGE = re.compile(rb"\bnot found\b", re.IGNORECASE)
_REQUIRED = re.compile(r"required|blank|null", re.IGNORECASE)


def parse(answer: RawAnswer, numbers: Sequence[str]) -> list[TrackingResult]:
    """The one track of an answer. Raises CarrierError for what concerns the whole call."""
    asked = numbers[0] if len(numbers) == 1 else None
    if answer.status == 404 and _NOT_FOUND_PAGE.search(answer.body[:2000]):
        return [relayed.unknown(asked, "Shippo", "404")]  # a web page as often as JSON
    tree = read_json(answer)
    if not relayed.succeeded(answer):
        return [concerning(refused(answer, tree), asked)]
    found = tracks(tree)
    if not found:
        raise CarrierError(ErrorKind.MALFORMED, "Shippo answered without a track.")
    return [result(one, asked) for one in found]


def tracks(tree: Any) -> list[dict[str, Any]]:
    """The tracks in an answer or a push."""
    inner = next((one for one in (read.dig(tree, "data"), read.dig(tree, "results")) if one), tree)
    told = ("tracking_status", "tracking_history")
    return [one for one in read.records(inner) if read.text(one.get("tracking_number")) and any(n in one for n in told)]


def refused(answer: RawAnswer, tree: Any) -> CarrierError:
    """`{"detail": …}`, or texts under the name of the field they are about (Django's form, undocumented)."""
    said = read.record(tree)
    fields = {name: words for name, value in said.items() if (words := _texts(value))}
    words = read.first_text(said.get("detail"), said.get("error"), said.get("message"), *fields.values())
    error = refusal(answer, words)
    about_number = fields.get("tracking_number")
    if error.kind is ErrorKind.BAD_REQUEST and about_number and not _REQUIRED.search(about_number):
        error.kind = ErrorKind.INVALID_NUMBER
    return error


def _texts(value: Any) -> str | None:
    """A text, or the texts of a list, or of the objects in it."""
    if isinstance(value, list):
        return read.first_text(" ".join(filter(None, map(_texts, value[:5]))))
    return read.first_text(*value.values()) if isinstance(value, dict) else read.text(value)


def result(track: dict[str, Any], asked: str | None = None) -> TrackingResult:
    """One track. Without a status there is nothing known of the number yet."""
    number = asked or read.text(track.get("tracking_number"))
    scans = relayed.story(map(_scan, read.records(track.get("tracking_history"))))
    said = track.get("tracking_status")
    status = {"status": said} if isinstance(said, str) else read.record(said)
    word = (read.text(status.get("status")) or "").upper()
    if not scans and word in ("", "UNKNOWN"):
        return relayed.unknown(number, "Shippo")
    found = (Status.PENDING, None) if word == "UNKNOWN" else relayed.current(_meaning(status), scans)
    day = read.date_of(track.get("eta"))
    estimate = EstimatedDelivery(day) if day else None
    at = relayed.delivered_at(found, scans) or relayed.delivered_at(found, [_scan(status)])
    return TrackingResult(number, *found, scans, estimate, at, read.text(track.get("signed_by")))


def _meaning(event: dict[str, Any]) -> read.Meaning | None:
    return meaning(read.text(event.get("status")), _sub(event), read.text(event.get("status_details")))


def _sub(event: dict[str, Any]) -> str | None:
    sub = event.get("substatus")
    return read.first_text(sub, read.dig(sub, "code"))


def _scan(event: dict[str, Any]) -> Checkpoint:
    words, status = read.text(event.get("status_details")), read.text(event.get("status"))
    heard, finer = _meaning(event) or relayed.by_text(words) or (None, None)
    where = read.record(event.get("location"))
    city, state, postal = (read.text(where.get(key)) for key in ("city", "state", "zip"))
    code = _sub(event) or (status if (status or "UNKNOWN").upper() not in (*STATUSES, "UNKNOWN") else None)
    at = read.moment(event.get("status_date"))
    return Checkpoint(at, heard, finer, code, words, city, state, postal, read.country(where.get("country")), event)
