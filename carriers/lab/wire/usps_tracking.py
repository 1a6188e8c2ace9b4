"""What USPS says about a parcel, in both generations of its tracking interface.

v3 as usps-tracking-v3.yaml has it, with production's habits: booleans as words, `eventCountry` null at home, the mail
class with HTML entities, `eventTimestamp` local, `GMTTimestamp` a day early when the evening here is already tomorrow
in Greenwich, and a label event without place or Greenwich time. v3r2 renames what it renames.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from carriers.lab.parcels import Kind, Parcel, Scan
from carriers.lab.wire.usps_codes import CODES, UspsCode


def summary(parcel: Parcel, now: datetime) -> dict[str, Any]:
    """The v3 SUMMARY form: sentences, newest first."""
    lines = [_sentence(CODES[scan.kind], scan) for scan in reversed(parcel.events(now))]
    return {
        "trackingNumber": parcel.number,
        "expectedDeliveryDate": parcel.estimate(now).isoformat(),
        "eventSummaries": lines,
    }


def detail(parcel: Parcel, now: datetime) -> dict[str, Any]:
    """The v3 DETAIL form."""
    latest = _latest(parcel, now)
    estimate = parcel.estimate(now).isoformat()
    return {
        **_common(parcel, latest),
        "emailEnabled": "true",
        "kahalaIndicator": "false",
        "proofOfDeliveryEnabled": "false",
        "restoreEnabled": "false",
        "RRAMEnabled": "false",
        "RREEnabled": "false",
        "mailType": "DM",
        "tableCode": "T",
        "uniqueMailPieceID": parcel.number[-9:],
        "mailPieceIntakeDate": parcel.created_at.strftime("%Y-%m-%d %H:%M:%S.000000"),
        "expectedDeliveryTimeStamp": f"{estimate}T21:00:00",
        "trackingEvents": [_event(scan) for scan in reversed(parcel.events(now))],
    }


def detail_r2(parcel: Parcel, now: datetime) -> dict[str, Any]:
    """One entry of a v3r2 answer."""
    latest = _latest(parcel, now)
    estimate = parcel.estimate(now).isoformat()
    entry = {
        **_common(parcel, latest),
        "statusCode": "200",
        "deliveryDateExpectation": {
            "expectedDeliveryDate": estimate,
            "predictedDeliveryDate": estimate,
            "endOfDay": "21:00",
        },
        "trackingEvents": [_event_r2(scan) for scan in reversed(parcel.events(now))],
    }
    if signed := parcel.signed_by(now):
        entry["recipientName"] = signed
    return entry


def _latest(parcel: Parcel, now: datetime) -> Scan:
    return max(parcel.events(now), key=lambda scan: scan.at)


def _common(parcel: Parcel, latest: Scan) -> dict[str, Any]:
    code = CODES[latest.kind]
    express = parcel.service_level == "express"
    return {
        "trackingNumber": parcel.number,
        "destinationCity": parcel.destination.city.upper(),
        "destinationState": parcel.destination.state,
        "destinationZIP": parcel.destination.postal_code,
        "originCity": parcel.origin.city.upper(),
        "originState": parcel.origin.state,
        "originZIP": parcel.origin.postal_code,
        "mailClass": "Priority Mail Express<SUP>&reg;</SUP>" if express else "USPS Ground Advantage<SUP>&#153;</SUP>",
        "services": ["USPS Tracking<SUP>&#174;</SUP>", "Up to $100 insurance included"],
        "serviceTypeCode": parcel.number[2:5],
        "status": code.text,
        "statusCategory": code.category,
        "statusSummary": _sentence(code, latest),
    }


def _sentence(code: UspsCode, scan: Scan) -> str:
    local = scan.place.local(scan.at)
    where = f"{scan.place.city.upper()}, {scan.place.state} {scan.place.postal_code}"
    hour = local.strftime("%I:%M %p").lstrip("0").lower()
    return f"{code.text} at {hour} on {local:%B} {local.day}, {local.year} in {where}."


def _event(scan: Scan) -> dict[str, Any]:
    code, local, label = CODES[scan.kind], scan.place.local(scan.at), scan.kind is Kind.LABEL
    gmt = scan.at.astimezone(UTC)
    offset = local.strftime("%z")
    early = f"{local:%Y-%m-%d}T{gmt:%H:%M:%S}Z"
    return {
        "eventType": code.text.upper() if scan.reworded else code.text,
        "eventTimestamp": f"{local:%Y-%m-%dT%H:%M:%S}",
        "GMTTimestamp": None if label else early,
        "GMTOffset": None if label else f"{offset[:3]}:{offset[3:]}",
        "eventCountry": None,
        "eventCity": None if label else scan.place.city.upper(),
        "eventState": None if label else scan.place.state,
        "eventZIP": None if label else scan.place.postal_code,
        "firm": None,
        "name": scan.signed_by,
        "authorizedAgent": "false",
        "eventCode": code.code,
        "additionalProp": None,
    }


def _event_r2(scan: Scan) -> dict[str, Any]:
    code, local, label = CODES[scan.kind], scan.place.local(scan.at), scan.kind is Kind.LABEL
    minutes = int((local.utcoffset() or UTC.utcoffset(None)).total_seconds() // 60)
    return {
        "eventType": code.text.upper() if scan.reworded else code.text,
        "eventTimestamp": f"{local:%Y-%m-%dT%H:%M:%S}",
        "GMTOffset": None if label else str(minutes),
        "eventCity": None if label else scan.place.city.upper(),
        "eventState": None if label else scan.place.state,
        "eventZIPCode": None if label else scan.place.postal_code,
        "eventCountry": None,
        "firm": None,
        "recipientName": scan.signed_by,
        "eventCode": code.code,
    }
