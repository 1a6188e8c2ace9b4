"""EasyPost return labels: made, bought once, found by their reference, turned into every format, given back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from carriers.adapters.easypost import adapter
from carriers.adapters.easypost.labels import HOSTS
from carriers.adapters.easypost.shipments import shipment_request
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Address, BoughtLabel, CustomsItem, LabelFormat, LabelRequest
from tests.carriers.door import Door

easypost = adapter()
PDF, PNG, ZPL = b"%PDF-1.4 label", b"\x89PNG\r\n\x1a\n label", b"^XA^FDlabel^XZ"
ACCOUNT = Door.account(api_key="hidden", qr="no")
SHOPPER = Address("Ada Example", "12 Oak Street", "AUSTIN", "78704", "US", region="TX", email="ada@example.com")
SHOP = Address("Returns", "2100 NE Broadway", "PORTLAND", "97232", "US", region="OR", company="Juniper")
REQUEST = LabelRequest("rl-1", SHOPPER, SHOP, 1000, rma="RMA-1")
FILES = "https://easypost-files.s3.us-west-2.amazonaws.com/files/"
NO_SHIPMENT = (404, {"error": {"code": "NOT_FOUND", "message": "no", "errors": []}})


def rate(name: str, price: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "service": "Ground", "carrier": "USPS", "rate": price, "currency": "USD", **more}


def draft(*rates: Any, **more: Any) -> dict[str, Any]:
    return {
        "id": "shp_1",
        "reference": "rl-1",
        "is_return": True,
        "tracking_code": None,
        "postage_label": None,
        "rates": list(rates or [rate("rate_1", "11.01"), rate("rate_2", "8.20", service="Advantage")]),
        "messages": [],
        **more,
    }


def sold(**more: Any) -> dict[str, Any]:
    made = {"label_url": FILES + "a.png", "label_pdf_url": None, "label_zpl_url": None}
    bought = {
        "tracking_code": "9400",
        "postage_label": made,
        "selected_rate": rate("rate_2", "8.20", service="Advantage"),
    }
    return draft() | bought | more


def converted(**files: str) -> dict[str, Any]:
    return sold(postage_label=files)


def refused(code: str, message: str = "no", status: int = 422) -> tuple[int, Any]:
    return status, {"error": {"code": code, "message": message, "errors": []}}


def test_the_cheapest_rate_is_bought_and_the_label_comes_as_pdf() -> None:
    door = Door(NO_SHIPMENT, (201, draft()), sold(), converted(label_pdf_url=FILES + "a.pdf"), PDF)
    label = easypost.create_label(door, ACCOUNT, REQUEST, key="k")
    assert (label.carrier, label.tracking_number, label.handle, label.service) == (
        "easypost",
        "9400",
        "shp_1",
        "Advantage",
    )
    assert (label.document, label.format, label.cost_minor, label.currency) == (PDF, LabelFormat.PDF, 820, "USD")
    looked, made, bought, turned, file = door.calls
    assert (looked.method, looked.url) == ("GET", "https://carrier.invalid/shipments/rl-1")
    assert (made.method, made.url) == ("POST", "https://carrier.invalid/shipments")
    assert (bought.url, bought.json) == ("https://carrier.invalid/shipments/shp_1/buy", {"rate": {"id": "rate_2"}})
    assert (bought.repeatable, dict(turned.params)) == (False, {"file_format": "PDF"})
    assert (file.url, file.basic) == (FILES + "a.pdf", None)


def test_the_addresses_are_those_of_the_way_out() -> None:
    body = shipment_request(REQUEST)
    assert (body["is_return"], body["reference"]) == (True, "rl-1")
    assert body["to_address"] == {
        "name": "Ada Example",
        "street1": "12 Oak Street",
        "city": "AUSTIN",
        "state": "TX",
        "zip": "78704",
        "country": "US",
        "email": "ada@example.com",
    }
    assert body["from_address"]["company"] == "Juniper"
    assert body["parcel"] == {"length": 12, "width": 10, "height": 4, "weight": 35.3}
    assert "customs_info" not in body


def test_across_a_border_the_goods_are_declared() -> None:
    abroad = replace(SHOPPER, country="CA", region="ON", postal_code="K1A 0B1")
    request = replace(
        REQUEST, sender=abroad, items=(CustomsItem("Shirt", 2, 500, 4000, "PT", "610910"),), currency="USD"
    )
    customs = shipment_request(request)["customs_info"]
    assert (customs["contents_type"], customs["customs_signer"]) == ("returned_goods", "Ada Example")
    assert customs["customs_items"] == [
        {
            "description": "Shirt",
            "quantity": 2,
            "weight": 17.6,
            "value": "40.00",
            "currency": "USD",
            "origin_country": "PT",
            "hs_tariff_number": "610910",
        }
    ]
    door = Door(NO_SHIPMENT)
    with pytest.raises(CarrierError) as caught:
        easypost.create_label(door, ACCOUNT, replace(REQUEST, sender=abroad), key="k")
    assert (caught.value.kind, caught.value.sent, len(door.calls)) == (ErrorKind.BAD_REQUEST, False, 1)


@pytest.mark.parametrize(
    ("settings", "service", "expected"),
    [
        ({}, "", "rate_2"),
        ({"service": "Ground"}, "", "rate_1"),
        ({"carrier": "UPS"}, "", "rate_3"),
        ({"service": "Ground", "carrier": "UPS"}, "Air", "rate_3"),
    ],
)
def test_the_accounts_service_and_carrier_are_chosen(settings: dict[str, str], service: str, expected: str) -> None:
    rates = [
        rate("rate_1", "11.01"),
        rate("rate_2", "8.20", service="X"),
        rate("rate_3", "30", carrier="UPS", service="Air"),
    ]
    door = Door(NO_SHIPMENT, draft(*rates, rate("rate_4", "free")), refused("X"))
    with pytest.raises(CarrierError):
        easypost.create_label(
            door, Door.account(api_key="hidden", **settings), replace(REQUEST, service=service), key="k"
        )
    assert door.calls[-1].json == {"rate": {"id": expected}}


def test_without_a_rate_nothing_is_bought_and_the_carriers_reason_is_told() -> None:
    messages = [{"carrier": "USPS", "message": "Ada Example lives too far away"}]
    none = draft() | {"rates": [], "messages": messages}
    door = Door(NO_SHIPMENT, none)
    with pytest.raises(CarrierError, match="too far away") as caught:
        easypost.create_label(door, ACCOUNT, REQUEST, key="k")
    assert (caught.value.kind, caught.value.sent) == (ErrorKind.BAD_REQUEST, False)
    assert "Ada" not in caught.value.message


def test_a_shipment_that_is_there_is_bought_at_todays_rates_and_not_made_again() -> None:
    door = Door(draft(), {"rates": [rate("rate_9", "7.00")]}, sold(), sold(), b"")
    easypost.create_label(door, ACCOUNT, REQUEST, key="k")
    assert [call.url.rpartition("/")[2] for call in door.calls[:3]] == ["rl-1", "rerate", "buy"]
    assert door.calls[2].json == {"rate": {"id": "rate_9"}}


def test_a_shipment_that_was_bought_is_not_bought_again() -> None:
    door = Door(sold(), converted(label_pdf_url=FILES + "a.pdf"), PDF)
    assert easypost.create_label(door, ACCOUNT, REQUEST, key="k").tracking_number == "9400"
    assert not [call for call in door.calls if call.url.endswith("/buy")]


def test_a_second_purchase_that_is_refused_gives_the_first() -> None:
    door = Door(NO_SHIPMENT, draft(), refused("SHIPMENT.POSTAGE.EXISTS"), sold(), sold(), PNG)
    assert easypost.create_label(door, ACCOUNT, REQUEST, key="k").tracking_number == "9400"


@pytest.mark.parametrize(
    "answers",
    [
        (refused("SHIPMENT.POSTAGE.EXISTS"), CarrierError(ErrorKind.SERVER_ERROR, "no connection", sent=False)),
        (refused("SHIPMENT.POSTAGE.EXISTS"), draft()),
        (refused("SHIPMENT.POSTAGE.TIMED_OUT"),),
        (refused("SHIPMENT.POSTAGE.NO_RESPONSE"),),
        (refused("SHIPMENT.PURCHASE.IN_PROGRESS"),),
        (refused("INTERNAL", status=500),),
        (b"<html>",),
        ({"id": "shp_1"},),
        (sold(tracking_code=None),),
        (CarrierError(ErrorKind.SERVER_ERROR, "late"),),
    ],
)
def test_whatever_may_have_bought_says_so(answers: tuple[Any, ...]) -> None:
    with pytest.raises(CarrierError) as caught:
        easypost.create_label(Door(NO_SHIPMENT, draft(), *answers), ACCOUNT, REQUEST, key="k")
    assert caught.value.sent
    assert caught.value.kind in (ErrorKind.SERVER_ERROR, ErrorKind.MALFORMED)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refused("SHIPMENT.POSTAGE.FAILURE"), ErrorKind.BAD_REQUEST),
        (refused("PAYMENT_REQUIRED", status=402), ErrorKind.BAD_REQUEST),
        (refused("APIKEY.INACTIVE", status=401), ErrorKind.AUTH),
        (refused("RATE_LIMITED", status=429), ErrorKind.RATE_LIMITED),
        (CarrierError(ErrorKind.SERVER_ERROR, "no connection", sent=False), ErrorKind.SERVER_ERROR),
    ],
)
def test_a_clear_refusal_has_bought_nothing(answer: Any, kind: ErrorKind) -> None:
    with pytest.raises(CarrierError) as caught:
        easypost.create_label(Door(NO_SHIPMENT, draft(), answer), ACCOUNT, REQUEST, key="k")
    assert (caught.value.kind, caught.value.sent) == (kind, False)


@pytest.mark.parametrize(
    "before",
    [(refused("X", status=500),), (NO_SHIPMENT, refused("X", status=422)), (NO_SHIPMENT, draft() | {"rates": []})],
)
def test_what_fails_before_the_purchase_has_bought_nothing(before: tuple[Any, ...]) -> None:
    with pytest.raises(CarrierError) as caught:
        easypost.create_label(Door(*before), ACCOUNT, REQUEST, key="k")
    assert not caught.value.sent


@pytest.mark.parametrize("made", [refused("X", status=500), b"<", {}, CarrierError(ErrorKind.SERVER_ERROR, "lost")])
def test_a_shipment_that_may_have_been_made_is_waited_for_before_there_is_another_with_its_reference(made: Any) -> None:
    """Of two with one reference, the one that is found later may not be the one that was bought."""
    door = Door(NO_SHIPMENT, made)
    with pytest.raises(CarrierError) as caught:
        easypost.create_label(door, ACCOUNT, REQUEST, key="k")
    assert (caught.value.sent, caught.value.retryable) == (True, True)
    assert not door.calls[-1].repeatable


@pytest.mark.parametrize(
    "answers",
    [
        (refused("X"), b"<html>"),
        (converted(label_pdf_url="https://evil.example/a.pdf"),),
        (converted(label_pdf_url=FILES + "a.pdf"), (403, b"denied")),
        (converted(label_pdf_url=FILES + "a.pdf"), CarrierError(ErrorKind.SERVER_ERROR, "late")),
    ],
)
def test_a_label_whose_file_cannot_be_had_is_bought_all_the_same(answers: tuple[Any, ...]) -> None:
    label = easypost.create_label(Door(NO_SHIPMENT, draft(), sold(), *answers), ACCOUNT, REQUEST, key="k")
    assert (label.tracking_number, label.document, label.format) == ("9400", b"", LabelFormat.PDF)


def test_a_zpl_printer_gets_zpl_and_a_browser_its_picture() -> None:
    door = Door(sold(), converted(label_zpl_url=FILES + "a.zpl"), ZPL)
    label = easypost.create_label(door, ACCOUNT, replace(REQUEST, format=LabelFormat.ZPL), key="k")
    assert (label.document, label.format) == (ZPL, LabelFormat.ZPL)
    label = easypost.create_label(Door(sold(), PNG), ACCOUNT, replace(REQUEST, format=LabelFormat.PNG), key="k")
    assert (label.document, label.format) == (PNG, LabelFormat.PNG)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (({"forms": [{"form_type": "label_qr_code", "form_url": FILES + "q.png"}]}, PNG), PNG),
        (({"forms": [{"form_type": "label_qr_code", "form_url": FILES + "q.pdf"}]}, PDF), None),
        (({"forms": [{"form_type": "packing_slip", "form_url": FILES + "q.png"}]},), None),
        ((refused("X"),), None),
    ],
)
def test_a_counter_of_usps_prints_the_label_from_a_code(answers: tuple[Any, ...], expected: bytes | None) -> None:
    door = Door(sold(), PNG, *answers)
    request = replace(REQUEST, format=LabelFormat.PNG)
    assert easypost.create_label(door, Door.account(api_key="hidden"), request, key="k").qr_png == expected
    assert door.calls[2].json == {"form": {"type": "label_qr_code"}}


def test_a_lost_label_is_found_by_its_reference() -> None:
    found = easypost.find_label(Door(sold(), sold(), PNG), ACCOUNT, REQUEST, key="k")
    assert found is not None
    assert found.tracking_number == "9400"
    for none in (NO_SHIPMENT, draft(), sold(reference="rl-2")):
        assert easypost.find_label(Door(none), ACCOUNT, REQUEST, key="k") is None


@pytest.mark.parametrize(
    "answer", [refused("X", status=500), b"<html>", {}, [], sold(tracking_code=None), refused("X", status=401)]
)
def test_a_search_that_failed_is_not_taken_for_no_label(answer: Any) -> None:
    with pytest.raises(CarrierError):
        easypost.find_label(Door(answer), ACCOUNT, REQUEST, key="k")


def test_an_error_repeats_no_address_and_no_secret() -> None:
    words = "Address 12 OAK street, Austin for Ada Example (ada@example.com) is wrong; key hidden"
    for answers in (
        (NO_SHIPMENT, draft(), refused("X", words)),
        (NO_SHIPMENT, refused("X", words)),
        (refused("X", words),),
    ):
        with pytest.raises(CarrierError) as caught:
            easypost.create_label(Door(*answers), ACCOUNT, REQUEST, key="k")
        told = str(caught.value).lower()
        assert not [word for word in ("oak", "austin", "ada", "hidden") if word in told]


def test_the_file_is_fetched_again_in_the_labels_format() -> None:
    bought = BoughtLabel("9400", "shp_1", LabelFormat.PDF, "rl-1")
    door = Door(sold(), converted(label_pdf_url=FILES + "a.pdf"), PDF)
    assert easypost.fetch_label(door, ACCOUNT, bought).content == PDF
    for answers in ((sold(), sold(), b"<html>"), (NO_SHIPMENT,)):
        with pytest.raises(CarrierError):
            easypost.fetch_label(Door(*answers), ACCOUNT, bought)


@pytest.mark.parametrize("status", ["submitted", "refunded"])
def test_the_postage_is_asked_back(status: str) -> None:
    door = Door(sold(refund_status=status))
    easypost.void_label(door, ACCOUNT, BoughtLabel("9400", "shp_1"))
    assert (door.calls[0].method, door.calls[0].url) == ("POST", "https://carrier.invalid/shipments/shp_1/refund")


def test_a_refund_that_was_asked_for_before_is_no_error() -> None:
    door = Door(refused("X"), sold(refund_status="submitted"))
    easypost.void_label(door, ACCOUNT, BoughtLabel("9400", "shp_1"))
    assert [call.method for call in door.calls] == ["POST", "GET"]


@pytest.mark.parametrize(
    "answers", [(sold(refund_status="rejected"),), (refused("X"), sold()), (refused("X", status=500),), (sold(),)]
)
def test_postage_that_is_not_given_back_is_an_error(answers: tuple[Any, ...]) -> None:
    with pytest.raises(CarrierError):
        easypost.void_label(Door(*answers), ACCOUNT, BoughtLabel("9400", "shp_1"))


@pytest.mark.parametrize(
    ("host", "ours"),
    [
        ("api.easypost.com", True),
        ("easypost-files.s3.us-west-2.amazonaws.com", True),
        ("easypost-files.s3-us-west-2.amazonaws.com", True),
        ("easypost-files.s3.amazonaws.com", True),
        ("easypost.com.evil.example", False),
        ("noteasypost.com", False),
        ("easypost-files.evil.amazonaws.com", False),
        ("169.254.169.254", False),
    ],
)
def test_files_come_from_easyposts_own_hosts(host: str, ours: bool) -> None:
    assert (HOSTS.fullmatch(host) is not None) is ours


@pytest.mark.parametrize("status", ["submitted", "refunded"])
def test_a_label_that_somebody_gave_back_is_none(status: str) -> None:
    """A refund that is under way may still be refused: then a person says whether another is bought."""
    gone = sold(refund_status=status)
    if status == "refunded":
        assert easypost.find_label(Door(gone), ACCOUNT, REQUEST, key="k") is None
    else:
        with pytest.raises(CarrierError, match="given back") as caught:
            easypost.find_label(Door(gone), ACCOUNT, REQUEST, key="k")
        assert caught.value.kind is ErrorKind.BAD_REQUEST
    with pytest.raises(CarrierError, match="given back") as caught:
        easypost.create_label(Door(gone), ACCOUNT, REQUEST, key="k")
    assert not caught.value.sent


def test_a_404_that_easypost_did_not_write_says_nothing_of_a_label() -> None:
    for strange in ({"message": "no Route matched"}, {}, {"detail": "not found"}):
        with pytest.raises(CarrierError):
            easypost.find_label(Door((404, strange)), ACCOUNT, REQUEST, key="k")
