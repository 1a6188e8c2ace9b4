"""DPD in Belgium and the Netherlands: tracking by SOAP, one parcel a call, with a token from a login.

Sources: LoginServiceV21.xsd, Authentication20.xsd, ParcelLifecycleServiceV20.xsd, and recorded answers. Logins are
limited by the day, so one token serves every call until DPD refuses it. The answer repeats no parcel number, and its
times are local and without an offset. DPD UK has another, private interface. No push.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from carriers import parsing as read
from carriers import soap
from carriers.answers import concerning, not_supported, read_xml
from carriers.base import Account, AdapterInfo, Answers, Call, Http, RawAnswer, Token
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Checkpoint, Status, TrackingResult
from carriers.parsing.xml import Node
from carriers.wording import by_words, refined, sharpen

# `status`, without regard to capitals and underscores. The label beside it says "Parcel out for delivery" of a parcel
# that is at the depot, or back there after a failed attempt: it never decides.
CODES = read.code_table(
    {
        "InfoReceived_001": "SHIPMENT ORDERCREATED",
        "InTransit": "ONTHEROAD BETWEENDEPOTS INTRANSIT",
        "InTransit_002": "ACCEPTED PICKEDUP PARCELHANDED",
        "InTransit_003": "ATSENDINGDEPOT ATDELIVERYDEPOT ATDELIVERYCENTER DEPOT",
        "OutForDelivery_001": "COURIER PARCELOUTFORDELIVERY OUTFORDELIVERY",
        "AttemptFail_001": "DELIVERYFAILURE RETURNINGFROMDELIVERY UNSUCCESSFULDELIVERYATTEMPT",
        "AvailableForPickup_001": "PARCELSHOP PICKUPPOINT AVAILABLEFORCOLLECTION",
        "Delivered_001": "DELIVERED",
        "Exception_010": "RETURN RETURNTOSENDER",
    }
)
LIFETIME = 12 * 3600.0
"""Seconds a token is used. `authTokenExpires` is a local time without an offset; what ends earlier is refused once."""

_TOO_OFTEN = re.compile(
    r"limit|quota|too many|(?:maximum|exceed\w*).{0,40}(?:login|call|request)|(?:login|call|request)s?.{0,40}(?:maximum|exceed)",
    re.IGNORECASE,
)
_ERRORS = (
    (ErrorKind.AUTH, r"auth|token|login|password|credential|permission"),
    (ErrorKind.NOT_FOUND, r"not ?found|unknown ?parcel|no ?(?:parcel|data|tracking)|does not exist"),
    (
        ErrorKind.INVALID_NUMBER,
        r"(?:invalid|wrong|illegal) ?(?:parcel|label|number)|(?:parcel|label) ?number.{0,40}valid",
    ),
    (ErrorKind.SERVER_ERROR, r"internal|system|database|timeout|unavailable|technical"),
)
_PLACE = re.compile(r"(.{1,200}?)\s{0,4}\(([A-Za-z]{2})\)")
_DAY = re.compile(r"(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})(?:,?[T ]+(.{1,20}))?", re.ASCII)
_NAMESPACES = {
    "auth": "http://dpd.com/common/service/types/Authentication/2.0",
    "login": "http://dpd.com/common/service/types/LoginService/2.1",
    "life": "http://dpd.com/common/service/types/ParcelLifeCycleService/2.0",
}
_LOGIN = "http://dpd.com/common/service/LoginService/2.1/getAuth"
_TRACK = "http://dpd.com/common/service/ParcelLifeCycleService/2.0/getTrackingData"


class Dpd:
    """The adapter for DPD's web services of Belgium; those of the Netherlands are another `base_url`."""

    info = AdapterInfo(
        code="dpd",
        name="DPD",
        country=None,
        formats=("dpd", "dpd_14", "dpd_14_bare"),
        production_url="https://wsshipper.dpd.be",
        credential_names=("delis_id", "password"),
        calls_per_second=2.0,
        tracking_link="https://www.dpdgroup.com/be/mydpd/my-parcels/track?lang=en&parcelNumber={number}",
    )

    def track(self, http: Http, account: Account, numbers: Sequence[str]) -> Answers:
        """POST ParcelLifeCycleService getTrackingData, one call a number. The setting `language` is as in en_EN."""
        return [self._track(http, account, number) for number in numbers]

    def _track(self, http: Http, account: Account, number: str) -> tuple[RawAnswer, list[TrackingResult]]:
        url, who = account.url("/soap/services/ParcelLifeCycleService/V2_0"), account.credential("delis_id")

        def body(token: str) -> bytes:
            parts = {"delisId": who, "authToken": token, "messageLanguage": _language(account)}
            return _envelope("life:getTrackingData", {"parcelLabelNumber": number}, parts)

        call = Call("POST", url, _headers(_TRACK), token_body=body)
        answer = http.send_with_token(account, call, lambda: _login(http, account), _token_refused)
        return answer, self.parse(answer, [number])

    def parse(self, answer: RawAnswer, numbers: Sequence[str] = ()) -> list[TrackingResult]:
        """Pure. One result; its number is the one asked, for the answer repeats none."""
        tree = read_xml(answer)
        asked = numbers[0] if numbers else None
        fault = soap.fault_of(tree)
        if fault is not None:
            return [concerning(_error(answer, fault), asked)]
        told = read.find_element(tree, "trackingresult")
        if told is None or answer.status != 200:
            raise soap.unanswered(answer)
        return [_result(read.record(told), asked)]

    def parse_push(self, answer: RawAnswer) -> list[TrackingResult]:
        """Raises CarrierError(not_supported)."""
        raise not_supported(self.info.code, "pushes")


def _login(http: Http, account: Account) -> Token:
    """LoginService getAuth. Raises CarrierError(auth) for refused credentials, rate_limited for too many logins."""
    parts = {name: account.credential(key) for name, key in (("delisId", "delis_id"), ("password", "password"))}
    body = _envelope("login:getAuth", {**parts, "messageLanguage": _language(account)})
    call = Call("POST", account.url("/soap/services/LoginService/V2_1"), _headers(_LOGIN), body=body)
    answer = http.send(account, call)
    tree = read_xml(answer)
    token = _line(read.find_element(tree, "authToken"))
    if token is None or answer.status != 200:
        fault = soap.fault_of(tree)
        raise _error(answer, fault) if fault else soap.unanswered(answer)
    return Token(token, LIFETIME)


def _language(account: Account) -> str:
    return account.setting("language", "en_EN")


def _headers(action: str) -> dict[str, str]:
    return {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{action}"', "Accept": "text/xml"}


def _envelope(name: str, asked: dict[str, str], who: dict[str, str] | None = None) -> bytes:
    body: list[Node] = [(key, {}, value) for key, value in asked.items()]
    known: list[Node] = [(key, {}, value) for key, value in (who or {}).items()]
    header: list[Node] = [("auth:authentication", {}, known)] if who else []
    return soap.envelope((name, {}, body), _NAMESPACES, header=header)


def _token_refused(answer: RawAnswer) -> bool:
    """A fault that calls the token refused; DPD sends it with HTTP status 500."""
    return answer.status == 401 or (answer.status != 200 and b"DELICOM_ERR_AUTHENTICATION" in answer.body[:10_000])


# --- the pure half -----------------------------------------------------------------------------------------------


def _error(answer: RawAnswer, fault: soap.Fault) -> CarrierError:
    """`authenticationFault` (errorCode, errorMessage) or `faults` (faultCode, message); DPD's code decides, then words."""
    code = _line(read.find_element(fault.detail, "errorCode", "faultCode"))
    words = _line(read.find_element(fault.detail, "errorMessage", "message"))
    kind = ErrorKind.RATE_LIMITED if _TOO_OFTEN.search(f"{code} {words}") else _kind((code or "").replace("_", " "))
    if kind is None and read.find_element(fault.detail, "authenticationFault") is not None:
        kind = ErrorKind.AUTH
    return soap.faulted(answer, fault, kind or _kind(words or fault.words or ""), code=code, words=words)


def _kind(words: str) -> ErrorKind | None:
    return next((kind for kind, pattern in _ERRORS if re.search(pattern, words, re.IGNORECASE)), None)


def _result(told: dict[str, Any], asked: str | None) -> TrackingResult:
    """Only what has been reached has happened: the rest is DPD's plan."""
    steps = read.records(told.get("statusInfo"))
    shipment = [one for one in read.records(told.get("shipmentInfo")) if _line(one.get("status"))]
    if not steps and not shipment:
        error = CarrierError(ErrorKind.NOT_FOUND, "DPD has no data on this number.")
        return TrackingResult(asked, Status.PENDING, error=error)
    reached = [step for step in steps or shipment if _reached(step)]
    scans = read.back_at_sender(read.in_order(reversed([_scan(step) for step in reached])))
    found = _current(reached) or read.last_known(scans)
    if read.last_known(scans)[1] == "Exception_011":
        found = read.last_known(scans)
    delivered = next((scan.time for scan in reversed(scans) if scan.status is Status.DELIVERED), None)
    return TrackingResult(asked, *found, scans, None, delivered if found[0] is Status.DELIVERED else None)


def _reached(step: dict[str, Any]) -> bool:
    """`statusHasBeenReached`; older answers have `isCurrentStatus` alone, and a date for what has happened."""
    said = _line(step.get("statusHasBeenReached"))
    if said is None:
        return _is_true(step.get("isCurrentStatus")) or _line(step.get("date")) is not None
    return _is_true(said)


def _current(steps: list[dict[str, Any]]) -> read.Meaning | None:
    """What the step that is current means; None when none is, or its code is unknown."""
    current = next((step for step in reversed(steps) if _is_true(step.get("isCurrentStatus"))), None)
    return _meaning(current) if current else None


def _is_true(value: Any) -> bool:
    return (_line(value) or "").lower() in ("true", "1")


def _meaning(step: dict[str, Any]) -> read.Meaning | None:
    """The status, made exact by the description. Every kind of return that is not known is a return all the same."""
    key = re.sub(r"[^A-Z]", "", (_line(step.get("status")) or "").upper()[:60])
    known = CODES.get(key) or (CODES["RETURN"] if key.startswith("RETURN") else None)
    words = _words(step)
    return refined(sharpen(known, words), words) if known else by_words(words)


def _words(step: dict[str, Any]) -> str | None:
    """The lines of the description, else the label."""
    lines = read.record(step.get("description")).get("content")
    said = [_line(line) for line in (lines if isinstance(lines, list) else [lines])]
    return read.text(" ".join(filter(None, said))) or _line(step.get("label"))


def _scan(step: dict[str, Any]) -> Checkpoint:
    status, substatus = _meaning(step) or (None, None)
    code, where = _line(step.get("status")), _line(step.get("location"))
    place = _PLACE.fullmatch(where or "")
    city, country = (place[1], read.country(place[2])) if place else (where, None)
    at = _moment(_line(step.get("date")))
    return Checkpoint(at, status, substatus, code, _words(step), city, country=country, raw=step)


def _line(value: Any) -> str | None:
    """A text, or the text of a ContentLine, however often `content` is nested."""
    for _ in range(4):
        if not isinstance(value, dict | list):
            break
        inner = read.record(value).get("content")
        value = inner if inner is not None else read.content_text(value)
    return read.text(value) if isinstance(value, str) else None


def _moment(words: str | None) -> datetime | None:
    """`8/19/2021 5:11:26 PM`: the month first, as long as it can be one. With dots or hyphens the day is first."""
    found = _DAY.fullmatch(words or "")
    if found is None or len(found[1]) > 2:
        return read.moment(words)
    first, second, year = int(found[1]), int(found[3]), int(found[4])
    month, day = (first, second) if found[2] == "/" and first <= 12 else (second, first)
    at = read.clock(found[5]) if found[5] else time.min
    try:
        on = date(year, month, day)
    except ValueError:
        return None
    return datetime.combine(on, at) if at else None


def adapter() -> Dpd:
    """Called by the registry."""
    return Dpd()
