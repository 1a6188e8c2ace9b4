"""Karrio: trackers and the doors to its shipments (karrio-openapi.yml).

Events stand newest first, with a local day and clock and a moment in UTC; a number nobody knows is a failed dependency
(424) until it is known.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from werkzeug import Request, Response

from carriers.lab.accounts import LAB_CREDENTIALS
from carriers.lab.parcels import Kind, Parcel, Scan
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
from carriers.lab.wire.karrio_codes import CARRIERS, CODES
from carriers.lab.wire.karrio_labels import KarrioLabels, karrio_error
from carriers.lab.wire.subscriptions import KarrioHooks

TRACKERS: Final = "trackers"
_TAKEN: Final = frozenset({Kind.DELIVERED, Kind.NEIGHBOUR, Kind.COLLECTED})
_REFUSALS: Final = {
    404: ("not_found", "Not found."),
    405: ("method_not_allowed", "Method not allowed."),
    429: ("throttled", "Request was throttled."),
    500: ("internal_server_error", "Internal server error."),
}


class Karrio(Wire):
    code = "karrio"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._labels = KarrioLabels(desk)
        self._hooks = KarrioHooks(desk)

    def routes(self) -> tuple[Route, ...]:
        known, labels, hooks, shipment = self._known, self._labels, self._hooks, "/v1/shipments/([^/]+)"
        return (
            route("POST", "/v1/trackers", known(self._create), "track"),
            route("GET", "/v1/trackers", known(self._list), "track"),
            route("GET", "/v1/trackers/([^/]+)", known(self._retrieve), "track"),
            route("POST", "/v1/proxy/tracking", known(self._proxy), "track"),
            route("GET", "/v1/proxy/tracking/([^/]+/[^/]+)", known(self._proxy), "track"),
            route("POST", "/v1/shipments", known(labels.create), "shipment"),
            route("GET", "/v1/shipments", known(labels.every), "find"),
            route("GET", shipment, known(labels.retrieve), "find"),
            route("POST", f"{shipment}/purchase", known(labels.purchase), "label"),
            route("POST", f"{shipment}/cancel", known(labels.cancel), "void"),
            route("POST", f"{shipment}/documents/label", known(labels.document), "document"),
            route("GET", f"{shipment}/label\\.[a-z]+", labels.file, "document"),
            route("POST", "/v1/webhooks", known(hooks.create), "subscribe"),
            route("GET", "/v1/webhooks", known(hooks.every), "subscribe"),
            route("DELETE", "/v1/webhooks/([^/]+)", known(hooks.delete), "subscribe"),
        )

    def refusal(self, status: int, retry_after: int | None = None) -> Response:
        return karrio_error(status, *_REFUSALS.get(status, _REFUSALS[500]), **retry_header(retry_after))

    def _known(self, handler: Handler) -> Handler:
        def guarded(request: Request, caught: str) -> Response:
            if request.headers.get("Authorization", "") == f"Token {LAB_CREDENTIALS['karrio']['api_key']}":
                return handler(request, caught)
            return karrio_error(401, "authentication_failed", "Invalid token.")

        return guarded

    def _create(self, request: Request, _caught: str) -> Response:
        body = body_of(request)
        number, carrier = plain(word(body, "tracking_number")), word(body, "carrier_name")
        for name, value in (("tracking_number", number), ("carrier_name", carrier)):
            if not value:
                return karrio_error(400, "validation", f"{name}: This field is required.")
        parcel = self.desk.world.get(number)
        if parcel is None or not parcel.events(self.desk.now()):
            return _unknown(carrier)
        return reply(self.tracker(number, carrier, dig(body, "metadata")))

    def _list(self, request: Request, _caught: str) -> Response:
        number, carrier = plain(request.args.get("tracking_number", "")), request.args.get("carrier_name", "")
        found = [
            self._shown(kept)
            for kept in reversed(self.desk.shelf.all("karrio", TRACKERS))
            if number in ("", kept["number"]) and carrier in ("", kept["carrier"])
        ]
        size = whole(request.args.get("limit", ""), 20, 100)
        return reply({"count": len(found), "next": None, "previous": None, "results": found[:size]})

    def _retrieve(self, _request: Request, caught: str) -> Response:
        kept = self.desk.shelf.get("karrio", TRACKERS, caught)
        if kept is None:  # a tracker may be named by its number too
            every = self.desk.shelf.all("karrio", TRACKERS)
            kept = next((one for one in every if one["number"] == plain(caught)), None)
        return self.refusal(404) if kept is None else reply(self._shown(kept))

    def _proxy(self, request: Request, caught: str) -> Response:
        carrier, _, number = caught.partition("/")
        if not caught:
            body = body_of(request)
            carrier, number = word(body, "carrier_name"), word(body, "tracking_number")
        parcel = self.desk.world.get(plain(number))
        if parcel is None or not parcel.events(self.desk.now()):
            return _unknown(carrier)
        kept: dict[str, Any] = {"id": None, "number": parcel.number, "carrier": carrier, "metadata": {}}
        return reply({"messages": [], "tracking": self._shown(kept)})

    def tracker(self, number: str, carrier: str = "", metadata: Any = None) -> dict[str, Any]:
        """The tracker of a number, made now or earlier."""
        every = self.desk.shelf.all("karrio", TRACKERS)
        kept = next((one for one in every if one["number"] == number and carrier in ("", one["carrier"])), None)
        if kept is None:
            parcel = self.desk.world.get(number)
            kept = {
                "id": f"trk_{self.desk.shelf.new_id()}",
                "number": number,
                "carrier": carrier or CARRIERS.get(parcel.carrier if parcel else "", "usps"),
                "metadata": metadata if isinstance(metadata, dict) else {},
            }
            self.desk.shelf.put("karrio", TRACKERS, kept["id"], kept)
        return self._shown(kept)

    def _shown(self, kept: dict[str, Any]) -> dict[str, Any]:
        return shape(kept, self.desk.world.get(kept["number"]), self.desk.now())


def shape(kept: dict[str, Any], parcel: Parcel | None, now: datetime) -> dict[str, Any]:
    """A tracker as Karrio gives it, also in its pushes."""
    scans = sorted(parcel.events(now), key=lambda scan: scan.at) if parcel else []
    shown: dict[str, Any] = {
        "object_type": "tracker",
        "carrier_name": kept["carrier"],
        "carrier_id": kept["carrier"],
        "tracking_number": kept["number"],
        "info": {"signed_by": parcel.signed_by(now) if parcel else None, "source": "api"},
        "events": [_event(scan) for scan in reversed(scans)],
        "delivered": bool(scans) and scans[-1].kind in _TAKEN,
        "test_mode": True,
        "status": CODES[scans[-1].kind].status if scans else "unknown",
        "meta": {"carrier": kept["carrier"]},
        "metadata": kept["metadata"],
        "messages": [],
        "is_archived": False,
    }
    if kept["id"]:
        shown["id"] = kept["id"]
    if parcel and scans:
        shown["estimated_delivery"] = parcel.estimate(now).isoformat()
    return shown


def _event(scan: Scan) -> dict[str, Any]:
    told, local = CODES[scan.kind], scan.place.local(scan.at)
    place = "" if scan.kind is Kind.LABEL else f"{scan.place.city.upper()}, {scan.place.state}, {scan.place.country}"
    return {
        "date": f"{local:%Y-%m-%d}",
        "time": f"{local:%H:%M}",
        "timestamp": scan.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "status": told.status,
        "code": told.code,
        "description": told.text.upper() if scan.reworded else told.text,
        "location": place,
    }


def _unknown(carrier: str) -> Response:
    message = {"message": "Tracking information not found", "code": "tracking_not_found", "level": "error"}
    return reply({"messages": [message | {"carrier_name": carrier, "carrier_id": carrier}]}, 424)
