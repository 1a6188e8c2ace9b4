"""Australia Post's Shipping and Tracking: up to ten numbers a call, words instead of codes.

Kept from production: an article stands directly in `trackable_items`, or inside a consignment there; a result's
`status` may be missing; a number that it does not know has `errors` inside a 200.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from werkzeug import Request, Response

from carriers.lab.accounts import LAB_CREDENTIALS
from carriers.lab.parcels import Kind, Parcel, Scan
from carriers.lab.tokens import basic_credentials
from carriers.lab.wire.base import Handler, Route, Wire, plain, reply, retry_header, route

MOST_NUMBERS: Final = 10
_MOVING: Final = "In transit"
# Kind: the description of the event, and the status of an article whose latest event it is.
CODES: Final = {
    Kind.LABEL: ("Shipping information received by Australia Post", "Initiated"),
    Kind.PICKED_UP: ("Received by Australia Post", _MOVING),
    Kind.ORIGIN: ("Item processed at facility", _MOVING),
    Kind.DEPARTED: ("In transit to next facility", _MOVING),
    Kind.ARRIVED: ("Arrived at facility", _MOVING),
    Kind.CUSTOMS_IN: ("Arrived awaiting clearance (Inbound)", _MOVING),
    Kind.CUSTOMS_HOLD: ("Held by Customs", _MOVING),
    Kind.CUSTOMS_OUT: ("Item cleared by Customs", _MOVING),
    Kind.DELAY: ("Item delayed", "Possible delay"),
    Kind.WEATHER: ("Item delayed due to severe weather", "Possible delay"),
    Kind.AT_DESTINATION: ("Arrived at delivery facility", _MOVING),
    Kind.OUT_FOR_DELIVERY: ("Onboard for delivery", "On Board for Delivery"),
    Kind.NOBODY_HOME: ("Unable to deliver - customer not home", "Unsuccessful Delivery"),
    Kind.CLOSED: ("Unable to deliver - premises closed", "Unsuccessful Delivery"),
    Kind.ADDRESS_PROBLEM: ("Unable to deliver - address problem", "Cannot be delivered"),
    Kind.ADDRESS_FIXED: ("Address corrected, in transit to next facility", _MOVING),
    Kind.DAMAGED: ("Article damaged", "Article damaged"),
    Kind.LOST: ("Article lost", "Cannot be delivered"),
    Kind.REFUSED: ("Refused by the addressee", "Cannot be delivered"),
    Kind.READY_FOR_PICKUP: ("Awaiting collection", "Awaiting collection"),
    Kind.COLLECTED: ("Delivered - Collected by the addressee", "Delivered"),
    Kind.DELIVERED: ("Delivered", "Delivered"),
    Kind.NEIGHBOUR: ("Delivered - Left with a neighbour", "Delivered"),
    Kind.RETURNING: ("Being returned to sender", _MOVING),
    Kind.RETURNED: ("Returned to sender", "Cannot be delivered"),
    Kind.CANCELLED: ("Cancelled", "Cancelled"),
}
_REFUSALS: Final = {
    404: ("41001", "RESOURCE_NOT_FOUND", "The requested resource does not exist."),
    405: ("41002", "METHOD_NOT_ALLOWED", "The method is not allowed for the resource."),
    500: ("51000", "INTERNAL_ERROR", "An internal error has occurred."),
}


class AustraliaPost(Wire):
    code = "australia_post"

    def routes(self) -> tuple[Route, ...]:
        return (route("GET", "(?:/test)?/shipping/v1/track", self._known(self._track), "track"),)

    def refusal(self, status: int, retry_after: int | None = None) -> Response:
        if status == 429:  # an older shape than everything else
            body = {"error_code": "API_002", "error_message": "Too many requests"}
            return reply(body, status, **retry_header(retry_after))
        return _failed(status, *_REFUSALS.get(status, _REFUSALS[500]), **retry_header(retry_after))

    def _known(self, handler: Handler) -> Handler:
        def guarded(request: Request, caught: str) -> Response:
            account = LAB_CREDENTIALS["australia_post"]
            given = basic_credentials(request.headers.get("Authorization"))
            if given != (account["api_key"], account["password"]):
                return _failed(401, "API_001", "Unauthorised", "The API key or the password is not valid.")
            if request.headers.get("Account-Number") != account["account_number"]:
                return _failed(403, "API_001", "Forbidden", "The account number is not yours.")
            return handler(request, caught)

        return guarded

    def _track(self, request: Request, _caught: str) -> Response:
        numbers = [plain(number) for number in request.args.get("tracking_ids", "").split(",") if number.strip()]
        if not numbers:
            return _failed(400, "51100", "TRACKING_IDS_MISSING", "There are no tracking ids.")
        if len(numbers) > MOST_NUMBERS:
            return _failed(400, "51101", "TOO_MANY_AP_TRACKING_IDS", "The request must contain 10 or less ids.")
        return reply({"tracking_results": [self._result(number) for number in numbers]})

    def _result(self, number: str) -> dict[str, Any]:
        parcel, now = self.desk.world.find("australia_post", number), self.desk.now()
        if parcel is None or not parcel.events(now):
            return {"tracking_id": number, "errors": [{"code": "ESB-10001", "name": "Invalid tracking ID"}]}
        article = _article(parcel, now)
        if parcel.destination.country == "AU":
            return {"tracking_id": number, "status": article["status"], "trackable_items": [article]}
        shipment = {"consignment_id": number, "number_of_items": 1, "items": [article]}
        return {"tracking_id": number, "trackable_items": [shipment]}


def _article(parcel: Parcel, now: datetime) -> dict[str, Any]:
    scans = sorted(parcel.events(now), key=lambda scan: scan.at, reverse=True)
    product = "International" if parcel.destination.country != "AU" else "Parcel Post"
    express = {"International": "International Express", "Parcel Post": "Express Post"}
    return {
        "article_id": parcel.number,
        "product_type": express[product] if parcel.service_level == "express" else product,
        "events": [_event(scan) for scan in scans],
        "status": CODES[scans[0].kind][1],
    }


def _event(scan: Scan) -> dict[str, str]:
    words = CODES[scan.kind][0]
    event = {
        "description": words.upper() if scan.reworded else words,
        "date": scan.place.local(scan.at).isoformat(timespec="seconds"),
    }
    if scan.kind is Kind.LABEL:
        return event
    place = scan.place
    return {
        "location": f"{place.city.upper()} {place.state if place.country == 'AU' else f'({place.country})'}",
        **event,
    }


def _failed(status: int, code: str, name: str, message: str, **headers: str) -> Response:
    return reply({"errors": [{"code": code, "name": name, "message": message}]}, status, **headers)
