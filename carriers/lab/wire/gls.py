"""GLS: OAuth, Track and Trace v1, and the doors to ShipIT (gls-authentification-service-v2, gls-ecitrackandtrace,
gls-shipit-farm).

Kept from production: events stand newest first; a number of twelve digits is answered with its eleven; an unknown
number is an entry with an error inside a 200; a bad token is answered with a web page.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from werkzeug import Request, Response

from carriers.lab.accounts import LAB_CREDENTIALS
from carriers.lab.parcels import Kind, Parcel, Scan
from carriers.lab.tokens import basic_credentials
from carriers.lab.wire.base import Desk, Handler, Route, Wire, plain, reply, retry_header, route
from carriers.lab.wire.gls_codes import CODES
from carriers.lab.wire.gls_labels import GlsLabels, unit_number

MOST_NUMBERS: Final = 10
_REFUSALS: Final = {
    404: ("Not Found", "No static resource."),
    405: ("Method Not Allowed", "This method is not allowed here."),
    429: ("Too Many Requests", "Rate limit quota violation."),
    500: ("Internal Server Error", "An internal error has occurred."),
}


class Gls(Wire):
    code = "gls"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._labels = GlsLabels(desk)

    def routes(self) -> tuple[Route, ...]:
        track, shipit, known, labels = (
            "(?:/track-and-trace-v1)?/tracking/simple",
            "(?:/shipit-farm/v1/backend)?/rs",
            self._known,
            self._labels,
        )
        return (
            route("POST", "/oauth2/v2/token", self._token, "token"),
            route("GET", f"{track}/(?:trackids|references)/([^/]+)", known(self._track), "track"),
            route("POST", f"{shipit}/shipments", known(labels.create), "label"),
            route("POST", f"{shipit}/shipments/cancel/([^/]+)", known(labels.cancel), "void"),
            route("POST", f"{shipit}/shipments/reprintparcel", known(labels.reprint), "reprint"),
            route("POST", f"{shipit}/tracking/parcels", known(labels.find), "find"),
        )

    def refusal(self, status: int, retry_after: int | None = None) -> Response:
        title, detail = _REFUSALS.get(status, _REFUSALS[500])
        problem = {"type": "about:blank", "title": title, "status": status, "detail": detail}
        return reply(problem, status, **retry_header(retry_after))

    def _token(self, request: Request, _caught: str) -> Response:
        account, form = LAB_CREDENTIALS["gls"], request.form
        given = basic_credentials(request.headers.get("Authorization"))
        if not any(given):
            given = form.get("client_id", ""), form.get("client_secret", "")
        if form.get("grant_type") != "client_credentials":
            return _oauth_error(400, "Missing or invalid grant_type")
        if given != (account["client_id"], account["client_secret"]):
            return _oauth_error(401, "Invalid client identifier")
        token, seconds = self.desk.tokens.issue("gls")
        return reply({"access_token": token, "token_type": "Bearer", "expires_in": seconds})

    def _known(self, handler: Handler) -> Handler:
        def guarded(request: Request, caught: str) -> Response:
            if self.desk.tokens.admits("gls", request.headers.get("Authorization")):
                return handler(request, caught)
            page = "<html><head><title>Error</title></head><body>Authorization failed</body></html>"
            return Response(page, 401, content_type="text/html")

        return guarded

    def _track(self, request: Request, caught: str) -> Response:
        numbers = [number for number in caught.split(",") if number.strip()]
        if len(numbers) > MOST_NUMBERS:
            problem = {"type": "about:blank", "title": "Bad Request", "status": 400, "detail": "Limit Size Exceeded"}
            return reply(problem, 400)
        events = request.args.get("showEvents", "true") != "false"
        return reply({"parcels": [self._parcel(number, events) for number in numbers]})

    def _parcel(self, asked: str, events: bool) -> dict[str, Any]:
        parcel, now = self.desk.world.find("gls", unit_number(plain(asked))), self.desk.now()
        if parcel is None or not parcel.events(now):
            return {"requested": asked, "errorCode": "E_404_01", "errorMessage": "Resource Not Found"}
        return _shown(parcel, asked, now, events)


def _oauth_error(status: int, message: str) -> Response:
    return reply({"errors": [{"type": str(status), "message": message}]}, status)


def _shown(parcel: Parcel, asked: str, now: datetime, events: bool) -> dict[str, Any]:
    scans = parcel.events(now)
    latest = max(scans, key=lambda scan: scan.at)
    shown: dict[str, Any] = {
        "requested": asked,
        "unitno": parcel.number,
        "status": CODES[latest.kind].status,
        "statusDateTime": _time(latest),
    }
    return shown | ({"events": [_event(scan) for scan in reversed(scans)]} if events else {})


def _event(scan: Scan) -> dict[str, str]:
    code, label = CODES[scan.kind], scan.kind is Kind.LABEL
    return {
        "code": code.code,
        "city": "" if label else scan.place.city,
        "postalCode": "" if label else scan.place.postal_code,
        "country": scan.place.country,
        "description": code.text.upper() if scan.reworded else code.text,
        "eventDateTime": _time(scan),
    }


def _time(scan: Scan) -> str:
    return scan.place.local(scan.at).strftime("%Y-%m-%dT%H:%M:%S%z")
