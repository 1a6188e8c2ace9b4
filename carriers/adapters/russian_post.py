"""Russian Post: tracking by SOAP 1.2, getOperationHistory of rtm34, one number a call.

Sources: the post's own dictionaries of operations and attributes (OperType, OperAttr), and recorded answers; the WSDL is
not at hand. Names come in Russian or English, the numbers stay; a number that no table knows is read by its names. No
push, no labels.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from carriers import parsing as read
from carriers import soap
from carriers.answers import concerning, not_supported, read_xml
from carriers.base import Account, AdapterInfo, Answers, Call, Http, RawAnswer
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Checkpoint, Status, TrackingResult
from carriers.parsing.xml import Node
from carriers.wording import by_words

# OperType, and OperType/OperAttr where the attribute changes what the operation means. 12 is a failed attempt whatever
# its reason; what follows from the reason is an operation of its own.
CODES = read.code_table(
    {
        "InfoReceived_001": "27 28",
        "InTransit": "8 8/0 8/12 8/16 8/17 8/19 8/21 8/22 13 14 19 29 30 31 32 33",
        "InTransit_002": "1",
        "InTransit_003": "8/3 8/5 8/7",
        "InTransit_004": "8/13 9",
        "InTransit_005": "14/0 14/1",
        "InTransit_006": "11 14/3",
        "InTransit_007": "8/1 8/4 8/6 8/8 8/20 10",
        "InTransit_009": "4 8/11",
        "OutForDelivery_001": "8/15 8/18 15",
        "AttemptFail_001": "12 42",
        "AttemptFail_002": "12/1 12/10",
        "AvailableForPickup_001": "6 8/2 8/9 8/10 8/14 8/23",
        "Delivered_001": "2 2/1 2/5 2/6 2/8 2/10 2/11 2/12",
        "Delivered_002": "2/3",
        "Exception": "5 7 7/1 17",
        "Exception_004": "5/8 6/5 14/4 24",
        "Exception_008": "7/2",
        "Exception_009": "7/3",
        "Exception_010": "3",
        "Exception_011": "2/2 2/4 2/7 2/9",
        "Exception_013": "5/1 18",
        "Exception_016": "5/3",
        "Exception_021": "5/2 16",
    }
)
# A letter to the addressee that the parcel waits, sent (24) or handed over (25), a parcel opened (25), leave to hand it
# over (43): the parcel does not move.
NOTICES = frozenset({"8/24", "8/25", "25", "43"})
_STORED = re.compile(r"хранени|storage", re.IGNORECASE)  # 15 names two things: the courier, or temporary storage
# What the name of an attribute that no table knows may say, within its operation.
_MAY_SAY = {
    "2": (Status.DELIVERED, Status.EXCEPTION),
    "8": (Status.AVAILABLE_FOR_PICKUP, Status.OUT_FOR_DELIVERY),
}
_TO_WHOM_IS_OPEN = frozenset({"2", "2/0"})  # "handed over" from abroad: to the addressee, or back to the sender

_WRONG_NUMBER = re.compile(r"не соответствует|request data is invalid|неверный формат|format", re.IGNORECASE)
_TOO_OFTEN = re.compile(r"лимит|превыш|limit|quota|exceed", re.IGNORECASE)
_BROKEN = re.compile(r"внутренн|недоступ|internal|unavailable|timeout|тайм", re.IGNORECASE)
_NAMESPACES = {
    "oper": "http://russianpost.org/operationhistory",
    "data": "http://russianpost.org/operationhistory/data",
}


class RussianPost:
    """The adapter for Russian Post: one number a call; without a contract there are 100 calls a day."""

    info = AdapterInfo(
        code="russian_post",
        name="Russian Post",
        country="RU",
        formats=("s10", "russian_post_14"),
        production_url="https://tracking.russianpost.ru",
        credential_names=("login", "password"),
        calls_per_second=1.0,
        calls_per_day=100,
        tracking_link="https://www.pochta.ru/tracking?barcode={number}",
    )

    def track(self, http: Http, account: Account, numbers: Sequence[str]) -> Answers:
        """POST /rtm34, one call a number. The setting `language` is RUS or ENG."""
        answers = []
        for number in numbers:
            headers = {"Content-Type": "application/soap+xml; charset=utf-8", "Accept": "application/soap+xml"}
            call = Call("POST", account.url("/rtm34"), headers, body=_question(account, number))
            answer = http.send(account, call)
            answers.append((answer, self.parse(answer, [number])))
        return answers

    def parse(self, answer: RawAnswer, numbers: Sequence[str] = ()) -> list[TrackingResult]:
        """Pure. One result; the answer names its number in every record."""
        tree = read_xml(answer)
        asked = numbers[0] if numbers else None
        fault = soap.fault_of(tree)
        if fault is not None:
            return [concerning(_error(answer, fault), asked)]
        told = read.find_element(tree, "getOperationHistoryResponse", "OperationHistoryData")
        if told is None or answer.status != 200:
            raise soap.unanswered(answer)
        return [_result(read.records(read.find_element(told, "historyRecord")), asked)]

    def parse_push(self, answer: RawAnswer) -> list[TrackingResult]:
        """Raises CarrierError(not_supported)."""
        raise not_supported(self.info.code, "pushes")


def _question(account: Account, number: str) -> bytes:
    asked: list[Node] = [
        ("data:Barcode", {}, number),
        ("data:MessageType", {}, "0"),
        ("data:Language", {}, account.setting("language", "ENG")),
    ]
    who: list[Node] = [(f"data:{name}", {}, account.credential(name)) for name in ("login", "password")]
    parts: list[Node] = [
        ("data:OperationHistoryRequest", {}, asked),
        ("data:AuthorizationHeader", {"soap:mustUnderstand": "1"}, who),
    ]
    return soap.envelope(("oper:getOperationHistory", {}, parts), _NAMESPACES, version=soap.SOAP_12)


# --- the pure half -----------------------------------------------------------------------------------------------


def _error(answer: RawAnswer, fault: soap.Fault) -> CarrierError:
    """The detail names whose reason it is: the credentials', the language's, or the history's (about the number)."""
    found = next(((name, text) for name in fault.detail if (text := _text(fault.detail, name))), (None, None))
    name, words = (found[0] or "").removesuffix("Reason"), found[1]
    said = f"{fault.words or ''} {words or ''}"
    kind = None
    if _TOO_OFTEN.search(said):
        kind = ErrorKind.RATE_LIMITED
    elif name == "AuthorizationFault":
        kind, words = ErrorKind.AUTH, None  # its words may repeat the credentials
    elif name == "LanguageFault":
        kind = ErrorKind.BAD_REQUEST
    elif name == "OperationHistoryFault" and not _BROKEN.search(said):
        kind = ErrorKind.INVALID_NUMBER if _WRONG_NUMBER.search(said) else ErrorKind.NOT_FOUND
    return soap.faulted(answer, fault, kind, code=name or None, words=words)


def _result(records: list[dict[str, Any]], asked: str | None) -> TrackingResult:
    barcode = next(filter(None, (_text(read.dig(record, "ItemParameters"), "Barcode") for record in records)), None)
    if not records:
        error = CarrierError(ErrorKind.NOT_FOUND, "Russian Post has no operations for this number.")
        return TrackingResult(asked, Status.PENDING, error=error)
    scans: list[Checkpoint] = []
    found, turned = read.meaning("Pending"), False
    for record in _oldest_first(records):
        scan = _scan(record, found, turned)
        turned = turned or scan.substatus == "Exception_010"
        found = read.last_known((Checkpoint(None, *found), scan))
        scans.append(scan)
    return TrackingResult(asked or barcode, *found, tuple(scans), None, _delivered_at(found, scans))


def _oldest_first(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """By instant; the post's own order where two are the same, or one has no time."""
    times = [at.timestamp() for at in map(_moment, records) if at and at.tzinfo]
    if len(times) < len(records):
        return records
    return [records[i] for i in sorted(range(len(records)), key=times.__getitem__)]


def _moment(record: dict[str, Any]) -> datetime | None:
    return read.moment(_text(read.dig(record, "OperationParameters"), "OperDate"))


def _scan(record: dict[str, Any], before: read.Meaning, turned: bool) -> Checkpoint:
    """One operation, after what was known `before`; `turned` once the item was sent back."""
    done = read.record(record.get("OperationParameters"))
    where = read.record(record.get("AddressParameters"))
    what, how = read.record(done.get("OperType")), read.record(done.get("OperAttr"))
    kind, attribute = _text(what, "Id"), _text(how, "Id")
    code = "/".join(filter(None, (kind, attribute))) or None
    words = ": ".join(filter(None, (_text(what, "Name"), _text(how, "Name")))) or None
    place, land = read.record(where.get("OperationAddress")), read.record(where.get("CountryOper"))
    country = read.country(_text(land, "Code2A")) or read.country(_text(land, "Code3A") or _text(land, "NameEN"))
    city, index = _text(place, "Description"), _text(place, "Index")
    notice = code in NOTICES or kind in NOTICES
    status, substatus = before if notice else _meaning(code, kind, words, turned) or (None, None)
    kept = {"OperationParameters": done, "AddressParameters": where}  # the rest is prices and people
    at = _moment(record)
    return Checkpoint(at, status, substatus, code, words, city, None, index, country, kept, notice)


def _meaning(code: str | None, kind: str | None, words: str | None, turned: bool) -> read.Meaning | None:
    if turned and code in _TO_WHOM_IS_OPEN:
        return read.meaning("Exception_011")
    if kind == "15" and _STORED.search(words or ""):
        return read.meaning("Exception")
    if found := CODES.get(code or ""):
        return found
    said, operation = by_words(words), CODES.get(kind or "")
    return said if operation is None or (said and said[0] in _MAY_SAY.get(kind or "", ())) else operation


def _delivered_at(found: read.Meaning, scans: list[Checkpoint]) -> datetime | None:
    if found[0] is not Status.DELIVERED:
        return None
    return next((scan.time for scan in reversed(scans) if scan.status is Status.DELIVERED), None)


def _text(record: Any, name: str) -> str | None:
    return read.text(read.content_text(read.record(record).get(name)))


def adapter() -> RussianPost:
    """Called by the registry."""
    return RussianPost()
