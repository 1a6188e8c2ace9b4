"""FedEx: OAuth, Track v1 (fedex-track-v1-openapi.json), thirty numbers a call, and the doors to its labels.

Kept from production: `derivedCode` says IT while a parcel is out for delivery; the label scan has no offset and no
town; an unknown number is an error inside a 200; the time window is an empty object when there is none.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any, Final

from werkzeug import Request, Response

from carriers.lab.accounts import LAB_CREDENTIALS
from carriers.lab.numbers import fedex_check
from carriers.lab.parcels import Kind, Parcel, Scan
from carriers.lab.places import Place
from carriers.lab.wire.base import Desk, Route, Wire, body_of, plain, reply, retry_header, route
from carriers.lab.wire.fedex_codes import CODES, STATUS_WORDS
from carriers.lab.wire.fedex_labels import FedexLabels

MOST_NUMBERS: Final = 30
_NOT_FOUND = {
    "code": "TRACKING.TRACKINGNUMBER.NOTFOUND",
    "message": "Tracking number cannot be found. Please correct the tracking number and try again.",
}
_REFUSALS = {
    404: ("NOT.FOUND.ERROR", "The resource you requested is no longer available. Please modify your request."),
    405: ("METHOD.NOT.ALLOWED.ERROR", "This method is not allowed here."),
    429: ("RATE.LIMIT.EXCEEDED", "We have received more requests than allowed. Please try again later."),
    500: ("INTERNAL.SERVER.ERROR", "We encountered an unexpected error and are working to resolve the issue."),
    503: ("SERVICE.UNAVAILABLE.ERROR", "The service is currently unavailable."),
}
_TAKEN = {
    Kind.DELIVERED: ("RESIDENCE", "Left at front door"),
    Kind.NEIGHBOUR: ("RESIDENCE", "Left with neighbor"),
    Kind.COLLECTED: ("FEDEX_LOCATION", "Picked up at FedEx location"),
}


class Fedex(Wire):
    code = "fedex"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._labels = FedexLabels(desk)

    def routes(self) -> tuple[Route, ...]:
        return (
            route("POST", "/oauth/token", self._token, "token"),
            route("POST", "/track/v1/trackingnumbers", self._track, "track"),
            route("POST", "/track/v1/referencenumbers", self._track_reference, "find"),
            route("POST", "/ship/v1/shipments", self._ship, "label"),
            route("PUT", "/ship/v1/shipments/cancel", self._cancel, "void"),
            route("GET", "/document/v2/document/retrieve/([^/]+)", self._labels.linked, "document"),
        )

    def refusal(self, status: int, retry_after: int | None = None) -> Response:
        return self._error(status, *_REFUSALS.get(status, _REFUSALS[500]), **retry_header(retry_after))

    def _token(self, request: Request, _caught: str) -> Response:
        account, form = LAB_CREDENTIALS["fedex"], request.form
        if form.get("grant_type") != "client_credentials":
            return self._error(400, "BAD.REQUEST.ERROR", "Missing or invalid grant_type. Please modify your request.")
        if (form.get("client_id"), form.get("client_secret")) != (account["client_id"], account["client_secret"]):
            message = "The given client credentials were not valid. Please modify your request and try again."
            return self._error(401, "NOT.AUTHORIZED.ERROR", message)
        token, seconds = self.desk.tokens.issue("fedex")
        return reply({"access_token": token, "token_type": "bearer", "expires_in": seconds, "scope": "CXS-TP"})

    def _stranger(self, request: Request) -> Response | None:
        if not self.desk.tokens.admits("fedex", request.headers.get("Authorization")):
            message = "Access token expired. Please modify your request and try again."
            return self._error(401, "NOT.AUTHORIZED.ERROR", message)
        if request.mimetype != "application/json":
            return self._error(400, "BAD.REQUEST.ERROR", "content-type must be application/json")
        return None

    def _ship(self, request: Request, _caught: str) -> Response:
        return self._stranger(request) or self._done(request, self._labels.ship(request))

    def _cancel(self, request: Request, _caught: str) -> Response:
        return self._stranger(request) or self._done(request, self._labels.cancel(request))

    def _track_reference(self, request: Request, _caught: str) -> Response:
        if stranger := self._stranger(request):
            return stranger
        numbers = self._labels.by_reference(body_of(request))
        if isinstance(numbers, tuple):
            return self._error(400, *numbers)
        if not numbers:
            return self._error(404, "TRACKING.REFERENCENUMBER.NOTFOUND", "Reference number cannot be found.")
        results = [{"trackingNumber": number, "trackResults": [self._result(number)]} for number in numbers]
        return self._done(request, {"completeTrackResults": results})

    def _track(self, request: Request, _caught: str) -> Response:
        if stranger := self._stranger(request):
            return stranger
        numbers = _numbers(body_of(request))
        if numbers is None:
            return self._error(400, "INVALID.INPUT.EXCEPTION", "Invalid field value in the input")
        if not numbers or not all(numbers):
            return self._error(400, "TRACKING.TRACKINGNUMBER.EMPTY", "Please provide tracking number.")
        if len(numbers) > MOST_NUMBERS:
            message = f"The maximum number of tracking numbers, {MOST_NUMBERS}, was exceeded."
            return self._error(400, "TRACKING.TRACKINGNUMBER.LIMITEXCEEDED", message)
        results = [{"trackingNumber": number, "trackResults": [self._result(number)]} for number in numbers]
        return self._done(request, {"completeTrackResults": results})

    def _done(self, request: Request, output: dict[str, Any] | tuple[str, str]) -> Response:
        if isinstance(output, tuple):
            return self._error(400, *output)
        answer: dict[str, Any] = {"transactionId": self._transaction(), "output": output}
        if customer := request.headers.get("x-customer-transaction-id"):
            answer["customerTransactionId"] = customer
        return reply(answer)

    def _result(self, number: str) -> dict[str, Any]:
        if not _plausible(number):
            error = {"code": "TRACKING.TRACKINGNUMBER.INVALID", "message": "Invalid tracking number."}
            return {"trackingNumberInfo": _info(number), "error": error}
        parcel, now = self.desk.world.find("fedex", number), self.desk.now()
        if parcel is None or not parcel.events(now):
            return {"trackingNumberInfo": _info(number), "error": _NOT_FOUND}
        return _track_result(parcel, now)

    def _error(self, status: int, code: str, message: str, **headers: str) -> Response:
        errors = [{"code": code, "message": message}]
        return reply({"transactionId": self._transaction(), "errors": errors}, status, **headers)

    def _transaction(self) -> str:
        """An id that looks like FedEx's, drawn from the lab's clock so that nothing here is left to chance."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, self.desk.clock.now().isoformat()))


def _numbers(body: Any) -> list[str] | None:
    """The numbers asked for; None when the request is not what the interface says."""
    try:
        return [plain(info["trackingNumberInfo"]["trackingNumber"]) for info in body["trackingInfo"]]
    except (AttributeError, KeyError, TypeError):
        return None


def _plausible(number: str) -> bool:
    if not number.isdigit() or len(number) not in (12, 15, 20, 22, 34):
        return False
    return len(number) != 12 or fedex_check(number[:-1]) == number[-1]


def _info(number: str, carrier: str = "", unique: str = "") -> dict[str, str]:
    known = {"carrierCode": carrier} if carrier else {}
    return {"trackingNumber": number, "trackingNumberUniqueId": unique, **known}


def _track_result(parcel: Parcel, now: datetime) -> dict[str, Any]:
    shown = parcel.events(now)
    latest = max(shown, key=lambda scan: scan.at)
    express = parcel.service_level == "express"
    unique = f"{parcel.created_at:%j%y}~{parcel.number}~FD{'EX' if express else 'EG'}"
    return {
        "trackingNumberInfo": _info(parcel.number, "FDXE" if express else "FDXG", unique),
        "additionalTrackingInfo": {"hasAssociatedShipments": False, "nickname": "", "packageIdentifiers": []},
        "serviceDetail": _service(express),
        "latestStatusDetail": _status(latest, parcel.estimate(now) > parcel.promised_on),
        "scanEvents": [_event(scan) for scan in reversed(shown)],
        "dateAndTimes": _dates(parcel, shown, now),
        "packageDetails": {
            "sequenceNumber": "1",
            "count": "1",
            "packagingDescription": {"type": "YOUR_PACKAGING", "description": "Customer Packaging"},
            "weightAndDimensions": {"weight": [{"unit": "KG", "value": f"{parcel.weight_grams / 1000:.2f}"}]},
        },
        "estimatedDeliveryTimeWindow": {"window": {}},
        "standardTransitTimeWindow": {"window": {"ends": _end_of_day(parcel.promised_on)}},
        "deliveryDetails": _delivery(latest, shown),
        "shipperInformation": {"address": _address(parcel.origin)},
        "recipientInformation": {"address": _address(parcel.destination)},
        "availableNotifications": ["ON_DELIVERY", "ON_EXCEPTION"],
    }


def _service(express: bool) -> dict[str, str]:
    if express:
        return {"type": "PRIORITY_OVERNIGHT", "description": "FedEx Priority Overnight", "shortDescription": "P-1"}
    return {"type": "FEDEX_GROUND", "description": "FedEx Ground", "shortDescription": "FG"}


def _status(latest: Scan, delayed: bool) -> dict[str, Any]:
    code = CODES[latest.kind]
    words = STATUS_WORDS[code.code if code.code in ("DE", "SE", "CD", "HL") else code.derived]
    status: dict[str, Any] = {
        "code": code.code,
        "derivedCode": code.derived,
        "statusByLocale": words,
        "description": code.text,
        "scanLocation": {} if latest.kind is Kind.LABEL else _address(latest.place),
        "delayDetail": {"status": "DELAYED", "type": "GENERAL"} if delayed else {"status": "ON_TIME"},
    }
    if code.reason:
        status["ancillaryDetails"] = [
            {"reason": code.reason, "reasonDescription": code.reason_text, "action": "", "actionDescription": ""}
        ]
    return status


def _event(scan: Scan) -> dict[str, Any]:
    code = CODES[scan.kind]
    local = scan.place.local(scan.at)
    label = scan.kind is Kind.LABEL
    return {
        "date": (local.replace(tzinfo=None) if label else local).isoformat(),
        "eventType": code.code,
        "eventDescription": code.text.upper() if scan.reworded else code.text,
        "exceptionCode": code.reason,
        "exceptionDescription": code.reason_text,
        "scanLocation": {} if label else _address(scan.place),
        "locationType": "CUSTOMER" if label else "FEDEX_FACILITY",
        "derivedStatusCode": code.derived,
        "derivedStatus": STATUS_WORDS[code.derived],
    }


def _dates(parcel: Parcel, shown: tuple[Scan, ...], now: datetime) -> list[dict[str, str]]:
    dates = [{"type": "SHIP", "dateTime": parcel.origin.local(parcel.created_at).date().isoformat() + "T00:00:00"}]
    for scan in shown:
        local = scan.place.local(scan.at).isoformat()
        if scan.kind is Kind.PICKED_UP:
            dates.append({"type": "ACTUAL_PICKUP", "dateTime": local})
        if CODES[scan.kind].code == "DL":
            return [*dates, {"type": "ACTUAL_DELIVERY", "dateTime": local}]
    dates.append({"type": "COMMITMENT", "dateTime": _end_of_day(parcel.promised_on)})
    dates.append({"type": "ESTIMATED_DELIVERY", "dateTime": _end_of_day(parcel.estimate(now))})
    return dates


def _end_of_day(day: date) -> str:
    """Eight in the evening at the destination, as FedEx gives a date without a window."""
    return f"{day}T20:00:00"


def _delivery(latest: Scan, shown: tuple[Scan, ...]) -> dict[str, Any]:
    attempts = sum(scan.kind in (Kind.NOBODY_HOME, Kind.CLOSED, Kind.REFUSED) for scan in shown)
    details: dict[str, Any] = {"deliveryAttempts": str(attempts)}
    if latest.kind in _TAKEN:
        where, words = _TAKEN[latest.kind]
        details |= {"locationType": where, "locationDescription": words, "receivedByName": latest.signed_by or ""}
        details |= {"signedByName": latest.signed_by or "", "actualDeliveryAddress": _address(latest.place)}
    return details


def _address(place: Place) -> dict[str, Any]:
    return {
        "city": place.city.upper(),
        "stateOrProvinceCode": place.state,
        "postalCode": place.postal_code,
        "countryCode": place.country,
        "residential": False,
    }
