"""Karrio: return labels purchased once, found by their reference, cancelled; requests as its specification wants them."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from carriers.adapters.karrio import adapter
from carriers.adapters.karrio.labels import shipment_request
from carriers.base import PushTarget
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Address, BoughtLabel, CustomsItem, LabelFormat, LabelRequest
from tests.carriers.door import Door
from tests.carriers.published import hold, published

karrio = adapter()
PDF = base64.b64encode(b"%PDF-1.4 label").decode()
ACCOUNT = Door.account(api_key="hidden")
SHOPPER = Address("Ada Example", "12 Oak Street", "AUSTIN", "78704", "US", region="TX", email="ada@example.com")
SHOP = Address("Returns", "2100 NE Broadway", "PORTLAND", "97232", "US", region="OR", company="Juniper")
REQUEST = LabelRequest("rl-1", SHOPPER, SHOP, 1000, rma="RMA-1", ship_on=date(2025, 5, 12), description="2 shirts")
CUSTOMS = (CustomsItem("Shirt", 2, 500, 4000, "PT", "610910"),)
NONE: dict[str, Any] = {"count": 0, "results": []}
DOCUMENT = {"category": "label", "format": "PDF", "base64": PDF}


def rate(name: str, price: Any, service: str = "ups_ground", connection: str = "ups") -> dict[str, Any]:
    return {"id": name, "service": service, "carrier_id": connection, "total_charge": price, "currency": "USD"}


def draft(*rates: Any, **more: Any) -> dict[str, Any]:
    offers = list(rates or [rate("rat_1", 11.01), rate("rat_2", 8.2)])
    return {"id": "shp_1", "status": "draft", "reference": "rl-1", "tracking_number": None, "rates": offers, **more}


def sold(**more: Any) -> dict[str, Any]:
    return draft() | {"status": "created", "tracking_number": "1Z1", "selected_rate": rate("rat_2", 8.2), **more}


def refused(status: int, message: str = "no", code: str = "x") -> tuple[int, Any]:
    return status, {"errors": [{"code": code, "message": message}]}


def at_carrier(message: str, code: str = "x") -> tuple[int, Any]:
    return 424, {"messages": [{"code": code, "message": message, "level": "error", "carrier_name": "ups"}]}


def test_the_cheapest_rate_is_purchased() -> None:
    door = Door(NONE, (201, draft()), sold(), DOCUMENT)
    label = karrio.create_label(door, ACCOUNT, REQUEST, key="k")
    assert (label.carrier, label.tracking_number, label.handle, label.service) == (
        "karrio",
        "1Z1",
        "shp_1",
        "ups_ground",
    )
    assert (label.document, label.format, label.cost_minor, label.currency) == (
        b"%PDF-1.4 label",
        LabelFormat.PDF,
        820,
        "USD",
    )
    looked, made, bought, printed = door.calls
    assert (looked.url, dict(looked.params)) == ("https://carrier.invalid/v1/shipments", {"reference": "rl-1"})
    assert (made.method, made.json) == ("POST", shipment_request(ACCOUNT, REQUEST))
    assert (bought.url, bought.json) == (
        "https://carrier.invalid/v1/shipments/shp_1/purchase",
        {"selected_rate_id": "rat_2", "label_type": "PDF"},
    )
    assert (bought.repeatable, printed.url.rpartition("/v1/")[2]) == (False, "shipments/shp_1/documents/label")


@pytest.mark.parametrize(
    "inside", [{"shipping_documents": [{"category": "invoice"}, DOCUMENT]}, {"docs": {"label": PDF}}]
)
def test_a_document_that_comes_with_the_shipment_is_not_asked_for(inside: dict[str, Any]) -> None:
    door = Door(NONE, draft(), sold(**inside))
    assert karrio.create_label(door, ACCOUNT, REQUEST, key="k").document == b"%PDF-1.4 label"


def test_the_addresses_are_those_of_the_way_out() -> None:
    body = shipment_request(ACCOUNT, REQUEST)
    assert (body["is_return"], body["reference"]) == (True, "rl-1")
    assert (body["recipient"]["person_name"], body["shipper"]["company_name"]) == ("Ada Example", "Juniper")
    assert body["parcels"] == [
        {
            "weight": 1.0,
            "weight_unit": "KG",
            "dimension_unit": "CM",
            "length": 30,
            "width": 23,
            "height": 10,
            "content": "2 shirts",
        }
    ]
    assert body["options"] == {"shipping_date": "2025-05-12T00:00"}


@pytest.mark.parametrize("kind", list(LabelFormat))
def test_the_request_is_what_the_specification_wants(kind: LabelFormat) -> None:
    document = published("karrio", "karrio-openapi.yml")
    settings = Door.account(api_key="hidden", service="ups_ground", carrier_id="ups-1")
    abroad = replace(SHOPPER, country="CA", region="ON", postal_code="K1A 0B1", phone="+1 613 555 0100")
    request = replace(REQUEST, sender=abroad, items=CUSTOMS, currency="USD", format=kind)
    for body in (shipment_request(ACCOUNT, REQUEST), shipment_request(settings, request)):
        hold(document, "ShipmentData", body)
    door = Door(NONE, draft(), sold(), DOCUMENT)
    karrio.create_label(door, ACCOUNT, replace(REQUEST, format=kind), key="k")
    hold(document, "ShipmentPurchaseData", door.calls[2].json)


def test_other_requests_are_what_the_specification_wants() -> None:
    document = published("karrio", "karrio-openapi.yml")
    door = Door({"tracking_number": "1", "status": "pending"}, NONE, (201, {"id": "w"}))
    karrio.track_for(door, ACCOUNT, "ups", ["1"])
    karrio.subscribe(door, ACCOUNT, [], PushTarget("https://shop.example/push/x", "hush"))
    hold(document, "TrackingData", door.calls[0].json)
    hold(document, "WebhookData", door.calls[2].json)


def test_across_a_border_the_goods_are_declared() -> None:
    abroad = replace(SHOPPER, country="CA")
    request = replace(REQUEST, sender=abroad, items=CUSTOMS, currency="USD")
    (goods,) = shipment_request(ACCOUNT, request)["customs"]["commodities"]
    assert (goods["quantity"], goods["weight"], goods["value_amount"]) == (2, 0.25, 20.0)
    with pytest.raises(CarrierError) as caught:
        karrio.create_label(Door(NONE), ACCOUNT, replace(REQUEST, sender=abroad), key="k")
    assert (caught.value.kind, caught.value.sent) == (ErrorKind.BAD_REQUEST, False)


@pytest.mark.parametrize(
    ("settings", "service", "expected"),
    [({}, "", "rat_2"), ({"service": "air"}, "", "rat_1"), ({"carrier_id": "dhl"}, "", "rat_3"), ({}, "air", "rat_1")],
)
def test_the_accounts_service_and_connection_are_chosen(settings: dict[str, str], service: str, expected: str) -> None:
    rates = [rate("rat_1", 11.01, "air"), rate("rat_2", "8.20"), rate("rat_3", 30, "x", "dhl"), rate("rat_4", None)]
    door = Door(NONE, draft(*rates), refused(400))
    with pytest.raises(CarrierError):
        karrio.create_label(
            door, Door.account(api_key="hidden", **settings), replace(REQUEST, service=service), key="k"
        )
    body: Any = door.calls[-1].json
    assert body["selected_rate_id"] == expected


def test_without_a_rate_nothing_is_bought_and_the_carriers_reason_is_told() -> None:
    none = draft(messages=[{"message": "Ada Example lives too far away"}]) | {"rates": []}
    with pytest.raises(CarrierError, match="too far away") as caught:
        karrio.create_label(Door(NONE, none), ACCOUNT, REQUEST, key="k")
    assert (caught.value.kind, caught.value.sent) == (ErrorKind.BAD_REQUEST, False)
    assert "Ada" not in caught.value.message


def test_a_draft_that_is_there_is_purchased_and_not_made_again() -> None:
    cancelled = sold(id="shp_0", status="cancelled")
    there = {"results": [cancelled, draft(), draft(id="shp_2", reference="rl-10")]}
    door = Door(there, draft(rate("rat_9", 7)), sold(), DOCUMENT)
    karrio.create_label(door, ACCOUNT, REQUEST, key="k")
    assert [call.url.rpartition("/")[2] for call in door.calls] == ["shipments", "rates", "purchase", "label"]
    assert door.calls[2].json == {"selected_rate_id": "rat_9", "label_type": "PDF"}


def test_a_shipment_that_was_purchased_is_not_purchased_again() -> None:
    door = Door({"results": [draft(), sold(id="shp_2")]}, DOCUMENT)
    assert karrio.create_label(door, ACCOUNT, REQUEST, key="k").handle == "shp_2"
    assert karrio.create_label(Door(NONE, draft(), refused(409), sold(), DOCUMENT), ACCOUNT, REQUEST, key="k").handle


@pytest.mark.parametrize(
    "answers",
    [
        (refused(409), draft()),
        (refused(409), CarrierError(ErrorKind.SERVER_ERROR, "no connection", sent=False)),
        (at_carrier("Read timed out"),),
        (at_carrier("Service unavailable"),),
        (at_carrier("no", "503"),),
        (refused(500),),
        (b"<html>",),
        ({"id": "shp_1"},),
        (sold(tracking_number=None),),
        (CarrierError(ErrorKind.SERVER_ERROR, "late"),),
    ],
)
def test_whatever_may_have_bought_says_so(answers: tuple[Any, ...]) -> None:
    with pytest.raises(CarrierError) as caught:
        karrio.create_label(Door(NONE, draft(), *answers), ACCOUNT, REQUEST, key="k")
    assert caught.value.sent
    assert caught.value.kind in (ErrorKind.SERVER_ERROR, ErrorKind.MALFORMED)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (at_carrier("The address is not valid"), ErrorKind.BAD_REQUEST),
        (at_carrier("Account not found"), ErrorKind.BAD_REQUEST),
        (refused(400), ErrorKind.BAD_REQUEST),
        (refused(404), ErrorKind.BAD_REQUEST),
        (refused(401), ErrorKind.AUTH),
        (refused(429), ErrorKind.RATE_LIMITED),
        (CarrierError(ErrorKind.SERVER_ERROR, "no connection", sent=False), ErrorKind.SERVER_ERROR),
    ],
)
def test_a_clear_refusal_has_bought_nothing(answer: Any, kind: ErrorKind) -> None:
    with pytest.raises(CarrierError) as caught:
        karrio.create_label(Door(NONE, draft(), answer), ACCOUNT, REQUEST, key="k")
    assert (caught.value.kind, caught.value.sent) == (kind, False)


@pytest.mark.parametrize("before", [(refused(500),), (NONE, refused(500)), (NONE, b"<"), ({"results": None},)])
def test_what_fails_before_the_purchase_has_bought_nothing(before: tuple[Any, ...]) -> None:
    with pytest.raises(CarrierError) as caught:
        karrio.create_label(Door(*before), ACCOUNT, REQUEST, key="k")
    assert not caught.value.sent


@pytest.mark.parametrize("answer", [refused(500), b"<html>", {"base64": "PGh0bWw+"}, {}])
def test_a_label_whose_document_cannot_be_had_is_bought_all_the_same(answer: Any) -> None:
    label = karrio.create_label(Door(NONE, draft(), sold(), answer), ACCOUNT, REQUEST, key="k")
    assert (label.tracking_number, label.document) == ("1Z1", b"")


def test_a_lost_label_is_found_by_its_reference() -> None:
    found = karrio.find_label(Door({"results": [draft(id="shp_0"), sold()]}, DOCUMENT), ACCOUNT, REQUEST, key="k")
    assert found is not None
    assert (found.tracking_number, found.cost_minor) == ("1Z1", 820)
    for none in (
        NONE,
        {"results": [draft()]},
        {"results": [sold(reference="rl-10")]},
        {"results": [sold(status="cancelled")]},
    ):
        assert karrio.find_label(Door(none), ACCOUNT, REQUEST, key="k") is None


@pytest.mark.parametrize(
    "answer", [refused(500), b"<html>", {}, [], {"results": [sold(tracking_number=None)]}, refused(401)]
)
def test_a_search_that_failed_is_not_taken_for_no_label(answer: Any) -> None:
    with pytest.raises(CarrierError):
        karrio.find_label(Door(answer), ACCOUNT, REQUEST, key="k")


def test_an_error_repeats_no_address_and_no_secret() -> None:
    words = "Address 12 OAK street, Austin for Ada Example (ada@example.com) is wrong; key hidden"
    for answers in ((NONE, draft(), refused(400, words)), (NONE, at_carrier(words)), (refused(400, words),)):
        with pytest.raises(CarrierError) as caught:
            karrio.create_label(Door(*answers), ACCOUNT, REQUEST, key="k")
        told = str(caught.value).lower()
        assert not [word for word in ("oak", "austin", "ada", "hidden") if word in told]


def test_the_document_is_fetched_again() -> None:
    bought = BoughtLabel("1Z1", "shp_1")
    assert karrio.fetch_label(Door(DOCUMENT), ACCOUNT, bought).content == b"%PDF-1.4 label"
    with pytest.raises(CarrierError):
        karrio.fetch_label(Door(refused(404)), ACCOUNT, bought)


@pytest.mark.parametrize(
    "answers", [(sold(status="cancelled"),), ((304, b""),), (refused(409), sold(status="cancelled"))]
)
def test_a_label_is_cancelled_once_or_was_before(answers: tuple[Any, ...]) -> None:
    door = Door(*answers)
    karrio.void_label(door, ACCOUNT, BoughtLabel("1Z1", "shp_1"))
    assert (door.calls[0].method, door.calls[0].url) == ("POST", "https://carrier.invalid/v1/shipments/shp_1/cancel")


@pytest.mark.parametrize("answers", [(sold(),), (refused(409), sold()), (at_carrier("used"),), (refused(500),)])
def test_a_label_that_is_not_taken_back_is_an_error(answers: tuple[Any, ...]) -> None:
    with pytest.raises(CarrierError):
        karrio.void_label(Door(*answers), ACCOUNT, BoughtLabel("1Z1", "shp_1"))
