"""DHL Parcel Germany's tracking: one XML element for everything, told apart by its attribute `name`.

Sources: the collection of requests for the sandbox, and recorded answers. Times are German local time without an offset.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from carriers import parsing as read
from carriers.adapters.dhl_parcel_de import codes
from carriers.answers import concerning, read_json, read_xml, refusal
from carriers.base import Account, RawAnswer
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Checkpoint, EstimatedDelivery, Status, TrackingResult

PIECES = {"pieceshipment", "piecestatuspublic"}
EVENTS = {"pieceevent"}
MAX_NODES = 20_000
_GERMAN = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})((?:[ T]\d{1,2}:\d{2}(?::\d{2})?)?)", re.ASCII)
_NO_DATA = re.compile(r"no data|not? found|keine (?:sendungs)?daten|nicht gefunden", re.IGNORECASE)
_LOGIN = re.compile(r"log ?in|passwor|anmeld|authenti|access|berechtig|zugang|user", re.IGNORECASE)
_BUSY = re.compile(r"internal|system|tempor|vor.bergehend|technical|technisch|timeout|unavailable", re.IGNORECASE)
_NOT_KNOWN = ("100", "200")  # no data; no electronic data yet
_KNOWN_CODES = dict.fromkeys(_NOT_KNOWN, ErrorKind.NOT_FOUND) | {"5": ErrorKind.AUTH}
_CODE = re.compile(r"-?\d{1,6}", re.ASCII)


def request(account: Account, numbers: Sequence[str]) -> str:
    """The question as XML: it is sent as the query parameter `xml`. Tracking may have a user of its own."""
    asked = {
        "appname": account.setting("tracking_user") or account.credential("username"),
        "language-code": "en",
        "password": account.setting("tracking_password") or account.credential("password"),
        "piece-code": ";".join(numbers),
        "request": "d-get-piece-detail",
    }
    return read.write_xml(("data", asked, "")).decode()


def parse(answer: RawAnswer, numbers: Sequence[str]) -> list[TrackingResult]:
    """Results for every piece. Raises CarrierError for what concerns the whole call."""
    asked = numbers[0] if len(numbers) == 1 else None
    if answer.body.lstrip()[:1] == b"{":  # the gateway speaks JSON
        return [concerning(_gateway(answer), asked)]
    nodes = list(_nodes(read_xml(answer)))
    if answer.status != 200:
        raise refusal(answer)
    pieces = [node for node in nodes if _name(node) in PIECES]
    told = any(_name(node) in EVENTS for node in nodes)
    if not pieces or (not told and _failed(nodes)):
        return _nothing(nodes, numbers)
    groups: dict[str | None, list[dict[str, Any]]] = {}
    for piece in pieces:
        groups.setdefault(_number(piece, numbers, asked), []).append(piece)
    results = [_result(number, max(group, key=_heard_of)) for number, group in groups.items()]
    return results + [_unknown(number) for number in numbers if number not in groups]


def _nodes(tree: Any) -> Iterable[dict[str, Any]]:
    """Every element of a document, parents first, in its order."""
    left, count = [read.record(content) for content in read.record(tree).values()][::-1], 0
    while left and count < MAX_NODES:
        node, count = left.pop(), count + 1
        yield node
        left += [child for key, value in node.items() if not key.startswith("@") for child in read.records(value)][::-1]


def _name(node: dict[str, Any]) -> str:
    return (read.text(node.get("@name")) or "").lower().replace("-", "")


def _gateway(answer: RawAnswer) -> CarrierError:
    said = read.record(read_json(answer))
    return refusal(answer, read.first_text(said.get("title"), said.get("detail"), said.get("message")))


def _nothing(nodes: list[dict[str, Any]], numbers: Sequence[str]) -> list[TrackingResult]:
    """No piece: a code other than 0 says why."""
    error = next((found for node in nodes if (found := _refused(node.get("@code"), node.get("@error")))), None)
    if error is None:
        raise CarrierError(ErrorKind.MALFORMED, "DHL answered without a shipment.")
    return [concerning(error, number) for number in numbers or (None,)]


def _failed(nodes: list[dict[str, Any]]) -> bool:
    """Whether a code says that the question as a whole failed: the numbers are repeated then as if they were pieces."""
    errors = (_refused(node.get("@code"), node.get("@error")) for node in nodes)
    return any(error is not None and error.kind is not ErrorKind.NOT_FOUND for error in errors)


def _refused(code: Any, words: Any) -> CarrierError | None:
    """The error of a result code; None for 0 and for what is no code."""
    number, said = read.text(code) or "", read.text(words)
    if not _CODE.fullmatch(number) or int(number) == 0:
        return None
    kind = _KNOWN_CODES.get(number)
    kind = kind or next((kind for kind, pattern in _KINDS if said and pattern.search(said)), None)
    kind = kind or (ErrorKind.SERVER_ERROR if int(number) < 0 else ErrorKind.BAD_REQUEST)
    return CarrierError(kind, said or f"DHL answered with code {number}.", carrier_code=number)


_KINDS = ((ErrorKind.NOT_FOUND, _NO_DATA), (ErrorKind.AUTH, _LOGIN), (ErrorKind.SERVER_ERROR, _BUSY))


def _unknown(number: str) -> TrackingResult:
    """The result for a number that an answer about several leaves out: DHL has no data on it."""
    return concerning(CarrierError(ErrorKind.NOT_FOUND, "DHL has no data on this number.", carrier_code="100"), number)


def _number(piece: dict[str, Any], numbers: Sequence[str], asked: str | None) -> str | None:
    """The number as it was asked for: DHL may answer without its leading zeros."""
    own = [read.text(piece.get(key)) for key in ("@searched-piece-code", "@piece-code", "@piece-identifier")]
    bare = {number.lstrip("0"): number for number in numbers}
    return (
        asked
        or next((bare[code.lstrip("0")] for code in own if code and code.lstrip("0") in bare), None)
        or (read.first_text(own[1], own[0], own[2]))
    )


def _heard_of(piece: dict[str, Any]) -> str:
    stamps = [piece.get("@status-timestamp"), piece.get("@last-event-timestamp")]
    stamps += [event.get("@event-timestamp") for event in _events(piece)]
    return max((at.isoformat() for at in map(_moment, stamps) if at), default="")


def _events(piece: dict[str, Any]) -> list[dict[str, Any]]:
    return [node for node in _nodes({"piece": piece}) if _name(node) in EVENTS]


def _moment(value: Any) -> datetime | None:
    """`18.03.2016 10:02`, or the same as ISO 8601."""
    words = read.text(value) or ""
    found = _GERMAN.fullmatch(words)
    return read.moment(f"{found[3]}-{found[2]}-{found[1]}{found[4]}" if found else words)


def _result(number: str | None, piece: dict[str, Any]) -> TrackingResult:
    error = _refused(piece.get("@error-status"), piece.get("@error"))
    if read.text(piece.get("@piece-status")) in _NOT_KNOWN:
        error = _refused(piece.get("@piece-status"), piece.get("@piece-status-desc"))
    if error and not _events(piece):
        return TrackingResult(number, Status.PENDING, error=error)
    scans = read.back_at_sender(read.in_order(_scans(_events(piece))[::-1]))
    found = _current(piece, scans)
    done = found[0] is Status.DELIVERED
    delivered_at = _delivered_at(piece, scans) if done else None
    signed_by = read.text(piece.get("@recipient-name")) if done else None
    return TrackingResult(number, *found, scans, None if done else _estimate(piece), delivered_at, signed_by)


def _scans(events: list[dict[str, Any]]) -> list[Checkpoint]:
    """Oldest first, as sent. A notice repeats what went before; what the driver took back counts as one."""
    scans: list[Checkpoint] = []
    for event in events:
        if _upper(event, "@ice") == codes.UNDONE and scans:
            before = read.last_known(scans[:-1])
            scans[-1] = replace(scans[-1], status=before[0], substatus=before[1], notice=True)
        scans.append(_scan(event, scans))
    return scans


def _scan(event: dict[str, Any], before: list[Checkpoint]) -> Checkpoint:
    ice, ric, group = (_upper(event, key) for key in ("@ice", "@ric", "@standard-event-code"))
    words = read.first_text(*(event.get(key) for key in ("@event-status", "@event-text", "@event-short-status")))
    notice = codes.is_notice(ice, group)
    known = read.last_known(before)
    told = codes.of_event(ice, ric, group, words)
    if notice:
        told = known if known[0] is not Status.PENDING else read.meaning("InTransit")
    elif told and _true(event.get("@ruecksendung")):
        told = _returning(told)
    found = told or (None, None)
    code = "/".join(filter(None, (ice, ric))) or group or None
    city, where = read.text(event.get("@event-location")), read.country(event.get("@event-country"))
    at = _moment(event.get("@event-timestamp"))
    raw = {key.lstrip("@"): value for key, value in event.items()}
    return Checkpoint(at, found[0], found[1], code, words, city, None, None, where, raw, notice)


def _upper(source: dict[str, Any], key: str) -> str:
    return (read.text(source.get(key)) or "").upper()


def _true(value: Any) -> bool:
    return (read.text(value) or "").lower() in ("true", "1", "yes")


def _returning(found: read.Meaning) -> read.Meaning:
    """A scan of a parcel that is marked as going back."""
    if found[0] is Status.DELIVERED:
        return read.meaning("Exception_011")
    moving = (Status.IN_TRANSIT, Status.OUT_FOR_DELIVERY, Status.ATTEMPT_FAIL)
    return read.meaning("Exception_010") if found[0] in moving else found


def _current(piece: dict[str, Any], scans: Sequence[Checkpoint]) -> read.Meaning:
    ice, ric, group = (_upper(piece, key) for key in ("@ice", "@ric", "@standard-event-code"))
    words = read.first_text(piece.get("@status"), piece.get("@short-status"))
    known = read.last_known(scans)
    told = None if codes.is_notice(ice, group) else codes.of_event(ice, ric, group, words)
    found = told or known
    if _true(piece.get("@delivery-event-flag")) and found[0] not in (Status.DELIVERED, Status.EXCEPTION):
        found = known if known[0] is Status.DELIVERED else read.meaning("Delivered_001")
    if _true(piece.get("@ruecksendung")):
        found = _returning(found)
    return known if found[0] is Status.DELIVERED and known[1] == "Exception_011" else found


def _delivered_at(piece: dict[str, Any], scans: Sequence[Checkpoint]) -> datetime | None:
    found = [scan.time for scan in scans if scan.status is Status.DELIVERED and not scan.notice]
    scanned = found[-1] if found else None
    return scanned or _moment(read.first_text(piece.get("@status-timestamp"), piece.get("@last-event-timestamp")))


def _estimate(piece: dict[str, Any]) -> EstimatedDelivery | None:
    at = _moment(piece.get("@delivery-date"))
    frame = (piece.get(f"@delivery-timeframe-{end}") for end in ("from", "to"))
    return read.window(at.date(), *(value if read.clock(value) else None for value in frame)) if at else None
