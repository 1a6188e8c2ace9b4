"""FedEx's counter: a print return label, its way to be found, and its cancellation."""

from __future__ import annotations

import base64
from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest

from carriers.lab.server import Lab
from tests.carriers.lab.published import answer_schema, fits, published, request_schema

SHIP, CANCEL, FIND = "/fedex/ship/v1/shipments", "/fedex/ship/v1/shipments/cancel", "/fedex/track/v1/referencenumbers"
REQUEST: dict[str, Any] = {
    "labelResponseOptions": "LABEL",
    "accountNumber": {"value": "510087240"},
    "requestedShipment": {
        "shipper": {
            "address": {
                "streetLines": ["12 Oak Street"],
                "city": "Austin",
                "stateOrProvinceCode": "TX",
                "postalCode": "78704",
                "countryCode": "US",
            },
            "contact": {"personName": "Ada Example", "phoneNumber": "5125550100"},
        },
        "recipients": [
            {
                "address": {
                    "streetLines": ["2100 NE Broadway", "Dock 4"],
                    "city": "Portland",
                    "stateOrProvinceCode": "OR",
                    "postalCode": "97232",
                    "countryCode": "US",
                },
                "contact": {"companyName": "Juniper Returns", "phoneNumber": "5035550100"},
            }
        ],
        "pickupType": "DROPOFF_AT_FEDEX_LOCATION",
        "serviceType": "FEDEX_GROUND",
        "packagingType": "YOUR_PACKAGING",
        "totalWeight": 2.4,
        "shippingChargesPayment": {"paymentType": "SENDER"},
        "shipmentSpecialServices": {
            "specialServiceTypes": ["RETURN_SHIPMENT"],
            "returnShipmentDetail": {"returnType": "PRINT_RETURN_LABEL", "rma": {"reason": "RMA-7"}},
        },
        "labelSpecification": {"imageType": "PDF", "labelStockType": "PAPER_4X6"},
        "requestedPackageLineItems": [
            {
                "weight": {"units": "LB", "value": 2.4},
                "customerReferences": [{"customerReferenceType": "CUSTOMER_REFERENCE", "value": "R-1"}],
            }
        ],
    },
}


def changed(**parts: Any) -> dict[str, Any]:
    body = deepcopy(REQUEST)
    body["requestedShipment"] |= parts
    return body


def reference(value: str = "R-1", **more: str) -> dict[str, Any]:
    asked = {"value": value, "shipDateBegin": "2026-03-01", "shipDateEndDate": "2026-03-31"}
    return {"referencesInformation": asked | ({"accountNumber": "510087240"} | more)}


@pytest.fixture
def ask(caller: Any) -> Any:
    def send(path: str, body: Any, method: str = "POST") -> Any:
        return caller.http.open(path, method=method, json=body, headers=caller.bearer("fedex"))

    return send


@pytest.fixture
def cancel(ask: Any) -> Any:
    def put(number: str, account: str = "510087240") -> Any:
        body = {
            "accountNumber": {"value": account},
            "trackingNumber": number,
            "deletionControl": "DELETE_ALL_PACKAGES",
            "emailShipment": False,
        }
        return ask(CANCEL, body, "PUT")

    return put


def piece(answer: Any) -> dict[str, Any]:
    (shipment,) = answer.get_json()["output"]["transactionShipments"]
    (found,) = shipment["pieceResponses"]
    assert shipment["masterTrackingNumber"] == found["trackingNumber"]
    return dict(found)


def test_a_label_is_bought_with_its_price_and_document(lab: Lab, ask: Any) -> None:
    bought = piece(ask(SHIP, REQUEST))
    (sold,) = lab.purchases
    assert (bought["trackingNumber"], bought["netChargeAmount"]) == (sold.number, sold.cost_minor / 100)
    assert base64.b64decode(bought["packageDocuments"][0]["encodedLabel"]).startswith(b"%PDF")
    assert (sold.reference, sold.order.notes, sold.service) == ("R-1", ("R-1", "RMA-7"), "FedEx Ground")


@pytest.mark.parametrize(("kind", "start"), [("PNG", b"\x89PNG"), ("ZPLII", b"^XA"), ("PDF", b"%PDF")])
def test_a_label_comes_in_the_format_that_was_asked_for(kind: str, start: bytes, ask: Any) -> None:
    specification = {"imageType": kind, "labelStockType": "PAPER_4X6"}
    (document,) = piece(ask(SHIP, changed(labelSpecification=specification)))["packageDocuments"]
    assert document["docType"] == kind
    assert base64.b64decode(document["encodedLabel"]).startswith(start)


def test_an_address_instead_of_a_label_leads_to_it(ask: Any, caller: Any) -> None:
    (document,) = piece(ask(SHIP, REQUEST | {"labelResponseOptions": "URL_ONLY"}))["packageDocuments"]
    assert "encodedLabel" not in document
    assert caller.http.get(document["url"]).data.startswith(b"%PDF")


def test_request_and_answers_are_as_the_interface_says(ask: Any, cancel: Any) -> None:
    document = published("fedex", "fedex-ship-v1-openapi.json")
    path = "/ship/v1/shipments"
    fits(REQUEST, request_schema(document, path, "post"))
    bought = ask(SHIP, REQUEST)
    fits(bought.get_json(), answer_schema(document, path, "post"))
    fits(ask(SHIP, {}).get_json(), answer_schema(document, path, "post", status="400"))
    gone = cancel(piece(bought)["trackingNumber"])
    fits(gone.get_json(), answer_schema(document, f"{path}/cancel", "put"))
    fits(cancel("1").get_json(), answer_schema(document, f"{path}/cancel", "put", status="400"))


def test_asking_twice_buys_twice_and_tracking_by_reference_shows_both(lab: Lab, ask: Any) -> None:
    numbers = [piece(ask(SHIP, REQUEST))["trackingNumber"] for _ in range(2)]
    lab.clock.jump(timedelta(hours=1))
    found = ask(FIND, reference()).get_json()["output"]["completeTrackResults"]
    assert [result["trackingNumber"] for result in found] == numbers
    assert found[0]["trackResults"][0]["latestStatusDetail"]["code"] == "OC"


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        (reference("R-2"), 404),
        (reference(shipDateBegin="2026-03-20"), 404),
        (reference(accountNumber="1"), 400),
        (reference(shipDateEndDate=""), 400),
        ({}, 400),
    ],
)
def test_a_reference_is_found_under_its_account_and_days_only(asked: Any, status: int, ask: Any) -> None:
    ask(SHIP, REQUEST)
    assert ask(FIND, asked).status_code == status


def test_an_unused_label_is_cancelled_and_a_used_one_is_not(lab: Lab, ask: Any, cancel: Any, caller: Any) -> None:
    unused, used = (piece(ask(SHIP, REQUEST))["trackingNumber"] for _ in range(2))
    assert cancel(unused).get_json()["output"]["cancelledShipment"] is True
    lab.clock.jump(timedelta(days=3))
    assert cancel(used).get_json()["output"]["cancelledShipment"] is False
    assert (lab.book.voided(unused), lab.book.voided(used)) == (True, False)
    answer = caller.track("fedex", unused).get_json()["output"]["completeTrackResults"][0]["trackResults"][0]
    assert answer["latestStatusDetail"]["code"] == "CA"


def test_nobody_cancels_what_is_not_theirs_or_not_there(ask: Any, cancel: Any) -> None:
    number = piece(ask(SHIP, REQUEST))["trackingNumber"]
    assert cancel(number, "1").get_json()["errors"][0]["code"] == "SHIPMENT.USER.UNAUTHORIZED"
    assert cancel("123456789012").get_json()["errors"][0]["code"] == "TRACKINGNUMBER.ENTERED.INVALID"


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("shipper", {}),
        ("recipients", []),
        ("serviceType", "CAMEL"),
        ("pickupType", "NEVER"),
        ("shippingChargesPayment", {"paymentType": "CASH"}),
        ("shipmentSpecialServices", {}),
        ("shipmentSpecialServices", {"specialServiceTypes": ["RETURN_SHIPMENT"]}),
        ("labelSpecification", {"imageType": "WORD", "labelStockType": "PAPER_4X6"}),
        ("labelSpecification", {"imageType": "PDF"}),
        ("requestedPackageLineItems", []),
        ("requestedPackageLineItems", [{"weight": {"units": "STONE", "value": 2}}]),
        ("requestedPackageLineItems", [{"weight": {"units": "LB", "value": 0}}]),
    ],
)
def test_a_wrong_request_buys_nothing(part: str, value: Any, lab: Lab, ask: Any) -> None:
    answer = ask(SHIP, changed(**{part: value}))
    assert answer.status_code == 400
    assert answer.get_json()["errors"][0]["code"]
    assert lab.purchases == ()


def test_another_account_and_strangers_buy_nothing(lab: Lab, ask: Any, caller: Any) -> None:
    assert ask(SHIP, REQUEST | {"accountNumber": {"value": "1"}}).status_code == 400
    assert caller.http.post(SHIP, json=REQUEST).status_code == 401
    assert lab.purchases == ()
