"""DHL Parcel Germany's return labels: a label and a code, bought once and never found again."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest

from carriers.adapters.dhl_parcel_de import adapter
from carriers.adapters.dhl_parcel_de.labels import return_order
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Address, BoughtLabel, CustomsItem, LabelFormat, LabelRequest
from tests.carriers.door import Door
from tests.carriers.published import hold, published

dhl = adapter()
PDF, PNG = (base64.b64encode(raw).decode() for raw in (b"%PDF-1.7 label", b"\x89PNG\r\n\x1a\n code"))
ACCOUNT = Door.account(api_key="hidden", username="shopuser", password="secretword")
SHOPPER = Address("Ida Beispiel", "Lange Gasse 12 a", "Lübeck", "23552", "DE", email="ida@example.com", phone="0451123")
SHOP = Address("Retouren", "Holtenauer Straße 1", "Kiel", "24103", "DE", company="Nordlicht")
REQUEST = LabelRequest(
    "rl-0123456789abcdefABCD-_xy", SHOPPER, SHOP, 1200, rma="RMA-1", value_minor=4990, currency="EUR"
)
ZURICH = Address("Ida Beispiel", "Eichenweg 12", "Zürich", "8001", "CH")
ITEMS = (CustomsItem("A mug", 2, 900, 3000, "PT", "691110"), CustomsItem("A book" * 20, 1, 300, 2000))
SOLD = {
    "sstatus": {"title": "Created", "status": 201, "detail": "Created"},
    "shipmentNo": "340434161094000001",
    "label": {"b64": PDF},
    "qrLabel": {"b64": PNG},
    "routingCode": "40327653113+99000933090010",
}


def buy(answer: Any, request: LabelRequest = REQUEST) -> Any:
    return dhl.create_label(Door(answer), ACCOUNT, request, key="k")


def test_a_label_has_its_number_its_document_and_a_code() -> None:
    door = Door((201, SOLD))
    label = dhl.create_label(door, ACCOUNT, REQUEST, key="k")
    assert (label.carrier, label.tracking_number, label.service) == ("dhl_parcel_de", "340434161094000001", "deu")
    assert (label.document, label.format) == (b"%PDF-1.7 label", LabelFormat.PDF)
    assert label.qr_png == b"\x89PNG\r\n\x1a\n code"
    (call,) = door.calls
    assert call.url == "https://carrier.invalid/parcel/de/shipping/returns/v1/orders"
    assert (call.params, call.basic, call.repeatable) == ({"labelType": "BOTH"}, ("shopuser", "secretword"), False)
    assert call.headers["DHL-API-Key"] == "hidden"


def test_a_code_is_asked_for_inside_germany_alone() -> None:
    door = Door((201, {**SOLD, "qrLabel": None}))
    label = dhl.create_label(door, ACCOUNT, replace(REQUEST, sender=ZURICH, items=ITEMS), key="k")
    assert (door.calls[0].params, label.qr_png) == ({"labelType": "SHIPMENT_LABEL"}, None)


@pytest.mark.parametrize("document", [None, {}, {"b64": "no base64!"}, {"b64": base64.b64encode(b"<html>").decode()}])
def test_a_label_bought_without_a_document_is_still_bought(document: Any) -> None:
    label = buy((201, {**SOLD, "label": document, "qrLabel": document}))
    assert (label.tracking_number, label.document, label.qr_png) == ("340434161094000001", b"", None)


def test_the_order_carries_our_reference_and_the_rma_is_printed() -> None:
    order = return_order(ACCOUNT, REQUEST)
    assert (order["shipmentReference"], order["customerReference"]) == (REQUEST.reference, "RMA-1")
    assert order["shipper"] == {
        "name1": "Ida Beispiel",
        "addressStreet": "Lange Gasse",
        "addressHouse": "12a",
        "postalCode": "23552",
        "city": "Lübeck",
        "phone": "0451123",
        "email": "ida@example.com",
    }
    assert (order["itemWeight"], order["itemValue"]) == (
        {"uom": "g", "value": 1200},
        {"currency": "EUR", "value": 49.9},
    )
    assert "customsDetails" not in order
    assert return_order(ACCOUNT, replace(REQUEST, rma=""))["customerReference"] == REQUEST.reference


def test_where_it_goes_is_agreed_for_each_country() -> None:
    account = Door.account(**ACCOUNT.credentials, receiver_id_at="wien")
    for country, receiver in (("AT", "wien"), ("FR", "fra")):
        sender = replace(SHOPPER, country=country)
        assert return_order(account, replace(REQUEST, sender=sender))["receiverId"] == receiver


def test_customs_are_told_of_one_piece_of_each_kind() -> None:
    order = return_order(ACCOUNT, replace(REQUEST, sender=ZURICH, items=ITEMS))
    first, second = order["customsDetails"]["items"]
    assert first == {
        "itemDescription": "A mug",
        "packagedQuantity": 2,
        "itemWeight": {"uom": "g", "value": 450},
        "itemValue": {"currency": "EUR", "value": 15.0},
        "countryOfOrigin": "PRT",
        "hsCode": "691110",
    }
    assert len(second["itemDescription"]) <= 50


@pytest.mark.parametrize(
    "request_",
    [REQUEST, replace(REQUEST, sender=ZURICH, items=ITEMS), replace(REQUEST, currency="USD", rma="", value_minor=1)],
)
def test_the_order_is_as_dhl_publishes_it(request_: LabelRequest) -> None:
    hold(published("dhl_parcel_de", "parcel-de-returns-v1.yaml"), "ReturnOrder", return_order(ACCOUNT, request_))


@pytest.mark.parametrize(
    "request_",
    [
        replace(REQUEST, sender=replace(SHOPPER, country="US")),
        replace(REQUEST, recipient=replace(SHOP, country="AT")),
        replace(REQUEST, sender=replace(SHOPPER, line1="Am Markt")),
        replace(REQUEST, sender=replace(SHOPPER, line1="x" * 51 + " 1")),
        replace(REQUEST, sender=replace(SHOPPER, name="x" * 51)),
        replace(REQUEST, sender=replace(SHOPPER, name="", company="")),
        replace(REQUEST, sender=replace(SHOPPER, city="")),
        replace(REQUEST, sender=replace(SHOPPER, postal_code="?")),
        replace(REQUEST, weight_grams=31_501),
        replace(REQUEST, sender=ZURICH),
        replace(REQUEST, sender=ZURICH, items=ITEMS, currency="USD"),
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
        ((400, {"title": "Bad Request", "status": 400, "detail": "receiverId"}), ErrorKind.BAD_REQUEST, False),
        ((404, {"title": "Not Found"}), ErrorKind.BAD_REQUEST, False),
        ((422, {"title": "Unprocessable"}), ErrorKind.BAD_REQUEST, False),
        ((401, {"title": "Unauthorized"}), ErrorKind.AUTH, False),
        ((403, {"title": "Forbidden"}), ErrorKind.AUTH, False),
        ((429, {"title": "Too Many Requests"}), ErrorKind.RATE_LIMITED, False),
        ((500, {"title": "Broken"}), ErrorKind.SERVER_ERROR, True),
        ((201, {"label": {"b64": PDF}}), ErrorKind.MALFORMED, True),
        ((200, b"<html>"), ErrorKind.MALFORMED, True),
        (CarrierError(ErrorKind.SERVER_ERROR, "lost"), ErrorKind.SERVER_ERROR, True),
    ],
)
def test_only_a_clear_refusal_says_that_nothing_was_sold(answer: Any, kind: ErrorKind, sent: bool) -> None:
    with pytest.raises(CarrierError) as caught:
        buy(answer)
    assert (caught.value.kind, caught.value.sent) == (kind, sent)


def test_a_refusal_repeats_nobody_and_no_secret() -> None:
    detail = "Ida Beispiel, Lange Gasse 12 a, LÜBECK 23552, ida@example.com; shopuser secretword hidden"
    with pytest.raises(CarrierError) as caught:
        buy((400, {"title": "Bad Request", "detail": detail}))
    told = (str(caught.value) + repr(REQUEST)).lower()
    assert not any(word in told for word in ("ida", "gasse", "lübeck", "23552", "example.com", "secretword", "hidden"))


def test_what_dhl_does_not_do_is_said() -> None:
    bought = BoughtLabel("340434161094000001")
    for ask in (
        lambda: dhl.find_label(Door(), ACCOUNT, REQUEST, key="k"),
        lambda: dhl.fetch_label(Door(), ACCOUNT, bought),
        lambda: dhl.void_label(Door(), ACCOUNT, bought),
    ):
        with pytest.raises(CarrierError) as caught:
            ask()
        assert caught.value.kind is ErrorKind.NOT_SUPPORTED
