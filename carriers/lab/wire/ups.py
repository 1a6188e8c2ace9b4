"""UPS as it answers in production: OAuth, Track v1 and the doors to its labels (OAuthClientCredentials.yaml,
Tracking.yaml).

Kept from production rather than from the published sample: `currentStatus.code` holds the three-digit code and no
type; activities stand newest first with the label record always last; the label record names no town; `gmtTime` has
colons; an unknown number is a warning inside a 200.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from werkzeug import Request, Response

from carriers.lab.accounts import LAB_CREDENTIALS
from carriers.lab.numbers import ups_check
from carriers.lab.parcels import Kind, Parcel, Scan
from carriers.lab.tokens import basic_credentials
from carriers.lab.wire.base import Desk, Handler, Route, Wire, plain, reply, retry_header, route
from carriers.lab.wire.subscriptions import UpsAlerts
from carriers.lab.wire.ups_codes import CODES, CURRENT, UpsCode
from carriers.lab.wire.ups_labels import UpsLabels, ups_error

_TAKEN = {Kind.DELIVERED: "Front Door", Kind.NEIGHBOUR: "Neighbor", Kind.COLLECTED: "UPS Access Point"}
_REFUSALS = {
    404: ("404", "Resource Not Found"),
    405: ("405", "Method Not Allowed"),
    429: ("10429", "Too Many Requests"),
    500: ("10500", "Internal Server Error"),
    503: ("10503", "Service Unavailable"),
}


class Ups(Wire):
    code = "ups"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._labels = UpsLabels(desk)
        self._alerts = UpsAlerts(desk)

    def routes(self) -> tuple[Route, ...]:
        labels, known = self._labels, self._known
        return (
            route("POST", "/security/v1/oauth/token", self._token, "token"),
            route("GET", "/api/track/v1/details/([^/]+)", known(self._track), "track"),
            route("GET", "/api/track/v1/reference/details/([^/]+)", known(self._track_reference), "find"),
            route("POST", "/api/shipments/(v[0-9]+)/ship", known(labels.ship), "label"),
            route("DELETE", "/api/shipments/v[0-9]+/void/cancel/([^/]+)", known(labels.void), "void"),
            route("POST", "/api/labels/v[0-9]+/recovery", known(labels.recover), "find"),
            route("GET", "/uel/llp/([^/]+)", labels.linked, "document"),
            route(
                "POST", "/api/track/v[12]/subscription/(?:standard|enhanced)/package", known(self._alert), "subscribe"
            ),
        )

    def refusal(self, status: int, retry_after: int | None = None) -> Response:
        return ups_error(status, *_REFUSALS.get(status, _REFUSALS[500]), **retry_header(retry_after))

    def _token(self, request: Request, _caught: str) -> Response:
        account = LAB_CREDENTIALS["ups"]
        if request.form.get("grant_type") != "client_credentials":
            return ups_error(400, "10400", "Invalid/Missing Authorization Header or grant_type")
        if basic_credentials(request.headers.get("Authorization")) != (account["client_id"], account["client_secret"]):
            return ups_error(401, "10401", "ClientId is Invalid")
        token, seconds = self.desk.tokens.issue("ups")
        issued = str(int(self.desk.clock.real().timestamp() * 1000))
        return reply(
            {
                "token_type": "Bearer",
                "issued_at": issued,
                "client_id": account["client_id"],
                "access_token": token,
                "expires_in": str(seconds),
                "status": "approved",
            }
        )

    def _known(self, handler: Handler) -> Handler:
        """`handler`, for callers whom UPS knows."""

        def guarded(request: Request, caught: str) -> Response:
            if self.desk.tokens.admits("ups", request.headers.get("Authorization")):
                return handler(request, caught)
            return ups_error(401, "250002", "Invalid Authentication Information.")

        return guarded

    def _alert(self, request: Request, caught: str) -> Response:
        return _anonymous(request) or self._alerts.subscribe(request, caught)

    def _track(self, request: Request, caught: str) -> Response:
        if anonymous := _anonymous(request):
            return anonymous
        number = plain(caught)
        if not _plausible(number):
            return ups_error(400, "TV1002", "Invalid inquiry number")
        return self._tracked(number, [number])

    def _track_reference(self, request: Request, caught: str) -> Response:
        if anonymous := _anonymous(request):
            return anonymous
        return self._tracked(caught, [sold.number for sold in self._labels.by_reference(caught)])

    def _tracked(self, asked: str, numbers: list[str]) -> Response:
        now, parcels = self.desk.now(), [self.desk.world.find("ups", number) for number in numbers]
        packages = [_package(parcel, now) for parcel in parcels if parcel and parcel.events(now)]
        if packages:
            shipments: list[dict[str, Any]] = [{"inquiryNumber": asked, "package": [package]} for package in packages]
        else:
            warning = {"code": "TW0001", "message": "Tracking Information Not Found"}
            shipments = [{"inquiryNumber": asked, "warnings": [warning]}]
        return reply({"trackResponse": {"shipment": shipments}})


def _anonymous(request: Request) -> Response | None:
    """The refusal of a call that does not say who calls."""
    missing = [name for name in ("transId", "transactionSrc") if not request.headers.get(name)]
    if not missing:
        return None
    return ups_error(400, "TV0001", f"Missing required header: {', '.join(missing)}")


def _plausible(number: str) -> bool:
    if not 7 <= len(number) <= 34 or not number.isalnum():
        return False
    if number.startswith("1Z"):
        return len(number) == 18 and number[-1].isdigit() and ups_check(number[2:-1]) == number[-1]
    return True


def _package(parcel: Parcel, now: datetime) -> dict[str, Any]:
    shown = parcel.events(now)
    latest = max(shown, key=lambda scan: scan.at)
    newest_first = [scan for scan in reversed(shown) if scan.kind is not Kind.LABEL]
    labels = [scan for scan in shown if scan.kind is Kind.LABEL]
    status = _code(latest, shown).status
    package: dict[str, Any] = {
        "trackingNumber": parcel.number,
        "deliveryDate": _dates(parcel, now, latest),
        "activity": [_activity(scan, shown) for scan in newest_first + labels],
        "currentStatus": {"description": CURRENT[status], "code": status},
        "weight": {"unitOfMeasurement": "LBS", "weight": f"{parcel.weight_grams / 453.59237:.2f}"},
        "service": _service(parcel),
        "packageAddress": [_address("ORIGIN", parcel), _address("DESTINATION", parcel)],
        "packageCount": 1,
    }
    if times := _time(parcel, latest):
        package["deliveryTime"] = times
    if latest.kind in _TAKEN:
        package["deliveryInformation"] = {"location": _TAKEN[latest.kind], "receivedBy": latest.signed_by or ""}
    return package


def _code(scan: Scan, shown: tuple[Scan, ...]) -> UpsCode:
    """The scan's code; the second fruitless visit has a number of its own."""
    code = CODES[scan.kind]
    earlier = [other for other in shown if other.kind is Kind.NOBODY_HOME and other.at < scan.at]
    if scan.kind is Kind.NOBODY_HOME and earlier:
        return code._replace(status="023", text="The receiver was not available at the time of the second attempt.")
    return code


def _activity(scan: Scan, shown: tuple[Scan, ...]) -> dict[str, Any]:
    code, local, gmt = _code(scan, shown), scan.place.local(scan.at), scan.at.astimezone(UTC)
    address = {"countryCode": scan.place.country, "country": scan.place.country}
    if scan.kind is not Kind.LABEL:
        address = {"city": scan.place.city, "stateProvince": scan.place.state, **address}
    text = code.text.upper() if scan.reworded else code.text
    offset = local.strftime("%z")
    return {
        "location": {"address": address},
        "status": {"type": code.type, "description": text, "code": code.code, "statusCode": code.status},
        "date": local.strftime("%Y%m%d"),
        "time": local.strftime("%H%M%S"),
        "gmtDate": gmt.strftime("%Y%m%d"),
        "gmtOffset": f"{offset[:3]}:{offset[3:]}",
        "gmtTime": gmt.strftime("%H:%M:%S"),
    }


def _dates(parcel: Parcel, now: datetime, latest: Scan) -> list[dict[str, str]]:
    if latest.kind in _TAKEN:
        return [{"type": "DEL", "date": latest.place.local(latest.at).strftime("%Y%m%d")}]
    if latest.kind in (Kind.RETURNED, Kind.CANCELLED, Kind.LOST):
        return []
    dates = [{"type": "SDD", "date": parcel.promised_on.strftime("%Y%m%d")}]
    if parcel.estimate(now) != parcel.promised_on:
        dates.append({"type": "RDD", "date": parcel.estimate(now).strftime("%Y%m%d")})
    return dates


def _time(parcel: Parcel, latest: Scan) -> dict[str, str] | None:
    if latest.kind in _TAKEN:
        return {"type": "DEL", "endTime": latest.place.local(latest.at).strftime("%H%M%S")}
    if latest.kind is Kind.OUT_FOR_DELIVERY:
        return {"type": "EDW", "startTime": "100000", "endTime": "170000"}
    return {"type": "EOD"}


def _service(parcel: Parcel) -> dict[str, str]:
    if parcel.service_level == "express":
        return {"code": "501", "levelCode": "001", "description": "UPS Next Day Air"}
    return {"code": "518", "levelCode": "003", "description": "UPS Ground"}


def _address(kind: str, parcel: Parcel) -> dict[str, Any]:
    place = parcel.origin if kind == "ORIGIN" else parcel.destination
    return {
        "type": kind,
        "address": {
            "city": place.city,
            "stateProvince": place.state,
            "countryCode": place.country,
            "country": place.country,
        },
    }
