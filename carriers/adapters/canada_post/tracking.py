"""Reading Canada Post's tracking answers: details, summaries, messages.

Sources: track.xsd, messages.xsd, and recorded answers in English and French. Canada Post publishes no list of its event
identifiers: those here come from public clients' lists and the recordings, and each is made exact by its words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from carriers import parsing as read
from carriers import soap
from carriers.answers import concerning, read_xml, refusal
from carriers.base import RawAnswer
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Checkpoint, EstimatedDelivery, Status, TrackingResult
from carriers.wording import by_words, handed_back, refined, sharpen

# Event identifiers without zeros in front. 20 is the signature that was taken when the item was handed over.
CODES = read.code_table(
    {
        "InfoReceived_001": "3000 3001 3002",
        "InTransit": "100 101 102 103 104 105 106 107 170 815 1302 1400 1401 1402 1403 1404 1405 1703 1705",
        "InTransit_002": "2300",
        "InTransit_005": "130 900 910 4500 5201",
        "InTransit_006": "800 2601 4330 4400",
        "OutForDelivery_001": "174 500",
        "AttemptFail_001": "150 154 167 168 169 179 181 182 183 184 190 1417 1418 1419 1420 1479 1481",
        "AttemptFail_003": "2411",
        "AvailableForPickup_001": "118 156 1407 1410 1435 1436 1437 1438 1488 1701 2407 2410",
        "Delivered_001": (
            "20 21 1408 1409 1421 1422 1423 1424 1425 1426 1427 1428 1429 1430 1431 1432 1433 1434 1441 1442 1461 1462 "
            "1463 1465 1466 1467 1468 1469 1471 1472 1473 1475 1476 1496 1497 1498 1499 5300"
        ),
        "Delivered_002": "1406",
        "Exception_001": "117 120 121 125 127 810 1411 1414 1443 1484 1494 4650 4700",
        "Exception_003": "1415 1416",
        "Exception_004": "1487 1495",
        "Exception_005": "159 160 161 162 163 171 621 622 623 624 625 626 627 628 1412 2412 2414",
        "Exception_007": "172 173",
        "Exception_010": "1450 1482 1483 1491 1492 1493 2600 2802",
        "Exception_012": "710",
    }
)
# A date, a wish, a payment or a picture was recorded: the item stays where it is, or is on its way if that is all.
NOTICES = read.code_table(
    {"InTransit": "152 198 1200 1203 1210 1214 1215 1216 1220 1221 1223 1224 1225 1230 1232 1234 1245 2001 2101"}
)
_SIGNATURES = ("20", "21")
# Codes of failed attempts, and many others, are also written when the item goes back: then their words say so.
_BACK = re.compile(
    r"\b(?:being|been) returned\b.{0,20}\bsender\b|\b(?:retourn|renvoy)(?:é|er)\b.{0,30}(?:à|a) (?:l.)?exp",
    re.IGNORECASE,
)
_GIVEN_UP = ("Exception_020", "Exception_021")
PROVINCES = frozenset(["AB", "BC", "MB", "NB", "NL", "NS", "NT", "NU", "ON", "PE", "QC", "SK", "YT"])
# The zones by their French names; the English ones are read anyway.
_ZONES = {
    "HNT": "NST",
    "HAT": "NDT",
    "HNA": "AST",
    "HAA": "ADT",
    "HNE": "EST",
    "HAE": "EDT",
    "HNC": "CST",
    "HAC": "CDT",
}
_ZONES |= {"HNR": "MST", "HAR": "MDT", "HNP": "PST", "HAP": "PDT"}

_REFUSED = re.compile(r"E002|AA\d{1,3}", re.ASCII)
_WRONG_PIN = re.compile(
    r"\bpin\b.{0,40}\b(?:invalid|not valid)|invalid .{0,20}\bpin\b|nip .{0,20}invalide", re.IGNORECASE
)
_THROTTLED = re.compile(r"SLM Monitor|too many requests", re.IGNORECASE)
_BROKEN = re.compile(r"back-?(?:side|end)|unavailable|internal|system error|time-?out", re.IGNORECASE)
BLOCKED_SECONDS = 60.0  # how long a key that asked too often is turned away


def parse(answer: RawAnswer, numbers: Sequence[str]) -> list[TrackingResult]:
    """A result for each item. Raises CarrierError for what concerns the whole call."""
    tree = read_xml(answer)
    asked = numbers[0] if numbers else None
    details = read.records(read.find_element(tree, "tracking-detail"))
    summaries = read.records(read.find_element(tree, "pin-summary"))
    if answer.status != 200 or not (details or summaries):
        return [concerning(refused(answer, tree), asked)]
    asked = asked if len(details) + len(summaries) == 1 else None
    return [_detailed(one, asked) for one in details] + [_summarised(one, asked) for one in summaries]


def refused(answer: RawAnswer, tree: Any) -> CarrierError:
    """`messages` with a code and a description; the code decides before the HTTP status."""
    fault = soap.fault_of(tree)
    said = read.record(read.record(read.find_element(tree, "messages")).get("message"))
    if not said and fault is None:
        return soap.unanswered(answer)
    code, words = _text(said, "code"), _text(said, "description") or (fault.words if fault else None)
    error = refusal(answer, words, code)
    error.kind = _kind(code or "", words or "", fault is not None) or error.kind
    if answer.status == 200 and error.kind is ErrorKind.MALFORMED and code:
        error.kind = ErrorKind.BAD_REQUEST
    if error.kind is ErrorKind.RATE_LIMITED and error.retry_after is None:
        error.retry_after = BLOCKED_SECONDS
    return error


def _kind(code: str, words: str, fault: bool) -> ErrorKind | None:
    if code == "004":
        return ErrorKind.NOT_FOUND
    if _REFUSED.fullmatch(code) or "AAA Authentication" in words:
        return ErrorKind.AUTH
    if code == "9174" or _THROTTLED.search(words):
        return ErrorKind.RATE_LIMITED
    if _WRONG_PIN.search(words):
        return ErrorKind.INVALID_NUMBER
    return ErrorKind.SERVER_ERROR if code == "Server" or fault or _BROKEN.search(words) else None


def _detailed(item: dict[str, Any], asked: str | None) -> TrackingResult:
    events = read.records(read.record(item.get("significant-events")).get("occurrence"))
    scans = read.back_at_sender(_noticed(read.in_order(map(_scan, events))))
    found = read.last_known(scans)
    day = read.date_of(_text(item, "changed-expected-date")) or read.date_of(_text(item, "expected-delivery-date"))
    signer = next(filter(None, (_text(event, "signatory-name") for event in events)), None)
    at = _delivered_at(scans) if found[0] is Status.DELIVERED else None
    return TrackingResult(
        asked or _text(item, "pin"), *found, scans, EstimatedDelivery(day) if day else None, at, signer
    )


def _noticed(oldest_first: Sequence[Checkpoint]) -> list[Checkpoint]:
    """The scans, where a notice repeats what went before it."""
    scans: list[Checkpoint] = []
    for scan in oldest_first:
        known = read.last_known(scans)
        found = known if known[0] is not Status.PENDING else read.meaning("InTransit")
        scans.append(replace(scan, status=found[0], substatus=found[1]) if scan.notice else scan)
    return scans


def _scan(event: dict[str, Any]) -> Checkpoint:
    code, words, city, state = (
        _text(event, f"event-{name}") for name in ("identifier", "description", "site", "province")
    )
    key = (code or "").lstrip("0")
    status, substatus = (None if key in NOTICES else _meaning(CODES.get(key), words)) or (None, None)
    zone = _text(event, "event-time-zone") or ""
    at = read.stamp(
        read.date_of(_text(event, "event-date")),
        _text(event, "event-time"),
        read.offset(_ZONES.get(zone.upper(), zone)),
    )
    kept = {name: value for name, value in event.items() if name != "signatory-name"}
    where = _country(city, state)
    return Checkpoint(at, status, substatus, code, words, city, state, None, where, kept, key in NOTICES)


def _meaning(known: read.Meaning | None, words: str | None) -> read.Meaning | None:
    """The code's meaning, made exact by the words; by the words where they say that the item goes back or is given up."""
    said = by_words(words)
    if _BACK.search(words or ""):
        return read.meaning("Exception_011" if known and known[0] is Status.DELIVERED else "Exception_010")
    if known is None or said is None:
        return known or said
    if known[0] is Status.ATTEMPT_FAIL and said[1] in _GIVEN_UP:
        return said
    arrived = said[0] in (Status.AVAILABLE_FOR_PICKUP, Status.DELIVERED)
    return said if known == (Status.IN_TRANSIT, None) and arrived else refined(sharpen(known, words), words)


def _country(city: str | None, state: str | None) -> str | None:
    """Canada where the province is one; abroad the site or the province may name the country."""
    if (state or "").upper() in PROVINCES:
        return "CA"
    return next((read.country(name) for name in (state, city) if name and len(name) > 3 and read.country(name)), None)


def _delivered_at(scans: Sequence[Checkpoint]) -> datetime | None:
    """When the last delivery was; the signature's own record comes at the same moment or later."""
    last: Checkpoint | None = None
    for scan in reversed([scan for scan in scans if not scan.notice]):
        if scan.status is not Status.DELIVERED:
            if last is not None:
                break
            continue
        if last is None or last.raw_code in _SIGNATURES:
            last = scan
    return last.time if last else None


def _summarised(item: dict[str, Any], asked: str | None) -> TrackingResult:
    """A summary tells of the last event only, without its identifier and its zone."""
    words, where = _text(item, "event-description"), _text(item, "event-location")
    delivered, attempted = (read.date_of(_text(item, name)) for name in ("actual-delivery-date", "attempted-date"))
    found = by_words(words)
    if delivered:
        found = read.meaning("Exception_011" if handed_back(words) else "Delivered_001")
    elif found is None and attempted:
        found = read.meaning("AttemptFail_001")
    city, _, state = (where or "").partition(",")
    day, _, at = (_text(item, "event-date-time") or "").partition(":")
    scan = Checkpoint(read.stamp(day, at), None, None, _text(item, "event-type"), words, city.strip() or None)
    scan = replace(scan, state=state.strip() or None, country=_country(city.strip(), state.strip()))
    if found:
        scan = replace(scan, status=found[0], substatus=found[1])
    told = scan.time or words
    expected = read.date_of(_text(item, "expected-delivery-date"))
    return TrackingResult(
        asked or _text(item, "pin"),
        *(found or read.meaning("Pending")),
        (scan,) if told else (),
        EstimatedDelivery(expected) if expected else None,
        scan.time if found and found[0] is Status.DELIVERED else None,
        _text(item, "signatory-name"),
    )


def _text(record: dict[str, Any], name: str) -> str | None:
    """The text of an element on one line."""
    words = read.text(read.content_text(record.get(name)))
    return " ".join(words.split()) if words else None
