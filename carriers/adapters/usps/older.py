"""The shape of the older interface, with its names of XML (`TrackResults`, `TrackInfo`), as that of v3.

Sources: the examples of USPS's public collection, which still show it for v3, and recorded answers.
"""

from __future__ import annotations

from typing import Any

from carriers import parsing as read

_EVENT = {
    "eventType": "Event",
    "eventCode": "EventCode",
    "eventCity": "EventCity",
    "eventState": "EventState",
    "eventZIP": "EventZIPCode",
    "eventCountry": "EventCountry",
    "name": "Name",
    "GMTOffset": "GMTOffset",
}
_ENTRY = {
    "status": "Status",
    "statusCategory": "StatusCategory",
    "statusSummary": "StatusSummary",
    "predictedDeliveryDate": "PredictedDeliveryDate",
    "expectedDeliveryDate": "ExpectedDeliveryDate",
    "guaranteedDeliveryDate": "GuaranteedDeliveryDate",
}


def entries(tree: Any) -> list[dict[str, Any]]:
    """The objects of an answer about single numbers; those of the older shape translated."""
    found = read.records(read.dig(tree, "TrackResults", "TrackInfo") or read.dig(tree, "TrackResponse", "TrackInfo"))
    return [_entry(one) for one in found] or [read.record(tree)]


def _entry(info: dict[str, Any]) -> dict[str, Any]:
    number = read.first_text(*(info.get(name) for name in ("@ID", "ID", "trackingNumber", "TrackingNumber")))
    entry = {ours: info[theirs] for ours, theirs in _ENTRY.items() if info.get(theirs)}
    events = [*read.records(info.get("TrackSummary")), *read.records(info.get("TrackDetail"))]
    entry |= {"trackingNumber": number, "trackingEvents": [_event(event) for event in events]}
    if words := read.text(info.get("TrackSummary")):
        entry.setdefault("statusSummary", words)
    if error := read.record(info.get("Error")):
        entry["error"] = {"code": error.get("Number"), "message": error.get("Description")}
    return entry


def _event(event: dict[str, Any]) -> dict[str, Any]:
    """One event; its day is written in words, its time as `7:31 am`, or it has none."""
    day, at = read.date_of(event.get("EventDate")), read.clock(event.get("EventTime"))
    when = f"{day} {at}" if day and at else day and str(day)
    return {ours: event.get(theirs) for ours, theirs in _EVENT.items()} | {"eventTimestamp": when}
