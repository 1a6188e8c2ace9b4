"""MyDHL: tracking, and shipments that the receiver pays for."""

from __future__ import annotations

import base64
from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest

from carriers.lab.server import Lab
from tests.carriers.lab.conftest import account, basic
from tests.carriers.lab.published import answer_schema, fits, published, request_schema

SHIPMENTS, TRACKING = "/dhl_express/mydhlapi/shipments", "/dhl_express/mydhlapi/tracking"
SWAGGER = "dpdhl-express-api-3.1.1_swagger.yaml"
REQUEST: dict[str, Any] = {
    "plannedShippingDateAndTime": "2026-03-11T10:00:00GMT+01:00",
    "pickup": {"isRequested": False},
    "productCode": "P",
    "accounts": [{"typeCode": "payer", "number": "123456789"}],
    "getRateEstimates": True,
    "customerReferences": [{"value": "R-1", "typeCode": "CU"}],
    "outputImageProperties": {
        "encodingFormat": "pdf",
        "imageOptions": [{"typeCode": "label"}, {"typeCode": "qr-code"}],
    },
    "customerDetails": {
        "shipperDetails": {
            "postalAddress": {
                "postalCode": "78704",
                "cityName": "Austin",
                "countryCode": "US",
                "provinceCode": "TX",
                "addressLine1": "12 Oak Street",
            },
            "contactInformation": {"phone": "+15125550100", "companyName": "Ada Example", "fullName": "Ada Example"},
        },
        "receiverDetails": {
            "postalAddress": {
                "postalCode": "20457",
                "cityName": "Hamburg",
                "countryCode": "DE",
                "addressLine1": "Am Sandtorkai 1",
            },
            "contactInformation": {"phone": "+49405550", "companyName": "Nordlicht", "fullName": "Retouren"},
        },
    },
    "content": {
        "packages": [{"weight": 1.2, "dimensions": {"length": 30, "width": 20, "height": 10}}],
        "isCustomsDeclarable": False,
        "description": "Returned goods",
        "incoterm": "DAP",
        "unitOfMeasurement": "metric",
    },
}


def changed(*path: str, value: Any) -> dict[str, Any]:
    body = deepcopy(REQUEST)
    inner = body
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return body


@pytest.fixture
def headers() -> dict[str, str]:
    return basic(*account("dhl_express", "username", "password"))


@pytest.fixture
def ship(caller: Any, headers: dict[str, str]) -> Any:
    return lambda body=REQUEST: caller.http.post(SHIPMENTS, json=body, headers=headers)


@pytest.fixture
def ask(caller: Any, headers: dict[str, str]) -> Any:
    return lambda **query: caller.http.get(TRACKING, query_string=query, headers=headers)


def test_a_shipment_is_bought_with_label_code_and_price(lab: Lab, ship: Any) -> None:
    answer, (sold,) = ship(), lab.purchases
    made = answer.get_json()
    assert (answer.status_code, made["shipmentTrackingNumber"]) == (201, sold.number)
    assert [document["typeCode"] for document in made["documents"]] == ["label", "qr-code"]
    assert base64.b64decode(made["documents"][0]["content"]).startswith(b"%PDF")
    assert base64.b64decode(made["documents"][1]["content"]).startswith(b"\x89PNG")
    (charge,) = made["shipmentCharges"]
    assert (charge["price"], charge["priceCurrency"]) == (sold.cost_minor / 100, "EUR")
    assert (sold.reference, sold.order.weight_grams) == ("R-1", 1200)


def test_a_label_printers_language_is_had_too(ship: Any) -> None:
    made = ship(changed("outputImageProperties", value={"encodingFormat": "zpl"})).get_json()
    (label,) = made["documents"]
    assert (label["imageFormat"], base64.b64decode(label["content"])[:3]) == ("ZPL", b"^XA")


def test_request_and_answers_are_as_the_interface_says(lab: Lab, ship: Any, ask: Any) -> None:
    document = published("dhl_express_mydhl", SWAGGER)
    fits(REQUEST, request_schema(document, "/shipments", "post"))
    made = ship().get_json()
    fits(made, answer_schema(document, "/shipments", "post", status="201"))
    fits(ship({}).get_json(), answer_schema(document, "/shipments", "post", status="422"))
    for days in (1, 3, 9):
        lab.clock.jump(timedelta(days=days))
        tracked = ask(shipmentTrackingNumber=made["shipmentTrackingNumber"], levelOfDetail="all")
        fits(tracked.get_json(), answer_schema(document, "/tracking", "get"))
    fits(ask(shipmentTrackingNumber="1").get_json(), answer_schema(document, "/tracking", "get", status="404"))


def test_asking_twice_buys_twice_and_the_reference_shows_both(lab: Lab, ship: Any, ask: Any) -> None:
    numbers = [ship().get_json()["shipmentTrackingNumber"] for _ in range(2)]
    lab.clock.jump(timedelta(hours=1))
    query = {
        "shipmentReference": "R-1",
        "shipperAccountNumber": "123456789",
        "dateRangeFrom": "2026-03-01",
        "dateRangeTo": "2026-03-31",
    }
    found = ask(**query).get_json()["shipments"]
    assert [shipment["shipmentTrackingNumber"] for shipment in found] == numbers
    assert found[0]["events"] == []
    for change in ({"shipmentReference": "R-2"}, {"shipperAccountNumber": "1"}, {"dateRangeTo": "2026-03-02"}):
        assert ask(**(query | change)).status_code == 404
    assert ask(shipmentReference="R-1", shipperAccountNumber="123456789").status_code == 404


def test_a_waybill_is_had_again(caller: Any, ship: Any, headers: dict[str, str]) -> None:
    number = ship().get_json()["shipmentTrackingNumber"]
    query = {"typeCode": "waybill", "shipperAccountNumber": "123456789", "pickupYearAndMonth": "2026-03"}
    image = caller.http.get(f"{SHIPMENTS}/{number}/get-image", query_string=query, headers=headers).get_json()
    assert base64.b64decode(image["documents"][0]["content"]).startswith(b"%PDF")
    assert caller.http.get(f"{SHIPMENTS}/1/get-image", query_string=query, headers=headers).status_code == 404


def test_events_stand_oldest_first_with_offsets_and_a_signature(lab: Lab, caller: Any) -> None:
    parcel = lab.world.add("dhl_express", "on_time", promised_on=lab.world.start.date())
    lab.clock.jump(timedelta(days=4))
    (shipment,) = caller.track("dhl_express", parcel.number).get_json()["shipments"]
    times = [f"{event['date']}T{event['time']}{event['GMTOffset']}" for event in shipment["events"]]
    assert times[-1] == parcel.destination.local(parcel.scans[-1].at).isoformat()
    assert shipment["events"][-1]["typeCode"] == "OK"
    assert shipment["events"][-1]["signedBy"] == parcel.signed_by(lab.clock.now())
    assert "estimatedDeliveryDate" not in shipment


def test_several_numbers_are_asked_at_once_and_a_view_shortens(lab: Lab, ask: Any) -> None:
    parcels = [lab.world.add("dhl_express", "on_time", promised_on=lab.world.start.date()) for _ in range(2)]
    lab.clock.jump(timedelta(days=4))
    numbers = ",".join(parcel.number for parcel in parcels)
    shown = ask(shipmentTrackingNumber=numbers, trackingView="last-checkpoint").get_json()["shipments"]
    assert [len(shipment["events"]) for shipment in shown] == [1, 1]
    assert ask(shipmentTrackingNumber=numbers, trackingView="everything").status_code == 400


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("plannedShippingDateAndTime",), "tomorrow"),
        (("pickup",), {}),
        (("productCode",), "?"),
        (("accounts",), [{"typeCode": "payer", "number": "1"}]),
        (("customerDetails", "shipperDetails", "postalAddress", "cityName"), ""),
        (("customerDetails", "receiverDetails", "contactInformation", "phone"), "x" * 71),
        (("content", "packages"), []),
        (("content", "packages"), [{"weight": "heavy"}]),
        (("content", "incoterm"), ""),
        (("content", "description"), ""),
        (("outputImageProperties",), {"encodingFormat": "word"}),
    ],
)
def test_a_wrong_request_buys_nothing(path: tuple[str, ...], value: Any, lab: Lab, ship: Any) -> None:
    answer = ship(changed(*path, value=value))
    assert (answer.status_code, answer.get_json()["status"]) == (422, "422")
    assert path[0] in answer.get_json()["detail"]
    assert lab.purchases == ()


def test_strangers_are_refused(lab: Lab, caller: Any) -> None:
    assert caller.http.post(SHIPMENTS, json=REQUEST).status_code == 401
    assert caller.http.get(TRACKING, headers=basic("x", "y")).get_json()["title"] == "Unauthorized"
    assert lab.purchases == ()
