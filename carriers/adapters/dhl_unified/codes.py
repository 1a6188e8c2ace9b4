"""What DHL's unified tracking says: a stage, the same for all divisions, and below it each division's own codes and words.

Source: DHL's list of status codes by service, and recorded answers.
"""

from __future__ import annotations

import re
from typing import Any

from carriers import parsing as read
from carriers.model import Status
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
        "InTransit_009": "MC MS",
        "OutForDelivery_001": "WC",
        "AttemptFail_001": "MD ND",
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
PARCEL_PL = read.code_table(
    {
        "InTransit_002": "DWP SP_PU",
        "InTransit_005": "EDC EXC",
        "InTransit_006": "EDB EXA SEC",
        "OutForDelivery_001": "LK",
        "AttemptFail_001": "AWI_DP2 AWI_OZ ZWW",
        "AvailableForPickup_001": (
            "DOR_POC DOR_SP OWL OWL_KP OWL_ONO OWL_PS_KP OWL_PS_ONO OWL_SP_KP OWL_SP_ONO SP_DSP SP_KP SP_PA"
        ),
        "Delivered_002": "DOR_OWL PPDOR SP_DOR",
        "Exception_006": "BRG",
        "Exception_010": "OP_DO OP_DOK SP_KZW SP_TO",
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
TABLES = {"express": EXPRESS, "parcel-de": PARCEL_DE, "parcel-pl": PARCEL_PL}

_ON_VEHICLE = re.compile(
    r"out for (?:\w+ )?delivery|with (?:the )?deliver(?:y|ing) courier|loaded (?:on|onto|into|to) (?:the )?(?:delivery )?(?:vehicle|van)"
    r"|zustellfahrzeug geladen|wird .{0,60}zugestellt werden|in (?:der )?zustellung|(?:out|handed out) (?:with|to) (?:the )?courier"
    r"|en route to delivery location|(?:wydan|przekazan)\w .{0,30}do doręczenia|w doręczeniu|onderweg naar de ontvanger",
    re.IGNORECASE,
)
_AT_COUNTER = re.compile(
    r"kann (?:\w+ )?abgeholt werden|oczekuje na odbi[oó]r|gotowa do odbioru|waiting to be collected (?:from|at) dhl",
    re.IGNORECASE,
)
_CLEARED = re.compile(r"complet|cleared|released|abgeschlossen|freigegeben", re.IGNORECASE)
_RETURN = re.compile(r"\breturn(?:s|ed)?\b|retoure|zur.ck", re.IGNORECASE)
_PICKUP_TRIP = re.compile(r"by (?:the )?sender|collection order|pick-?up order|at customer site", re.IGNORECASE)


def meaning(said: dict[str, Any], service: str) -> read.Meaning | None:
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
    return read.meaning("AvailableForPickup_001") if waits_at_counter(words) or _AT_COUNTER.search(words) else stage
