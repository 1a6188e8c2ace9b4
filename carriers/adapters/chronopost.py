"""Chronopost: tracking by SOAP (TrackingServiceWS, trackSkybillV2), one number a call, without credentials.

Sources: TrackingServiceWS.xsd, and recorded answers in French and English. The answers of trackSkybill, trackESD and
trackWithSenderRef have the same events and are read as well. No list of codes is public: those here were seen with their
words, and partners reuse some of them, so where the words of a scan say more than its code, they count. No push.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from carriers import parsing as read
from carriers import soap
from carriers.answers import concerning, not_supported, read_xml
from carriers.base import Account, AdapterInfo, Answers, Call, Http, RawAnswer
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Checkpoint, Status, TrackingResult
from carriers.parsing.xml import Node
from carriers.wording import by_words, refined, sharpen

CODES = read.code_table(
    {
        "InfoReceived_001": "DC EA DR1",
        "InTransit": "IS O RB SD TP TS TT ET1 ET2 ET3 ET4 EP1 MD2",
        "InTransit_002": "DB DY PC1 PC2",
        "InTransit_003": "EC SC T",
        "InTransit_004": "EI",
        "InTransit_008": "SJ",
        "OutForDelivery_001": "TA MD1",
        "AttemptFail_001": "NA ND1",
        "AttemptFail_002": "P",
        "AvailableForPickup_001": "AB AG1",
        "Delivered_001": "D DI1",
        "Exception_001": "SK PB1",
        "Exception_005": "A2 IA",
        "Exception_007": "AN1",
        "Exception_010": "R RE1",
        "Exception_011": "DI2",
    }
)
# The recipient was written to, or wrote what to do: nothing moved.
_NOTICES = ("SM", "CL")
_NOTICE = re.compile(r"inform. par (?:sms|mail|e-?mail)|informed by (?:sms|mail|e-?mail|text)", re.IGNORECASE)
_DROPPED_OFF = "RB"  # the courier's scan at a pick-up point may come after the one of the point itself
_SIGNER = re.compile(r"signataire|signatory|signed by", re.IGNORECASE)
_ERRORS = (
    (ErrorKind.RATE_LIMITED, r"too many|trop de|quota|limit"),
    (ErrorKind.AUTH, r"password|mot de passe|authenti|authori|acc.s refus|account|compte"),
    (ErrorKind.INVALID_NUMBER, r"format|invalid|incorrect|respecte pas|not valid"),
    (ErrorKind.NOT_FOUND, r"not found|introuvable|inconnu|unknown|aucun|no (?:parcel|skybill|information|result)"),
    (ErrorKind.SERVER_ERROR, r"system|syst.me|technical|technique|unavailable|indisponible|internal|interne"),
)
_TRACKING = "http://cxf.tracking.soap.chronopost.fr/"
_RESPONSES = tuple(f"{call}Response" for call in ("trackSkybillV2", "trackSkybill", "trackESD", "trackWithSenderRef"))
_LISTS = ("listEventInfoComp", "listEvents", "listParcel")


class Chronopost:
    """The adapter for Chronopost: one number a call, open to everybody."""

    info = AdapterInfo(
        code="chronopost",
        name="Chronopost",
        country="FR",
        formats=("s10", "chronopost_15", "chronopost_13"),
        production_url="https://ws.chronopost.fr",
        credential_names=(),
        calls_per_second=2.0,
        tracking_link="https://www.chronopost.fr/tracking-no-cms/suivi-page?listeNumerosLT={number}",
    )

    def track(self, http: Http, account: Account, numbers: Sequence[str]) -> Answers:
        """POST /tracking-cxf/TrackingServiceWS, one call a number. The setting `language` is as in fr_FR or en_GB."""
        answers = []
        for number in numbers:
            asked: list[Node] = [("language", {}, account.setting("language", "en_GB")), ("skybillNumber", {}, number)]
            body = soap.envelope(("cxf:trackSkybillV2", {}, asked), {"cxf": _TRACKING})
            headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""', "Accept": "text/xml"}
            answer = http.send(
                account, Call("POST", account.url("/tracking-cxf/TrackingServiceWS"), headers, body=body)
            )
            answers.append((answer, self.parse(answer, [number])))
        return answers

    def parse(self, answer: RawAnswer, numbers: Sequence[str] = ()) -> list[TrackingResult]:
        """Pure. One result a parcel of the answer; trackWithSenderRef may tell of several."""
        tree = read_xml(answer)
        asked = numbers[0] if numbers else None
        fault = soap.fault_of(tree)
        if fault is not None:
            raise soap.faulted(answer, fault)
        told = read.record(read.find_element(tree, *_RESPONSES)).get("return")
        if told is None or answer.status != 200:
            raise soap.unanswered(answer)
        code = _text(told, "errorCode") or "0"
        if code.strip("0"):
            return [concerning(_error(code, _text(told, "errorMessage")), asked)]
        parcels = read.records(read.find_element(told, *_LISTS)) or [{}]
        return [_result(parcel, asked if len(parcels) == 1 else None) for parcel in parcels]

    def parse_push(self, answer: RawAnswer) -> list[TrackingResult]:
        """Raises CarrierError(not_supported)."""
        raise not_supported(self.info.code, "pushes")


def _error(code: str, words: str | None) -> CarrierError:
    """`errorCode` 1 is a failure of the system; of the others only the words are known."""
    said = words or ""
    kind = next((kind for kind, pattern in _ERRORS if re.search(pattern, said, re.IGNORECASE)), None)
    if kind is None:
        kind = ErrorKind.SERVER_ERROR if code == "1" else ErrorKind.BAD_REQUEST
    return CarrierError(kind, words or f"Chronopost answered with the error {code}.", carrier_code=code)


def _result(parcel: dict[str, Any], asked: str | None) -> TrackingResult:
    number = asked or _text(parcel, "skybillNumber")
    events = read.records(parcel.get("events"))
    if not events:
        error = CarrierError(ErrorKind.NOT_FOUND, "Chronopost has no events for this number.")
        return TrackingResult(number, Status.PENDING, error=error)
    scans: list[Checkpoint] = []
    found = read.meaning("Pending")
    for scan in read.back_at_sender(read.in_order(reversed([_scan(event) for event in events]))):
        waits = scan.raw_code == _DROPPED_OFF and found[0] is Status.AVAILABLE_FOR_PICKUP
        if scan.notice or waits:
            scan = replace(scan, status=found[0], substatus=found[1], notice=True)
        found = read.last_known((Checkpoint(None, *found), scan))
        scans.append(scan)
    delivered = next((scan for scan in reversed(scans) if scan.status is Status.DELIVERED and not scan.notice), None)
    at = delivered.time if delivered and found[0] is Status.DELIVERED else None
    return TrackingResult(number, *found, tuple(scans), None, at, _signer(events))


def _scan(event: dict[str, Any]) -> Checkpoint:
    code, words, office, postal = (_text(event, name) for name in ("code", "eventLabel", "officeLabel", "zipCode"))
    notice = code in _NOTICES or bool(words and _NOTICE.search(words))
    status, substatus = (None if notice else _meaning(code, words)) or (None, None)
    raw = {name: value for name, value in event.items() if name != "infoCompList"}  # names and addresses
    at = read.moment(_text(event, "eventDate"))
    return Checkpoint(at, status, substatus, code, words, office, None, postal, None, raw, notice)


def _meaning(code: str | None, words: str | None) -> read.Meaning | None:
    """The code, unless it says that the parcel moves and the words name trouble, or delivered where they say a shop."""
    known, said = CODES.get((code or "").upper()), by_words(words)
    if known is None or said is None:
        return known or said
    moves = known[0] in (Status.IN_TRANSIT, Status.INFO_RECEIVED)
    if moves and said[0] in (Status.DELIVERED, Status.EXCEPTION):
        return said
    if known[0] is Status.DELIVERED and said[0] is Status.AVAILABLE_FOR_PICKUP:
        return said
    return refined(sharpen(known, words), words)


def _signer(events: list[dict[str, Any]]) -> str | None:
    """Who signed, where an event says so by that word. The consignee's name says for whom the parcel is."""
    more = (info for event in events for info in read.records(event.get("infoCompList")))
    return next((_text(info, "value") for info in more if _SIGNER.search(_text(info, "name") or "")), None)


def _text(record: Any, name: str) -> str | None:
    return read.text(read.content_text(read.record(record).get(name)))


def adapter() -> Chronopost:
    """Called by the registry."""
    return Chronopost()
