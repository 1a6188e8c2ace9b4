"""DHL Shipment Tracking - Unified: one number a call, a key in a header.

Kept from production: event times are local without an offset while the status has Greenwich time; the pre-transit
event has no description; an Express id is a number, not text; an unknown number is a 404 with a problem object.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from werkzeug import Request, Response

from carriers.lab.accounts import LAB_CREDENTIALS
from carriers.lab.parcels import Kind, Parcel, Scan
from carriers.lab.places import Place
from carriers.lab.wire.base import Desk, Handler, Route, Wire, plain, reply, retry_header, route
from carriers.lab.wire.dhl_codes import EXPRESS, PARCEL, DhlCode
from carriers.lab.wire.subscriptions import DhlHooks

_SERVICES = ("express", "parcel-de", "ecommerce", "parcel-nl", "parcel-pl", "parcel-uk", "post-de", "freight", "dgf")
_REFUSALS = {
    404: ("Not Found", "The requested resource was not found."),
    405: ("Method Not Allowed", "This method is not allowed here."),
    429: ("Too Many Requests", "Too many requests within defined time period, please try again later."),
    500: ("Internal Server Error", "An unexpected error has occurred."),
    503: ("Service Unavailable", "The service is not available at the moment."),
}
_TAKEN = frozenset({Kind.DELIVERED, Kind.NEIGHBOUR, Kind.COLLECTED})


class DhlUnified(Wire):
    code = "dhl_unified"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._hooks = DhlHooks(desk)

    def routes(self) -> tuple[Route, ...]:
        known, push = self._known, "/tracking/push/v1/subscription"
        return (
            route("GET", "/track/shipments", known(self._track), "track"),
            route("POST", push, known(self._hooks.create), "subscribe"),
            route("DELETE", f"{push}/([^/]+)", known(self._hooks.delete), "subscribe"),
        )

    def refusal(self, status: int, retry_after: int | None = None) -> Response:
        return _problem(status, *_REFUSALS.get(status, _REFUSALS[500]), **retry_header(retry_after))

    def _known(self, handler: Handler) -> Handler:
        def guarded(request: Request, caught: str) -> Response:
            if request.headers.get("DHL-API-Key") == LAB_CREDENTIALS["dhl_unified"]["api_key"]:
                return handler(request, caught)
            return _problem(401, "Unauthorized", "Unauthorized for given resource.")

        return guarded

    def _track(self, request: Request, _caught: str) -> Response:
        number = plain(request.args.get("trackingNumber", ""))
        if not number:
            return _problem(400, "Bad Request", "trackingNumber: The parameter is required.")
        service = request.args.get("service")
        if not number.isalnum() or len(number) > 39:
            return _problem(400, "Bad Request", "trackingNumber: The value is not a valid tracking number.")
        if service and service not in _SERVICES:
            return _problem(400, "Bad Request", "service: The value is not one of the allowed values.")
        parcel, now = self.desk.world.find("dhl_unified", number), self.desk.now()
        if parcel is None or not parcel.events(now) or service not in (None, "", _service(parcel)):
            detail = "No shipment with given tracking number found."
            return _problem(404, "No result found", detail, instance=f"/shipment/{number}")
        address = f"/shipments?trackingNumber={number}&offset=0&limit=5"
        pages = dict.fromkeys(("url", "prevUrl", "nextUrl", "firstUrl", "lastUrl"), address)
        more = [f"/shipments?trackingNumber={number}&service={_service(parcel)}"]
        return reply({**pages, "shipments": [shipment(parcel, now)], "possibleAdditionalShipmentsUrl": more})


def _problem(status: int, title: str, detail: str, *, instance: str = "", **headers: str) -> Response:
    problem: dict[str, Any] = {"title": title, "detail": detail, "status": status}
    if instance:
        problem["instance"] = instance
    return reply(problem, status, **headers)


def _is_express(parcel: Parcel) -> bool:
    return parcel.service_level == "express" or parcel.carrier == "dhl_express"


def _service(parcel: Parcel) -> str:
    return "express" if _is_express(parcel) else "parcel-de"


def _code(parcel: Parcel, scan: Scan) -> DhlCode:
    return (EXPRESS if _is_express(parcel) else PARCEL)[scan.kind]


def shipment(parcel: Parcel, now: datetime) -> dict[str, Any]:
    """A shipment as DHL tells it, also in its pushes."""
    shown = parcel.events(now)
    latest = max(shown, key=lambda scan: scan.at)
    express = _is_express(parcel)
    told: dict[str, Any] = {
        "id": int(parcel.number) if express else parcel.number,
        "service": _service(parcel),
        "origin": _location(parcel.origin),
        "destination": _location(parcel.destination),
        "status": {
            **_event(parcel, latest),
            "timestamp": latest.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        },
        "details": _details(parcel, latest),
        "events": [_event(parcel, scan) for scan in reversed(shown)],
    }
    if latest.kind not in _TAKEN and latest.kind is not Kind.RETURNED:
        day = parcel.estimate(now)
        told["estimatedTimeOfDelivery"] = f"{day}T00:00:00"
        told["estimatedDeliveryTimeFrame"] = {
            "estimatedFrom": f"{day}T09:00:00",
            "estimatedThrough": f"{day}T18:00:00",
        }
    return told


def _event(parcel: Parcel, scan: Scan) -> dict[str, Any]:
    code = _code(parcel, scan)
    event: dict[str, Any] = {
        "timestamp": scan.place.local(scan.at).strftime("%Y-%m-%dT%H:%M:%S"),
        "location": _location(scan.place),
        "statusCode": code.word,
        "status": code.code,
        "description": code.text.upper() if scan.reworded else code.text,
    }
    if scan.kind is Kind.LABEL:
        del event["location"], event["description"]
        event["status"] = code.text
    return event


def _location(place: Place) -> dict[str, Any]:
    return {
        "address": {
            "countryCode": place.country,
            "postalCode": place.postal_code,
            "addressLocality": place.city,
        }
    }


def _details(parcel: Parcel, latest: Scan) -> dict[str, Any]:
    express = _is_express(parcel)
    details: dict[str, Any] = {
        "product": {"productName": "DHL EXPRESS" if express else "DHL PAKET"},
        "weight": {"value": parcel.weight_grams / 1000, "unitText": "kg"},
        "totalNumberOfPieces": 1,
        "pieceIds": [parcel.number],
        "references": [],
    }
    if latest.kind in _TAKEN:
        details["proofOfDelivery"] = {
            "timestamp": latest.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "signed": {"@type": "Person", "name": latest.signed_by or ""},
        }
    return details
