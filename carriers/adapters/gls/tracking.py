"""Reading GLS's Track And Trace V1 (OpenAPI 1.0.7): a status for the parcel, and events whose codes have two parts.

GLS spells its codes as they stand here (INTIAL, INBOUD, OUTBOD). The first part says what happened, the second how.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from carriers import parsing as read
from carriers.answers import as_stated, concerning, missing, refusal
from carriers.base import RawAnswer
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Checkpoint, Status, TrackingResult
from carriers.wording import by_words, refined, sharpen, trouble

STATUSES = read.code_table(
    {
        "InfoReceived_001": "PLANNEDPICKUP INPICKUP NOTPICKEDUP PREADVICE",
        "InTransit": "INTRANSIT INWAREHOUSE",
        "OutForDelivery_001": "INDELIVERY",
        "AttemptFail_001": "NOTDELIVERED",
        "AvailableForPickup_001": "DELIVEREDPS",
        "Delivered_001": "DELIVERED FINAL",
        "Exception_020": "CANCELED CANCELLED",
    }
)
CLOSED = "FINAL"  # the history ends here, in whatever way
EVENTS = read.code_table(
    {
        "InfoReceived_001": "INTIAL.PREADVICE INTIAL.E48_DATA",
        "InTransit": "TRANSI",
        "InTransit_002": "INTIAL.NORMAL",
        "InTransit_003": "INBOUD",
        "InTransit_007": "OUTBOD",
        "OutForDelivery_001": "OUTDEL",
        "AttemptFail_001": "NOTDEL",
        "AvailableForPickup_001": "DELIVD.PARCELSHOP DELIVD.PARCELBOX DELIVD.PARCELLOCKER",
        "Delivered_001": "DELIVD",
        "Delivered_002": "DELIVD.DEL_BY_PSAPP",
        "Exception_010": "RETURN",
        "Exception_020": "CANCEL",
    }
)
_AS_USUAL = (".NORMAL", "INBOUD", "OUTBOD", "TRANSI")  # any other second part names something out of the way
_CUSTOMS = ("InTransit_005", "InTransit_006")
_CHANGE = "CHANGD"  # the recipient chose another day or place: it moves nothing
_KINDS = {"E_404": ErrorKind.NOT_FOUND, "E_400": ErrorKind.BAD_REQUEST, "E_500": ErrorKind.SERVER_ERROR}


def parse(answer: RawAnswer, tree: Any, numbers: Sequence[str]) -> list[TrackingResult]:
    """Results for every entry. Raises CarrierError for what concerns the whole call."""
    if answer.status != 200 or "parcels" not in read.record(tree):
        return [concerning(refused(answer, tree), number) for number in numbers or (None,)]
    parcels = read.records(read.dig(tree, "parcels"))
    if not numbers:
        if not parcels:
            raise CarrierError(ErrorKind.MALFORMED, "GLS answered without a parcel.")
        return [_result(parcel, _own_name(parcel, parcels)) for parcel in parcels]
    found = {number: [one for one in parcels if number in _names(one)] for number in numbers}
    if len(numbers) == 1 and not found[numbers[0]]:
        found = {numbers[0]: parcels}
    return [
        _result(max(own, key=_heard_of), number) if own else missing("GLS", number) for number, own in found.items()
    ]


def refused(answer: RawAnswer, tree: Any) -> CarrierError:
    """A problem (RFC 9457), a gateway's `{"fault": {"faultstring", "detail": {"errorcode"}}}`, or `{"errors": [...]}`."""
    fault, listed = read.record(read.dig(tree, "fault")), read.record(read.dig(tree, "errors"))
    code = read.first_text(read.dig(fault, "detail", "errorcode"), listed.get("exitCode"), listed.get("type"))
    told = (fault.get("faultstring"), listed.get("message"), listed.get("exitMessage"))
    words = read.first_text(*told, read.dig(tree, "detail"), read.dig(tree, "title"))
    return refusal(as_stated(answer, read.dig(tree, "status")), words, code)


def _names(parcel: dict[str, Any]) -> tuple[str | None, str | None]:
    return read.text(parcel.get("requested")), read.text(parcel.get("unitno"))


def _own_name(parcel: dict[str, Any], parcels: list[dict[str, Any]]) -> str | None:
    """What was asked for; the parcel's own number where a reference brought several parcels."""
    asked, own = _names(parcel)
    several = sum(1 for one in parcels if _names(one)[0] == asked) > 1
    return (own if several else None) or asked or own


def _heard_of(parcel: dict[str, Any]) -> tuple[bool, str]:
    at = read.moment(parcel.get("statusDateTime"))
    return "errorCode" not in parcel, at.replace(tzinfo=None).isoformat() if at else ""


def _result(parcel: dict[str, Any], number: str | None) -> TrackingResult:
    code = read.text(parcel.get("errorCode"))
    if code:
        kind = _KINDS.get(code[:5], ErrorKind.MALFORMED)
        error = CarrierError(kind, read.text(parcel.get("errorMessage")) or "", carrier_code=code)
        return TrackingResult(number, Status.PENDING, error=error)
    scans = read.back_at_sender(read.in_order(_scans(read.records(parcel.get("events")))))
    found = _current((read.text(parcel.get("status")) or "").upper(), read.last_known(scans))
    delivered_at = _delivered_at(parcel, scans) if found[0] is Status.DELIVERED else None
    return TrackingResult(number, *found, scans, None, delivered_at)


def _current(status: str, known: read.Meaning) -> read.Meaning:
    """The parcel's status; the newest event makes it exact where both agree."""
    found = STATUSES.get(status)
    if found is None or known[0] is found[0]:
        return known
    if found[0] is Status.DELIVERED and known[0] is Status.EXCEPTION:
        turned = known[1] in ("Exception_010", "Exception_011", "Exception_020")
        return known if turned and (status == CLOSED or known[1] == "Exception_011") else found
    if found[0] is Status.ATTEMPT_FAIL and known[0] is Status.EXCEPTION:
        return known  # refused, or a wrong address
    return found


def _scans(events: list[dict[str, Any]]) -> list[Checkpoint]:
    """The events, newest first as sent, read from the oldest so that a change can repeat what went before."""
    scans: list[Checkpoint] = []
    oldest_first = list(reversed(events))
    for event in sorted(oldest_first, key=_when):
        scans.append(_scan(event, scans))
    return scans[::-1]


def _when(event: dict[str, Any]) -> str:
    at = read.moment(event.get("eventDateTime"))
    return at.replace(tzinfo=None).isoformat() if at else ""


def _scan(event: dict[str, Any], before: list[Checkpoint]) -> Checkpoint:
    code, words = read.text(event.get("code")), read.text(event.get("description"))
    head = (code or "").upper().partition(".")[0]
    found: tuple[Status | None, str | None]
    if head == _CHANGE:
        known = read.last_known(before)
        found = known if known[0] is not Status.PENDING else read.meaning("InfoReceived_001")
    else:
        found = _meaning((code or "").upper(), head, words) or (None, None)
    city, postal, where = read.text(event.get("city")), read.text(event.get("postalCode")), event.get("country")
    at = read.moment(event.get("eventDateTime"))
    return Checkpoint(
        at, found[0], found[1], code, words, city, None, postal, read.country(where), event, head == _CHANGE
    )


def _meaning(code: str, head: str, words: str | None) -> read.Meaning | None:
    found = EVENTS.get(code) or EVENTS.get(head)
    if found is None:
        return by_words(words)
    if found[1] == "Exception_010":
        return trouble(words) if trouble(words) == read.meaning("Exception_011") else found
    if found[0] is Status.IN_TRANSIT and not code.endswith(_AS_USUAL):
        said = by_words(words)
        return said if said and (said[0] is Status.EXCEPTION or said[1] in _CUSTOMS) else found
    return refined(sharpen(found, words), words)


def _delivered_at(parcel: dict[str, Any], scans: Sequence[Checkpoint]) -> datetime | None:
    found = [scan.time for scan in scans if scan.status is Status.DELIVERED and not scan.notice]
    return found[-1] if found else read.moment(parcel.get("statusDateTime"))
