"""EasyPost v2: trackers and shipments, after its published example answers.

Times are in UTC whatever the place; what stands in a tracker is told oldest first; a number nobody knows is a tracker
without details. Buying is tied to a shipment: bought once, it cannot be bought again.
"""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any, Final

from werkzeug import Request, Response

from carriers.lab.accounts import LAB_CREDENTIALS
from carriers.lab.parcels import Kind, Parcel, Scan
from carriers.lab.tokens import basic_credentials
from carriers.lab.wire.base import (
    Desk,
    Handler,
    Route,
    Wire,
    body_of,
    dig,
    plain,
    reply,
    retry_header,
    route,
    whole,
    word,
)
from carriers.lab.wire.easypost_codes import CARRIERS, CODES
from carriers.lab.wire.easypost_labels import EasyPostLabels
from carriers.lab.wire.easypost_shapes import easypost_error, utc
from carriers.lab.wire.subscriptions import EasyPostHooks

TRACKERS: Final = "trackers"
_FINAL: Final = frozenset({Kind.DELIVERED, Kind.NEIGHBOUR, Kind.COLLECTED, Kind.RETURNED, Kind.CANCELLED})
_REFUSALS: Final = {
    404: ("NOT_FOUND", "The requested resource could not be found."),
    405: ("METHOD_NOT_ALLOWED", "This method is not allowed here."),
    429: ("RATE_LIMITED", "Too many requests in a short time."),
    500: ("INTERNAL_SERVER_ERROR", "We are having problems processing your request."),
}


class EasyPost(Wire):
    code = "easypost"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._labels = EasyPostLabels(desk, self.tracker_of)
        self._hooks = EasyPostHooks(desk)

    def routes(self) -> tuple[Route, ...]:
        base, known, labels, hooks = "(?:/v2)?", self._known, self._labels, self._hooks
        shipment = f"{base}/shipments/([^/]+)"
        return (
            route("POST", f"{base}/trackers", known(self._create), "track"),
            route("GET", f"{base}/trackers/([^/]+)", known(self._retrieve), "track"),
            route("GET", f"{base}/trackers", known(self._list), "track"),
            route("POST", f"{base}/shipments", known(labels.create), "shipment"),
            route("GET", f"{base}/shipments", known(labels.every), "find"),
            route("GET", shipment, known(labels.retrieve), "find"),
            route("POST", f"{shipment}/buy", known(labels.buy), "label"),
            route("GET", f"{shipment}/label", known(labels.convert), "document"),
            route("POST", f"{shipment}/forms", known(labels.form), "document"),
            route("GET|POST", f"{shipment}/refund", known(labels.refund), "void"),
            route("GET", "/files/([^/]+)", labels.file, "document"),
            route("POST", f"{base}/webhooks", known(hooks.create), "subscribe"),
            route("GET", f"{base}/webhooks", known(hooks.every), "subscribe"),
            route("DELETE", f"{base}/webhooks/([^/]+)", known(hooks.delete), "subscribe"),
        )

    def refusal(self, status: int, retry_after: int | None = None) -> Response:
        return easypost_error(status, *_REFUSALS.get(status, _REFUSALS[500]), **retry_header(retry_after))

    def _known(self, handler: Handler) -> Handler:
        def guarded(request: Request, caught: str) -> Response:
            key, _ = basic_credentials(request.headers.get("Authorization"))
            if key == LAB_CREDENTIALS["easypost"]["api_key"]:
                return handler(request, caught)
            return easypost_error(401, "APIKEY.INACTIVE", "This api key is no longer active.")

        return guarded

    def _create(self, request: Request, _caught: str) -> Response:
        asked = dig(body_of(request), "tracker")
        number = plain(word(asked, "tracking_code"))
        if not number:
            details = [{"field": "tracking_code", "message": "cannot be blank"}]
            return easypost_error(422, "PARAMETER.REQUIRED", "Missing required parameter.", details)
        return reply(self.tracker(number, word(asked, "carrier")), 201)

    def _retrieve(self, _request: Request, caught: str) -> Response:
        kept = self.desk.shelf.get("easypost", TRACKERS, caught)
        return self.refusal(404) if kept is None else reply(self._shown(kept))

    def _list(self, request: Request, _caught: str) -> Response:
        number, carrier = plain(request.args.get("tracking_code", "")), request.args.get("carrier", "")
        found = [
            self._shown(kept)
            for kept in reversed(self.desk.shelf.all("easypost", TRACKERS))
            if number in ("", kept["tracking_code"]) and carrier in ("", kept["carrier"])
        ]
        size = whole(request.args.get("page_size", ""), 20, 100)
        return reply({"trackers": found[:size], "has_more": len(found) > size})

    def tracker(self, number: str, carrier: str = "", shipment: str | None = None) -> dict[str, Any]:
        """The tracker of a number, made now or earlier."""
        parcel = self.desk.world.get(number)
        carrier = carrier or CARRIERS.get(parcel.carrier if parcel else "", "USPS")
        name = self._named(number, carrier) or f"trk_{self.desk.shelf.new_id()}"
        kept = self.desk.shelf.get("easypost", TRACKERS, name) or {
            "id": name,
            "tracking_code": number,
            "carrier": carrier,
            "created_at": utc(self.desk.now()),
            "shipment_id": shipment,
        }
        self.desk.shelf.put("easypost", TRACKERS, name, kept)
        return self._shown(kept)

    def tracker_of(self, number: str, shipment: str) -> dict[str, Any]:
        return self.tracker(number, shipment=shipment)

    def _named(self, number: str, carrier: str) -> str:
        every = self.desk.shelf.all("easypost", TRACKERS)
        return next((one["id"] for one in every if (one["tracking_code"], one["carrier"]) == (number, carrier)), "")

    def _shown(self, kept: dict[str, Any]) -> dict[str, Any]:
        now = self.desk.now()
        sold = self.desk.book.by_number("easypost", kept["tracking_code"])
        return shape(kept, self.desk.world.get(kept["tracking_code"]), now, is_return=sold is not None)


def shape(kept: dict[str, Any], parcel: Parcel | None, now: datetime, *, is_return: bool) -> dict[str, Any]:
    """A tracker as EasyPost gives it."""
    scans = sorted(parcel.events(now), key=lambda scan: scan.at) if parcel else []
    latest = CODES[scans[-1].kind] if scans else None
    secret = base64.urlsafe_b64encode(f"v1:{kept['id']}".encode()).decode().rstrip("=")
    return {
        "id": kept["id"],
        "object": "Tracker",
        "mode": "test",
        "tracking_code": kept["tracking_code"],
        "status": latest.status if latest else "unknown",
        "status_detail": latest.detail if latest else "unknown",
        "created_at": kept["created_at"],
        "updated_at": utc(scans[-1].published_at) if scans else kept["created_at"],
        "signed_by": parcel.signed_by(now) if parcel else None,
        "weight": None,
        "est_delivery_date": f"{parcel.estimate(now)}T00:00:00Z" if parcel and scans else None,
        "shipment_id": kept["shipment_id"],
        "carrier": kept["carrier"],
        "tracking_details": [_detail(scan, kept["carrier"]) for scan in scans],
        "carrier_detail": _carrier_detail(parcel, now) if parcel and scans else None,
        "finalized": bool(scans) and scans[-1].kind in _FINAL,
        "is_return": is_return,
        "public_url": f"https://track.easypost.com/{secret}",
        "fees": [],
    }


def _detail(scan: Scan, carrier: str) -> dict[str, Any]:
    told = CODES[scan.kind]
    words = told.text.upper() if scan.reworded else told.text
    return {
        "object": "TrackingDetail",
        "message": words,
        "description": words,
        "status": told.status,
        "status_detail": told.detail,
        "datetime": utc(scan.at),
        "source": carrier,
        "carrier_code": None,
        "tracking_location": {
            "object": "TrackingLocation",
            "city": None if scan.kind is Kind.LABEL else scan.place.city.upper(),
            "state": None if scan.kind is Kind.LABEL else scan.place.state,
            "country": scan.place.country,
            "zip": scan.place.postal_code,
        },
    }


def _carrier_detail(parcel: Parcel, now: datetime) -> dict[str, Any]:
    ends = {"origin": parcel.origin, "destination": parcel.destination}
    words = {
        f"{name}_location": f"{place.city.upper()} {place.state}, {place.postal_code}" for name, place in ends.items()
    }
    return {
        "object": "CarrierDetail",
        "service": "Priority Mail" if parcel.service_level == "express" else "Ground Advantage",
        "container_type": None,
        "est_delivery_date_local": parcel.estimate(now).isoformat(),
        "est_delivery_time_local": None,
        **words,
        "guaranteed_delivery_date": None,
        "alternate_identifier": None,
        "initial_delivery_attempt": None,
    }
