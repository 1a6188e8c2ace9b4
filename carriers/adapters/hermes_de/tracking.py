"""Reading Hermes Germany's shipment info (OpenAPI of the shipping interface, 2025-12-08). Events stand oldest first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from carriers import parsing as read
from carriers.adapters.hermes_de import codes
from carriers.answers import concerning, missing, refusal
from carriers.base import RawAnswer
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Checkpoint, EstimatedDelivery, Status, TrackingResult

LISTS = ("shipmentinfo", "listOfShipmentHistoryStatus", "listOfCurrentShipmentStatus")  # the latter two are older
TOKEN_CODES = ("e902", "e903")  # said with HTTP 400
_KINDS = {"e001": ErrorKind.NOT_FOUND, "e900": ErrorKind.AUTH, "e999": ErrorKind.SERVER_ERROR}
_KINDS |= dict.fromkeys(TOKEN_CODES, ErrorKind.AUTH)
_DENIED = ("access_denied", "invalid_client", "invalid_grant", "invalid_token", "unauthorized_client")
_ABOUT_NUMBER = re.compile(r"shipment ?id", re.IGNORECASE)


def parse(answer: RawAnswer, tree: Any, numbers: Sequence[str]) -> list[TrackingResult]:
    """Results for every entry. Raises CarrierError for what concerns the whole call."""
    entries = next((read.records(found) for name in LISTS if (found := read.dig(tree, name))), [])
    if answer.status != 200 or not entries:
        error = refused(answer, tree, alone=len(numbers) < 2)
        return [concerning(error, number) for number in numbers or (None,)]
    if not numbers:
        return [_result(answer, entry, None) for entry in entries]
    own = {number: next((one for one in entries if number in _names(one)), None) for number in numbers}
    if len(numbers) == 1:
        own = {numbers[0]: own[numbers[0]] or entries[0]}
    return [_result(answer, entry, number) if entry else missing("Hermes", number) for number, entry in own.items()]


def refused(
    answer: RawAnswer, tree: Any, *, alone: bool = False, kinds: dict[str, ErrorKind] | None = None
) -> CarrierError:
    """`{"listOfResultCodes": [{"code", "message"}]}`, or OAuth's `{"error", "error_description"}`."""
    said = read.record(read.dig(tree, "listOfResultCodes")) or read.record(read.dig(tree, "result"))
    code = read.first_text(said.get("code"), read.dig(tree, "error"))
    words = read.first_text(said.get("message"), read.dig(tree, "error_description"))
    error = refusal(answer, words, code)
    known = (_KINDS if kinds is None else kinds).get((code or "").lower())
    if known is not None:
        error.kind = known
    elif code in _DENIED:
        error.kind = ErrorKind.AUTH
    elif answer.status == 200 and code:
        error.kind = ErrorKind.BAD_REQUEST
    if error.kind is ErrorKind.BAD_REQUEST and alone and _ABOUT_NUMBER.search(error.message):
        error.kind = ErrorKind.INVALID_NUMBER
    return error


def _names(entry: dict[str, Any]) -> tuple[str | None, str | None]:
    return read.text(entry.get("shipmentID")), read.text(entry.get("internationalShipmentID"))


def _result(answer: RawAnswer, entry: dict[str, Any], asked: str | None) -> TrackingResult:
    number = asked or read.first_text(*_names(entry))
    events = read.records(entry.get("status") or entry.get("listOfStatus") or entry.get("statusInformation"))
    refusals = [read.record(entry.get("result")), *({"code": one.get("resultCode"), **one} for one in events[:1])]
    said = next((one for one in refusals if read.text(one.get("code"))), None)
    if said and not any(map(_code, events)):
        said = {"code": said["code"], "message": read.first_text(said.get("message"), said.get("resultMessage"))}
        error = refused(RawAnswer(200, "", b"", answer.headers), {"result": said})
        return TrackingResult(number, Status.PENDING, error=error)
    scans = read.in_order(_scans(events)[::-1])
    found = read.last_known(scans)
    done = [scan.time for scan in scans if scan.status is Status.DELIVERED and not scan.notice]
    delivered_at = done[-1] if done and found[0] is Status.DELIVERED else None
    return TrackingResult(number, *found, scans, _estimate(entry), delivered_at)


def _code(event: dict[str, Any]) -> str:
    """A code with its leading zeros, which are lost where it is sent as a number."""
    words = read.first_text(event.get("code"), event.get("statusCode")) or ""
    return words.rjust(4, "0") if words.isascii() and words.isdigit() else words


def _scans(events: list[dict[str, Any]]) -> list[Checkpoint]:
    """Oldest first. A notice repeats what went before; an event that was taken back counts as one."""
    events = sorted(events, key=lambda event: str(at.replace(tzinfo=None)) if (at := _moment(event)) else "")
    returned = codes.is_return_order([_code(event) for event in events])
    scans: list[Checkpoint] = []
    for event in events:
        code = _code(event)
        if code in codes.UNDO and scans:
            before = read.last_known(scans[:-1])
            scans[-1] = replace(scans[-1], status=before[0], substatus=before[1], notice=True)
        scans.append(_scan(event, code, scans, returned=returned))
    return scans


def _scan(event: dict[str, Any], code: str, before: list[Checkpoint], *, returned: bool) -> Checkpoint:
    words, unit = read.text(event.get("description")), read.record(event.get("scanningUnit"))
    notice = codes.is_notice(code)
    found: tuple[Status | None, str | None] | None
    if notice:
        known = read.last_known(before)
        found = known if known[0] is not Status.PENDING else read.meaning("InfoReceived_001")
    else:
        found = codes.of_code(code, words, returned=returned)
    status, substatus = found or (None, None)
    city, where = read.text(unit.get("city")), read.country(unit.get("countryCode"))
    return Checkpoint(
        _moment(event), status, substatus, code or None, words, city, country=where, raw=event, notice=notice
    )


def _moment(event: dict[str, Any]) -> Any:
    day, at = read.text(event.get("statusDate")), read.text(event.get("statusTime"))
    return read.moment(event.get("timestamp") or (f"{day} {at}" if at else day))


def _estimate(entry: dict[str, Any]) -> EstimatedDelivery | None:
    """The forecast, in German local time: `deliveryForecast`, or `expectedDelivery` of the older answer."""
    forecast = read.record(entry.get("deliveryForecast"))
    slot = read.record(forecast.get("timeSlot"))
    older = read.record(read.dig(entry, "statusInformation", "expectedDelivery"))
    day = read.date_of(read.first_text(forecast.get("date"), older.get("expectedDate")))
    start = read.first_text(slot.get("from"), older.get("expectedTimeEarliest"))
    end = read.first_text(slot.get("to"), older.get("expectedTimeLatest"))
    return read.window(day, *(at if read.clock(at) else None for at in (start, end)))
