"""PostNL's shipping status: by barcode, short or complete.

Kept from production: times are `DD-MM-YYYY HH:MM:SS` of the Netherlands without an offset; what is one is an object
and what are several is a list; what is empty is `{}`; a number that it does not know is a warning inside a 200.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from werkzeug import Request, Response

from carriers.lab.accounts import LAB_CREDENTIALS
from carriers.lab.parcels import Kind, Parcel, Scan
from carriers.lab.wire.base import Handler, Route, Wire, plain, reply, retry_header, route
from carriers.lab.wire.postnl_codes import CODES, STATUSES

_HOME: Final = ZoneInfo("Europe/Amsterdam")
_TAKEN: Final = frozenset({Kind.DELIVERED, Kind.NEIGHBOUR, Kind.COLLECTED})
_NOTHING: Final[dict[str, Any]] = {}
_WORDS: Final = {404: "Not Found", 405: "Method Not Allowed", 429: "Too Many Requests", 500: "Internal Server Error"}


class PostNL(Wire):
    code = "postnl"

    def routes(self) -> tuple[Route, ...]:
        known = self._known
        return (
            route("GET", "/shipment/v2/status/barcode/([^/]+)", known(self._status), "track"),
            route("GET", "/shipment/v2/status/signature/([^/]+)", known(self._signature), "document"),
        )

    def refusal(self, status: int, retry_after: int | None = None) -> Response:
        body = {"message": _WORDS.get(status, _WORDS[500]), "http_status_code": status}
        return reply(body, status, **retry_header(retry_after))

    def _known(self, handler: Handler) -> Handler:
        def guarded(request: Request, caught: str) -> Response:
            if request.headers.get("apikey") == LAB_CREDENTIALS["postnl"]["api_key"]:
                return handler(request, caught)
            detail = {"errorcode": "oauth.v2.InvalidApiKey"}
            return reply({"fault": {"faultstring": "Invalid ApiKey", "detail": detail}}, 401)

        return guarded

    def _status(self, request: Request, caught: str) -> Response:
        number, complete = plain(caught), request.args.get("detail", "").lower() == "true"
        name = "CompleteStatus" if complete else "CurrentStatus"
        parcel, now = self.desk.world.find("postnl", number), self.desk.now()
        if parcel is None or not parcel.events(now):
            warning = {"Code": "2", "Description": f"No shipment found for barcode {number}"}
            return reply({"Warnings": [warning], name: _NOTHING})
        english = request.args.get("language", "NL").upper() == "EN"
        shipment = _shipment(parcel, now, english=english)
        return reply({name: {"Shipment": shipment | (_history(parcel, now, english=english) if complete else {})}})

    def _signature(self, _request: Request, caught: str) -> Response:
        number, now = plain(caught), self.desk.now()
        parcel = self.desk.world.find("postnl", number)
        signed = next((scan for scan in parcel.events(now) if scan.signed_by), None) if parcel else None
        if signed is None:
            warning = {"Code": "2", "Description": f"No signature found for barcode {number}"}
            return reply({"Warnings": [warning], "Signature": _NOTHING})
        return reply({"Signature": {"Barcode": number, "SignatureDate": _moment(signed), "SignatureImage": _NOTHING}})


def _shipment(parcel: Parcel, now: datetime, *, english: bool) -> dict[str, Any]:
    scans = sorted(parcel.events(now), key=lambda scan: scan.at, reverse=True)
    due = [parcel.destination.local(parcel.destination.moment(parcel.estimate(now), hour)) for hour in (11.5, 14)]
    shipment: dict[str, Any] = {
        "MainBarcode": parcel.number,
        "Barcode": parcel.number,
        "ShipmentAmount": "1",
        "ShipmentCounter": "1",
        "Customer": {"CustomerCode": "LABS", "CustomerNumber": "11223344", "Name": "Lab"},
        "ProductCode": "003085",
        "ProductDescription": "Standard shipment" if english else "Standaard zending",
        "Reference": _NOTHING,
        "Dimension": {"Weight": str(parcel.weight_grams)},
        "Address": {  # one address: not a list
            "AddressType": "01",
            "City": parcel.destination.city,
            "CountryCode": parcel.destination.country,
            "Zipcode": parcel.destination.postal_code,
        },
        "Status": _status(scans[0], english=english),
    }
    if scans[0].kind in _TAKEN:
        return shipment | {"DeliveryDate": _moment(scans[0])}
    first, last = (moment.strftime("%Y-%m-%dT%H:%M:%S") for moment in due)
    return shipment | {"Expectation": {"ETAFrom": first, "ETATo": last}}


def _history(parcel: Parcel, now: datetime, *, english: bool) -> dict[str, Any]:
    scans = sorted(parcel.events(now), key=lambda scan: scan.at, reverse=True)
    events = [_event(scan, english=english) for scan in scans]
    old = [_status(scan, english=english) for scan in scans]
    return {"Event": events if len(events) > 1 else events[0], "OldStatus": old if len(old) > 1 else old[0]}


def _event(scan: Scan, *, english: bool) -> dict[str, Any]:
    code = CODES[scan.kind]
    words = code.english if english else code.dutch
    return {
        "Code": code.event,
        "Description": words.upper() if scan.reworded else words,
        "DestinationLocationCode": _NOTHING,
        "LocationCode": _NOTHING if scan.kind is Kind.LABEL else str(100000 + sum(scan.place.city.encode())),
        "RouteCode": _NOTHING,
        "RouteName": _NOTHING,
        "TimeStamp": _moment(scan),
    }


def _status(scan: Scan, *, english: bool) -> dict[str, str]:
    status = CODES[scan.kind].status
    phase, in_dutch, in_english = STATUSES[status]
    phases = {1: ("Collectie", "Collection"), 2: ("Sortering", "Sorting"), 3: ("Distributie", "Distribution")}
    return {
        "TimeStamp": _moment(scan),
        "StatusCode": str(status),
        "StatusDescription": in_english if english else in_dutch,
        "PhaseCode": str(phase),
        "PhaseDescription": phases.get(phase, ("Afgeleverd", "Delivered"))[english],
    }


def _moment(scan: Scan) -> str:
    return f"{scan.at.astimezone(_HOME):%d-%m-%Y %H:%M:%S}"
