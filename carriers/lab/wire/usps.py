"""USPS: OAuth, tracking v3 and v3r2, payment authorization, and the return label with its reprint and its refund.

Sources: usps-tracking-v3.yaml, usps-payments-v3.yaml, usps-domestic-labels-v3.yaml.
"""

from __future__ import annotations

from typing import Any, Final

from werkzeug import Request, Response

from carriers.lab.accounts import LAB_CREDENTIALS
from carriers.lab.numbers import gs1_check
from carriers.lab.wire.base import Desk, Route, Wire, body_of, plain, reply, retry_header, route
from carriers.lab.wire.usps_errors import error_body, usps_error
from carriers.lab.wire.usps_labels import LabelCounter
from carriers.lab.wire.usps_tracking import detail, detail_r2, summary

MOST_NUMBERS: Final = 35
PAYMENT: Final = "usps_payment"
_REFUSALS = {
    404: "The requested resource was not found.",
    405: "The method is not allowed for this resource.",
    429: "Too many requests have been received from client in a short amount of time.",
    500: "An internal error has occurred.",
    503: "The service is unavailable.",
}
_UNKNOWN = (
    "12: A status update is not yet available on your Priority Mail or Ground Advantage package. It will be available "
    "when the shipper provides an update or the package is delivered to USPS. Check back soon."
)


class Usps(Wire):
    code = "usps"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._labels = LabelCounter(desk)

    def routes(self) -> tuple[Route, ...]:
        return (
            route("POST", "/oauth2/v3/token", self._token, "token"),
            route("GET", "/tracking/v3/tracking/([^/]+)", self._track, "track"),
            route("POST", "/tracking/v3r2/tracking", self._track_many, "track"),
            route("POST", "/payments/v3/payment-authorization", self._payment, "payment"),
            route("POST", "/labels/v3/return-label", self._paid(self._labels.buy), "label"),
            route("POST", "/labels/v3/label-reprint", self._paid(self._labels.reprint_by_key), "reprint"),
            route("POST", "/labels/v3/label-reprint/([^/]+)", self._paid(self._labels.reprint_by_number), "reprint"),
            route("DELETE", "/labels/v3/label/([^/]+)", self._paid(self._labels.cancel), "void"),
        )

    def refusal(self, status: int, retry_after: int | None = None) -> Response:
        return usps_error(status, _REFUSALS.get(status, _REFUSALS[500]), **retry_header(retry_after))

    def _token(self, request: Request, _caught: str) -> Response:
        account = LAB_CREDENTIALS["usps"]
        given = body_of(request) if request.mimetype == "application/json" else request.form.to_dict()
        if not isinstance(given, dict) or given.get("grant_type") != "client_credentials":
            return _oauth_error(400, "unsupported_grant_type", "The grant type is missing or not supported.")
        if (given.get("client_id"), given.get("client_secret")) != (account["client_id"], account["client_secret"]):
            return _oauth_error(401, "invalid_client", "Client authentication failed.")
        token, seconds = self.desk.tokens.issue("usps")
        issued = int(self.desk.clock.real().timestamp() * 1000)
        return reply(
            {
                "access_token": token,
                "token_type": "Bearer",
                "issued_at": issued,
                "expires_in": str(seconds),
                "status": "approved",
                "scope": "tracking labels payments",
                "client_id": account["client_id"],
            }
        )

    def _stranger(self, request: Request) -> Response | None:
        if self.desk.tokens.admits("usps", request.headers.get("Authorization")):
            return None
        return usps_error(401, "Invalid or expired access token.", "invalid_token")

    def _track(self, request: Request, caught: str) -> Response:
        if stranger := self._stranger(request):
            return stranger
        expand = request.args.get("expand", "SUMMARY")
        if expand not in ("SUMMARY", "DETAIL"):
            return usps_error(400, "The expand parameter must be SUMMARY or DETAIL.", "150003")
        number = plain(caught)
        if not _plausible(number):
            return usps_error(400, "04: The tracking number is not valid. Check it and try again.", "150002")
        parcel, now = self.desk.world.find("usps", number), self.desk.now()
        if parcel is None or not parcel.events(now):
            return usps_error(400, _UNKNOWN, "150001")
        return reply(detail(parcel, now) if expand == "DETAIL" else summary(parcel, now))

    def _track_many(self, request: Request, _caught: str) -> Response:
        if stranger := self._stranger(request):
            return stranger
        asked = body_of(request)
        if not isinstance(asked, list) or not all(isinstance(one, dict) and "trackingNumber" in one for one in asked):
            return usps_error(400, "The body must be an array of objects with a trackingNumber.", "010003")
        if not 1 <= len(asked) <= MOST_NUMBERS:
            return usps_error(400, f"Between 1 and {MOST_NUMBERS} tracking numbers are allowed.", "010004")
        entries = [self._entry(plain(str(one["trackingNumber"]))) for one in asked]
        return reply(entries, 207 if any("error" in entry for entry in entries) else 200)

    def _entry(self, number: str) -> dict[str, Any]:
        parcel, now = self.desk.world.find("usps", number), self.desk.now()
        if parcel is not None and parcel.events(now):
            return detail_r2(parcel, now)
        if _plausible(number):
            return {"trackingNumber": number, "statusCode": "404", "error": error_body("404", _UNKNOWN, "150001")}
        message = "04: The tracking number is not valid. Check it and try again."
        return {"trackingNumber": number, "statusCode": "400", "error": error_body("400", message, "150002")}

    def _payment(self, request: Request, _caught: str) -> Response:
        if stranger := self._stranger(request):
            return stranger
        body = body_of(request)
        roles = body.get("roles") if isinstance(body, dict) else None
        if not isinstance(roles, list) or not all(isinstance(role, dict) for role in roles):
            return usps_error(400, "The roles are missing.", "030001")
        names = {role.get("roleName") for role in roles}
        if not {"PAYER", "LABEL_OWNER"} <= names:
            return usps_error(400, "The roles PAYER and LABEL_OWNER are required.", "030002")
        account = LAB_CREDENTIALS["usps"]
        if any(role.get("CRID") != account["crid"] or role.get("MID") != account["mid"] for role in roles):
            return usps_error(401, "The CRID or MID does not belong to this account.", "030003")
        token, _ = self.desk.tokens.issue(PAYMENT)
        return reply({"paymentAuthorizationToken": token, "roles": roles})

    def _paid(self, handler: Any) -> Any:
        """`handler`, for callers who are known and who have the means to pay."""

        def guarded(request: Request, caught: str) -> Response:
            if stranger := self._stranger(request):
                return stranger
            token = request.headers.get("X-Payment-Authorization-Token")
            if not token:
                return usps_error(400, "The header X-Payment-Authorization-Token is missing.", "160001")
            if not self.desk.tokens.admits(PAYMENT, f"Bearer {token}"):
                return usps_error(401, "The payment authorization is invalid or has expired.", "160002")
            answer: Response = handler(request, caught)
            return answer

        return guarded


def _plausible(number: str) -> bool:
    if len(number) == 13 and number[:2].isalpha() and number[2:11].isdigit() and number.endswith("US"):
        return True
    return number.isdigit() and len(number) in (20, 22, 26, 30, 34) and gs1_check(number[:-1]) == number[-1]


def _oauth_error(status: int, error: str, description: str) -> Response:
    uri = "https://datatracker.ietf.org/doc/html/rfc6749#page-45"
    return reply({"error": error, "error_description": description, "error_uri": uri}, status)
