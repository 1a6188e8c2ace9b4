"""PostNL: Status API v2 (CurrentStatus, CompleteStatus, signatures, updated shipments).

Sources: the status and event codes of PostNL's reference data, and recorded answers. Empty values come as `{}`, lists of
one as the object alone, and times as DD-MM-YYYY on the Dutch clock without an offset; updated shipments use ISO 8601.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from carriers import parsing as read
from carriers.answers import as_stated, concerning, missing, not_supported, read_json, refusal
from carriers.base import Account, AdapterInfo, Answers, Call, Http, RawAnswer
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Checkpoint, EstimatedDelivery, Status, TrackingResult
from carriers.wording import by_words, refined

# Status.StatusCode. 15 to 17 are parcels missed at one step, which usually turn up at the next.
STATUSES = read.code_table(
    {
        "InfoReceived_001": "1 4 13 14",
        "InTransit": "5 6 15 16 17 21 31",
        "InTransit_002": "2 3 23",
        "InTransit_006": "9 20",
        "OutForDelivery_001": "7",
        "AttemptFail_001": "8",
        "AvailableForPickup_001": "12",
        "Delivered_001": "11",
        "Delivered_002": "22",
        "Exception_009": "19",
        "Exception_010": "27 28",
        "Exception_013": "18",
    }
)
_NOTHING = "99"  # "not applicable": an administrative record, the parcel stays where it was
# Event.Code by the status it belongs to.
EVENTS = {
    code: status
    for status, codes in {
        "1": "A01 A10 A71 F01 J93 M03 X80 X81",
        "2": "B01 X40",
        "3": "B04 Z80",
        "4": "D02 D03 D04 D05 D06 D07 D09 D40 D41 H31 X42 X43 Y80 Y81",
        "5": (
            "A08 A09 A11 A12 A13 A27 A28 A29 A30 A31 A32 A34 A35 A42 A43 A99 J01 J06 J07 J09 J10 J14 J16 J17 J22 J24 "
            "J26 J27 J28 J33 J36 J61 J90 Q12 Q13 R01 R06 X01 X02 X07 X08 X11 X14 X17 X20 X21 X22 X50 X51 X68 Y23 Y24 "
            "Y33 Y35 Y60 Y61 Y62"
        ),
        "6": "D08 H10 K01 K02 K03 K30 K92 V01 V06 Y07",
        "7": ("H32 H35 J05 J08 J29 J39 J41 J42 J45 J47 J48 J55 J94 J95 K14 K15 K70 Q15 S05 T02 X04 X06 X19 X55 Y05"),
        "8": (
            "H01 H02 H03 H04 H05 H07 H08 H09 H12 H20 H22 H24 H34 H36 H38 H51 H52 J92 K16 K41 K43 Y01 Y02 Y03 Y04 Y08 "
            "Y09 Y10 Y11 Y12 Y13 Y14 Y15 Y16 Y17 Y18 Y19 Y20 Y21 Y22 Y30 Y31 Y32 Y36 Y38 Y39 Y40 Y41 Y42 Y43 Y44 Y50 "
            "Y71"
        ),
        "9": "J59 X30 X60 X61 X62 X63 X64 X65 X66 Y25 Y29",
        "11": ("I01 I03 I05 I06 I07 I09 I10 I11 I12 I22 I23 J63 J91 K91 X24 Y26 Z01 Z02 Z03 Z04 Z05 Z06 Z08 Z09"),
        "12": "I08 J02 J12 J23 J52 X05",
        "13": "A20 A21 A22 Q02 X03",
        "14": "M01",
        "15": "G03",
        "16": "G01 G02 G05",
        "17": "H23 K90",
        "19": "F03 F04 F05 F06 F07 F08 F10",
        "20": "A76 X10 X67",
        "21": "V02 V03 V04 V11 V12 V13 V21 V22 V23 V31 V50",
        "22": "I02",
        "23": "C01",
        "27": "H16 H25",
        "28": "Y37",
        "31": "A72 A74 A75 X15",
        _NOTHING: (
            "A41 A46 A73 A94 B06 C02 H15 H17 H18 H30 J56 J80 K25 K71 P20 P21 P22 P23 P24 Q14 Q16 Q17 Q18 Q19 X16 X52 "
            "Y45 Y46 Y47 Y48 Y64 Y65 Y66"
        ),
    }.items()
    for code in codes.split()
}

_DAY_FIRST = re.compile(r"(\d{1,2})[-/](\d{1,2})[-/](\d{4})(.*)", re.ASCII | re.DOTALL)
_HELD = re.compile(r"\b(?:held|hold|vastgehouden)\b", re.IGNORECASE)
_EXPECTED = re.compile(r"\bwordt verwacht\b|\bnog niet door PostNL ontvangen\b", re.IGNORECASE)  # texts of A01
_WRONG_BARCODE = re.compile(r"barcode\b.{0,60}\b(?:invalid|not valid|incorrect|format)|invalid barcode", re.IGNORECASE)
_NOT_FOUND = "2"  # the code of the warning "No shipment found"


class PostNl:
    """The adapter for PostNL: one barcode a call."""

    info = AdapterInfo(
        code="postnl",
        name="PostNL",
        country="NL",
        formats=("s10",),
        production_url="https://api.postnl.nl",
        credential_names=("api_key",),
        tracking_link="https://jouw.postnl.nl/track-and-trace/{number}",
    )

    def track(self, http: Http, account: Account, numbers: Sequence[str]) -> Answers:
        """GET /shipment/v2/status/barcode/{barcode} with its history, one call a number."""
        answers = []
        for number in numbers:
            url = account.url(f"/shipment/v2/status/barcode/{quote(number, safe='')}")
            params = {"detail": "true", "language": account.setting("language", "EN")}
            answer = http.send(account, Call("GET", url, {"apikey": account.credential("api_key")}, params))
            answers.append((answer, self.parse(answer, [number])))
        return answers

    def parse(self, answer: RawAnswer, numbers: Sequence[str] = ()) -> list[TrackingResult]:
        """Pure. One result a shipment, or for updated shipments one an entry."""
        tree = read_json(answer)
        asked = numbers[0] if len(numbers) == 1 else None
        shipments = _shipments(tree)
        if answer.status != 200 or not shipments:
            return [concerning(_error(answer, tree), asked)]
        exact = [one for one in shipments if asked and read.text(one.get("Barcode")) == asked]
        told_of = exact[:1] or shipments
        results = [_result(one, asked if len(told_of) == 1 else None) for one in told_of]
        told = {result.tracking_number for result in results}
        return results + [missing("PostNL", number) for number in numbers if number not in told]

    def parse_push(self, answer: RawAnswer) -> list[TrackingResult]:
        """Raises CarrierError(not_supported)."""
        raise not_supported(self.info.code, "pushes")


def _shipments(tree: Any) -> list[dict[str, Any]]:
    """The shipments of any of the answers; a list of updated shipments has no envelope."""
    if isinstance(tree, list):
        return [entry for entry in read.records(tree) if read.text(entry.get("Barcode"))]
    found = []
    for name in ("CompleteStatus", "CurrentStatus", "Signature"):
        for envelope in read.records(read.dig(tree, name)):
            inner = envelope.get("Shipment") or envelope.get("Shipments") or envelope
            found += [one for one in read.records(inner) if read.first_text(one.get("Barcode"), one.get("MainBarcode"))]
    return found


def _error(answer: RawAnswer, tree: Any) -> CarrierError:
    """Errors of the gateway and of the service come in several shapes; no shipment in a good answer is not found."""
    warning = read.record(read.dig(tree, "Warnings"))
    errors = read.record(read.dig(tree, "Errors")) or read.record(read.dig(tree, "Error"))
    words = read.first_text(
        *(errors.get(key) for key in ("Description", "ErrorDescription", "ErrorMsg", "Message")),
        read.dig(tree, "fault", "faultstring"),
        read.dig(tree, "message"),
        read.dig(tree, "Message"),
        warning.get("Message"),
        warning.get("Description"),
    )
    code = read.first_text(
        *(errors.get(key) for key in ("Code", "ErrorCode", "ErrorNumber")),
        read.dig(tree, "fault", "detail", "errorcode"),
        warning.get("Code"),
    )
    error = refusal(as_stated(answer, read.dig(tree, "http_status_code")), words, code)
    if error.kind is ErrorKind.MALFORMED and not errors and (code == _NOT_FOUND or _empty(tree)):
        error = CarrierError(ErrorKind.NOT_FOUND, words or "PostNL has no data on this number.", carrier_code=code)
    elif error.kind is ErrorKind.BAD_REQUEST and _WRONG_BARCODE.search(words or ""):
        error.kind = ErrorKind.INVALID_NUMBER
    return error


def _empty(tree: Any) -> bool:
    """Whether an answer holds no shipment where one could be: an empty envelope or list, or nothing at all."""
    said = read.record(tree)
    envelopes = (name in said and not said[name] for name in ("CompleteStatus", "CurrentStatus"))
    return tree in ({}, []) or any(envelopes)


def _result(shipment: dict[str, Any], asked: str | None) -> TrackingResult:
    scans = read.back_at_sender(read.in_order(_scans(read.records(shipment.get("Event")))))
    status = read.record(shipment.get("Status"))
    found = _current(status, scans)
    at = _moment(read.first_text(status.get("TimeStamp"), status.get("Timestamp")))
    if not status and shipment.get("SignatureDate"):  # a signature alone
        found, at = read.meaning("Delivered_001"), _moment(shipment.get("SignatureDate"))
    scanned = next((scan.time for scan in reversed(scans) if scan.status is Status.DELIVERED and not scan.notice), None)
    delivered_at = (scanned or at) if found[0] is Status.DELIVERED else None
    number = asked or read.first_text(shipment.get("Barcode"), shipment.get("MainBarcode"))
    return TrackingResult(number, *found, scans, _estimate(shipment), delivered_at)


def _current(status: dict[str, Any], scans: Sequence[Checkpoint]) -> read.Meaning:
    """The shipment's own status, which the newest scan makes exact where both agree."""
    known = read.last_known(scans)
    stated = _by_status(read.text(status.get("StatusCode")), read.text(status.get("StatusDescription")))
    if stated is None or (stated[0] is known[0] and known[1]):
        return known
    if stated[0] is Status.DELIVERED and known == read.meaning("Exception_011"):
        return known
    return stated


def _by_status(code: str | None, words: str | None) -> read.Meaning | None:
    found = STATUSES.get((code or "").lstrip("0"))
    if found == read.meaning("InTransit_006") and _HELD.search(words or ""):
        return read.meaning("Exception_004")
    return refined(found, words) if found else None


def _scans(newest_first: list[dict[str, Any]]) -> list[Checkpoint]:
    """The events, read from the oldest so that an administrative record can repeat what went before."""
    scans: list[Checkpoint] = []
    for event in reversed(newest_first):
        code, words = read.text(event.get("Code")), read.text(event.get("Description"))
        status = EVENTS.get(_letter_first((code or "").upper()))
        found = _by_status(status or ("1" if _EXPECTED.search(words or "") else None), words)
        found = found or (None if status else by_words(words))
        notice = status == _NOTHING
        if notice:
            known = read.last_known(scans)
            found = read.meaning("InTransit") if known[0] is Status.PENDING else known
        at = _moment(read.first_text(event.get("TimeStamp"), event.get("Timestamp")))
        state, sub = found or (None, None)
        scans.append(Checkpoint(at, state, sub, code, words, raw=event, notice=notice))
    return scans[::-1]


def _letter_first(code: str) -> str:
    """An event's code as PostNL's table writes it: answers write B01 as 01B."""
    return code[2] + code[:2] if len(code) == 3 and code[:2].isdigit() and code[2].isalpha() else code


def _moment(value: Any) -> datetime | None:
    """A local time, or one with the offset given."""
    words = read.text(value) or ""
    if first := _DAY_FIRST.fullmatch(words):
        words = f"{first[3]}-{first[2]}-{first[1]}{first[4]}"
    return read.moment(words)


def _estimate(shipment: dict[str, Any]) -> EstimatedDelivery | None:
    expected = read.record(shipment.get("Expectation"))
    earliest, latest = _moment(expected.get("ETAFrom")), _moment(expected.get("ETATo"))
    day = next((at.date() for at in (latest, earliest, _moment(shipment.get("DeliveryDate"))) if at), None)
    return EstimatedDelivery(day, earliest, latest) if day else None


def adapter() -> PostNl:
    """Called by the registry."""
    return PostNl()
