"""Hermes Germany: shipment information and return orders."""

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
from tests.carriers.lab.published import answer_schema, fits, published, request_schema

BASE = "/hermes_de/services/hsi"
PDF, QR = "application/shippinglabel-pdf+json", "application/x-qrcode-png+json"
ZPL = "application/shippinglabel-zpl+json;dpi=203"
REQUEST: dict[str, Any] = {
    "clientReference": "R-1",
    "clientReference2": "RMA-7",
    "parcel": {"parcelClass": "S", "parcelWeight": 1200},
    "senderAddress": {
        "street": "Kurfürstenstr.",
        "houseNumber": "20a",
        "zipCode": "53113",
        "town": "Bonn",
        "countryCode": "DE",
    },
    "senderName": {"firstname": "Ada", "lastname": "Größe"},
}


@pytest.fixture
def post(caller: Any) -> Any:
    def send(path: str = "returnorders/labels", body: Any = REQUEST, accept: str = PDF) -> Any:
        return caller.http.post(f"{BASE}/{path}", json=body, headers=caller.bearer("hermes_de", Accept=accept))

    return send


@pytest.fixture
def info(caller: Any) -> Any:
    def get(**query: Any) -> Any:
        return caller.http.get(f"{BASE}/shipmentinfo", query_string=query, headers=caller.bearer("hermes_de"))

    return get


def test_a_return_order_is_bought_with_its_label(lab: Lab, post: Any) -> None:
    answer, (sold,) = post(), lab.purchases
    made = answer.get_json(force=True)
    assert (answer.mimetype, made["shipmentID"], made["returnOrderID"]) == (PDF, sold.number, sold.handle)
    assert base64.b64decode(made["shippinglabel"]).startswith(b"%PDF")
    assert (sold.reference, sold.order.weight_grams, sold.order.recipient.city) == ("R-1", 1200, "Hamburg")


def test_the_counters_code_and_the_printers_language_belong_to_the_same_order(lab: Lab, post: Any) -> None:
    order = post().get_json(force=True)["returnOrderID"]
    code = post(f"returnorders/{order}/labels", {}, QR).get_json(force=True)
    picture = Image.open(io.BytesIO(base64.b64decode(code["qrcode"])))
    assert zxingcpp.read_barcodes(picture)[0].text == lab.purchases[0].number
    zpl = post(f"returnorders/{order}/labels", {}, ZPL).get_json(force=True)
    assert base64.b64decode(zpl["shippinglabel"]).startswith(b"^XA")
    assert len(lab.purchases) == 1


def test_requests_and_answers_are_as_the_interface_says(lab: Lab, caller: Any, post: Any, info: Any) -> None:
    document = published("hermes_de", "hermes-de-openapi.yaml")
    path = "/returnorders/labels"
    fits(REQUEST, request_schema(document, path, "post"))
    made = post().get_json(force=True)
    fits(made, answer_schema(document, path, "post", PDF))
    fits(
        post(accept="application/shippinglabel-data+json").get_json(force=True),
        answer_schema(document, path, "post", PDF),
    )
    fits(post(body={}).get_json(force=True), answer_schema(document, path, "post", status="400"))
    shown = caller.http.get(f"{BASE}/returnorders/{made['returnOrderID']}", headers=caller.bearer("hermes_de"))
    fits(shown.get_json(), answer_schema(document, "/returnorders/{returnOrderID}", "get"))
    track = published("hermes_de", "hermes-de-openapi-shipment.yaml")
    for days in (0, 3, 9):
        lab.clock.jump(timedelta(days=days))
        told = info(shipmentID=[made["shipmentID"], "H9746130018743501086"]).get_json()
        fits(told, answer_schema(track, "/shipmentinfo", "get"))
    fits(info().get_json(), answer_schema(track, "/shipmentinfo", "get", status="400"))


def test_an_order_without_a_label_gets_it_later(lab: Lab, post: Any) -> None:
    made = post("returnorders").get_json(force=True)
    assert "shippinglabel" not in made
    label = post(f"returnorders/{made['returnOrderID']}/labels", {}).get_json(force=True)
    assert label["shipmentID"] == made["shipmentID"] == lab.purchases[0].number


def test_asking_twice_buys_twice_and_the_reference_shows_both(lab: Lab, post: Any, info: Any) -> None:
    numbers = [post().get_json(force=True)["shipmentID"] for _ in range(2)]
    lab.clock.jump(timedelta(hours=1))
    found = info(clientID="4711", clientReference="R-1").get_json()["shipmentinfo"]
    assert [one["shipmentID"] for one in found] == numbers
    (unknown,) = info(clientID="4711", clientReference="R-2").get_json()["shipmentinfo"]
    assert unknown["result"]["code"] == "e001"
    assert info(clientReference="R-1").status_code == 400


def test_a_return_has_legs_of_its_own_and_arrives_at_the_client(lab: Lab, post: Any, info: Any) -> None:
    number = post().get_json(force=True)["shipmentID"]
    lab.clock.jump(timedelta(days=9))
    (shown,) = info(shipmentID=number).get_json()["shipmentinfo"]
    codes = [event["code"] for event in shown["status"]]
    assert (codes[0], codes[1], codes[-1]) == ("0000", "2400", "7500")
    assert shown["clientReference"] == "R-1"


def test_a_parcel_is_told_oldest_first(lab: Lab, caller: Any) -> None:
    parcel = lab.world.add(
        "hermes_de", "on_time", promised_on=lab.world.start.date(), origin=HAMBURG, destination=DE_TOWNS[0]
    )
    lab.clock.jump(timedelta(days=3))
    (shown,) = caller.track("hermes_de", parcel.number).get_json()["shipmentinfo"]
    last = shown["status"][-1]
    assert (last["code"], last["scanningUnit"]["countryCode"]) == ("3500", "DEU")
    assert last["timestamp"] == parcel.destination.local(parcel.scans[-1].at).isoformat()
    assert "deliveryForecast" not in shown


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"senderAddress": {}}, "e002"),
        ({"senderName": {"firstname": "Ada"}}, "e002"),
        ({"senderAddress": {"street": "x" * 50, "houseNumber": "1", "zipCode": "1", "town": "Y"}}, "e071"),
        ({"clientReference": "x" * 21}, "e001"),
        ({"receiverAddress": {"street": "x"}}, "e002"),
        ({"parcel": {"parcelWeight": 40000}}, "e067"),
    ],
)
def test_a_wrong_request_buys_nothing(change: Any, code: str, lab: Lab, post: Any) -> None:
    answer = post(body=REQUEST | change)
    assert (answer.status_code, answer.get_json(force=True)["listOfResultCodes"][0]["code"]) == (400, code)
    assert lab.purchases == ()


def test_unknown_types_orders_and_strangers_are_refused(lab: Lab, caller: Any, post: Any) -> None:
    assert post(accept="image/tiff").status_code == 415
    assert post("returnorders/99/labels", {}).status_code == 400
    assert caller.http.post(f"{BASE}/returnorders", json=REQUEST).status_code == 401
    assert lab.purchases == ()


def test_a_token_is_had_by_the_user_and_renewed(caller: Any) -> None:
    first = caller.fresh_token("hermes_de").get_json()
    assert first["expires_in"] == "3600"
    account = LAB_CREDENTIALS["hermes_de"]
    form = {name: account[name] for name in ("client_id", "client_secret")}
    path = "/hermes_de/authorization-facade/oauth2/access_token"
    renewed = caller.http.post(
        path, data=form | {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    )
    assert renewed.status_code == 200
    assert caller.http.post(path, data=form | {"grant_type": "refresh_token", "refresh_token": "x"}).status_code == 400
    assert caller.fresh_token("hermes_de", password="x").get_json()["error"] == "access_denied"
    assert caller.fresh_token("hermes_de", client_secret="x").status_code == 401
