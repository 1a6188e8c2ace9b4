"""Hermes Germany: OAuth with a user, shipment information, and the doors to return orders (hermes-de-openapi-*.yaml).

Kept from production: events stand oldest first; a return has legs of its own, and what is delivered to the client is
7500; an unknown number is an entry with e001 inside a 200.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from werkzeug import Request, Response

from carriers.lab.accounts import LAB_CREDENTIALS
from carriers.lab.parcels import Kind, Parcel, Scan
from carriers.lab.wire.base import Desk, Handler, Route, Wire, plain, reply, retry_header, route
from carriers.lab.wire.hermes_de_codes import ALPHA3, CODES, RETURN_LEGS
from carriers.lab.wire.hermes_de_labels import HermesReturns, hermes_error

MOST_NUMBERS: Final = 100
_UNKNOWN: Final = {"code": "e001", "message": "There is no information for the entered value."}
_TAKEN: Final = frozenset({Kind.DELIVERED, Kind.NEIGHBOUR, Kind.COLLECTED, Kind.RETURNED})
_REFUSALS: Final = {
    404: ("e404", "The requested resource was not found."),
    405: ("e405", "The method is not allowed here."),
    429: ("e429", "Too many requests."),
    500: ("e003", "An internal error has occurred."),
}


class HermesDe(Wire):
    code = "hermes_de"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._returns = HermesReturns(desk)

    def routes(self) -> tuple[Route, ...]:
        base, known, returns = "(?:/services/hsi)?", self._known, self._returns
        return (
            route("POST", "/authorization-facade/oauth2/access_token", self._token, "token"),
            route("GET", f"{base}/shipmentinfo", known(self._track), "track"),
            route("POST", f"{base}/returnorders/labels", known(returns.create_with_label), "label"),
            route("POST", f"{base}/returnorders", known(returns.create), "label"),
            route("POST", f"{base}/returnorders/([0-9]+)/labels", known(returns.reprint), "document"),
            route("GET", f"{base}/returnorders/([0-9]+)", known(returns.show), "find"),
        )

    def refusal(self, status: int, retry_after: int | None = None) -> Response:
        return hermes_error(status, *_REFUSALS.get(status, _REFUSALS[500]), **retry_header(retry_after))

    def _token(self, request: Request, _caught: str) -> Response:
        account, form = LAB_CREDENTIALS["hermes_de"], request.form
        client = tuple(form.get(name) for name in ("client_id", "client_secret"))
        if client != (account["client_id"], account["client_secret"]):
            return _oauth_error(401, "invalid_client", "Given client ID does not match authenticated client.")
        if form.get("grant_type") == "refresh_token":
            if not self.desk.tokens.admits("hermes_de", f"Bearer {form.get('refresh_token')}"):
                return _oauth_error(400, "invalid_grant", "Invalid refresh token")
        elif form.get("grant_type") != "password":
            return _oauth_error(400, "unsupported_grant_type", "Unsupported grant type")
        elif (form.get("username"), form.get("password")) != (account["username"], account["password"]):
            return _oauth_error(401, "access_denied", "The user or the password is wrong.")
        token, seconds = self.desk.tokens.issue("hermes_de")
        answer = {"access_token": token, "refresh_token": token, "token_type": "Bearer", "scope": "full"}
        return reply({**answer, "expires_in": str(seconds), "realm": "/"})

    def _known(self, handler: Handler) -> Handler:
        def guarded(request: Request, caught: str) -> Response:
            if self.desk.tokens.admits("hermes_de", request.headers.get("Authorization")):
                return handler(request, caught)
            return _oauth_error(401, "access_denied", "Access denied for token")

        return guarded

    def _track(self, request: Request, _caught: str) -> Response:
        if reference := request.args.get("clientReference"):
            if not request.args.get("clientID", "").isdigit():
                return hermes_error(400, "e006", "Required field error during validation: clientID")
            numbers = [sold.number for sold in self.desk.book.by_reference("hermes_de", reference)]
            if not numbers:
                return reply({"shipmentinfo": [{"clientReference": reference, "result": _UNKNOWN}]})
        else:
            given = request.args.getlist("shipmentID")
            numbers = [plain(number) for part in given for number in part.split(",") if number.strip()]
        if not 1 <= len(numbers) <= MOST_NUMBERS:
            return hermes_error(400, "e006", "Required field error during validation: shipmentID")
        return reply({"shipmentinfo": [self._shipment(number) for number in numbers]})

    def _shipment(self, number: str) -> dict[str, Any]:
        parcel, now = self.desk.world.find("hermes_de", number), self.desk.now()
        if parcel is None or not parcel.events(now):
            return {"shipmentID": number, "result": _UNKNOWN}
        sold = self.desk.book.by_number("hermes_de", number)
        return _info(parcel, now, sold.reference if sold else "", is_return=sold is not None)


def _oauth_error(status: int, error: str, description: str) -> Response:
    return reply({"error": error, "error_description": description}, status)


def _info(parcel: Parcel, now: datetime, reference: str, *, is_return: bool) -> dict[str, Any]:
    scans = sorted(parcel.events(now), key=lambda scan: scan.at)
    info: dict[str, Any] = {
        "shipmentID": parcel.number,
        "clientReference": reference,
        "trackingLink": f"https://www.myhermes.de/empfangen/sendungsverfolgung/#{parcel.number}",
        "receiverAddress": {
            "city": parcel.destination.city,
            "zipCode": parcel.destination.postal_code,
            "countryCode": ALPHA3.get(parcel.destination.country, parcel.destination.country),
        },
        "status": [_event(scan, is_return) for scan in scans],
    }
    if scans[-1].kind not in _TAKEN:
        slot = {"from": "10:00", "to": "18:00"}
        info["deliveryForecast"] = {"fixed": False, "date": parcel.estimate(now).isoformat(), "timeSlot": slot}
    return info


def _event(scan: Scan, is_return: bool) -> dict[str, Any]:
    code, words = (RETURN_LEGS if is_return else {}).get(scan.kind) or CODES[scan.kind]
    return {
        "timestamp": scan.place.local(scan.at).isoformat(),
        "code": code,
        "description": words.upper() if scan.reworded else words,
        "scanningUnit": {
            "name": "Hermes Germany",
            "city": scan.place.city,
            "countryCode": ALPHA3.get(scan.place.country, scan.place.country),
        },
    }
