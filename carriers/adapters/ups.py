"""UPS: Track API v1 and Track Alert pushes (Tracking.yaml, UPSTrackAlert.yaml, Status and Description Codes)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, timezone
from hashlib import blake2b
from itertools import count
from typing import Any
from urllib.parse import quote

from carriers import parsing as read
from carriers.answers import concerning, granted, read_json, refusal
from carriers.base import Account, AdapterInfo, Answers, Call, Http, PushProof, RawAnswer, Token
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Checkpoint, EstimatedDelivery, Status, TrackingResult
from carriers.pushes import bearer, require, same_text
from carriers.wording import sharpen, trouble, waits_at_counter

# The three-digit status codes, without leading zeros. 18, 19, 20 and 83 are held parcels: see _HELD.
CODES = read.code_table(
    {
        "Pending": "0 148 163",
        "InfoReceived_001": "3 43 44 45 65 77 79 80 131 133 135 157 166",
        "InTransit": "16 57 70 71 73 74 75 126 132 137 138 143",
        "InTransit_001": "5 10 25 39 47 87 158 159 164 165",
        "InTransit_002": "38 160 167 168 169",
        "InTransit_005": "14 84 134",
        "InTransit_006": "12 92",
        "OutForDelivery_001": "6 21 37 72 78 89 91 146 162",
        "AttemptFail_001": "22 23 24 55 60 61 62 66 95 145",
        "AvailableForPickup_001": "17 40 144 161",
        "Delivered_001": "11 26 155",
        "Exception_001": "13 29 30 69 76 129 130 139 140",
        "Exception_003": "64",
        "Exception_004": "123",
        "Exception_005": "46 48 49 86 90",
        "Exception_006": "85",
        "Exception_007": "50",
        "Exception_010": "33 35 36 118 119",
        "Exception_011": "34 67 81",
        "Exception_012": "59",
        "Exception_013": "68",
        "Exception_017": "32 51 52 53",
        "Exception_018": "58 124 125 141",
        "Exception_020": "7",
        "Exception_021": "147 149",
    }
)
_HELD = {"18", "19", "20", "83"}  # at a counter when the text speaks of pickup, else a delay
# Requests, confirmations, new dates, photos: they move nothing, the parcel stays where it was.
_NOTICES = {str(code) for code in (27, 28, 41, 42, 54, 56, 63, 82, 93, 94, *range(96, 118), 120, 121, 122)}
_NOTICES |= {"127", "128", "136", "142", "153", "154", "155"}
# Activity types, and the two-character codes that say more than their type.
TYPES = read.code_table({"Pending": "NA", "InfoReceived_001": "M", "InTransit": "I DO DD W", "InTransit_002": "P"})
TYPES |= read.code_table({"Delivered_001": "D", "Exception_001": "X", "Exception_020": "MV"})
IN_PROGRESS = read.code_table({"OutForDelivery_001": "OT", "InTransit_002": "PU OR", "InfoReceived_001": "MP"})
SCANS = read.code_table({"InTransit_002": "PU OR", "InTransit_003": "AR", "InTransit_007": "DP"})

_NOT_FOUND = {"TW0001", "151044", "151062"}
_INVALID = {"TV1002", "151018"}
_EXPIRED = {"251004", "250003"}
_INVALID_WORDS = re.compile(r"invalid (?:inquiry|tracking) number", re.IGNORECASE)
_requests = count(1)


class Ups:
    """The adapter for UPS: one number a call."""

    info = AdapterInfo(
        code="ups",
        name="UPS",
        country="US",
        formats=("ups", "ups_waybill"),
        push=True,
        push_proof=PushProof.CREDENTIAL,
        production_url="https://onlinetools.ups.com",
        credential_names=("client_id", "client_secret"),
        tracking_link="https://www.ups.com/track?tracknum={number}",
    )

    def track(self, http: Http, account: Account, numbers: Sequence[str]) -> Answers:
        """One call a number (Tracking.yaml, getSingleTrackResponse)."""
        answers = []
        for number in numbers:
            path = f"/api/track/v1/details/{quote(number, safe='')}"
            params = {"locale": "en_US", "returnSignature": "false"}
            unique = blake2b(f"{next(_requests)} {number}".encode(), digest_size=16).hexdigest()
            headers = {"transId": unique, "transactionSrc": "doorstep"}
            call = Call("GET", account.url(path), headers, params)
            answer = http.send_with_token(account, call, lambda: _token(http, account), _token_refused)
            answers.append((answer, self.parse(answer, [number])))
        return answers

    def parse(self, answer: RawAnswer, numbers: Sequence[str] = ()) -> list[TrackingResult]:
        """Pure. One result, for the number asked or the inquiry number of the answer."""
        tree = read_json(answer)
        asked = numbers[0] if numbers else None
        if answer.status != 200 or read.dig(tree, "response", "errors"):
            return [concerning(_error(answer, tree), asked)]
        if not isinstance(read.dig(tree, "trackResponse"), dict):
            raise CarrierError(ErrorKind.MALFORMED, "UPS answered without trackResponse.")
        shipments = read.records(read.dig(tree, "trackResponse", "shipment"))
        package = _package(shipments, asked)
        return [_result(package, asked) if package else _not_known(shipments, asked)]

    def verify_push(self, push: RawAnswer, secret: str, now: datetime) -> bool:
        """The credential registered with UPS comes back in a header; the body is not signed."""
        given = push.header("credential") or bearer(push)
        return require(same_text(given, secret), self.info.code)

    def push_id(self, push: RawAnswer) -> str | None:
        """None: UPS names no delivery."""
        return None

    def parse_push(self, answer: RawAnswer) -> list[TrackingResult]:
        """Pure. One Track Alert event (TrackingEventRequest): what it says of the parcel as of that scan."""
        event = read.record(read_json(answer))
        number = read.text(event.get("trackingNumber"))
        if number is None:
            raise CarrierError(ErrorKind.MALFORMED, "A UPS push without a tracking number.")
        scan = _pushed(event)
        found = read.last_known([scan])
        zone = scan.time.tzinfo if scan.time and isinstance(scan.time.tzinfo, timezone) else None
        at = read.stamp(event.get("actualDeliveryDate"), event.get("actualDeliveryTime"), zone) or scan.time
        day = read.date_of(event.get("scheduledDeliveryDate"))
        window = read.window(day, event.get("deliveryStartTime"), event.get("deliveryEndTime"))
        delivered_at = at if found[0] is Status.DELIVERED else None
        return [TrackingResult(number, *found, (scan,), window, delivered_at, read.text(event.get("receivedBy")))]


def _token(http: Http, account: Account) -> Token:
    """OAuthClientCredentials.yaml; `expires_in` is a text."""
    basic = (account.credential("client_id"), account.credential("client_secret"))
    call = Call("POST", account.url("/security/v1/oauth/token"), form={"grant_type": "client_credentials"}, basic=basic)
    answer = http.send(account, call)
    tree = read_json(answer)
    if token := granted(answer, tree):
        return token
    raise _error(answer, tree)


def _token_refused(answer: RawAnswer) -> bool:
    return answer.status == 401 or any(code.encode() in answer.body[:400] for code in _EXPIRED)


# --- the pure half -----------------------------------------------------------------------------------------------


def _error(answer: RawAnswer, tree: Any) -> CarrierError:
    """`{"response": {"errors": [{"code", "message"}]}}`; codes 104xx and 105xx repeat an HTTP status."""
    first = read.record(read.dig(tree, "response", "errors"))
    code, message = read.text(first.get("code")), read.text(first.get("message"))
    status = int(code[2:]) if code and re.fullmatch(r"10[45]\d\d", code, re.ASCII) else answer.status
    error = refusal(RawAnswer(status, answer.content_type, b"", answer.headers), message, code)
    if code in _NOT_FOUND:
        error.kind = ErrorKind.NOT_FOUND
    elif code in _INVALID or (message and _INVALID_WORDS.search(message)):
        error.kind = ErrorKind.INVALID_NUMBER
    elif code and code.startswith(("2500", "2510")):
        error.kind = ErrorKind.AUTH
    return error


def _not_known(shipments: list[dict[str, Any]], asked: str | None) -> TrackingResult:
    """No package: HTTP 200 with a warning such as TW0001."""
    first = shipments[0] if shipments else {}
    warning = read.record(first.get("warnings"))
    code, message = read.text(warning.get("code")) or "TW0001", read.text(warning.get("message"))
    error = CarrierError(ErrorKind.NOT_FOUND, message or "UPS has no data on this number.", carrier_code=code)
    return TrackingResult(asked or read.text(first.get("inquiryNumber")), Status.PENDING, error=error)


def _package(shipments: list[dict[str, Any]], asked: str | None) -> dict[str, Any] | None:
    """The package asked for, else the shipment's own; of several with one number, the newest."""
    packages = [package for shipment in shipments for package in read.records(shipment.get("package"))]
    for wanted in (asked, *(read.text(shipment.get("inquiryNumber")) for shipment in shipments)):
        found = [package for package in packages if wanted and wanted in _numbers(package)]
        if found:
            return max(found, key=_newest) if found[1:] else found[0]
    return packages[0] if packages else None


def _numbers(package: dict[str, Any]) -> list[str | None]:
    others = read.records(package.get("alternateTrackingNumber"))
    return [read.text(package.get("trackingNumber")), *(read.text(other.get("number")) for other in others)]


def _newest(package: dict[str, Any]) -> str:
    stamps = (read.stamp(a.get("date"), a.get("time")) for a in read.records(package.get("activity")))
    return max((at.isoformat() for at in stamps if at), default="")


def _result(package: dict[str, Any], asked: str | None) -> TrackingResult:
    scans = read.in_order(_scans(read.records(package.get("activity"))))
    found = _current(package, scans)
    number = asked or read.text(package.get("trackingNumber"))
    delivered_at = _delivered_at(package, scans) if found[0] is Status.DELIVERED else None
    signed_by = read.text(read.dig(package, "deliveryInformation", "receivedBy"))
    return TrackingResult(number, *found, scans, _estimate(package), delivered_at, signed_by)


def _current(package: dict[str, Any], scans: Sequence[Checkpoint]) -> read.Meaning:
    """The three-digit code of currentStatus, which production sends as its `code`; else what the scans say."""
    current = read.record(package.get("currentStatus"))
    words = read.first_text(current.get("description"), current.get("simplifiedTextDescription"))
    kind, short = read.text(current.get("type")), read.text(current.get("code"))
    code = _number(current.get("statusCode")) or (_number(short) if not kind or len(short or "") == 3 else None)
    known = read.last_known(scans)
    if code in _NOTICES:
        return CODES.get(code, read.meaning("InTransit")) if known[0] is Status.PENDING else known
    return (_by_number(code, words) if code else _by_type(kind, short, words)) or known


def _number(value: Any) -> str | None:
    """A three-digit status code without its leading zeros."""
    words = read.text(value) or ""
    return str(int(words)) if len(words) <= 3 and words.isascii() and words.isdigit() else None


def _by_number(code: str, words: str | None) -> read.Meaning | None:
    if code in _HELD:
        pickup = waits_at_counter(words) or "pickup" in (words or "").lower().replace(" ", "")
        return read.meaning("AvailableForPickup_001") if pickup else sharpen(read.meaning("Exception_005"), words)
    found = CODES.get(code)
    return sharpen(found, words) if found else None


def _by_type(kind: str | None, code: str | None, words: str | None) -> read.Meaning | None:
    """What an activity means by its type and two-character code, for answers without a status code."""
    if kind == "X":
        return trouble(words) or TYPES["X"]
    found = TYPES.get(kind or "")
    if kind in ("I", "P") and code in IN_PROGRESS:
        found = IN_PROGRESS[code]
    return sharpen(found, words) if found else None


def _scans(activities: list[dict[str, Any]]) -> list[Checkpoint]:
    """The activities, newest first as sent, read from the oldest so that a notice can repeat what went before."""
    scans: list[Checkpoint] = []
    for activity in reversed(activities):
        status, place = read.record(activity.get("status")), read.record(read.dig(activity, "location", "address"))
        at = _moment(activity, "date", "time", "gmtDate", "gmtTime")
        scans.append(_scan(at, status, place, activity, scans))
    return scans[::-1]


def _scan(
    at: datetime | None, status: dict[str, Any], place: dict[str, Any], raw: dict[str, Any], before: list[Checkpoint]
) -> Checkpoint:
    kind, code, words = (read.text(status.get(key)) for key in ("type", "code", "description"))
    number = _number(status.get("statusCode"))
    notice = number in _NOTICES or (number is None and kind == "U")
    found: tuple[Status | None, str | None]
    if notice:
        known = read.last_known(before)
        found = CODES.get(number or "", read.meaning("InTransit")) if known[0] is Status.PENDING else known
    else:
        found = (_by_number(number, words) if number else None) or _by_type(kind, code, words) or (None, None)
    if found[0] is Status.IN_TRANSIT and not notice and code in SCANS:
        found = SCANS[code]
    shown = code or read.text(status.get("statusCode")) or kind
    city, state, postal = (read.text(place.get(key)) for key in ("city", "stateProvince", "postalCode"))
    where = read.country(place.get("countryCode")) or read.country(place.get("country"))
    return Checkpoint(at, found[0], found[1], shown, words, city, state, postal, where, raw, notice)


def _pushed(event: dict[str, Any]) -> Checkpoint:
    """A push's status says `descriptionCode` for the three digits; as a JSON number it has lost them (021 is 17)."""
    said = read.record(event.get("activityStatus"))
    number = said.get("descriptionCode") if isinstance(said.get("descriptionCode"), str) else None
    at = _moment(event, "localActivityDate", "localActivityTime", "gmtActivityDate", "gmtActivityTime")
    raw = {key: value for key, value in event.items() if key != "deliveryPhoto"}
    place = read.record(event.get("activityLocation"))
    return _scan(at, {**said, "statusCode": number}, place, raw, [])


def _moment(source: dict[str, Any], day: str, at: str, utc_day: str, utc_at: str) -> datetime | None:
    """The local time of a scan, with the offset given or the one between its local and its GMT clock."""
    local, zone = read.stamp(source.get(day), source.get(at)), read.offset(source.get("gmtOffset"))
    zone = zone or read.zone_between(local, read.stamp(source.get(utc_day), source.get(utc_at)))
    return read.with_zone(local, zone) if local else None


def _estimate(package: dict[str, Any]) -> EstimatedDelivery | None:
    """The rescheduled day before the scheduled one; a window only where UPS names one (EDW, CDW, IDW), or a commit."""
    days, at = _days(package), read.record(package.get("deliveryTime"))
    named = read.text(at.get("type")) in ("EDW", "CDW", "IDW", "CMT")
    start, end = (at.get("startTime"), at.get("endTime")) if named else (None, None)
    return read.window(days.get("RDD") or days.get("SDD"), start, end)


def _days(package: dict[str, Any]) -> dict[str | None, date | None]:
    dates = read.records(package.get("deliveryDate"))
    return {read.text(entry.get("type")): read.date_of(entry.get("date")) for entry in dates}


def _delivered_at(package: dict[str, Any], scans: Sequence[Checkpoint]) -> datetime | None:
    """The newest delivery scan; without one, the delivered date with its time."""
    for scan in reversed(scans):
        if scan.status is Status.DELIVERED and scan.time and not scan.notice:
            return scan.time
    return read.stamp(_days(package).get("DEL"), read.dig(package, "deliveryTime", "endTime"))


def adapter() -> Ups:
    """Called by the registry."""
    return Ups()
