"""FedEx return labels: bought and printed once, cancelled; a lost answer is for a person."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from carriers.adapters.fedex import adapter
from carriers.adapters.fedex.labels import shipment_request
from carriers.base import Account, Recovery
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Address, BoughtLabel, CustomsItem, LabelFormat, LabelRequest
from tests.carriers.door import Door
from tests.carriers.published import hold, published

fedex = adapter()
TOKEN = {"access_token": "t", "expires_in": 3599}
PDF, PNG = (base64.b64encode(raw).decode() for raw in (b"%PDF-1.4 label", b"\x89PNG\r\n\x1a\n label"))
ACCOUNT = Door.account(client_id="id", client_secret="hidden", account_number="740561073")
SHOPPER = Address("Ada Example", "12 Oak Street", "AUSTIN", "78704", "US", region="tx", phone="(512) 555-0100")
SHOP = Address(
    "Returns", "2100 NE Broadway", "PORTLAND", "97232", "US", region="OR", company="Juniper & Co.", phone="503 555 0100"
)
REQUEST = LabelRequest("rl-0123456789abcdefABCD-_xy", SHOPPER, SHOP, 1000, description="2 shirts", rma="RMA-1")
ZURICH = Address("Ada Example", "Eichenweg 12", "Zürich", "8001", "CH", phone="+41 44 555 01 00")
GOODS = (CustomsItem("Wool jumper", 3, 900, 9000, "NO", "611011"), CustomsItem("Mug", 1, 300, 1250, "PT"))
ABROAD = replace(REQUEST, sender=ZURICH, items=GOODS, currency="USD", service="FEDEX_INTERNATIONAL_PRIORITY")


def bought(document: dict[str, Any] | None = None, number: str = "794953555571", **shipment: Any) -> dict[str, Any]:
    piece = {"trackingNumber": number, "packageDocuments": [document or {"docType": "PDF", "encodedLabel": PDF}]}
    rates = [
        {"rateType": "PAYOR_LIST_SHIPMENT", "totalNetCharge": 21.45, "currency": "USD"},
        {"rateType": "PAYOR_ACCOUNT_SHIPMENT", "totalNetCharge": 12.34, "currency": "USD"},
    ]
    rating = {"actualRateType": "PAYOR_ACCOUNT_SHIPMENT", "shipmentRateDetails": rates}
    found = {
        "masterTrackingNumber": number,
        "serviceType": "FEDEX_GROUND",
        "pieceResponses": [piece],
        "completedShipmentDetail": {"shipmentRating": rating},
    }
    return {"transactionId": "x", "output": {"transactionShipments": [found | shipment]}}


def refusal(message: str, code: str = "SHIPPER.POSTALCODE.INVALID", status: int = 400) -> tuple[int, Any]:
    return status, {"transactionId": "x", "errors": [{"code": code, "message": message}]}


def test_a_label_has_its_number_document_price_and_handle() -> None:
    door = Door(TOKEN, bought())
    label = fedex.create_label(door, ACCOUNT, REQUEST, key="k")
    assert (label.carrier, label.tracking_number, label.handle) == ("fedex", "794953555571", "794953555571")
    assert (label.document, label.format, label.service) == (b"%PDF-1.4 label", LabelFormat.PDF, "FEDEX_GROUND")
    assert (label.cost_minor, label.currency) == (1234, "USD")
    call = door.calls[-1]
    assert (call.method, call.url) == ("POST", "https://carrier.invalid/ship/v1/shipments")
    assert not call.repeatable


def test_a_label_without_a_price_or_a_document_is_still_bought() -> None:
    bare = bought({"docType": "PDF"}, completedShipmentDetail={})
    label = fedex.create_label(Door(TOKEN, bare), ACCOUNT, REQUEST, key="k")
    assert (label.tracking_number, label.document, label.cost_minor) == ("794953555571", b"", None)


def test_objects_stand_where_lists_were_promised() -> None:
    piece = {"trackingNumber": "794953555582", "packageDocuments": {"encodedLabel": PNG}}
    label = fedex.create_label(Door(TOKEN, bought(pieceResponses=piece)), ACCOUNT, REQUEST, key="k")
    assert (label.tracking_number, label.format, label.handle) == ("794953555582", LabelFormat.PNG, "794953555571")


@pytest.mark.parametrize("url", ["https://www.fedex.com/document/v2/x", "https://carrier.invalid/document/x"])
def test_a_label_behind_an_address_of_fedex_is_fetched_at_once(url: str) -> None:
    door = Door(TOKEN, bought({"url": url}), b"%PDF-1.4 label")
    assert fedex.create_label(door, ACCOUNT, REQUEST, key="k").document == b"%PDF-1.4 label"
    assert door.calls[-1].url == url


@pytest.mark.parametrize(
    "url",
    ["https://fedex.com.evil.example/x", "http://www.fedex.com/x", "file:///etc/passwd", "http://169.254.169.254/x"],
)
def test_no_other_address_is_followed(url: str) -> None:
    door = Door(TOKEN, bought({"url": url}))
    assert fedex.create_label(door, ACCOUNT, REQUEST, key="k").document == b""
    assert len(door.calls) == 2


@pytest.mark.parametrize("given", [(404, b"gone"), b"<html>", CarrierError(ErrorKind.SERVER_ERROR, "lost")])
def test_an_address_that_gives_no_label_leaves_the_label_bought(given: Any) -> None:
    door = Door(TOKEN, bought({"url": "https://www.fedex.com/x"}), given)
    assert fedex.create_label(door, ACCOUNT, REQUEST, key="k").document == b""


def test_the_shopper_sends_to_the_shop_on_the_account_of_the_shop() -> None:
    body = shipment_request(ACCOUNT, replace(REQUEST, ship_on=date(2026, 3, 12), format=LabelFormat.ZPL))
    shipment = body["requestedShipment"]
    assert (body["labelResponseOptions"], body["accountNumber"]) == ("LABEL", {"value": "740561073"})
    assert shipment["shipper"] == {
        "address": {
            "streetLines": ["12 Oak Street"],
            "city": "AUSTIN",
            "stateOrProvinceCode": "TX",
            "postalCode": "78704",
            "countryCode": "US",
        },
        "contact": {"personName": "Ada Example", "phoneNumber": "5125550100"},
    }
    assert shipment["recipients"][0]["contact"]["companyName"] == "Juniper & Co."
    assert shipment["shipmentSpecialServices"] == {
        "specialServiceTypes": ["RETURN_SHIPMENT"],
        "returnShipmentDetail": {"returnType": "PRINT_RETURN_LABEL", "rma": {"reason": "2 shirts"}},
    }
    assert shipment["shippingChargesPayment"]["payor"] == {
        "responsibleParty": {"accountNumber": {"value": "740561073"}}
    }
    assert shipment["labelSpecification"] == {"imageType": "ZPLII", "labelStockType": "STOCK_4X6"}
    assert (shipment["serviceType"], shipment["shipDatestamp"]) == ("FEDEX_GROUND", "2026-03-12")
    (package,) = shipment["requestedPackageLineItems"]
    assert package["customerReferences"] == [
        {"customerReferenceType": "CUSTOMER_REFERENCE", "value": REQUEST.reference},
        {"customerReferenceType": "RMA_ASSOCIATION", "value": "RMA-1"},
    ]
    assert package["weight"] == {"units": "KG", "value": 1.0}
    assert package["dimensions"] == {"length": 30, "width": 23, "height": 10, "units": "CM"}
    assert "customsClearanceDetail" not in shipment


def test_the_shop_s_telephone_answers_for_a_shopper_without() -> None:
    shipment = shipment_request(ACCOUNT, replace(REQUEST, sender=replace(SHOPPER, phone="")))["requestedShipment"]
    assert shipment["shipper"]["contact"]["phoneNumber"] == "5035550100"


def test_the_service_is_the_request_s_before_the_account_s() -> None:
    account = Door.account(account_number="740561073", service="FEDEX_2_DAY")

    def service(account: Account, request: LabelRequest) -> Any:
        return shipment_request(account, request)["requestedShipment"]["serviceType"]

    assert service(account, REQUEST) == "FEDEX_2_DAY"
    assert service(account, replace(REQUEST, service="GROUND_HOME_DELIVERY")) == "GROUND_HOME_DELIVERY"


def test_a_return_across_a_customs_border_says_what_is_in_it() -> None:
    customs = shipment_request(ACCOUNT, ABROAD)["requestedShipment"]["customsClearanceDetail"]
    assert customs["totalCustomsValue"] == {"amount": 102.5, "currency": "USD"}
    assert customs["commodities"][0] == {
        "description": "Wool jumper",
        "quantity": 3,
        "quantityUnits": "PCS",
        "numberOfPieces": 3,
        "unitPrice": {"amount": 30.0, "currency": "USD"},
        "customsValue": {"amount": 90.0, "currency": "USD"},
        "weight": {"units": "KG", "value": 0.9},
        "countryOfManufacture": "NO",
        "harmonizedCode": "611011",
    }
    assert (customs["customsOption"]["type"], customs["dutiesPayment"]["paymentType"]) == ("OTHER", "RECIPIENT")


@pytest.mark.parametrize(
    "request_",
    [REQUEST, replace(REQUEST, format=LabelFormat.PNG, ship_on=date(2026, 3, 12)), ABROAD],
    ids=["domestic", "dated", "customs"],
)
def test_the_request_is_as_the_interface_says(request_: LabelRequest) -> None:
    document = published("fedex", "fedex-ship-v1-openapi.json")
    hold(document, "Full_Schema_Ship", shipment_request(ACCOUNT, request_))


def test_the_cancellation_is_as_the_interface_says() -> None:
    door = Door(TOKEN, {"output": {"cancelledShipment": True, "cancelledHistory": True, "message": "Done"}})
    fedex.void_label(door, ACCOUNT, BoughtLabel("794953555582", handle="794953555571"))
    call = door.calls[-1]
    assert (call.method, call.url) == ("PUT", "https://carrier.invalid/ship/v1/shipments/cancel")
    body: Any = call.json
    assert (body["trackingNumber"], body["accountNumber"]) == ("794953555571", {"value": "740561073"})
    hold(published("fedex", "fedex-ship-v1-openapi.json"), "Full_Schema_Cancel_Shipment", body)


@pytest.mark.parametrize(
    "answer",
    [
        refusal("Shipment has already been cancelled.", "SHIPMENT.CANCEL.ERROR"),
        {"output": {"cancelledShipment": False, "message": "Shipment is already cancelled"}},
    ],
)
def test_a_label_that_is_cancelled_already_is_no_error(answer: Any) -> None:
    fedex.void_label(Door(TOKEN, answer), ACCOUNT, BoughtLabel("794953555571"))


@pytest.mark.parametrize("answer", [refusal("Too late."), {"output": {"cancelledShipment": False}}, {"output": {}}, {}])
def test_a_label_that_cannot_be_cancelled_is_an_error(answer: Any) -> None:
    with pytest.raises(CarrierError):
        fedex.void_label(Door(TOKEN, answer), ACCOUNT, BoughtLabel("794953555571"))


@pytest.mark.parametrize(
    ("answer", "kind", "sent"),
    [
        (refusal("bad"), ErrorKind.BAD_REQUEST, False),
        (refusal("No such service here.", "SERVICE.UNAVAILABLE.FOR.ROUTE"), ErrorKind.BAD_REQUEST, False),
        (refusal("?", "TRACKINGNUMBER.INVALID"), ErrorKind.BAD_REQUEST, False),
        (refusal("gone", "NOT.FOUND.ERROR", 404), ErrorKind.BAD_REQUEST, False),
        (refusal("who", "NOT.AUTHORIZED.ERROR", 401), ErrorKind.AUTH, False),
        (refusal("who", "FORBIDDEN.ERROR", 403), ErrorKind.AUTH, False),
        (refusal("slow down", "RATE.LIMIT", 429), ErrorKind.RATE_LIMITED, False),
        (refusal("broken", "INTERNAL.SERVER.ERROR", 500), ErrorKind.SERVER_ERROR, True),
        (refusal("down", "SERVICE.UNAVAILABLE.ERROR", 503), ErrorKind.SERVER_ERROR, True),
        ((200, {"output": {"jobId": "abc"}}), ErrorKind.MALFORMED, True),
        ((200, b"<html>"), ErrorKind.MALFORMED, True),
        ((200, []), ErrorKind.MALFORMED, True),
        (CarrierError(ErrorKind.SERVER_ERROR, "lost"), ErrorKind.SERVER_ERROR, True),
    ],
)
def test_only_a_clear_refusal_says_that_nothing_was_sold(answer: Any, kind: ErrorKind, sent: bool) -> None:
    with pytest.raises(CarrierError) as caught:
        fedex.create_label(Door(TOKEN, answer, TOKEN, answer), ACCOUNT, REQUEST, key="k")
    assert (caught.value.kind, caught.value.sent) == (kind, sent)


def test_an_access_token_that_cannot_be_had_has_bought_nothing() -> None:
    with pytest.raises(CarrierError) as caught:
        fedex.create_label(Door(CarrierError(ErrorKind.SERVER_ERROR, "lost")), ACCOUNT, REQUEST, key="k")
    assert caught.value.sent is False


@pytest.mark.parametrize(
    "request_",
    [
        replace(REQUEST, sender=replace(SHOPPER, region="Texas")),
        replace(REQUEST, sender=replace(SHOPPER, postal_code="")),
        replace(REQUEST, sender=replace(SHOPPER, line1="")),
        replace(REQUEST, sender=replace(SHOPPER, phone="555")),
        replace(REQUEST, sender=replace(SHOPPER, phone=""), recipient=replace(SHOP, phone="")),
        replace(REQUEST, recipient=replace(SHOP, city="")),
        replace(ABROAD, service=""),
        replace(ABROAD, items=()),
        replace(ABROAD, currency=""),
    ],
)
def test_what_cannot_be_printed_or_carried_is_refused_before_anything_is_sent(request_: LabelRequest) -> None:
    door = Door()
    with pytest.raises(CarrierError) as caught:
        fedex.create_label(door, ACCOUNT, request_, key="k")
    assert (caught.value.kind, caught.value.sent, door.calls) == (ErrorKind.BAD_REQUEST, False, [])


def test_a_lost_answer_is_for_a_person() -> None:
    assert fedex.info.label_recovery is Recovery.NONE
    for ask in (
        lambda: fedex.find_label(Door(), ACCOUNT, REQUEST, key="k"),
        lambda: fedex.fetch_label(Door(), ACCOUNT, BoughtLabel("794953555571")),
    ):
        with pytest.raises(CarrierError) as caught:
            ask()
        assert caught.value.kind is ErrorKind.NOT_SUPPORTED


def test_an_error_repeats_no_address_and_no_secret() -> None:
    words = "Address 12 OAK street, Austin for Ada Example (5125550100, 78704) is wrong; 740561073 hidden"
    with pytest.raises(CarrierError) as caught:
        fedex.create_label(Door(TOKEN, refusal(words)), ACCOUNT, REQUEST, key="k")
    told = (str(caught.value) + caught.value.message).lower()
    for secret in ("oak", "austin", "ada", "78704", "740561073", "hidden"):
        assert secret not in told


def test_a_missing_account_number_is_named() -> None:
    with pytest.raises(CarrierError, match="account_number") as caught:
        fedex.create_label(Door(), Door.account(client_id="id", client_secret="hidden"), REQUEST, key="k")
    assert (caught.value.kind, caught.value.sent) == (ErrorKind.AUTH, False)


def test_a_used_label_is_refused_by_fedex_in_so_many_words() -> None:
    tendered = {"output": {"cancelledShipment": False, "message": "Tendered by Ada Example, account 123456789."}}
    account = Door.account(client_id="id", client_secret="hidden", account_number="123456789")
    with pytest.raises(CarrierError) as caught:
        fedex.void_label(Door(TOKEN, tendered), account, BoughtLabel("794600000000"))
    assert caught.value.kind is ErrorKind.BAD_REQUEST
    assert "123456789" not in caught.value.message


def test_a_label_whose_file_s_address_is_none_is_bought_all_the_same() -> None:
    piece = {"trackingNumber": "794600000001", "packageDocuments": [{"url": "https://["}]}
    sold = {"output": {"transactionShipments": [{"pieceResponses": [piece]}]}}
    label = fedex.create_label(Door(TOKEN, sold), ACCOUNT, REQUEST, key="k")
    assert (label.tracking_number, label.document) == ("794600000001", b"")
