"""UPS's counter: a return label, its recovery by reference, and taking it back."""

from __future__ import annotations

import base64
from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest

from carriers.lab.server import Lab
from tests.carriers.lab.published import answer_schema, fits, published, request_schema, without

SHIP = "/ups/api/shipments/v2409/ship"
RECOVER = "/ups/api/labels/v1/recovery"
VOID = "/ups/api/shipments/v2409/void/cancel"
REQUEST: dict[str, Any] = {
    "ShipmentRequest": {
        "Request": {"RequestOption": "nonvalidate", "TransactionReference": {"CustomerContext": "R-1"}},
        "Shipment": {
            "Description": "Return",
            "ReturnService": {"Code": "9"},
            "Shipper": {
                "Name": "Juniper & Co.",
                "ShipperNumber": "A4B917",
                "Address": {
                    "AddressLine": ["2100 NE Broadway"],
                    "City": "Portland",
                    "StateProvinceCode": "OR",
                    "PostalCode": "97232",
                    "CountryCode": "US",
                },
            },
            "ShipTo": {
                "Name": "Juniper Returns",
                "Address": {
                    "AddressLine": ["2100 NE Broadway", "Dock 4"],
                    "City": "Portland",
                    "StateProvinceCode": "OR",
                    "PostalCode": "97232",
                    "CountryCode": "US",
                },
            },
            "ShipFrom": {
                "Name": "Ada Example",
                "Address": {
                    "AddressLine": ["12 Oak Street"],
                    "City": "Austin",
                    "StateProvinceCode": "TX",
                    "PostalCode": "78704",
                    "CountryCode": "US",
                },
            },
            "PaymentInformation": {
                "ShipmentCharge": [{"Type": "01", "BillShipper": {"AccountNumber": "A4B917"}}],
            },
            "Service": {"Code": "03"},
            "Package": [
                {
                    "Description": "A mug",
                    "Packaging": {"Code": "02"},
                    "PackageWeight": {"UnitOfMeasurement": {"Code": "LBS"}, "Weight": "2.4"},
                    "ReferenceNumber": [{"Value": "R-1"}, {"Value": "RMA-7"}],
                }
            ],
        },
        "LabelSpecification": {
            "LabelImageFormat": {"Code": "GIF"},
            "LabelStockSize": {"Height": "6", "Width": "4"},
        },
    }
}


def changed(**parts: Any) -> dict[str, Any]:
    """The request with parts of the shipment replaced."""
    body = deepcopy(REQUEST)
    body["ShipmentRequest"]["Shipment"] |= parts
    return body


def recovery(**asked: Any) -> dict[str, Any]:
    return {"LabelRecoveryRequest": {"Request": {}, **asked}}


@pytest.fixture
def buy(caller: Any) -> Any:
    def post(body: Any = REQUEST, path: str = SHIP) -> Any:
        return caller.http.post(path, json=body, headers=caller.bearer("ups"))

    return post


def test_a_label_is_bought_with_its_price_and_picture(lab: Lab, buy: Any) -> None:
    answer = buy().get_json()["ShipmentResponse"]
    (package,) = answer["ShipmentResults"]["PackageResults"]
    (sold,) = lab.purchases
    assert answer["ShipmentResults"]["ShipmentIdentificationNumber"] == package["TrackingNumber"] == sold.number
    assert answer["ShipmentResults"]["ShipmentCharges"]["TotalCharges"] == {
        "CurrencyCode": "USD",
        "MonetaryValue": f"{sold.cost_minor / 100:.2f}",
    }
    assert base64.b64decode(package["ShippingLabel"]["GraphicImage"]).startswith(b"GIF8")
    assert answer["Response"]["TransactionReference"] == {"CustomerContext": "R-1"}
    assert (sold.reference, sold.service, sold.order.weight_grams) == ("R-1", "UPS Ground", 1089)


def test_request_and_answers_are_as_the_interface_says(caller: Any, buy: Any) -> None:
    document = published("ups", "Shipping.yaml")
    path = "/shipments/{version}/ship"
    fits(REQUEST, request_schema(document, path, "post"))
    # It also says that a weight has eight characters and a format four; production's "2.4" and "gif" have three.
    loose = without("minLength", document)
    bought = buy().get_json()
    fits(bought, answer_schema(loose, path, "post"))
    fits(buy({}).get_json(), answer_schema(loose, path, "post", status="400"))
    number, headers = (
        bought["ShipmentResponse"]["ShipmentResults"]["ShipmentIdentificationNumber"],
        caller.bearer("ups"),
    )
    found = caller.http.post(RECOVER, json=recovery(TrackingNumber=number), headers=headers).get_json()
    fits(found, answer_schema(loose, "/labels/{version}/recovery", "post"))
    gone = caller.http.delete(f"{VOID}/{number}", headers=headers).get_json()
    void = "/shipments/{version}/void/cancel/{shipmentidentificationnumber}"
    fits(gone, answer_schema(loose, void, "delete"))


def test_older_versions_give_one_package_without_a_list(buy: Any) -> None:
    answer = buy(path="/ups/api/shipments/v1801/ship").get_json()
    assert answer["ShipmentResponse"]["ShipmentResults"]["PackageResults"]["TrackingNumber"].startswith("1Z")


def test_asking_twice_buys_twice_and_recovery_shows_both(lab: Lab, caller: Any, buy: Any) -> None:
    numbers = [buy().get_json()["ShipmentResponse"]["ShipmentResults"]["ShipmentIdentificationNumber"] for _ in "12"]
    values = {"ReferenceNumber": {"Value": "R-1"}, "ShipperNumber": "A4B917"}
    found = caller.http.post(RECOVER, json=recovery(ReferenceValues=values), headers=caller.bearer("ups")).get_json()
    results = found["LabelRecoveryResponse"]["LabelResults"]
    assert [result["TrackingNumber"] for result in results] == numbers
    assert len(lab.purchases) == 2


@pytest.mark.parametrize(
    "asked",
    [
        {"ReferenceValues": {"ReferenceNumber": {"Value": "R-2"}, "ShipperNumber": "A4B917"}},
        {"ReferenceValues": {"ReferenceNumber": {"Value": "R-1"}, "ShipperNumber": "ZZZZZZ"}},
        {"ReferenceValues": {"ReferenceNumber": {"Value": ""}, "ShipperNumber": "A4B917"}},
        {"TrackingNumber": "1ZA4B9170300000000"},
        {},
    ],
)
def test_what_nobody_bought_is_not_recovered(asked: dict[str, Any], caller: Any, buy: Any) -> None:
    buy()
    answer = caller.http.post(RECOVER, json=recovery(**asked), headers=caller.bearer("ups"))
    assert (answer.status_code, answer.get_json()["response"]["errors"][0]["code"]) == (400, "9801031")


@pytest.mark.parametrize(("kind", "start"), [("PDF", b"%PDF"), ("ZPL", b"^XA"), ("PNG", b"\x89PNG"), ("GIF", b"GIF8")])
def test_a_label_is_recovered_in_any_format(kind: str, start: bytes, caller: Any, buy: Any) -> None:
    number = buy().get_json()["ShipmentResponse"]["ShipmentResults"]["ShipmentIdentificationNumber"]
    asked = recovery(TrackingNumber=number, LabelSpecification={"LabelImageFormat": {"Code": kind}})
    found = caller.http.post(RECOVER, json=asked, headers=caller.bearer("ups")).get_json()
    image = found["LabelRecoveryResponse"]["LabelResults"][0]["LabelImage"]["GraphicImage"]
    assert base64.b64decode(image).startswith(start)


def test_a_label_that_ups_mails_itself_has_no_picture_and_a_link_leads_to_one(caller: Any, buy: Any) -> None:
    mailed = {"LabelDelivery": {"EMail": {"EMailAddress": "ada@example.org"}, "LabelLinksIndicator": ""}}
    body = changed(ReturnService={"Code": "8"}, ShipmentServiceOptions=mailed)
    results = buy(body).get_json()["ShipmentResponse"]["ShipmentResults"]
    assert "ShippingLabel" not in results["PackageResults"][0]
    assert caller.http.get(results["LabelURL"]).data.startswith(b"%PDF")
    assert buy(changed(ReturnService={"Code": "8"})).status_code == 400


def test_an_unused_label_is_voided_as_often_as_one_likes_and_not_recovered_after(caller: Any, buy: Any) -> None:
    number = buy().get_json()["ShipmentResponse"]["ShipmentResults"]["ShipmentIdentificationNumber"]
    headers = caller.bearer("ups")
    for _ in range(2):
        gone = caller.http.delete(f"{VOID}/{number}?trackingnumber={number}", headers=headers).get_json()
        assert gone["VoidShipmentResponse"]["SummaryResult"]["Status"]["Code"] == "1"
    assert caller.http.post(RECOVER, json=recovery(TrackingNumber=number), headers=headers).status_code == 400
    caller.lab.clock.jump(timedelta(days=9))
    package = caller.track("ups", number).get_json()["trackResponse"]["shipment"][0]["package"][0]
    assert package["currentStatus"]["code"] == "007"


def test_a_used_or_unknown_label_is_not_voided(lab: Lab, caller: Any, buy: Any) -> None:
    number = buy().get_json()["ShipmentResponse"]["ShipmentResults"]["ShipmentIdentificationNumber"]
    lab.clock.jump(timedelta(days=3))
    for one in (number, "1ZA4B9170300000000"):
        answer = caller.http.delete(f"{VOID}/{one}", headers=caller.bearer("ups"))
        assert (answer.status_code, answer.get_json()["response"]["errors"][0]["code"]) == (400, "190102")
    assert not lab.book.voided(number)


def test_a_returned_parcel_is_tracked_by_number_and_by_reference(lab: Lab, caller: Any, buy: Any) -> None:
    number = buy().get_json()["ShipmentResponse"]["ShipmentResults"]["ShipmentIdentificationNumber"]
    lab.clock.jump(timedelta(days=9))
    headers = caller.bearer("ups", transId="t", transactionSrc="tests")
    answers = [
        caller.http.get(f"/ups/api/track/v1/{path}", headers=headers).get_json()
        for path in (f"details/{number}", "reference/details/RMA-7")
    ]
    packages = [answer["trackResponse"]["shipment"][0]["package"][0] for answer in answers]
    assert packages[0] == packages[1]
    assert packages[0]["currentStatus"]["code"] == "011"
    unknown = caller.http.get("/ups/api/track/v1/reference/details/nothing", headers=headers).get_json()
    assert unknown["trackResponse"]["shipment"][0]["warnings"][0]["code"] == "TW0001"


@pytest.mark.parametrize(
    ("part", "value", "code"),
    [
        ("Shipper", {"ShipperNumber": "ZZZZZZ"}, "120100"),
        ("ShipFrom", {"Name": "Ada"}, "120201"),
        ("ShipTo", {"Name": "x" * 36}, "120201"),
        ("ReturnService", {"Code": "99"}, "120602"),
        ("Service", {}, "121210"),
        ("Package", [], "120400"),
        ("Package", [{"Packaging": {"Code": "02"}}], "120414"),
        (
            "Package",
            [{"Packaging": {"Code": "02"}, "Description": "A mug", "PackageWeight": {"Weight": "1"}}],
            "120900",
        ),
    ],
)
def test_a_wrong_request_buys_nothing(part: str, value: Any, code: str, lab: Lab, buy: Any) -> None:
    answer = buy(changed(**{part: value}))
    assert (answer.status_code, answer.get_json()["response"]["errors"][0]["code"]) == (400, code)
    assert lab.purchases == ()


def test_strangers_buy_nothing(lab: Lab, caller: Any) -> None:
    for headers in ({}, {"Authorization": "Bearer forged"}):
        assert caller.http.post(SHIP, json=REQUEST, headers=headers).status_code == 401
    assert lab.purchases == ()
