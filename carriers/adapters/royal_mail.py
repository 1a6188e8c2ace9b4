"""Royal Mail: Tracking API v2, its events, summaries and signatures.

Sources: the interface description of mailpieces/v2 and the event codes, as public clients quote them; the OpenAPI is
not public. `mailPieces` is an object for events and signatures and a list for summaries. Scans name their place, and
neither a region nor a country.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from carriers import parsing as read
from carriers.answers import as_stated, asked_first, concerning, missing, not_supported, read_json, refusal
from carriers.base import Account, AdapterInfo, Answers, Call, Http, RawAnswer
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Checkpoint, EstimatedDelivery, Status, TrackingResult
from carriers.wording import by_words, sharpen, trouble

CODES = read.code_table(
    {
        "InfoReceived_001": "EVAIE EVAIP",
        "InTransit": "EVBAH EVDAC EVDAV EVIAV EVIMC EVOAC EVOCO",
        "InTransit_002": "EVPPA",
        "InTransit_003": "EVORI",
        "InTransit_007": "EVODO",
        "InTransit_009": "EVGMI EVIPI EVNMI",
        "OutForDelivery_001": "EVGPD",
        "AttemptFail_001": "EVKAA EVKNR EVKSU EVNAA EVNAR EVNDA EVNDN",
        "AttemptFail_002": "EVKNA",
        "AvailableForPickup_001": "EVKLC EVNKS EVNRT",
        "Delivered_001": "EVKDN EVKOP EVKSF EVKSP",
        "Delivered_002": "EVNOC EVPLC",
        "Exception_002": "EVKGA EVNGA",
        "Exception_003": "EVKRF EVNRF",
        "Exception_007": "EVKAI",
        "Exception_011": "EVRTS",
    }
)
_GOES_BACK = ("EVKAI", "EVKGA", "EVNGA", "EVRTS")  # their text may say that the item is on its way back
# summary.statusCategory, where nothing is known of the last event. Of the others only the words are known.
CATEGORIES = {"delivered": read.meaning("Delivered_001"), "in transit": read.meaning("InTransit")}

_KINDS = {
    "E0001": ErrorKind.SERVER_ERROR,
    "E0004": ErrorKind.BAD_REQUEST,
    "E0009": ErrorKind.SERVER_ERROR,
    "E0010": ErrorKind.RATE_LIMITED,
    "E0013": ErrorKind.BAD_REQUEST,
    "E1142": ErrorKind.NOT_FOUND,
    "E1283": ErrorKind.NOT_FOUND,
    "E1284": ErrorKind.NOT_FOUND,
    "E1307": ErrorKind.NOT_FOUND,
    "E1308": ErrorKind.NOT_FOUND,
}
_ABOUT_NUMBER = re.compile(
    r"(?:mail ?piece ?id|barcode|tracking number)\b.*\b(?:invalid|not valid|format)", re.IGNORECASE
)
_ABOUT_ADDRESS = re.compile(r"\bur[il]\b", re.IGNORECASE)


class RoyalMail:
    """The adapter for Royal Mail: the whole history of one item a call."""

    info = AdapterInfo(
        code="royal_mail",
        name="Royal Mail",
        country="GB",
        formats=("s10",),
        production_url="https://api.royalmail.net",
        credential_names=("client_id", "client_secret"),
        tracking_link="https://www.royalmail.com/track-your-item#/tracking-results/{number}",
    )

    def track(self, http: Http, account: Account, numbers: Sequence[str]) -> Answers:
        """GET /mailpieces/v2/{number}/events, one call a number: a summary would name the last event only."""
        answers = []
        for number in numbers:
            headers = {
                "X-IBM-Client-Id": account.credential("client_id"),
                "X-IBM-Client-Secret": account.credential("client_secret"),
                "X-Accept-RMG-Terms": "yes",
                "Accept": "application/json",
            }
            url = account.url(f"/mailpieces/v2/{quote(number, safe='')}/events")
            answer = http.send(account, Call("GET", url, headers))
            answers.append((answer, self.parse(answer, [number])))
        return answers

    def parse(self, answer: RawAnswer, numbers: Sequence[str] = ()) -> list[TrackingResult]:
        """Pure. One result a mail piece, under the number asked or the id of the mail piece."""
        tree = read_json(answer)
        pieces = read.records(read.dig(tree, "mailPieces"))
        if answer.status not in (200, 207) or not pieces:
            return [concerning(_error(answer, tree), numbers[0] if len(numbers) == 1 else None)]
        asked = numbers[0] if len(numbers) == len(pieces) == 1 else None
        results = [_result(answer, piece, asked, numbers) for piece in pieces]
        told = {result.tracking_number for result in results}
        left_out = [missing("Royal Mail", number) for number in numbers if number not in told]
        return asked_first(results + left_out, numbers)

    def parse_push(self, answer: RawAnswer) -> list[TrackingResult]:
        """Raises CarrierError(not_supported)."""
        raise not_supported(self.info.code, "pushes")


def _error(answer: RawAnswer, tree: Any) -> CarrierError:
    """`{"httpCode", "httpMessage", "moreInformation", "errors": [{"errorCode", "errorDescription", …}]}`."""
    said = read.record(read.dig(tree, "errors"))
    code = read.text(said.get("errorCode"))
    words = read.first_text(
        said.get("errorDescription"), read.dig(tree, "moreInformation"), read.dig(tree, "httpMessage")
    )
    error = refusal(as_stated(answer, read.dig(tree, "httpCode")), words, code)
    if code in _KINDS:
        error.kind = _KINDS[code]
    elif error.kind is ErrorKind.BAD_REQUEST and _ABOUT_NUMBER.search(words or ""):
        error.kind = ErrorKind.INVALID_NUMBER
    elif error.kind is ErrorKind.NOT_FOUND and code is None and _ABOUT_ADDRESS.search(words or ""):
        error.kind = ErrorKind.BAD_REQUEST  # the path is unknown, not the item
    return error


def _result(answer: RawAnswer, piece: dict[str, Any], asked: str | None, numbers: Sequence[str]) -> TrackingResult:
    """What an item carries: an error of its own may stand beside its data, which then still counts."""
    summary, signature = read.record(piece.get("summary")), read.record(piece.get("signature"))
    number = asked or _number(piece, summary, signature, numbers)
    error = (
        _error(RawAnswer(404, "", b"", answer.headers), {"errors": [piece["error"]]}) if piece.get("error") else None
    )
    events = read.records(piece.get("events")) or _last_event(summary)
    scans = read.back_at_sender(read.in_order(map(_scan, events)))
    found = _current(summary, scans)
    signed_at = read.moment(signature.get("signatureDateTime"))
    if signed_at and not summary and not events:  # a proof of delivery alone
        found = read.meaning("Delivered_001")
    scanned = next((scan.time for scan in reversed(scans) if scan.status is Status.DELIVERED), None)
    delivered_at = (scanned or signed_at) if found[0] is Status.DELIVERED else None
    signed_by = read.text(signature.get("recipientName"))
    return TrackingResult(number, *found, scans, _estimate(piece), delivered_at, signed_by, error)


def _number(
    piece: dict[str, Any], summary: dict[str, Any], signature: dict[str, Any], numbers: Sequence[str]
) -> str | None:
    """An item has an id of its own and, on most, the barcode of its label: whichever was asked for."""
    parts = [part.get(key) for part in (summary, signature) for key in ("uniqueItemId", "oneDBarcode")]
    names = [name for name in map(read.text, (piece.get("mailPieceId"), *parts)) if name]
    return next((number for number in numbers if number in names), names[0] if names else None)


def _last_event(summary: dict[str, Any]) -> list[dict[str, Any]]:
    """A summary's last event as an event."""
    names = {
        "eventCode": "lastEventCode",
        "eventName": "lastEventName",
        "eventDateTime": "lastEventDateTime",
        "locationName": "lastEventLocationName",
    }
    event = {name: summary[key] for name, key in names.items() if summary.get(key)}
    return [event] if "eventCode" in event or "eventName" in event else []


def _scan(event: dict[str, Any]) -> Checkpoint:
    code, words = read.text(event.get("eventCode")), read.text(event.get("eventName"))
    found = _meaning(code, words) or (None, None)
    at, city = read.moment(event.get("eventDateTime")), read.text(event.get("locationName"))
    return Checkpoint(at, found[0], found[1], code, words, city, raw=event)


def _meaning(code: str | None, words: str | None) -> read.Meaning | None:
    key = (code or "").upper()
    found = CODES.get(key)
    if key in _GOES_BACK:
        cause = trouble(words)
        return cause if cause and cause[1] in ("Exception_010", "Exception_011") else found
    return sharpen(found, words) if found else by_words(words, "en")


def _current(summary: dict[str, Any], scans: Sequence[Checkpoint]) -> read.Meaning:
    """The last event of the summary, else its category, which the scans make exact where both agree."""
    known = read.last_known(scans)
    last = _meaning(read.text(summary.get("lastEventCode")), read.text(summary.get("lastEventName")))
    if last and not (last[0] is Status.DELIVERED and known == read.meaning("Exception_011")):
        return last
    category = read.text(summary.get("statusCategory"))
    stated = CATEGORIES.get((category or "").lower()) or by_words(category, "en")
    return stated if stated and last is None and stated[0] is not known[0] else known


def _estimate(piece: dict[str, Any]) -> EstimatedDelivery | None:
    """A day, with a window whose ends are bare times with an offset, or whole moments."""
    said = read.record(piece.get("estimatedDelivery"))
    day = read.date_of(said.get("date"))
    if day is None:
        return None
    return EstimatedDelivery(
        day,
        _end(day.isoformat(), said.get("startOfEstimatedWindow")),
        _end(day.isoformat(), said.get("endOfEstimatedWindow")),
    )


def _end(day: str, said: Any) -> datetime | None:
    words = read.text(said)
    return (read.moment(words) or read.moment(f"{day}T{words}")) if words else None


def adapter() -> RoyalMail:
    """Called by the registry."""
    return RoyalMail()
