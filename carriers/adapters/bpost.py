"""bpost: item tracking v1, `itemTracking` in XML, one item a call.

Sources: tracking_info_v1.xsd, business_exception.xsd, system_exception.xsd, and the documentation's example. The list of
state codes is not public: the three of the example are known, and every other state is read by its English description
(`DistributedNormally - regular`). No push.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from carriers import parsing as read
from carriers.answers import concerning, not_supported, read_xml, refusal
from carriers.base import Account, AdapterInfo, Answers, Call, Http, RawAnswer
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Checkpoint, EstimatedDelivery, Status, TrackingResult
from carriers.soap import unanswered
from carriers.wording import by_words, refined, sharpen

CODES = read.code_table({"InTransit": "T00", "OutForDelivery_001": "L00", "Delivered_001": "U01"})
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_UNKNOWN = re.compile(r"not found|unknown|does not exist|no (?:item|data|tracking)|could not be found", re.IGNORECASE)
_WRONG = re.compile(
    r"(?:item ?code|barcode|identifier)\b.{0,60}\b(?:invalid|not valid|incorrect|format)", re.IGNORECASE
)
_REFUSED = re.compile(r"not authori[sz]ed|unauthori[sz]ed|authentication|access denied|forbidden", re.IGNORECASE)


class Bpost:
    """The adapter for bpost: one item code a call."""

    info = AdapterInfo(
        code="bpost",
        name="bpost",
        country="BE",
        formats=("s10", "bpost_24"),
        production_url="https://api.parcel.bpost.cloud",
        credential_names=("account_id", "passphrase"),
        calls_per_second=2.0,
        tracking_link="https://track.bpost.cloud/btr/web/#/search?itemCode={number}&lang=EN",
    )

    def track(self, http: Http, account: Account, numbers: Sequence[str]) -> Answers:
        """GET /services/trackedmail/item/{code}/trackingInfo, one call a number."""
        answers = []
        who = account.credential("account_id"), account.credential("passphrase")
        for number in numbers:
            path = f"/services/trackedmail/item/{quote(number, safe='')}/trackingInfo"
            call = Call("GET", account.url(path), {"Accept": "application/xml, */*"}, basic=who)
            answer = http.send(account, call)
            answers.append((answer, self.parse(answer, [number])))
        return answers

    def parse(self, answer: RawAnswer, numbers: Sequence[str] = ()) -> list[TrackingResult]:
        """Pure. One result an item; several items in one answer are read as well."""
        tree = read_xml(answer)
        asked = numbers[0] if numbers else None
        items = read.records(read.find_element(tree, "itemTracking"))
        if answer.status != 200 or not items:
            return [concerning(_error(answer, tree), asked)]
        return [_result(item, asked if len(items) == 1 else None) for item in items]

    def parse_push(self, answer: RawAnswer) -> list[TrackingResult]:
        """Raises CarrierError(not_supported)."""
        raise not_supported(self.info.code, "pushes")


def _error(answer: RawAnswer, tree: Any) -> CarrierError:
    """`businessException` (code and message) is about what was asked, `systemException` is bpost's own failure."""
    business, system = (read.find_element(tree, name) for name in ("businessException", "systemException"))
    said = read.record(business) or read.record(system)
    if business is None and system is None:
        return unanswered(answer)
    words = _text(said, "message")
    error = refusal(answer, " ".join(words.split()) if words else None, _text(said, "code"))
    if error.kind in (ErrorKind.AUTH, ErrorKind.RATE_LIMITED):
        return error
    if system is not None:
        error.kind = ErrorKind.SERVER_ERROR
    else:
        error.kind = _about(words or "", error.kind)
    return error


def _about(words: str, kind: ErrorKind) -> ErrorKind:
    if _REFUSED.search(words):
        return ErrorKind.AUTH
    if _WRONG.search(words):
        return ErrorKind.INVALID_NUMBER
    if _UNKNOWN.search(words):
        return ErrorKind.NOT_FOUND
    return kind if kind is ErrorKind.NOT_FOUND else ErrorKind.BAD_REQUEST


def _result(item: dict[str, Any], asked: str | None) -> TrackingResult:
    states = read.records(item.get("stateInfo"))
    scans = read.back_at_sender(read.in_order(reversed([_scan(state) for state in states])))
    found = read.last_known(scans)
    delivered_at = _delivered_at(item, scans) if found[0] is Status.DELIVERED else None
    return TrackingResult(asked or _text(item, "itemCode"), *found, scans, _estimate(item), delivered_at)


def _scan(state: dict[str, Any]) -> Checkpoint:
    code, words, city = (_text(state, name) for name in ("stateCode", "stateDescription", "location"))
    plain = _CAMEL.sub(" ", words or "").replace("_", " ")
    known = CODES.get((code or "").upper())
    status, substatus = (refined(sharpen(known, plain), plain) if known else by_words(plain)) or (None, None)
    return Checkpoint(read.moment(_text(state, "time")), status, substatus, code, words, city, raw=state)


def _estimate(item: dict[str, Any]) -> EstimatedDelivery | None:
    """The planned window. `deliveryTime` is when the item was delivered, not when it will be."""
    planned = read.record(item.get("deliveryTimeWindow"))
    earliest, latest = (read.moment(_text(planned, f"plannedDeliveryDateWindow{end}")) for end in ("Start", "End"))
    day = next((at.date() for at in (latest, earliest) if at), None)
    return EstimatedDelivery(day, earliest, latest) if day else None


def _delivered_at(item: dict[str, Any], scans: Sequence[Checkpoint]) -> datetime | None:
    scanned = next((scan.time for scan in reversed(scans) if scan.status is Status.DELIVERED), None)
    return read.moment(_text(item, "deliveryTime")) or scanned


def _text(record: dict[str, Any], name: str) -> str | None:
    return read.text(read.content_text(record.get(name)))


def adapter() -> Bpost:
    """Called by the registry."""
    return Bpost()
