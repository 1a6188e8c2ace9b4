"""Shippo: tracks, shipments, transactions and refunds.

Times are in UTC; history stands oldest first; a number nobody knows has no status at all; errors are keyed by field.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from typing import Any, Final

from werkzeug import Request, Response

from carriers.lab.accounts import LAB_CREDENTIALS
from carriers.lab.parcels import Kind, Parcel, Scan
from carriers.lab.places import Place
from carriers.lab.wire.base import Desk, Handler, Route, Wire, body_of, plain, reply, retry_header, route, word
from carriers.lab.wire.shippo_codes import CODES
from carriers.lab.wire.shippo_labels import ShippoLabels, zulu
from carriers.lab.wire.subscriptions import ShippoHooks

TRACKS: Final = "tracks"
_REFUSALS: Final = {
    404: "Not found.",
    405: "Method not allowed.",
    429: "Request was throttled.",
    500: "Server Error (500)",
}


class Shippo(Wire):
    code = "shippo"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._labels = ShippoLabels(desk)
        self._hooks = ShippoHooks(desk)

    def routes(self) -> tuple[Route, ...]:
        known, labels = self._known, self._labels
        return (
            route("POST", "/tracks/?", known(self._register), "track"),
            route("GET", "/tracks/([^/]+/[^/]+?)/?", known(self._track), "track"),
            route("POST", "/shipments/?", known(labels.create), "shipment"),
            route("GET", "/shipments/([^/]+)/?", known(labels.shipment), "find"),
            route("POST", "/transactions/?", known(labels.buy), "label"),
            route("GET", "/transactions/?", known(labels.transactions), "find"),
            route("GET", "/transactions/([^/]+)/?", known(labels.transaction), "find"),
            route("POST", "/refunds/?", known(labels.refund), "void"),
            route("GET", "/refunds/([^/]+)/?", known(labels.refunded), "void"),
            route("GET", "/files/([^/]+)", labels.file, "document"),
            route("POST", "/webhooks/?", known(self._hooks.create), "subscribe"),
            route("GET", "/webhooks/?", known(self._hooks.every), "subscribe"),
            route("DELETE", "/webhooks/([^/]+)/?", known(self._hooks.delete), "subscribe"),
        )

    def refusal(self, status: int, retry_after: int | None = None) -> Response:
        return reply({"detail": _REFUSALS.get(status, _REFUSALS[500])}, status, **retry_header(retry_after))

    def _known(self, handler: Handler) -> Handler:
        def guarded(request: Request, caught: str) -> Response:
            if request.headers.get("Authorization", "") == f"ShippoToken {LAB_CREDENTIALS['shippo']['api_key']}":
                return handler(request, caught)
            return reply({"detail": "Invalid token"}, 401)

        return guarded

    def _register(self, request: Request, _caught: str) -> Response:
        body = body_of(request)
        carrier, number = word(body, "carrier"), plain(word(body, "tracking_number"))
        for name, value in (("carrier", carrier), ("tracking_number", number)):
            if not value:
                return reply({name: ["This field is required."]}, 400)
        if not re.fullmatch("[a-z0-9_]+", carrier):
            return reply({"carrier": [f"'{carrier}' is not a valid carrier token."]}, 400)
        kept = {"carrier": carrier, "number": number, "metadata": word(body, "metadata")}
        self.desk.shelf.put("shippo", TRACKS, f"{carrier}/{number}", kept)
        return reply(self.track(carrier, number), 201)

    def _track(self, _request: Request, caught: str) -> Response:
        carrier, _, number = caught.partition("/")
        if not re.fullmatch("[a-z0-9_]+", carrier):
            return reply({"detail": f"'{carrier}' is not a valid carrier token."}, 400)
        return reply(self.track(carrier, plain(number)))

    def track(self, carrier: str, number: str) -> dict[str, Any]:
        kept = self.desk.shelf.get("shippo", TRACKS, f"{carrier}/{number}")
        sold = self.desk.book.by_number("shippo", number)
        metadata, transaction = kept["metadata"] if kept else None, sold.handle if sold else None
        return shape(carrier, number, self.desk.world.get(number), self.desk.now(), metadata, transaction)


def shape(
    carrier: str, number: str, parcel: Parcel | None, now: datetime, metadata: str | None, transaction: str | None
) -> dict[str, Any]:
    """A track as Shippo gives it, also in its pushes."""
    scans = sorted(parcel.events(now), key=lambda scan: scan.at) if parcel else []
    history = [_status(scan) for scan in scans]
    return {
        "messages": [],
        "carrier": carrier,
        "tracking_number": number,
        "address_from": _place(parcel.origin) if parcel and scans else None,
        "address_to": _place(parcel.destination) if parcel and scans else None,
        "eta": _day(parcel, now) if parcel and scans else None,
        "original_eta": f"{parcel.promised_on}T00:00:00Z" if parcel and scans else None,
        "servicelevel": _service(parcel) if parcel and scans else {"token": None, "name": None},
        "metadata": metadata,
        "tracking_status": history[-1] if history else None,
        "tracking_history": history,
        "transaction": transaction,
        "test": True,
    }


def _day(parcel: Parcel, now: datetime) -> str:
    return f"{parcel.estimate(now)}T00:00:00Z"


def _service(parcel: Parcel) -> dict[str, str]:
    if parcel.service_level == "express":
        return {"token": "usps_priority_express", "name": "Priority Mail Express"}
    return {"token": "usps_ground_advantage", "name": "Ground Advantage"}


def _place(place: Place) -> dict[str, str]:
    return {"city": place.city, "state": place.state, "zip": place.postal_code, "country": place.country}


def _status(scan: Scan) -> dict[str, Any]:
    told = CODES[scan.kind]
    words = told.text.upper() if scan.reworded else told.text
    name = hashlib.sha256(f"{scan.kind}/{scan.at.isoformat()}/{scan.published_at.isoformat()}".encode()).hexdigest()
    return {
        "object_created": zulu(scan.published_at),
        "object_updated": zulu(scan.published_at),
        "object_id": name[:32],
        "status": told.status,
        "substatus": {"code": told.code, "text": told.text, "action_required": told.code == "address_issue"},
        "status_details": words,
        "status_date": scan.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "location": None if scan.kind is Kind.LABEL else _place(scan.place),
    }
