"""GLS: tracking, and ShipIT with its shop returns."""

from __future__ import annotations

import base64
from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest

from carriers.lab.places import DE_TOWNS, HAMBURG
from carriers.lab.server import Lab
from carriers.lab.wire.gls_labels import check_digit, track_id, unit_number
from tests.carriers.lab.published import answer_schema, fits, published, request_schema

BASE = "/gls/shipit-farm/v1/backend/rs"
TYPE = "application/glsVersion1+json"
REQUEST: dict[str, Any] = {
    "Shipment": {
        "ShipmentReference": ["R-1"],
        "Product": "PARCEL",
        "Consignee": {
            "Address": {
                "Name1": "Ada Größe",
                "CountryCode": "DE",
                "City": "Bonn",
                "Street": "Kurfürstenstr.",
                "StreetNumber": "20a",
                "Zipcode": "53113",
            }
        },
        "Shipper": {"ContactID": "276a1b2c3d"},
        "ShipmentUnit": [{"Weight": 1.2, "ShipmentUnitReference": ["RMA-7"]}],
        "Service": [{"ShopReturn": {"ServiceName": "service_shopreturn", "NumberOfLabels": 1}}],
    },
    "PrintingOptions": {"ReturnLabels": {"TemplateSet": "NONE", "LabelFormat": "PDF"}},
}
DAYS = {"DateFrom": "2026-03-01T00:00:00.000Z", "DateTo": "2026-03-31T00:00:00.000Z"}


def changed(**parts: Any) -> dict[str, Any]:
    body = deepcopy(REQUEST)
    body["Shipment"] |= parts
    return body


@pytest.fixture
def post(caller: Any) -> Any:
    def send(path: str, body: Any = None, kind: str = TYPE) -> Any:
        return caller.http.post(f"{BASE}/{path}", json=body, headers=caller.bearer("gls") | {"Content-Type": kind})

    return send


def created(answer: Any) -> dict[str, Any]:
    return dict(answer.get_json(force=True)["CreatedShipment"])


def test_a_shop_return_travels_from_the_consignee_to_the_shipper(lab: Lab, post: Any) -> None:
    made, (sold,) = created(post("shipments", REQUEST)), lab.purchases
    (parcel,), (printed,) = made["ParcelData"], made["PrintData"]
    assert parcel["ParcelNumber"] == sold.number + check_digit(sold.number)
    assert unit_number(parcel["TrackID"]) == sold.number
    assert base64.b64decode(printed["Data"][0]).startswith(b"%PDF")
    assert (sold.order.sender.city, sold.order.recipient.city) == ("Bonn", "Hamburg")
    assert (sold.reference, sold.order.weight_grams) == ("R-1", 1200)


def test_a_parcel_of_an_alternative_shipper_travels_to_the_consignee(lab: Lab, post: Any) -> None:
    shopper = REQUEST["Shipment"]["Consignee"]["Address"]
    shop = {"Name1": "Shop", "CountryCode": "AT", "City": "Wien", "Street": "Ring 1", "Zipcode": "1010"}
    shipper = {"ContactID": "276a1b2c3d", "AlternativeShipperAddress": shopper}
    post("shipments", changed(Service=[], Shipper=shipper, Consignee={"Address": shop}))
    assert (lab.purchases[0].order.sender.city, lab.purchases[0].order.recipient.country) == ("Bonn", "AT")


@pytest.mark.parametrize(("kind", "start"), [("PNG", b"\x89PNG"), ("ZEBRA", b"^XA"), ("PDF", b"%PDF")])
def test_a_label_comes_in_the_format_that_was_asked_for(kind: str, start: bytes, post: Any) -> None:
    body = REQUEST | {"PrintingOptions": {"ReturnLabels": {"TemplateSet": "NONE", "LabelFormat": kind}}}
    (printed,) = created(post("shipments", body))["PrintData"]
    assert printed["LabelFormat"] == kind
    assert base64.b64decode(printed["Data"][0]).startswith(start)


def test_requests_and_answers_are_as_the_interface_says(lab: Lab, caller: Any, post: Any) -> None:
    document = published("gls", "gls-shipit-farm.yaml")
    fits(REQUEST, request_schema(document, "/rs/shipments", "post", TYPE))
    made = post("shipments", REQUEST).get_json(force=True)
    fits(made, answer_schema(document, "/rs/shipments", "post", TYPE, "default"))
    again = post("shipments/reprintparcel", {"ShipmentReference": "R-1"}).get_json(force=True)
    fits(again, answer_schema(document, "/rs/shipments/reprintparcel", "post", TYPE, "default"))
    found = post("tracking/parcels", {"ShipmentReference": "R-1", **DAYS}).get_json(force=True)
    fits(found, answer_schema(document, "/rs/tracking/parcels", "post", TYPE, "default"))
    number = lab.purchases[0].number
    track = published("gls", "gls-ecitrackandtrace.yaml")
    for days in (1, 3, 9):
        lab.clock.jump(timedelta(days=days))
        told = caller.track("gls", f"{number},1").get_json()
        fits(told, answer_schema(track, "/tracking/simple/trackids/{unitnos}", "get"))
    gone = post(f"shipments/cancel/{track_id(number)}").get_json(force=True)
    fits(gone, answer_schema(document, "/rs/shipments/cancel/{trackID}", "post", TYPE, "default"))


def test_asking_twice_buys_twice_and_the_reference_shows_both(lab: Lab, post: Any) -> None:
    for _ in range(2):
        post("shipments", REQUEST)
    for reference in ("R-1", "RMA-7"):
        items = post("tracking/parcels", {"ShipmentReference": reference, **DAYS}).get_json(force=True)["UnitItems"]
        assert [unit_number(item["TrackID"]) for item in items] == [sold.number for sold in lab.purchases]
    assert post("tracking/parcels", {"ShipmentReference": "R-2", **DAYS}).get_json(force=True) == {"UnitItems": []}
    old = {"ShipmentReference": "R-1", "DateFrom": "2026-01-01", "DateTo": "2026-01-31"}
    assert post("tracking/parcels", old).get_json(force=True) == {"UnitItems": []}
    assert post("tracking/parcels", {"ShipmentReference": "R-1"}).status_code == 400


def test_an_unused_label_is_cancelled_and_a_used_one_is_scanned(lab: Lab, caller: Any, post: Any) -> None:
    unused, used = (created(post("shipments", REQUEST))["ParcelData"][0]["TrackID"] for _ in range(2))
    for _ in range(2):
        assert post(f"shipments/cancel/{unused}").get_json(force=True)["Result"] == "CANCELLED"
    lab.clock.jump(timedelta(days=3))
    assert post(f"shipments/cancel/{used}").get_json(force=True)["Result"] == "SCANNED"
    assert post("shipments/cancel/ZZZZZZZZ").status_code == 404
    assert post("shipments/reprintparcel", {"TrackID": unused}).status_code == 404
    (parcel,) = caller.track("gls", unused).get_json()["parcels"]
    assert parcel["status"] == "CANCELED"


def test_a_parcel_is_found_under_each_of_its_names(lab: Lab, caller: Any) -> None:
    parcel = lab.world.add(
        "gls", "on_time", promised_on=lab.world.start.date(), origin=HAMBURG, destination=DE_TOWNS[0]
    )
    lab.clock.jump(timedelta(days=3))
    names = (parcel.number, parcel.number + check_digit(parcel.number), track_id(parcel.number))
    shown = caller.track("gls", ",".join(names)).get_json()["parcels"]
    assert [one["requested"] for one in shown] == list(names)
    assert {one["unitno"] for one in shown} == {parcel.number}
    newest = shown[0]["events"][0]
    assert (newest["code"], shown[0]["status"]) == ("DELIVD.NORMAL", "DELIVERED")
    assert newest["eventDateTime"] == f"{parcel.destination.local(parcel.scans[-1].at):%Y-%m-%dT%H:%M:%S%z}"


def test_an_unknown_number_stands_inside_a_good_answer(caller: Any) -> None:
    answer = caller.track("gls", "36301917596")
    assert answer.status_code == 200
    assert answer.get_json()["parcels"][0]["errorCode"] == "E_404_01"
    assert caller.track("gls", ",".join(["36301917596"] * 11)).status_code == 400


def test_a_parcel_number_ends_with_its_check_digit() -> None:
    assert check_digit("60483186262") == "3"
    assert unit_number("604831862623") == "60483186262"
    assert unit_number("604831862624") == "604831862624"


@pytest.mark.parametrize(
    "parts",
    [
        {"Product": "CAMEL"},
        {"Shipper": {"ContactID": "1"}},
        {"Shipper": {"ContactID": "276a1b2c3d", "Address": {"Name1": "x"}}},
        {"Consignee": {}},
        {"ShipmentUnit": []},
        {"ShipmentUnit": [{"Weight": 99}]},
    ],
)
def test_a_wrong_request_buys_nothing(parts: dict[str, Any], lab: Lab, post: Any) -> None:
    answer = post("shipments", changed(**parts))
    assert (answer.status_code, answer.headers["error"]) == (400, "VALIDATION_ERROR")
    assert lab.purchases == ()


def test_other_types_and_strangers_buy_nothing(lab: Lab, caller: Any, post: Any) -> None:
    assert post("shipments", REQUEST, "application/json").status_code == 415
    assert post("shipments", REQUEST | {"PrintingOptions": {}}).status_code == 400
    stranger = caller.http.post(f"{BASE}/shipments", json=REQUEST)
    assert (stranger.status_code, stranger.mimetype) == (401, "text/html")
    assert caller.fresh_token("gls", client_secret="x").status_code == 401
    assert lab.purchases == ()
