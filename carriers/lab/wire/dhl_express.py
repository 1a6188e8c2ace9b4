"""MyDHL API (DHL Express): tracking and shipments (dpdhl-express-api-3.1.1_swagger.yaml).

`status` says how the question fared, not the parcel; events stand oldest first and each has its offset; a label that
nobody scanned is a shipment without events. Nothing voids a shipment: what is never handed in is never billed.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from werkzeug import Request, Response

from carriers.lab.accounts import LAB_CREDENTIALS
from carriers.lab.parcels import Kind, Parcel, Scan
from carriers.lab.places import Place
from carriers.lab.tokens import basic_credentials
from carriers.lab.wire.base import Desk, Handler, Route, Wire, plain, reply, retry_header, route
from carriers.lab.wire.dhl_codes import EXPRESS
from carriers.lab.wire.dhl_express_labels import ExpressLabels

MOST_NUMBERS: Final = 200
_TAKEN: Final = frozenset({Kind.DELIVERED, Kind.NEIGHBOUR, Kind.COLLECTED, Kind.RETURNED})
_VIEWS: Final = (
    "all-checkpoints",
    "all-checkpoints-with-remarks",
    "last-checkpoint",
    "shipment-details-only",
    "advance-shipment",
    "bbx-children",
)
_REFUSALS: Final = {
    404: ("Not found", "The requested resource was not found."),
    405: ("Method not allowed", "This method is not allowed here."),
    429: ("Too many requests", "The limit of calls has been reached."),
    500: ("Process failure", "An error has occurred while processing the request."),
}


class DhlExpress(Wire):
    code = "dhl_express"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._labels = ExpressLabels(desk)

    def routes(self) -> tuple[Route, ...]:
        base, known = "(?:/mydhlapi)?(?:/test)?", self._known
        return (
            route("GET", f"{base}/tracking", known(self._track), "track"),
            route("GET", f"{base}/shipments/([^/]+)/tracking", known(self._track), "track"),
            route("POST", f"{base}/shipments", known(self._ship), "label"),
            route("GET", f"{base}/shipments/([^/]+)/get-image", known(self._image), "document"),
        )

    def refusal(self, status: int, retry_after: int | None = None) -> Response:
        title, detail = _REFUSALS.get(status, _REFUSALS[500])
        return express_error(status, title, detail, "/mydhlapi", **retry_header(retry_after))

    def _known(self, handler: Handler) -> Handler:
        def guarded(request: Request, caught: str) -> Response:
            account = LAB_CREDENTIALS["dhl_express"]
            given = basic_credentials(request.headers.get("Authorization"))
            if given == (account["username"], account["password"]):
                return handler(request, caught)
            return express_error(401, "Unauthorized", "Unauthorized for given resource.", request.path)

        return guarded

    def _track(self, request: Request, caught: str) -> Response:
        view = request.args.get("trackingView", "all-checkpoints")
        if view not in _VIEWS:
            return express_error(400, "Bad request", "trackingView is not one of the allowed values", request.path)
        numbers = [caught] if caught else self._asked(request)
        if not 1 <= len(numbers) <= MOST_NUMBERS:
            return _not_found(request, request.args.get("shipmentReference") or caught)
        now = self.desk.now()
        parcels = [self.desk.world.find("dhl_express", plain(number)) for number in numbers]
        shown = [_shipment(parcel, now, view) for parcel in parcels if parcel and parcel.events(now)]
        return reply({"shipments": shown}) if shown else _not_found(request, ",".join(numbers))

    def _asked(self, request: Request) -> list[str]:
        """Numbers as they are repeated or joined, or those bought under a reference in some days."""
        if reference := request.args.get("shipmentReference"):
            return self._labels.by_reference(request, reference)
        given = request.args.getlist("shipmentTrackingNumber")
        return [number for part in given for number in part.split(",") if number.strip()]

    def _ship(self, request: Request, _caught: str) -> Response:
        made = self._labels.ship(request)
        if isinstance(made, str):
            detail = f"Multiple problems found, see Additional Details: {made}"
            return express_error(422, "Validation error", detail, request.path, message="Unprocessable Entity")
        return reply(made, 201)

    def _image(self, request: Request, caught: str) -> Response:
        document = self._labels.image(request, plain(caught))
        return reply(document) if document else _not_found(request, caught)


def express_error(
    status: int, title: str, detail: str, instance: str, *, message: str = "", **headers: str
) -> Response:
    problem = {
        "instance": instance.replace("/mydhlapi", "/expressapi"),
        "detail": detail,
        "title": title,
        "message": message or title,
        "status": str(status),
    }
    response = reply(problem, status, **headers)
    response.content_type = "application/problem+json"
    return response


def _not_found(request: Request, what: str) -> Response:
    return express_error(404, "No shipments found", f"No shipments found for {what}", request.path)


def _shipment(parcel: Parcel, now: datetime, view: str) -> dict[str, Any]:
    scans = [scan for scan in parcel.events(now) if scan.kind is not Kind.LABEL]
    events = [_event(scan) for scan in sorted(scans, key=lambda scan: scan.at)]
    shown = {"last-checkpoint": events[-1:], "shipment-details-only": []}.get(view, events)
    piece = {
        "number": 1,
        "typeCode": "BP",
        "shipmentTrackingNumber": parcel.number,
        "trackingNumber": f"JD0146000{parcel.number}0",
        "description": "",
        "weight": parcel.weight_grams / 1000,
        "actualWeight": parcel.weight_grams / 1000,
        "unitOfMeasurements": "metric",
        "events": shown,
    }
    shipment: dict[str, Any] = {
        "shipmentTrackingNumber": parcel.number,
        "status": "Success",
        "shipmentTimestamp": parcel.origin.local(parcel.created_at).strftime("%Y-%m-%dT%H:%M:%S"),
        "productCode": "N" if parcel.origin.country == parcel.destination.country else "P",
        "description": "Return",
        "shipperDetails": _details(parcel.origin),
        "receiverDetails": _details(parcel.destination),
        "totalWeight": parcel.weight_grams / 1000,
        "unitOfMeasurements": "metric",
        "shipperReferences": [],
        "events": shown,
        "numberOfPieces": 1,
        "pieces": [piece],
    }
    if not any(scan.kind in _TAKEN for scan in scans):
        shipment["estimatedDeliveryDate"] = parcel.estimate(now).isoformat()
    return shipment


def _details(place: Place) -> dict[str, Any]:
    address = {
        "cityName": place.city.upper(),
        "countyName": "",
        "postalCode": place.postal_code,
        "provinceCode": place.state,
        "countryCode": place.country,
    }
    return {"name": "", "postalAddress": address, "serviceArea": [_area(place)]}


def _area(place: Place) -> dict[str, str]:
    city = place.city.upper()
    return {"code": city[:3], "description": f"{city} - {place.country}"}


def _event(scan: Scan) -> dict[str, Any]:
    code, local = EXPRESS[scan.kind], scan.place.local(scan.at)
    offset = local.strftime("%z")
    return {
        "date": local.strftime("%Y-%m-%d"),
        "time": local.strftime("%H:%M:%S"),
        "GMTOffset": f"{offset[:3]}:{offset[3:]}",
        "typeCode": code.code,
        "description": code.text.upper() if scan.reworded else code.text,
        "serviceArea": [_area(scan.place)],
        "signedBy": scan.signed_by or "",
    }
