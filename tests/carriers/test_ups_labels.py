"""UPS return labels: bought once, found by their reference, printed again as PDF, voided."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest

from carriers.adapters.ups import adapter
from carriers.adapters.ups.labels import shipment_request
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Address, BoughtLabel, CustomsItem, LabelFormat, LabelRequest
from tests.carriers.door import Door
from tests.carriers.published import hold, published

ups = adapter()
TOKEN = {"access_token": "t", "expires_in": "14399"}
GIF, PDF, ZPL = (base64.b64encode(raw).decode() for raw in (b"GIF89a label", b"%PDF-1.4 label", b"^XA^FDlabel^XZ"))
ACCOUNT = Door.account(client_id="id", client_secret="hidden", account_number="1A2B3C")
SHOPPER = Address("Ada Example", "12 Oak Street", "AUSTIN", "78704-1234", "US", region="tx", phone="(512) 555-0100")
SHOP = Address("Returns", "2100 NE Broadway", "PORTLAND", "97232", "US", region="OR", company="Juniper & Co.")
REQUEST = LabelRequest("rl-0123456789abcdefABCD-_xy", SHOPPER, SHOP, 1000, description="2 shirts", rma="RMA-1")
BERLIN = Address("Ada Example", "Eichenstraße 12", "Berlin", "10115", "DE")
KIEL = Address("Retouren", "Holtenauer Straße 1", "Kiel", "24103", "DE", company="Nordlicht")
ZURICH = Address("Ada Example", "Eichenweg 12", "Zürich", "8001", "CH", phone="+41 44 555 01 00")


def bought(image: str | None = GIF, *, number: str = "1Z1A2B3C9000000015", **results: Any) -> dict[str, Any]:
    package = {"TrackingNumber": number, "ShippingLabel": {"ImageFormat": {"Code": "GIF"}, "GraphicImage": image}}
    charge = {"CurrencyCode": "USD", "MonetaryValue": "12.34"}
    found = {
        "ShipmentIdentificationNumber": number,
        "ShipmentCharges": {"TotalCharges": charge},
        "PackageResults": [package],
    }
    return {"ShipmentResponse": {"Response": {"ResponseStatus": {"Code": "1"}}, "ShipmentResults": found | results}}


def recovered(image: str | None = PDF, number: str = "1Z1A2B3C9000000015") -> dict[str, Any]:
    result = {"TrackingNumber": number, "LabelImage": {"LabelImageFormat": {"Code": "PDF"}, "GraphicImage": image}}
    return {"LabelRecoveryResponse": {"ShipmentIdentificationNumber": number, "LabelResults": [result]}}


def refusal(message: str, code: str = "120100", status: int = 400) -> tuple[int, Any]:
    return status, {"response": {"errors": [{"code": code, "message": message}]}}


def test_a_label_has_its_number_document_price_and_handle() -> None:
    door = Door(TOKEN, bought())
    label = ups.create_label(door, ACCOUNT, REQUEST, key="k")
    assert (label.carrier, label.tracking_number, label.handle) == ("ups", "1Z1A2B3C9000000015", "1Z1A2B3C9000000015")
    assert (label.document, label.format, label.service) == (b"GIF89a label", LabelFormat.GIF, "03")
    assert (label.cost_minor, label.currency) == (1234, "USD")
    call = door.calls[-1]
    assert (call.method, call.url) == ("POST", "https://carrier.invalid/api/shipments/v2409/ship")
    assert not call.repeatable
    assert {"transId", "transactionSrc"} <= set(call.headers)


def test_the_negotiated_rate_with_taxes_is_what_it_costs() -> None:
    negotiated = {
        "TotalCharge": {"CurrencyCode": "EUR", "MonetaryValue": "7.00"},
        "TotalChargesWithTaxes": {"CurrencyCode": "EUR", "MonetaryValue": "8.33"},
    }
    label = ups.create_label(Door(TOKEN, bought(NegotiatedRateCharges=negotiated)), ACCOUNT, REQUEST, key="k")
    assert (label.cost_minor, label.currency) == (833, "EUR")
    label = ups.create_label(Door(TOKEN, bought(ShipmentCharges={})), ACCOUNT, REQUEST, key="k")
    assert (label.cost_minor, label.currency) == (None, None)


def test_an_older_version_has_one_package_as_an_object() -> None:
    package = {"TrackingNumber": "1Z1A2B3C9000000024", "ShippingLabel": {"GraphicImage": ZPL}}
    label = ups.create_label(Door(TOKEN, bought(PackageResults=package)), ACCOUNT, REQUEST, key="k")
    assert (label.tracking_number, label.format) == ("1Z1A2B3C9000000024", LabelFormat.ZPL)


@pytest.mark.parametrize("image", [None, "", "not base64!", base64.b64encode(b"<html>").decode()])
def test_a_label_bought_without_a_document_is_still_bought(image: str | None) -> None:
    label = ups.create_label(Door(TOKEN, bought(image)), ACCOUNT, REQUEST, key="k")
    assert (label.tracking_number, label.document) == ("1Z1A2B3C9000000015", b"")


def test_the_shopper_sends_to_the_shop_on_the_account_of_the_shop() -> None:
    shipment = shipment_request(ACCOUNT, REQUEST)["ShipmentRequest"]["Shipment"]
    assert shipment["ReturnService"] == {"Code": "9"}
    assert shipment["ShipFrom"] == {
        "Name": "Ada Example",
        "AttentionName": "Ada Example",
        "Address": {
            "AddressLine": ["12 Oak Street"],
            "City": "AUSTIN",
            "StateProvinceCode": "TX",
            "PostalCode": "787041234",
            "CountryCode": "US",
        },
        "Phone": {"Number": "5125550100"},
    }
    assert (shipment["ShipTo"]["Name"], shipment["ShipTo"]["AttentionName"]) == ("Juniper & Co.", "Returns")
    assert shipment["Shipper"] == {**shipment["ShipTo"], "ShipperNumber": "1A2B3C"}
    (package,) = shipment["Package"]
    assert package["Description"] == "2 shirts"
    assert package["ReferenceNumber"] == [{"Value": REQUEST.reference}, {"Value": "RMA-1"}]
    assert package["PackageWeight"] == {"UnitOfMeasurement": {"Code": "LBS"}, "Weight": "2.2"}
    assert package["Dimensions"] == {"UnitOfMeasurement": {"Code": "IN"}, "Length": "12", "Width": "10", "Height": "4"}
    assert "ReferenceNumber" not in shipment


def test_elsewhere_the_reference_stands_at_the_shipment_and_weights_are_metric() -> None:
    request = replace(REQUEST, sender=BERLIN, recipient=KIEL, format=LabelFormat.ZPL)
    asked = shipment_request(ACCOUNT, request)["ShipmentRequest"]
    shipment = asked["Shipment"]
    assert shipment["ReferenceNumber"][0] == {"Value": REQUEST.reference}
    assert shipment["Package"][0]["PackageWeight"] == {"UnitOfMeasurement": {"Code": "KGS"}, "Weight": "1.0"}
    assert shipment["Service"] == {"Code": "11"}
    assert asked["LabelSpecification"]["LabelImageFormat"] == {"Code": "ZPL"}
    assert "ShipmentServiceOptions" not in shipment


def test_the_service_is_the_request_s_before_the_account_s() -> None:
    account = Door.account(account_number="1A2B3C", service="12")

    def service(request: LabelRequest) -> Any:
        return shipment_request(account, request)["ShipmentRequest"]["Shipment"]["Service"]

    assert service(REQUEST) == {"Code": "12"}
    assert service(replace(REQUEST, service="02")) == {"Code": "02"}


GOODS = (CustomsItem("Wool jumper", 3, 900, 9000, "NO", "611011"), CustomsItem("Mug", 1, 300, 1250))


def test_a_return_across_a_customs_border_says_what_is_in_it() -> None:
    shop = replace(KIEL, phone="0431 555 0100")
    request = replace(REQUEST, sender=ZURICH, recipient=shop, items=GOODS, currency="EUR")
    options = shipment_request(ACCOUNT, request)["ShipmentRequest"]["Shipment"]["ShipmentServiceOptions"]
    invoice = options["InternationalForms"]
    assert (invoice["FormType"], invoice["ReasonForExport"], invoice["CurrencyCode"]) == (["01"], "RETURN", "EUR")
    assert invoice["Product"][0] == {
        "Description": ["Wool jumper"],
        "Unit": {"Number": "3", "UnitOfMeasurement": {"Code": "PCS"}, "Value": "30.00"},
        "CommodityCode": "611011",
        "OriginCountryCode": "NO",
    }
    assert invoice["Product"][1]["Unit"]["Value"] == "12.50"
    assert invoice["Contacts"]["SoldTo"]["Phone"] == {"Number": "04315550100"}


@pytest.mark.parametrize(
    "request_",
    [
        REQUEST,
        replace(REQUEST, sender=BERLIN, recipient=KIEL, format=LabelFormat.ZPL, rma=""),
        replace(REQUEST, sender=ZURICH, recipient=replace(KIEL, phone="0431 555 0100"), items=GOODS, currency="EUR"),
    ],
    ids=["domestic", "metric", "customs"],
)
def test_the_request_is_as_the_interface_says(request_: LabelRequest) -> None:
    hold(published("ups", "Shipping.yaml"), "SHIPRequestWrapper", shipment_request(ACCOUNT, request_))


def test_the_search_is_as_the_interface_says_but_for_what_belongs_to_other_searches() -> None:
    door = Door(TOKEN, recovered(), recovered())
    ups.find_label(door, ACCOUNT, REQUEST, key="k")
    ups.fetch_label(door, ACCOUNT, BoughtLabel("1Z1A2B3C9000000015"))
    document = published("ups", "Shipping.yaml")
    found, fetched = (call.json["LabelRecoveryRequest"] for call in door.calls[1:])  # type: ignore[index]
    for asked in (found, fetched):  # the schema wants four letters of a format whose every value it lists has three
        assert asked.pop("LabelSpecification")["LabelImageFormat"]["Code"] in ("GIF", "PDF", "ZPL")
    hold(document, "LabelRecoveryRequest", found, without=("TrackingNumbers",))
    hold(document, "LabelRecoveryRequest", fetched, without=("TrackingNumbers", "ReferenceValues"))


def test_a_lost_label_is_found_by_our_reference_and_the_shipper_s_number() -> None:
    door = Door(TOKEN, recovered())
    label = ups.find_label(door, ACCOUNT, REQUEST, key="k")
    assert label is not None
    assert (label.tracking_number, label.document, label.format) == (
        "1Z1A2B3C9000000015",
        b"%PDF-1.4 label",
        LabelFormat.PDF,
    )
    asked: Any = door.calls[-1].json
    assert asked["LabelRecoveryRequest"]["ReferenceValues"] == {
        "ReferenceNumber": {"Value": REQUEST.reference},
        "ShipperNumber": "1A2B3C",
    }
    without = ups.find_label(Door(TOKEN, recovered(None)), ACCOUNT, REQUEST, key="k")
    assert without is not None
    assert without.document == b""


@pytest.mark.parametrize(
    "words",
    ["No shipments found for the reference number.", "No Label found", "The reference number could not be found."],
)
def test_a_reference_that_ups_does_not_know_was_not_bought(words: str) -> None:
    assert ups.find_label(Door(TOKEN, refusal(words)), ACCOUNT, REQUEST, key="k") is None


@pytest.mark.parametrize(
    "answer",
    [
        refusal("Shipper number not found."),
        refusal("The requested number of labels is too large."),
        refusal("No shipments found", status=503),
        (200, {"LabelRecoveryResponse": {}}),
        (200, b"<html>"),
    ],
)
def test_a_search_that_failed_is_not_taken_for_no_label(answer: Any) -> None:
    with pytest.raises(CarrierError):
        ups.find_label(Door(TOKEN, answer), ACCOUNT, REQUEST, key="k")


def test_a_label_is_printed_again_in_the_format_wanted() -> None:
    door = Door(TOKEN, recovered())
    found = ups.fetch_label(door, ACCOUNT, BoughtLabel("1Z1A2B3C9000000015", format=LabelFormat.PDF))
    assert (found.content, found.format) == (b"%PDF-1.4 label", LabelFormat.PDF)
    asked: Any = door.calls[-1].json
    assert asked["LabelRecoveryRequest"]["TrackingNumber"] == "1Z1A2B3C9000000015"
    assert asked["LabelRecoveryRequest"]["LabelSpecification"]["LabelImageFormat"] == {"Code": "PDF"}
    with pytest.raises(CarrierError) as caught:
        ups.fetch_label(Door(TOKEN, recovered(None)), ACCOUNT, BoughtLabel("1Z1A2B3C9000000015"))
    assert caught.value.kind is ErrorKind.MALFORMED


@pytest.mark.parametrize(
    ("answer", "kind", "sent"),
    [
        (refusal("bad"), ErrorKind.BAD_REQUEST, False),
        (refusal("Invalid tracking number in the reference."), ErrorKind.BAD_REQUEST, False),
        (refusal("who", "250002", 401), ErrorKind.AUTH, False),
        (refusal("slow down", "10429", 429), ErrorKind.RATE_LIMITED, False),
        (refusal("broken", "10500", 500), ErrorKind.SERVER_ERROR, True),
        ((200, {"ShipmentResponse": {}}), ErrorKind.MALFORMED, True),
        ((200, b"<html>"), ErrorKind.MALFORMED, True),
        ((200, []), ErrorKind.MALFORMED, True),
        (CarrierError(ErrorKind.SERVER_ERROR, "lost"), ErrorKind.SERVER_ERROR, True),
    ],
)
def test_only_a_clear_refusal_says_that_nothing_was_sold(answer: Any, kind: ErrorKind, sent: bool) -> None:
    with pytest.raises(CarrierError) as caught:
        ups.create_label(Door(TOKEN, answer, TOKEN, answer), ACCOUNT, REQUEST, key="k")
    assert (caught.value.kind, caught.value.sent) == (kind, sent)


def test_an_access_token_that_cannot_be_had_has_bought_nothing() -> None:
    door = Door(CarrierError(ErrorKind.SERVER_ERROR, "lost"))
    with pytest.raises(CarrierError) as caught:
        ups.create_label(door, ACCOUNT, REQUEST, key="k")
    assert caught.value.sent is False
    assert len(door.calls) == 1


def test_a_good_answer_is_never_taken_for_a_refused_token_whatever_numbers_stand_in_it() -> None:
    """Otherwise the purchase would be sent again: 250003 and 251004 are codes of refused tokens."""
    door = Door(TOKEN, bought(number="1Z2500032510040015"))
    assert ups.create_label(door, ACCOUNT, REQUEST, key="k").tracking_number == "1Z2500032510040015"
    assert len(door.calls) == 2


@pytest.mark.parametrize(
    "request_",
    [
        replace(REQUEST, sender=replace(SHOPPER, region="Texas")),
        replace(REQUEST, sender=replace(SHOPPER, postal_code="")),
        replace(REQUEST, sender=replace(SHOPPER, line1="")),
        replace(REQUEST, sender=replace(SHOPPER, line1=" ".join(["wordofmanyletters"] * 9))),
        replace(REQUEST, recipient=replace(SHOP, city="")),
        replace(REQUEST, recipient=replace(SHOP, name="", company="")),
        replace(REQUEST, sender=ZURICH, recipient=KIEL, items=GOODS, currency="EUR"),
        replace(REQUEST, sender=ZURICH, recipient=replace(KIEL, phone="0431 555 0100")),
    ],
)
def test_what_cannot_be_printed_or_carried_is_refused_before_anything_is_sent(request_: LabelRequest) -> None:
    door = Door()
    with pytest.raises(CarrierError) as caught:
        ups.create_label(door, ACCOUNT, request_, key="k")
    assert (caught.value.kind, caught.value.sent, door.calls) == (ErrorKind.BAD_REQUEST, False, [])


def test_a_long_street_is_broken_between_its_words() -> None:
    sender = replace(SHOPPER, line1="Apartment 14, 1200 West Oak Street Northwest", line2="c/o Neighbour")
    shipment = shipment_request(ACCOUNT, replace(REQUEST, sender=sender))["ShipmentRequest"]["Shipment"]
    assert shipment["ShipFrom"]["Address"]["AddressLine"] == [
        "Apartment 14, 1200 West Oak Street",
        "Northwest",
        "c/o Neighbour",
    ]


def test_an_error_repeats_no_address_and_no_secret() -> None:
    words = "Address 12 OAK street, Austin for Ada Example (5125550100, 78704-1234) is wrong; 1A2B3C hidden"
    with pytest.raises(CarrierError) as caught:
        ups.create_label(Door(TOKEN, refusal(words)), ACCOUNT, REQUEST, key="k")
    told = (str(caught.value) + caught.value.message).lower()
    for secret in ("oak", "austin", "ada", "78704", "1a2b3c", "hidden"):
        assert secret not in told


def test_an_unused_label_is_voided_by_its_shipment_once_or_again() -> None:
    voided = {"VoidShipmentResponse": {"SummaryResult": {"Status": {"Code": "1", "Description": "Voided"}}}}
    door = Door(TOKEN, voided)
    ups.void_label(door, ACCOUNT, BoughtLabel("1Z1A2B3C9000000024", handle="1Z1A2B3C9000000015"))
    assert (door.calls[-1].method, door.calls[-1].url) == (
        "DELETE",
        "https://carrier.invalid/api/shipments/v2409/void/cancel/1Z1A2B3C9000000015",
    )
    again = refusal("The shipment has already been voided.", "190117")
    ups.void_label(Door(TOKEN, again), ACCOUNT, BoughtLabel("1Z1A2B3C9000000015"))


@pytest.mark.parametrize(
    "answer",
    [
        refusal("Time for voiding has expired."),
        {"VoidShipmentResponse": {"SummaryResult": {"Status": {"Code": "0"}}}},
        {},
    ],
)
def test_a_label_that_cannot_be_voided_is_an_error(answer: Any) -> None:
    with pytest.raises(CarrierError):
        ups.void_label(Door(TOKEN, answer), ACCOUNT, BoughtLabel("1Z1A2B3C9000000015"))


def test_a_missing_account_number_is_named() -> None:
    poor = Door.account(client_id="id", client_secret="hidden")
    with pytest.raises(CarrierError, match="account_number") as caught:
        ups.create_label(Door(), poor, REQUEST, key="k")
    assert (caught.value.kind, caught.value.sent) == (ErrorKind.AUTH, False)


@pytest.mark.parametrize("status", [400, 500])
def test_a_number_like_a_token_s_error_in_other_words_buys_nothing_twice(status: int) -> None:
    door = Door(TOKEN, refusal("The postal code 250003 is not served.", status=status), TOKEN, bought())
    with pytest.raises(CarrierError):
        ups.create_label(door, ACCOUNT, REQUEST, key="k")
    assert len([call for call in door.calls if not call.repeatable]) == 1


def test_an_old_token_is_replaced_once_whatever_the_status_of_the_refusal() -> None:
    door = Door(TOKEN, refusal("Token expired", "250003", status=400), TOKEN, bought())
    assert ups.create_label(door, ACCOUNT, REQUEST, key="k").document


def test_a_sale_with_a_warning_beside_it_is_a_sale() -> None:
    warned = bought() | {"response": {"errors": [{"code": "120900", "message": "Address changed"}]}}
    assert ups.create_label(Door(TOKEN, warned), ACCOUNT, REQUEST, key="k").tracking_number == "1Z1A2B3C9000000015"


def test_a_label_that_ups_does_not_take_back_is_refused() -> None:
    kept = {"VoidShipmentResponse": {"SummaryResult": {"Status": {"Code": "0", "Description": "Not voided"}}}}
    with pytest.raises(CarrierError) as caught:
        ups.void_label(Door(TOKEN, kept), ACCOUNT, BoughtLabel("1Z1A2B3C9000000015"))
    assert caught.value.kind is ErrorKind.BAD_REQUEST
