"""DHL Express's return labels: paid by the shop's account, with the invoice for customs where one is needed."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from carriers.adapters.dhl_express import adapter
from carriers.adapters.dhl_express.labels import shipment_request
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Address, BoughtLabel, CustomsItem, LabelFormat, LabelRequest
from tests.carriers.door import Door
from tests.carriers.published import hold, published

dhl = adapter()
PDF, ZPL = (base64.b64encode(raw).decode() for raw in (b"%PDF-1.4 label", b"^XA^FDlabel^XZ"))
ACCOUNT = Door.account(username="apiuser", password="secretword", account_number="950012345")
SHOPPER = Address("Ada Example", "12 Oak Street", "AUSTIN", "78704", "US", region="TX", phone="512-555-0100")
SHOP = Address("Retouren", "Holtenauer Straße 1", "Kiel", "24103", "DE", company="Nordlicht", phone="0431 5550100")
VIENNA = Address("Ida Beispiel", "Lange Gasse 12", "Wien", "1080", "AT", phone="01 5550100", email="ida@example.com")
ITEMS = (CustomsItem("A mug", 2, 900, 3000, "PT", "691110"), CustomsItem("A book", 1, 300, 1800, "DE"))
REQUEST = LabelRequest(
    "rl-0123456789abcdefABCD-_xy", VIENNA, SHOP, 1200, rma="RMA-1", ship_on=date(2025, 2, 10), size_cm=(40, 30, 20)
)
ABROAD = replace(REQUEST, sender=SHOPPER, items=ITEMS, currency="EUR", value_minor=4800)
SOLD = {
    "shipmentTrackingNumber": "1103733901",
    "packages": [{"referenceNumber": 1, "trackingNumber": "JD014600004617230770"}],
    "documents": [
        {"imageFormat": "PDF", "content": base64.b64encode(b"%PDF invoice").decode(), "typeCode": "invoice"},
        {"imageFormat": "PDF", "content": PDF, "typeCode": "label"},
    ],
    "shipmentCharges": [
        {"currencyType": "BASEC", "priceCurrency": "EUR", "price": 30.0},
        {"currencyType": "BILLC", "priceCurrency": "EUR", "price": 32.45},
    ],
}


def test_a_label_has_its_number_its_document_and_its_price() -> None:
    door = Door((201, SOLD))
    label = dhl.create_label(door, ACCOUNT, REQUEST, key="k")
    assert (label.carrier, label.tracking_number, label.service) == ("dhl_express", "1103733901", "U")
    assert (label.document, label.format) == (b"%PDF-1.4 label", LabelFormat.PDF)
    assert (label.cost_minor, label.currency) == (3245, "EUR")
    (call,) = door.calls
    assert (call.url, call.basic) == ("https://carrier.invalid/shipments", ("apiuser", "secretword"))
    assert not call.repeatable


def test_zpl_is_known_by_its_bytes() -> None:
    door = Door((201, {**SOLD, "documents": [{"imageFormat": "ZPL", "content": ZPL, "typeCode": "label"}]}))
    label = dhl.create_label(door, ACCOUNT, replace(REQUEST, format=LabelFormat.ZPL), key="k")
    asked: Any = door.calls[0].json
    assert (label.document, label.format) == (b"^XA^FDlabel^XZ", LabelFormat.ZPL)
    assert asked["outputImageProperties"]["encodingFormat"] == "zpl"


@pytest.mark.parametrize("documents", [None, [], [{"typeCode": "label", "content": "no base64!"}], [{}]])
def test_a_label_bought_without_a_document_is_still_bought(documents: Any) -> None:
    sold = {**SOLD, "documents": documents, "shipmentCharges": None}
    label = dhl.create_label(Door((201, sold)), ACCOUNT, REQUEST, key="k")
    assert (label.tracking_number, label.document, label.cost_minor) == ("1103733901", b"", None)


def test_the_shop_s_account_pays_for_what_the_shopper_sends() -> None:
    body = shipment_request(ACCOUNT, REQUEST)
    assert body["accounts"] == [{"typeCode": "payer", "number": "950012345"}]
    assert [one["value"] for one in body["customerReferences"]] == [REQUEST.reference, "RMA-1"]
    assert body["customerDetails"]["shipperDetails"] == {
        "postalAddress": {
            "postalCode": "1080",
            "cityName": "Wien",
            "countryCode": "AT",
            "addressLine1": "Lange Gasse 12",
        },
        "contactInformation": {
            "phone": "01 5550100",
            "companyName": "Ida Beispiel",
            "fullName": "Ida Beispiel",
            "email": "ida@example.com",
        },
        "typeCode": "private",
    }
    assert body["customerDetails"]["receiverDetails"]["contactInformation"]["companyName"] == "Nordlicht"
    assert body["content"]["packages"][0]["dimensions"] == {"length": 40, "width": 30, "height": 20}
    both = Door.account(**ACCOUNT.credentials, shipper_account_number="300012345")
    assert [one["typeCode"] for one in shipment_request(both, REQUEST)["accounts"]] == ["shipper", "payer"]


@pytest.mark.parametrize(
    ("request_", "product"),
    [
        (REQUEST, "U"),
        (ABROAD, "P"),
        (replace(REQUEST, sender=replace(VIENNA, country="DE")), "N"),
        (replace(REQUEST, service="T"), "T"),
    ],
)
def test_the_product_is_the_account_s_or_follows_from_the_way(request_: LabelRequest, product: str) -> None:
    assert shipment_request(ACCOUNT, request_)["productCode"] == product
    assert shipment_request(Door.account(**ACCOUNT.credentials, product_code="K"), REQUEST)["productCode"] == "K"


def test_customs_are_told_of_returned_goods_and_the_invoice_comes_with_the_label() -> None:
    body = shipment_request(ACCOUNT, replace(ABROAD, format=LabelFormat.ZPL))
    content, images = body["content"], body["outputImageProperties"]
    assert (content["isCustomsDeclarable"], content["declaredValue"], content["declaredValueCurrency"]) == (
        True,
        48.0,
        "EUR",
    )
    declaration = content["exportDeclaration"]
    assert declaration["lineItems"][0] == {
        "number": 1,
        "description": "A mug",
        "price": 15.0,
        "quantity": {"value": 2, "unitOfMeasurement": "PCS"},
        "exportReasonType": "return",
        "manufacturerCountry": "PT",
        "weight": {"netValue": 0.9, "grossValue": 0.9},
        "commodityCodes": [{"typeCode": "outbound", "value": "691110"}],
    }
    assert declaration["invoice"] == {"number": "RMA-1", "date": "2025-02-10"}
    assert (images["encodingFormat"], images["allDocumentsInOneImage"]) == ("pdf", True)
    assert "exportDeclaration" not in shipment_request(ACCOUNT, REQUEST)["content"]


def test_where_goods_were_made_may_be_the_shop_s_setting() -> None:
    unknown = replace(ABROAD, items=(CustomsItem("A mug", 1, 450, 1500),))
    made = shipment_request(Door.account(**ACCOUNT.credentials, origin_country="de"), unknown)
    assert made["content"]["exportDeclaration"]["lineItems"][0]["manufacturerCountry"] == "DE"


@pytest.mark.parametrize(
    "request_", [REQUEST, ABROAD, replace(REQUEST, format=LabelFormat.ZPL, rma="", description="2 shirts")]
)
def test_the_request_is_as_dhl_publishes_it(request_: LabelRequest) -> None:
    document = published("dhl_express_mydhl", "dpdhl-express-api-3.1.1_swagger.yaml")
    hold(document, "supermodelIoLogisticsExpressCreateShipmentRequest", shipment_request(ACCOUNT, request_))


@pytest.mark.parametrize(
    "request_",
    [
        replace(REQUEST, ship_on=None),
        replace(REQUEST, sender=replace(VIENNA, phone="")),
        replace(REQUEST, sender=replace(VIENNA, name="")),
        replace(REQUEST, sender=replace(VIENNA, line1="x " * 80)),
        replace(REQUEST, sender=replace(VIENNA, line1="")),
        replace(REQUEST, sender=replace(VIENNA, city="x" * 46)),
        replace(REQUEST, recipient=replace(SHOP, postal_code="x" * 13)),
        replace(ABROAD, items=()),
        replace(ABROAD, currency=""),
        replace(ABROAD, items=(CustomsItem("A mug", 1, 450, 1500),)),
    ],
)
def test_what_dhl_cannot_take_is_refused_before_anything_is_sent(request_: LabelRequest) -> None:
    door = Door()
    with pytest.raises(CarrierError) as caught:
        dhl.create_label(door, ACCOUNT, request_, key="k")
    assert (caught.value.kind, caught.value.sent, door.calls) == (ErrorKind.BAD_REQUEST, False, [])


@pytest.mark.parametrize(
    ("answer", "kind", "sent"),
    [
        ((400, {"title": "Bad request", "detail": "998: wrong", "status": "400"}), ErrorKind.BAD_REQUEST, False),
        ((422, {"title": "Validation error", "additionalDetails": ["#/accounts"]}), ErrorKind.BAD_REQUEST, False),
        ((404, {"title": "Not found"}), ErrorKind.BAD_REQUEST, False),
        ((401, {"title": "Unauthorized"}), ErrorKind.AUTH, False),
        ((400, {"reasons": [{"msg": "Invalid Credentials"}]}), ErrorKind.AUTH, False),
        ((429, {}), ErrorKind.RATE_LIMITED, False),
        ((500, {"title": "Internal Server Error", "detail": "999: Process failure"}), ErrorKind.SERVER_ERROR, True),
        ((201, {"documents": []}), ErrorKind.MALFORMED, True),
        ((201, b"{"), ErrorKind.MALFORMED, True),
        (CarrierError(ErrorKind.SERVER_ERROR, "lost"), ErrorKind.SERVER_ERROR, True),
    ],
)
def test_only_a_clear_refusal_says_that_nothing_was_sold(answer: Any, kind: ErrorKind, sent: bool) -> None:
    with pytest.raises(CarrierError) as caught:
        dhl.create_label(Door(answer), ACCOUNT, REQUEST, key="k")
    assert (caught.value.kind, caught.value.sent) == (kind, sent)


def test_a_refusal_repeats_nobody_and_no_secret() -> None:
    detail = "Ida Beispiel, Lange Gasse 12 in WIEN 1080, 01 5550100, ida@example.com; 950012345 secretword"
    with pytest.raises(CarrierError) as caught:
        dhl.create_label(Door((400, {"detail": detail, "title": "Bad request"})), ACCOUNT, REQUEST, key="k")
    told = str(caught.value).lower()
    assert not any(
        word in told for word in ("ida", "gasse", "wien", "1080", "5550100", "example.com", "9500", "secret")
    )


def test_what_dhl_does_not_do_is_said() -> None:
    for ask in (
        lambda: dhl.find_label(Door(), ACCOUNT, REQUEST, key="k"),
        lambda: dhl.fetch_label(Door(), ACCOUNT, BoughtLabel("1103733901")),
        lambda: dhl.void_label(Door(), ACCOUNT, BoughtLabel("1103733901")),
    ):
        with pytest.raises(CarrierError) as caught:
            ask()
        assert caught.value.kind is ErrorKind.NOT_SUPPORTED
