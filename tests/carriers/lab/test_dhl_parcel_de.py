"""DHL Parcel Germany: tracking in XML and return orders."""

from __future__ import annotations

import base64
import io
from datetime import timedelta
from typing import Any

import pytest
import zxingcpp
from PIL import Image

from carriers.lab.accounts import LAB_CREDENTIALS
from carriers.lab.places import DE_TOWNS, HAMBURG
from carriers.lab.server import Lab
from carriers.lab.wire import xml
from tests.carriers.lab.conftest import account, basic
from tests.carriers.lab.published import answer_schema, fits, published, request_schema

ORDERS = "/dhl_parcel_de/parcel/de/shipping/returns/v1/orders"
REQUEST: dict[str, Any] = {
    "receiverId": "deu",
    "customerReference": "RMA-7",
    "shipmentReference": "R-1",
    "shipper": {
        "name1": "Ada Größe",
        "addressStreet": "Kurfürstenstr.",
        "addressHouse": "20a",
        "postalCode": "53113",
        "city": "Bonn",
    },
    "itemWeight": {"uom": "kg", "value": 1.2},
    "itemValue": {"currency": "EUR", "value": 30},
}


@pytest.fixture
def headers() -> dict[str, str]:
    key = {"DHL-API-Key": LAB_CREDENTIALS["dhl_parcel_de"]["api_key"]}
    return key | basic(*account("dhl_parcel_de", "username", "password"))


@pytest.fixture
def order(caller: Any, headers: dict[str, str]) -> Any:
    def post(body: Any = REQUEST, kind: str = "BOTH") -> Any:
        return caller.http.post(f"{ORDERS}?labelType={kind}", json=body, headers=headers)

    return post


def piece(answer: Any) -> Any:
    return xml.find(xml.read(answer.data), "data")


def test_a_label_and_its_code_for_the_counter_are_bought(lab: Lab, order: Any) -> None:
    answer = order()
    bought, (sold,) = answer.get_json(), lab.purchases
    assert (answer.status_code, bought["shipmentNo"]) == (201, sold.number)
    assert base64.b64decode(bought["label"]["b64"]).startswith(b"%PDF")
    picture = Image.open(io.BytesIO(base64.b64decode(bought["qrLabel"]["b64"])))
    assert zxingcpp.read_barcodes(picture)[0].text == sold.number
    assert (sold.reference, sold.order.weight_grams, sold.currency) == ("R-1", 1200, "EUR")


def test_only_what_was_asked_for_comes(order: Any) -> None:
    assert {"label", "qrLabel"} & set(order(kind="SHIPMENT_LABEL").get_json()) == {"label"}
    assert {"label", "qrLabel"} & set(order(kind="QR_LABEL").get_json()) == {"qrLabel"}


def test_request_and_answers_are_as_the_interface_says(caller: Any, order: Any, headers: dict[str, str]) -> None:
    document = published("dhl_parcel_de", "parcel-de-returns-v1.yaml")
    fits(REQUEST, request_schema(document, "/orders", "post"))
    fits(order().get_json(), answer_schema(document, "/orders", "post", status="201"))
    wrong = order({}).get_json()
    fits(wrong, answer_schema(document, "/orders", "post", "application/problem+json", "400"))
    places = caller.http.get(ORDERS.replace("orders", "locations"), headers=headers).get_json()
    fits(places, answer_schema(document, "/locations", "get"))


def test_asking_twice_buys_twice(lab: Lab, order: Any) -> None:
    assert order().get_json()["shipmentNo"] != order().get_json()["shipmentNo"]
    assert len(lab.purchases) == 2


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"receiverId": ""}, 400),
        ({"receiverId": "xyz"}, 422),
        ({"shipper": {}}, 400),
        ({"shipper": {**REQUEST["shipper"], "addressHouse": "x" * 11}}, 400),
        ({"shipper": {**REQUEST["shipper"], "postalCode": "??"}}, 400),
        ({"itemWeight": {"uom": "lb", "value": 1}}, 400),
        ({"itemWeight": {"uom": "kg", "value": 40}}, 400),
        ({"customerReference": "x" * 51}, 400),
    ],
)
def test_a_wrong_request_buys_nothing(change: Any, status: int, lab: Lab, order: Any) -> None:
    answer = order(REQUEST | change)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert lab.purchases == ()


def test_callers_need_the_key_and_the_user_or_a_token(lab: Lab, caller: Any, headers: dict[str, str]) -> None:
    for name in headers:
        others = {key: value for key, value in headers.items() if key != name}
        assert caller.http.post(ORDERS, json=REQUEST, headers=others).status_code == 401
    names = ("client_id", "client_secret", "username", "password")
    values = account("dhl_parcel_de", "api_key", "api_secret", "username", "password")
    form = {"grant_type": "password", **dict(zip(names, values, strict=True))}
    path = "/dhl_parcel_de/parcel/de/account/auth/ropc/v1/token"
    token = caller.http.post(path, data=form).get_json()["access_token"]
    assert caller.http.post(ORDERS, json=REQUEST, headers={"Authorization": f"Bearer {token}"}).status_code == 201
    assert caller.http.post(path, data=form | {"password": "x"}).status_code == 401
    assert len(lab.purchases) == 1


def test_a_parcel_is_told_oldest_first_in_german_time(lab: Lab, caller: Any) -> None:
    parcel = lab.world.add(
        "dhl_parcel_de", "on_time", promised_on=lab.world.start.date(), origin=HAMBURG, destination=DE_TOWNS[0]
    )
    lab.clock.jump(timedelta(days=3))
    answer = caller.track("dhl_parcel_de", parcel.number)
    shown = piece(answer)
    assert (shown.get("standard-event-code"), shown.get("delivery-event-flag")) == ("ZU", "1")
    events = list(xml.find_all(xml.find(shown, "data"), "data"))
    times = [event.get("event-timestamp") for event in events]
    assert times[-1] == f"{parcel.destination.local(parcel.scans[-1].at):%d.%m.%Y %H:%M}"
    assert [event.get("standard-event-code") for event in events][:2] == ["VA", "ES"]
    assert shown.get("recipient-name") == parcel.signed_by(lab.clock.now())


def test_what_comes_back_to_its_sender_is_marked(lab: Lab, caller: Any) -> None:
    parcel = lab.world.add("dhl_parcel_de", "returned_to_sender", promised_on=lab.world.start.date())
    lab.clock.jump(timedelta(days=60))
    assert piece(caller.track("dhl_parcel_de", parcel.number)).get("ruecksendung") == "true"


def test_several_numbers_are_asked_at_once_and_unknown_ones_stand_beside(lab: Lab, caller: Any, order: Any) -> None:
    number = order().get_json()["shipmentNo"]
    lab.clock.jump(timedelta(hours=1))
    root = xml.read(caller.track("dhl_parcel_de", f"{number};00340434161094015902").data)
    states = [(found.get("searched-piece-code"), found.get("error-status")) for found in xml.find_all(root, "data")]
    assert states == [(number, "0"), ("00340434161094015902", "100")]


def test_nothing_known_is_an_error_in_a_good_answer(caller: Any) -> None:
    answer = caller.track("dhl_parcel_de", "00340434161094015902")
    root = xml.read(answer.data)
    assert root is not None
    assert (answer.status_code, root.get("code"), root.get("error")) == (200, "100", "No data found")


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ("no xml", "9"),
        ('<data request="d-get-signature"/>', "9"),
        ('<data request="d-get-piece-detail" appname="x" password="y" piece-code="1"/>', "5"),
        ('<!DOCTYPE data [<!ENTITY a "b">]><data request="d-get-piece-detail"/>', "9"),
    ],
)
def test_a_strange_request_is_refused_in_xml(asked: str, code: str, caller: Any) -> None:
    headers = basic(*account("dhl_parcel_de", "api_key", "api_secret"))
    path = "/dhl_parcel_de/parcel/de/tracking/v0/shipments"
    root = xml.read(caller.http.get(path, query_string={"xml": asked}, headers=headers).data)
    assert root is not None
    assert root.get("code") == code
    assert caller.http.get(path, query_string={"xml": asked}, headers=basic("x", "y")).status_code == 401


def test_twenty_one_numbers_are_too_many(caller: Any) -> None:
    root = xml.read(caller.track("dhl_parcel_de", ";".join(["00340434161094015902"] * 21)).data)
    assert root is not None
    assert root.get("code") == "6"
