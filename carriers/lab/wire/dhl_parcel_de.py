"""DHL Parcel Germany: tracking in XML, and return orders (parcel-de-returns-v1.yaml).

Kept from production: times are German local time without an offset, the loading onto the van names no town, an
unknown number is an error inside a 200. A return label is paid when it is used, so nothing voids it; nothing finds or
prints it again either.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from xml.etree.ElementTree import Element
from zoneinfo import ZoneInfo

from werkzeug import Request, Response

from carriers.lab.accounts import LAB_CREDENTIALS
from carriers.lab.parcels import Kind, Parcel, Scan
from carriers.lab.tokens import basic_credentials
from carriers.lab.wire import xml
from carriers.lab.wire.base import Desk, Route, Wire, plain, reply, retry_header, route
from carriers.lab.wire.dhl_parcel_de_codes import CODES, COUNTRIES
from carriers.lab.wire.dhl_parcel_de_labels import DhlReturns, problem

MOST_NUMBERS: Final = 20
_BERLIN: Final = ZoneInfo("Europe/Berlin")
_TAKEN: Final = frozenset({Kind.DELIVERED, Kind.NEIGHBOUR, Kind.COLLECTED, Kind.RETURNED})
_BACK: Final = frozenset({Kind.RETURNING, Kind.RETURNED})
_REFUSALS: Final = {
    404: ("Not Found", "The requested resource was not found."),
    405: ("Method Not Allowed", "This method is not allowed here."),
    429: ("Too Many Requests", "Too many requests within defined time period."),
    500: ("Internal Server Error", "An unexpected error has occurred."),
}


class DhlParcelDe(Wire):
    code = "dhl_parcel_de"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._returns = DhlReturns(desk)

    def routes(self) -> tuple[Route, ...]:
        returns = "(?:/parcel/de/shipping/returns/v1)?"
        return (
            route("POST", "/parcel/de/account/auth/ropc/v1/token", self._token, "token"),
            route("GET", "(?:/parcel/de/tracking/v0)?/shipments", self._track, "track"),
            route("POST", f"{returns}/orders", self._returns.order, "label"),
            route("GET", f"{returns}/locations", self._returns.locations, "locations"),
        )

    def refusal(self, status: int, retry_after: int | None = None) -> Response:
        return problem(status, *_REFUSALS.get(status, _REFUSALS[500]), **retry_header(retry_after))

    def _token(self, request: Request, _caught: str) -> Response:
        account, form = LAB_CREDENTIALS["dhl_parcel_de"], request.form
        given = tuple(form.get(name) for name in ("client_id", "client_secret", "username", "password"))
        if form.get("grant_type") != "password":
            return reply({"error": "unsupported_grant_type"}, 400)
        if given != tuple(account[name] for name in ("api_key", "api_secret", "username", "password")):
            return reply({"error": "invalid_client", "error_description": "Invalid client credentials"}, 401)
        token, seconds = self.desk.tokens.issue("dhl_parcel_de")
        return reply({"access_token": token, "token_type": "Bearer", "expires_in": seconds})

    def _track(self, request: Request, _caught: str) -> Response:
        account = LAB_CREDENTIALS["dhl_parcel_de"]
        user, password = basic_credentials(request.headers.get("Authorization"))
        key = request.headers.get("DHL-API-Key") or user
        if key != account["api_key"] or (user and password != account["api_secret"]):
            return problem(401, "Unauthorized", "Unauthorized for given resource.")
        asked = xml.read(request.args.get("xml", ""))
        if asked is None or asked.get("request") != "d-get-piece-detail":
            return _failure("9", "invalid request")
        if (asked.get("appname"), asked.get("password")) != (account["username"], account["password"]):
            return _failure("5", "login failed")
        numbers = [plain(number) for number in (asked.get("piece-code") or "").split(";") if number.strip()]
        if not 1 <= len(numbers) <= MOST_NUMBERS:
            return _failure("6", "invalid number of piece codes")
        return self._pieces(numbers, 0 if asked.get("language-code") == "en" else 1)

    def _pieces(self, numbers: list[str], language: int) -> Response:
        now = self.desk.now()
        found = {number: self.desk.world.find("dhl_parcel_de", number) for number in numbers}
        if not any(parcel and parcel.events(now) for parcel in found.values()):
            return _failure("100", "No data found")
        root = Element("data", {"name": "piece-shipment-list", "code": "0", "request-id": _request_id(now)})
        for number, parcel in found.items():
            if parcel and parcel.events(now):
                _piece(root, parcel, now, language)
            else:
                unknown = {"error_status": "100", "error": "No data found", "searched_piece_code": number}
                xml.add(root, "data", name="piece-shipment", **unknown)
        return xml.answer(root)


def _failure(code: str, error: str) -> Response:
    return xml.answer(Element("data", {"name": "piece-shipment-list", "code": code, "error": error}))


def _request_id(now: datetime) -> str:
    return f"lab-{now:%Y%m%d%H%M%S}"


def _piece(root: Element, parcel: Parcel, now: datetime, language: int) -> None:
    shown = sorted(parcel.events(now), key=lambda scan: scan.at)
    latest = shown[-1]
    code, back = CODES[latest.kind], str(any(scan.kind in _BACK for scan in shown)).lower()
    piece = {
        "error_status": "0",
        "piece_code": parcel.number,
        "searched_piece_code": parcel.number,
        "piece_identifier": parcel.number[2:],
        "status_timestamp": _local(latest),
        "status": _text(latest, language),
        "short_status": _text(latest, language)[:40],
        "recipient_name": parcel.signed_by(now) or "",
        "recipient_city": f"{parcel.destination.postal_code} {parcel.destination.city}",
        "product_name": "DHL PAKET",
        "delivery_event_flag": "1" if latest.kind in _TAKEN else "0",
        "shipment_weight": f"{parcel.weight_grams / 1000:.1f}",
        "international_flag": str(int(parcel.origin.country != parcel.destination.country)),
        "division": "DPEED",
        "ice": code.ice,
        "ric": code.ric,
        "standard_event_code": code.code,
        "dest_country": parcel.destination.country,
        "origin_country": parcel.origin.country,
        "ruecksendung": back,
    }
    if latest.kind not in _TAKEN:
        piece["delivery_date"] = f"{parcel.estimate(now):%d.%m.%Y}"
    element = xml.add(root, "data", name="piece-shipment", **piece)
    events = xml.add(element, "data", name="piece-event-list", piece_identifier=parcel.number[2:], ruecksendung=back)
    for scan in shown:
        xml.add(events, "data", name="piece-event", **_event(scan, language))


def _event(scan: Scan, language: int) -> dict[str, str]:
    code, nowhere = CODES[scan.kind], scan.kind in (Kind.OUT_FOR_DELIVERY, Kind.LABEL)
    country = COUNTRIES.get(scan.place.country, (scan.place.country, scan.place.country))[language]
    words = _text(scan, language)
    return {
        "event_timestamp": _local(scan),
        "event_status": words,
        "event_text": words,
        "event_short_status": words[:40],
        "ice": code.ice,
        "ric": code.ric,
        "event_location": "" if nowhere else scan.place.city,
        "event_country": "" if nowhere else country,
        "standard_event_code": code.code,
        "ruecksendung": str(scan.kind in _BACK).lower(),
    }


def _text(scan: Scan, language: int) -> str:
    code = CODES[scan.kind]
    words = (code.english, code.german)[language]
    return words.upper() if scan.reworded else words


def _local(scan: Scan) -> str:
    return f"{scan.at.astimezone(_BERLIN):%d.%m.%Y %H:%M}"
