"""DHL Shipment Tracking - Unified: express, parcel-de, parcel-nl, ecommerce and the other divisions in one form.

Sources: the list of status codes by service, and recorded answers; DHL's OpenAPI is not public. The push carries the
same shipment object.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from carriers import parsing as read
from carriers.answers import concerning, read_json, refusal
from carriers.base import Account, AdapterInfo, Answers, Call, Http, RawAnswer
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Checkpoint, EstimatedDelivery, Status, TrackingResult
from carriers.wording import handed_back, sharpen, trouble, waits_at_counter

# statusCode, the same for all divisions. "unknown" and words not published say nothing.
STATUS_CODES = read.code_table(
    {
        "InfoReceived_001": "pre-transit",
        "InTransit": "transit",
        "Delivered_001": "delivered",
        "Exception_001": "failure",
    }
)
# The divisions' own codes, which stand in `status`.
EXPRESS = read.code_table(
    {
        "InTransit": "AD FD PL RR SC TP TR",
        "InTransit_002": "PU SA",
        "InTransit_003": "AF AR",
        "InTransit_005": "BR CR",
        "InTransit_006": "IC",
        "InTransit_007": "DF",
        "InTransit_009": "MS",
        "OutForDelivery_001": "WC",
        "AttemptFail_001": "ND",
        "AttemptFail_002": "NH",
        "AttemptFail_003": "CA",
        "AvailableForPickup_001": "CC",
        "Delivered_001": "OK PD",
        "Exception_001": "OH SS",
        "Exception_002": "CM",
        "Exception_003": "RD",
        "Exception_004": "UD CD BN",
        "Exception_006": "HP",
        "Exception_007": "BA",
        "Exception_010": "RT",
        "Exception_012": "DD",
        "Exception_016": "MC MD",
        "Exception_021": "DS",
    }
)
PARCEL_DE = read.code_table(
    {
        "InfoReceived_001": "VA AN",
        "InTransit": "NB DD",
        "InTransit_002": "ES AE",
        "InTransit_003": "EE",
        "InTransit_006": "ZO",
        "InTransit_007": "AA",
        "OutForDelivery_001": "PO",
        "AttemptFail_001": "ZN",
        "AvailableForPickup_001": "LA ZF",
        "Delivered_001": "ZU",
        "Exception_001": "BV",
    }
)
WORDS = read.code_table(
    {
        "InTransit_002": "COLLECTED PICKED_UP PARCEL_RECEIVED SHIPMENT_ACCEPTANCE POSTED PICKUP_SUCCESSFUL",
        "InTransit_005": "CLEARANCE_RELEASE CLEARED_BY_CUSTOMS BROKER_RELEASED",
        "InTransit_006": "IN_CLEARANCE_PROCESS HANDOVER_CUSTOMS IP_CUSTOMS ARRIVED_AT_CUSTOMS",
        "InTransit_009": "FORWARDED_TO_DIFFERENT_ADDRESS REDIRECTED",
        "OutForDelivery_001": "OUT_FOR_DELIVERY LOAD_VEHICLE IN_DELIVERY PARCEL_INTO_FALLBACK PARCEL_WILL_BE_DELIVERED_SOON",
        "AttemptFail_001": "DELIVERY_ATTEMPTED FAILED_TO_DELIVER_REDELIVER REDELIVER NEW_DELIVERY_ATTEMPT",
        "AttemptFail_002": "NOT_HOME NOT_HOME_NEW_DELIVERY NOT_HOME_TO_PARCELSHOP",
        "AttemptFail_003": "CLOSED CLOSED_ON_ARRIVAL RECEIVER_CLOSED_ANNOUNCED",
        "AvailableForPickup_001": (
            "AWAITING_RECEIVER_COLLECTION DELIVERED_AT_ACCESSPOINT DELIVERED_AT_PARCELSTATION ON_HOLD_FOR_COLLECTION "
            "DELIVERED_AT_DEPOT NOTIFIED NOTIFIED_PACKSTATION NOTIFIED_PO_BOX PARCEL_HELD_FOR_COLLECTION_AT_LOCAL_DEPOT"
        ),
        "Delivered_002": "FETCHED FETCHED_PACKSTATION FETCHED_NOTIFIED SHIPMENT_COLLECTED COLLECTED_AT_PARCELSHOP",
        "Delivered_005": "DELIVERED_AT_NEIGHBOURS DELIVERED_AT_PREFERED_NEIGHBOURS",
        "Exception_003": "REFUSED REFUSED_BY_RECEIVER REFUSED_AT_PARCELSHOP",
        "Exception_004": "HELD_BY_CUSTOMS HELD_AT_CUSTOMS CLEARANCE_DELAY UNCONTROLLABLE_CLEARANCE_DELAY",
        "Exception_010": "SENT_BACK SENT_BACK_ABROAD ON_ROUTE_TO_SHIPPER RECEIVER_RETURN",
        "Exception_011": "RETURNED_TO_SENDER RETURNED_TO_SHIPPER DELIVERED_AT_SHIPPER PARCEL_ALREADY_RETURNED",
        "Exception_021": "SHIPMENT_STOPPED DESTROYED",
    }
)
ABOUT_SUBSCRIPTION = ("subscription.validate", "subscription.ready", "subscription.created")
TABLES = {"express": EXPRESS, "parcel-de": PARCEL_DE}

_ON_VEHICLE = re.compile(
    r"out for (?:\w+ )?delivery|with (?:the )?deliver(?:y|ing) courier|loaded (?:on|onto|into|to) (?:the )?(?:delivery )?(?:vehicle|van)"
    r"|zustellfahrzeug geladen|wird .{0,60}zugestellt werden|in zustellung",
    re.IGNORECASE,
)
_CLEARED = re.compile(r"complet|cleared|released|abgeschlossen|freigegeben", re.IGNORECASE)
_RETURN = re.compile(r"\breturn(?:s|ed)?\b|retoure|zur.ck", re.IGNORECASE)
_PICKUP_TRIP = re.compile(r"by (?:the )?sender|collection order|pick-?up order|at customer site", re.IGNORECASE)
_ABOUT_NUMBER = re.compile(r"tracking ?number|shipment ?number", re.IGNORECASE)


class DhlUnified:
    """The adapter for DHL's unified tracking: one number a call; a new key has one call in five seconds, and 250 a day."""

    info = AdapterInfo(
        code="dhl_unified",
        name="DHL",
        country=None,
        formats=(
            *("dhl_express", "dhl_express_piece_id", "dhl_piece_jd01", "dhl_ecommerce", "dhl_ecommerce_14", "s10"),
            *("dhl_parcel_de_sscc", "dhl_identcode", "dhl_parcel_de_piece", "dhl_parcel_nl", "dhl_parcel_nl_3s"),
        ),
        push=True,  # asked for by hand: DHL pushes a secret first, with which the subscription is then made active
        production_url="https://api-eu.dhl.com",
        credential_names=("api_key",),
        calls_per_second=0.2,
        calls_per_day=250,
        tracking_link="https://www.dhl.com/en/express/tracking.html?AWB={number}",
    )

    def track(self, http: Http, account: Account, numbers: Sequence[str]) -> Answers:
        """GET /track/shipments, one call a number."""
        answers = []
        for number in numbers:
            params = {"trackingNumber": number}
            params |= {"service": service} if (service := account.credentials.get("service")) else {}
            headers = {"DHL-API-Key": account.credential("api_key")}
            answer = http.send(account, Call("GET", account.url("/track/shipments"), headers, params))
            answers.append((answer, self.parse(answer, [number])))
        return answers

    def parse(self, answer: RawAnswer, numbers: Sequence[str] = ()) -> list[TrackingResult]:
        """Pure. One result a number; of several shipments with one number, the one heard of last."""
        tree = read_json(answer)
        asked = numbers[0] if numbers else None
        if answer.status != 200 or "shipments" not in read.record(tree):
            return [concerning(_error(answer, tree), asked)]
        return _shipments(read.records(read.dig(tree, "shipments")), asked)

    def verify_push(self, push: RawAnswer, secret: str, now: datetime) -> bool:
        """False: how DHL signs a push is not published, so it is a hint to poll."""
        return False

    def push_id(self, push: RawAnswer) -> str | None:
        """None: DHL names no delivery."""
        return None

    def parse_push(self, answer: RawAnswer) -> list[TrackingResult]:
        """Pure. A push carries shipments as an answer does, or one shipment alone; one about the subscription, none."""
        tree = read_json(answer)
        if (read.text(read.dig(tree, "scope")) or "").lower() in ABOUT_SUBSCRIPTION:
            return []
        shipments = read.dig(tree, "shipments") or read.dig(tree, "shipment") or tree
        told = [one for one in read.records(shipments) if one.get("id") and ("status" in one or "events" in one)]
        if not told:
            raise CarrierError(ErrorKind.MALFORMED, "A DHL push without a shipment.")
        return _shipments(told, None)


def _error(answer: RawAnswer, tree: Any) -> CarrierError:
    """`{"title", "detail", "status"}` (RFC 9457); the status in the body counts when HTTP says 200."""
    said = read.record(tree)
    inner = read.text(said.get("status")) or ""
    status = int(inner) if answer.status == 200 and re.fullmatch(r"[45]\d\d", inner, re.ASCII) else answer.status
    words = read.first_text(said.get("title"), said.get("detail"), said.get("message"))
    error = refusal(RawAnswer(status, answer.content_type, b"", answer.headers), words, str(status))
    details = f"{words} {read.text(said.get('detail'))}"
    if error.kind is ErrorKind.BAD_REQUEST and _ABOUT_NUMBER.search(details):
        error.kind = ErrorKind.INVALID_NUMBER
    return error


def _shipments(shipments: list[dict[str, Any]], asked: str | None) -> list[TrackingResult]:
    if not shipments:
        error = CarrierError(ErrorKind.NOT_FOUND, "DHL has no data on this number.", carrier_code="404")
        return [TrackingResult(asked, Status.PENDING, error=error)]
    exact = [one for one in shipments if asked and read.text(one.get("id")) == asked]
    groups: dict[str | None, list[dict[str, Any]]] = {}
    for shipment in exact or shipments:
        groups.setdefault(asked or read.text(shipment.get("id")), []).append(shipment)
    return [_result(max(group, key=_heard_of), asked) for group in groups.values()]


def _heard_of(shipment: dict[str, Any]) -> str:
    stamps = [
        read.dig(shipment, "status", "timestamp"),
        *(e.get("timestamp") for e in read.records(shipment.get("events"))),
    ]
    return max((at.replace(tzinfo=None).isoformat() for at in map(read.moment, stamps) if at), default="")


def _result(shipment: dict[str, Any], asked: str | None) -> TrackingResult:
    service = (read.text(shipment.get("service")) or "").lower()
    scans = read.back_at_sender(read.in_order(_scan(event, service) for event in read.records(shipment.get("events"))))
    current = read.record(shipment.get("status"))
    known = read.last_known(scans)
    found = _meaning(current, service) or known
    if found[0] is Status.DELIVERED and known == read.meaning("Exception_011"):
        found = known
    delivered_at = _delivered_at(shipment, scans) if found[0] is Status.DELIVERED else None
    number = asked or read.text(shipment.get("id"))
    return TrackingResult(number, *found, scans, _estimate(shipment), delivered_at, _signer(shipment))


def _meaning(said: dict[str, Any], service: str) -> read.Meaning | None:
    """statusCode gives the stage; the division's own code or the words make it exact within that stage."""
    stage = STATUS_CODES.get((read.text(said.get("statusCode")) or "").lower())
    code, described = read.text(said.get("status")), read.text(said.get("description"))
    words = f"{code or ''} / {described or ''}".replace("_", " ")
    own = _own(code, service)
    if stage is None or stage[0] is Status.INFO_RECEIVED:
        return stage or own
    if stage[0] is Status.DELIVERED:
        returned = handed_back(words) or _RETURN.search(words) or (own and own[1] in ("Exception_010", "Exception_011"))
        kept = own if own and own[0] in (Status.AVAILABLE_FOR_PICKUP, Status.DELIVERED) else stage
        return read.meaning("Exception_011") if returned else sharpen(kept, words)
    if own and own[0] is not Status.DELIVERED:
        return _in_group(own, words) if service == "parcel-de" else sharpen(own, words)
    return _by_words(stage, words)


def _own(code: str | None, service: str) -> read.Meaning | None:
    key = (code or "").upper().rpartition(":")[2]
    return TABLES.get(service, {}).get(key) or WORDS.get(key)


def _in_group(own: read.Meaning, words: str) -> read.Meaning:
    """Parcel Germany's codes are groups: a failed attempt may be a refusal, and customs may be done, or hold it."""
    cause = trouble(words)
    found = cause if cause and cause[0] is Status.EXCEPTION and cause[1] != "Exception_005" else None
    if own[1] == "InTransit_006":
        return found or read.meaning("InTransit_005" if _CLEARED.search(words) else "InTransit_006")
    return found or sharpen(own, words) if own[0] is Status.ATTEMPT_FAIL else sharpen(own, words)


def _by_words(stage: read.Meaning, words: str) -> read.Meaning:
    """A scan in transit or a failure by its text alone."""
    if _PICKUP_TRIP.search(words):
        return stage
    if stage[0] is Status.IN_TRANSIT and _ON_VEHICLE.search(words):
        return read.meaning("OutForDelivery_001")
    cause = trouble(words)
    if cause:
        return stage if cause[1] == "Exception_005" and stage[0] is Status.EXCEPTION else cause
    return read.meaning("AvailableForPickup_001") if waits_at_counter(words) else stage


def _scan(event: dict[str, Any], service: str) -> Checkpoint:
    found = _meaning(event, service) or (None, None)
    code = read.first_text(event.get("statusCode"), event.get("status"))
    words = read.first_text(event.get("description"), event.get("status"))
    place = read.record(read.dig(event, "location", "address"))
    city, state, postal = (read.text(place.get(key)) for key in ("addressLocality", "addressRegion", "postalCode"))
    where = read.country(place.get("countryCode")) or read.country(city)
    at = read.moment(event.get("timestamp"))
    return Checkpoint(at, found[0], found[1], code, words, city, state, postal, where, event)


def _estimate(shipment: dict[str, Any]) -> EstimatedDelivery | None:
    frame = read.record(shipment.get("estimatedDeliveryTimeFrame"))
    earliest, latest = read.moment(frame.get("estimatedFrom")), read.moment(frame.get("estimatedThrough"))
    day = read.date_of(shipment.get("estimatedTimeOfDelivery"))
    day = day or next((at.date() for at in (latest, earliest) if at), None)
    return EstimatedDelivery(day, earliest, latest) if day else None


def _delivered_at(shipment: dict[str, Any], scans: Sequence[Checkpoint]) -> datetime | None:
    scanned = next((scan.time for scan in reversed(scans) if scan.status is Status.DELIVERED), None)
    return scanned or read.moment(read.dig(shipment, "status", "timestamp"))


def _signer(shipment: dict[str, Any]) -> str | None:
    signed = read.record(read.dig(shipment, "details", "proofOfDelivery", "signed"))
    parts = (read.text(signed.get(key)) for key in ("givenName", "familyName"))
    return read.first_text(signed.get("name"), " ".join(filter(None, parts)), signed.get("organizationName"))


def adapter() -> DhlUnified:
    """Called by the registry."""
    return DhlUnified()
