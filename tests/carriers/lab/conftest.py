"""A lab under a hand-moved clock, and a caller who knows each carrier's manners."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from werkzeug.test import Client, TestResponse

from carriers.lab.accounts import LAB_CREDENTIALS
from carriers.lab.clock import VirtualClock
from carriers.lab.server import Lab
from carriers.lab.world import World
from tests.carriers.lab import posts

START = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)  # a Tuesday


class Hands:
    """Real time that only a test moves."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


TOKENS = {
    "fedex": "/oauth/token",
    "gls": "/oauth2/v2/token",
    "hermes_de": "/authorization-facade/oauth2/access_token",
    "cdek": "/v2/oauth/token",
}


class Caller:
    """Asks the lab without a network, as its WSGI application, with the right credentials."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.http = Client(lab)
        self._tokens: dict[str, str] = {}

    def token(self, carrier: str) -> str:
        if carrier not in self._tokens:
            self._tokens[carrier] = self.fresh_token(carrier).get_json()["access_token"]
        return self._tokens[carrier]

    def fresh_token(self, carrier: str, **instead: str) -> TestResponse:
        account = {**LAB_CREDENTIALS[carrier], **instead}
        form = {"grant_type": "client_credentials"}
        pair = {name: account[name] for name in ("client_id", "client_secret")}
        if carrier == "ups":
            raw = f"{pair['client_id']}:{pair['client_secret']}".encode()
            basic = {"Authorization": f"Basic {base64.b64encode(raw).decode()}"}
            return self.http.post("/ups/security/v1/oauth/token", data=form, headers=basic)
        if carrier == "hermes_de":
            form = {"grant_type": "password", **{name: account[name] for name in ("username", "password")}}
        if carrier == "usps":
            return self.http.post("/usps/oauth2/v3/token", json=form | pair)
        return self.http.post(f"/{carrier}{TOKENS[carrier]}", data=form | pair)

    def bearer(self, carrier: str, **more: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(carrier)}"} | more

    def track(self, carrier: str, number: str) -> TestResponse:
        """Ask a carrier about a number in its own way."""
        return TRACK[carrier](self, number)

    def fedex(self, numbers: list[str]) -> TestResponse:
        infos = [{"trackingNumberInfo": {"trackingNumber": number}} for number in numbers]
        body = {"includeDetailedScans": True, "trackingInfo": infos}
        return self.http.post("/fedex/track/v1/trackingnumbers", json=body, headers=self.bearer("fedex"))

    def usps_many(self, numbers: list[str]) -> TestResponse:
        body = [{"trackingNumber": number} for number in numbers]
        return self.http.post("/usps/tracking/v3r2/tracking", json=body, headers=self.bearer("usps"))

    def payer(self, key: str | None = None, **more: str) -> dict[str, str]:
        """Headers of somebody who can pay for a label."""
        account = LAB_CREDENTIALS["usps"]
        roles = [
            {"roleName": name, "CRID": account["crid"], "MID": account["mid"]} for name in ("PAYER", "LABEL_OWNER")
        ]
        answer = self.http.post(
            "/usps/payments/v3/payment-authorization", json={"roles": roles}, headers=self.bearer("usps")
        )
        token = answer.get_json()["paymentAuthorizationToken"]
        headers = self.bearer("usps") | {"X-Payment-Authorization-Token": token} | more
        return headers | ({"X-Idempotency-Key": key} if key else {})


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"}


def account(carrier: str, *names: str) -> tuple[str, ...]:
    return tuple(LAB_CREDENTIALS[carrier][name] for name in names)


def _ups(caller: Caller, number: str) -> TestResponse:
    headers = caller.bearer("ups", transId="t1", transactionSrc="tests")
    return caller.http.get(f"/ups/api/track/v1/details/{number}", headers=headers)


def _usps(caller: Caller, number: str) -> TestResponse:
    return caller.http.get(f"/usps/tracking/v3/tracking/{number}?expand=DETAIL", headers=caller.bearer("usps"))


def _dhl_unified(caller: Caller, number: str) -> TestResponse:
    key = {"DHL-API-Key": LAB_CREDENTIALS["dhl_unified"]["api_key"]}
    return caller.http.get("/dhl_unified/track/shipments", query_string={"trackingNumber": number}, headers=key)


def _dhl_parcel_de(caller: Caller, number: str) -> TestResponse:
    user, password = account("dhl_parcel_de", "username", "password")
    asked = (
        f'<data appname="{user}" password="{password}" request="d-get-piece-detail" language-code="en" '
        f'piece-code="{number}"/>'
    )
    headers = basic(*account("dhl_parcel_de", "api_key", "api_secret"))
    path = "/dhl_parcel_de/parcel/de/tracking/v0/shipments"
    return caller.http.get(path, query_string={"xml": asked}, headers=headers)


def _dhl_express(caller: Caller, number: str) -> TestResponse:
    headers = basic(*account("dhl_express", "username", "password"))
    return caller.http.get(f"/dhl_express/shipments/{number}/tracking", headers=headers)


def _canada_post(caller: Caller, number: str) -> TestResponse:
    headers = basic(*account("canada_post", "username", "password"))
    return caller.http.get(f"/canada_post/vis/track/pin/{number}/detail", headers=headers)


def _gls(caller: Caller, number: str) -> TestResponse:
    path = f"/gls/track-and-trace-v1/tracking/simple/trackids/{number}?showEvents=true"
    return caller.http.get(path, headers=caller.bearer("gls"))


def _hermes_de(caller: Caller, number: str) -> TestResponse:
    query = {"shipmentID": number}
    return caller.http.get(
        "/hermes_de/services/hsi/shipmentinfo", query_string=query, headers=caller.bearer("hermes_de")
    )


def _cdek(caller: Caller, number: str) -> TestResponse:
    return caller.http.get("/cdek/v2/orders", query_string={"cdek_number": number}, headers=caller.bearer("cdek"))


def _easypost(caller: Caller, number: str) -> TestResponse:
    body, headers = {"tracker": {"tracking_code": number}}, basic(LAB_CREDENTIALS["easypost"]["api_key"], "")
    name = caller.http.post("/easypost/v2/trackers", json=body, headers=headers).get_json()["id"]
    return caller.http.get(f"/easypost/v2/trackers/{name}", headers=headers)


def _shippo(caller: Caller, number: str) -> TestResponse:
    headers = {"Authorization": f"ShippoToken {LAB_CREDENTIALS['shippo']['api_key']}"}
    return caller.http.get(f"/shippo/tracks/usps/{number}", headers=headers)


def _karrio(caller: Caller, number: str) -> TestResponse:
    headers = {"Authorization": f"Token {LAB_CREDENTIALS['karrio']['api_key']}"}
    body = {"tracking_number": number, "carrier_name": "usps"}
    return caller.http.post("/karrio/v1/trackers", json=body, headers=headers)


def _aftership(caller: Caller, number: str) -> TestResponse:
    headers = {"as-api-key": LAB_CREDENTIALS["aftership"]["api_key"]}
    path = "/aftership/tracking/2025-01/trackings"
    made = caller.http.post(path, json={"tracking_number": number}, headers=headers).get_json()
    return caller.http.get(f"{path}/{made['data']['id']}", headers=headers)


def _17track(caller: Caller, number: str) -> TestResponse:
    headers, body = {"17token": LAB_CREDENTIALS["17track"]["api_key"]}, [{"number": number}]
    caller.http.post("/17track/track/v2.2/register", json=body, headers=headers)
    return caller.http.post("/17track/track/v2.2/gettrackinfo", json=body, headers=headers)


def login(caller: Caller, carrier: str) -> dict[str, str]:
    """Headers of somebody whom a carrier knows."""
    given = LAB_CREDENTIALS[carrier]
    if carrier in ("royal_mail", "australia_post", "la_poste", "postnl"):
        return posts.auth(carrier)
    if carrier in ("dpd", "russian_post"):  # who asks stands in the question
        return {}
    if "client_secret" in given:
        return caller.bearer(carrier, transId="t1", transactionSrc="tests")
    if carrier == "dhl_parcel_de":
        return {"DHL-API-Key": given["api_key"]} | basic(given["username"], given["password"])
    if "username" in given:
        return basic(given["username"], given["password"])
    schemes = {"easypost": basic(given.get("api_key", ""), "")}
    words = {"shippo": "ShippoToken", "karrio": "Token"}
    if carrier in words:
        return {"Authorization": f"{words[carrier]} {given['api_key']}"}
    names = {"dhl_unified": "DHL-API-Key", "aftership": "as-api-key", "17track": "17token"}
    return schemes.get(carrier) or {names[carrier]: given["api_key"]}


TRACK: dict[str, Callable[[Caller, str], TestResponse]] = {
    "ups": _ups,
    "fedex": lambda caller, number: caller.fedex([number]),
    "usps": _usps,
    "dhl_unified": _dhl_unified,
    "dhl_parcel_de": _dhl_parcel_de,
    "dhl_express": _dhl_express,
    "canada_post": _canada_post,
    "gls": _gls,
    "hermes_de": _hermes_de,
    "cdek": _cdek,
    "easypost": _easypost,
    "shippo": _shippo,
    "karrio": _karrio,
    "aftership": _aftership,
    "17track": _17track,
    **posts.TRACK,
}


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def world() -> World:
    return World(7, START)


@pytest.fixture
def lab(world: World, hands: Hands) -> Lab:
    """A lab that is not listening: the caller reaches it without a network."""
    return Lab(world, VirtualClock(hands, START))


@pytest.fixture
def caller(lab: Lab) -> Caller:
    return Caller(lab)


@pytest.fixture
def call() -> Callable[[Lab], Caller]:
    """A caller for a lab that the test makes itself."""
    return Caller


@pytest.fixture
def running(lab: Lab) -> Iterator[Lab]:
    """The same lab, listening on loopback."""
    with lab:
        yield lab


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


@pytest.fixture
def label_request() -> dict[str, Any]:
    return {
        "imageInfo": {"imageType": "LABEL_BROKER", "includeLabelBrokerPDF": True, "labelType": "4X6LABEL"},
        "fromAddress": {
            "firstName": "Ada",
            "lastName": "Example",
            "streetAddress": "12 Oak Street",
            "city": "AUSTIN",
            "state": "TX",
            "ZIPCode": "78704",
        },
        "toAddress": {
            "firm": "Juniper Returns",
            "streetAddress": "2100 NE Broadway",
            "secondaryAddress": "DOCK 4",
            "city": "PORTLAND",
            "state": "OR",
            "ZIPCode": "97232",
        },
        "packageDescription": {
            "mailClass": "USPS_GROUND_ADVANTAGE_RETURN_SERVICE",
            "rateIndicator": "SP",
            "weightUOM": "lb",
            "weight": 2.4,
            "dimensionsUOM": "in",
            "length": 10,
            "width": 8,
            "height": 4,
            "processingCategory": "MACHINABLE",
            "destinationEntryFacilityType": "NONE",
            "customerReference": [{"referenceNumber": "RMA-10042"}],
        },
    }


@pytest.fixture
def schema() -> Callable[[str], dict[str, Any]]:
    """One of the answers' shapes, written down here."""

    def read(name: str) -> dict[str, Any]:
        text = (Path(__file__).parent / "schemas" / f"{name}.json").read_text(encoding="utf-8")
        found: dict[str, Any] = json.loads(text)
        return found

    return read
