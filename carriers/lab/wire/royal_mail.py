"""Royal Mail Tracking v2: events, summaries and signatures.

Kept from production: `mailPieces` is an object for one item and a list for a summary, where an item without data has
an `error` of its own inside a 200.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from werkzeug import Request, Response

from carriers.lab.accounts import LAB_CREDENTIALS
from carriers.lab.parcels import Kind, Parcel, Scan
from carriers.lab.wire.base import Handler, Route, Wire, plain, reply, retry_header, route
from carriers.lab.wire.royal_mail_codes import ALPHA3, CATEGORIES, CODES

MOST_NUMBERS: Final = 30
_PIECES: Final = "/mailpieces/v2"
_UNKNOWN: Final = {
    "errorCode": "E1142",
    "errorDescription": "Barcode reference isn't recognised",
    "errorCause": "A mail item with that barcode cannot be located",
    "errorResolution": "Check barcode and resubmit",
}
_NO_PROOF: Final = {
    "errorCode": "E1308",
    "errorDescription": "The proof of delivery is not available",
    "errorCause": "No proof of delivery was recorded",
    "errorResolution": "Try again later",
}
_REFUSALS: Final = {
    404: ("E1145", "Resource not found"),
    405: ("E1144", "Method not allowed"),
    429: ("E0010", "Too many requests"),
    503: ("E0001", "Service unavailable"),
    500: ("E0009", "Internal server error"),
}
_CARRIER: Final = {"carrierShortName": "RM", "carrierFullName": "Royal Mail Group Ltd"}


class RoyalMail(Wire):
    code = "royal_mail"

    def routes(self) -> tuple[Route, ...]:
        known = self._known
        return (
            route("GET", f"{_PIECES}/summary", known(self._summary), "track"),
            route("GET", f"{_PIECES}/([^/]+)/events", known(self._events), "track"),
            route("GET", f"{_PIECES}/([^/]+)/signature", known(self._signature), "document"),
        )

    def refusal(self, status: int, retry_after: int | None = None) -> Response:
        code, words = _REFUSALS.get(status, _REFUSALS[500])
        error = {"errorCode": code, "errorDescription": words, "errorCause": words, "errorResolution": "Try again"}
        return _failed(status, words, [error], **retry_header(retry_after))

    def _known(self, handler: Handler) -> Handler:
        def guarded(request: Request, caught: str) -> Response:
            account, given = LAB_CREDENTIALS["royal_mail"], request.headers
            client = (given.get("X-IBM-Client-Id"), given.get("X-IBM-Client-Secret"))
            if client == (account["client_id"], account["client_secret"]):
                return handler(request, caught)
            return _failed(401, "Unauthorized", [], more="Invalid client id or secret.")

        return guarded

    def _shown(self, number: str) -> Parcel | None:
        parcel = self.desk.world.find("royal_mail", plain(number))
        return parcel if parcel and parcel.events(self.desk.now()) else None

    def _events(self, _request: Request, caught: str) -> Response:
        parcel, now = self._shown(caught), self.desk.now()
        if parcel is None:
            return _failed(404, "Resource not found", [_UNKNOWN])
        piece = _piece(parcel, now) | {
            "estimatedDelivery": _estimate(parcel, now),
            "events": [_event(scan) for scan in _newest_first(parcel, now)],
        }
        if proof := _proof(parcel, now):
            piece["signature"] = proof
        return reply({"mailPieces": piece})

    def _summary(self, request: Request, _caught: str) -> Response:
        numbers = [plain(number) for number in request.args.get("mailPieceId", "").split(",") if number.strip()]
        if not 1 <= len(numbers) <= MOST_NUMBERS:
            words = "The number of mail pieces is not between 1 and 30"
            return _failed(400, "Bad Request", [{"errorCode": "E0013", "errorDescription": words}])
        now = self.desk.now()
        found = [(number, self._shown(number)) for number in numbers]
        return reply(
            {
                "mailPieces": [
                    _piece(parcel, now) if parcel else {"mailPieceId": number, **_CARRIER, "error": _UNKNOWN}
                    for number, parcel in found
                ]
            }
        )

    def _signature(self, _request: Request, caught: str) -> Response:
        parcel, now = self._shown(caught), self.desk.now()
        if parcel is None:
            return _failed(404, "Resource not found", [_UNKNOWN])
        if (proof := _proof(parcel, now)) is None:
            return _failed(404, "Resource not found", [_NO_PROOF])
        more = {"uniqueItemId": parcel.number, "oneDBarcode": parcel.number}
        image = '<svg xmlns="http://www.w3.org/2000/svg" width="660" height="530"><path d="M60 300q120-160 240 0t240 0"/></svg>'
        drawn = {"imageFormat": "image/svg+xml", "height": 530, "width": 660, "image": image}
        return reply({"mailPieces": {"mailPieceId": parcel.number, **_CARRIER, "signature": proof | more | drawn}})


def _newest_first(parcel: Parcel, now: datetime) -> list[Scan]:
    return sorted(parcel.events(now), key=lambda scan: scan.at, reverse=True)


def _piece(parcel: Parcel, now: datetime) -> dict[str, Any]:
    latest = _event(_newest_first(parcel, now)[0])
    category, words = CATEGORIES[latest["eventCode"]]
    express = parcel.service_level == "express"
    home = (parcel.origin.country, parcel.destination.country)
    summary = {
        "uniqueItemId": parcel.number,
        "oneDBarcode": parcel.number,
        "productId": "SD2" if express else "TPN",
        "productName": "Special Delivery Guaranteed" if express else "Royal Mail Tracked 24",
        "productDescription": "Tracked from acceptance to delivery",
        "productCategory": "NON-INTERNATIONAL" if home == ("GB", "GB") else "INTERNATIONAL",
        "originCountryCode": ALPHA3.get(parcel.origin.country, parcel.origin.country),
        "destinationCountryCode": ALPHA3.get(parcel.destination.country, parcel.destination.country),
        "lastEventCode": latest["eventCode"],
        "lastEventName": latest["eventName"],
        "lastEventDateTime": latest["eventDateTime"],
        "lastEventLocationName": latest["locationName"],
        "statusDescription": words,
        "statusCategory": category,
        "summaryLine": f"Item {parcel.number}: {words}.",
    }
    return {"mailPieceId": parcel.number, **_CARRIER, "summary": summary, "links": _links(parcel.number)}


def _links(number: str) -> dict[str, Any]:
    return {
        "summary": {"href": f"{_PIECES}/summary?mailPieceId={number}", "title": "Summary"},
        "events": {"href": f"{_PIECES}/{number}/events", "title": "Events"},
    }


def _event(scan: Scan) -> dict[str, str]:
    code, words = CODES[scan.kind]
    return {
        "eventCode": code,
        "eventName": words.upper() if scan.reworded else words,
        "eventDateTime": scan.place.local(scan.at).isoformat(timespec="seconds"),
        "locationName": "" if scan.kind is Kind.LABEL else f"{scan.place.city} DO",
    }


def _estimate(parcel: Parcel, now: datetime) -> dict[str, str]:
    """The window's ends are bare times with an offset."""
    day = parcel.estimate(now)
    start, end = (
        parcel.destination.local(parcel.destination.moment(day, hour)).isoformat().partition("T")[2] for hour in (8, 11)
    )
    return {"date": day.isoformat(), "startOfEstimatedWindow": start, "endOfEstimatedWindow": end}


def _proof(parcel: Parcel, now: datetime) -> dict[str, str] | None:
    signed = next((scan for scan in _newest_first(parcel, now) if scan.signed_by), None)
    if signed is None:
        return None
    moment = signed.place.local(signed.at).isoformat(timespec="seconds")
    return {"recipientName": signed.signed_by or "", "signatureDateTime": moment, "imageId": "001234"}


def _failed(status: int, message: str, errors: list[dict[str, str]], *, more: str = "", **headers: str) -> Response:
    body = {"httpCode": str(status), "httpMessage": message, "moreInformation": more, "errors": errors}
    return reply(body, status, **headers)
