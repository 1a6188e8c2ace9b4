"""Shippo return labels: bought once, looked for among the newest transactions, given back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from carriers.adapters.shippo import adapter
from carriers.adapters.shippo.labels import HOSTS, PAGES
from carriers.adapters.shippo.shipments import shipment_request
from carriers.base import Account, Call, RawAnswer
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Address, BoughtLabel, CustomsItem, LabelFormat, LabelRequest
from tests.carriers.door import Door

shippo = adapter()
PDF, PNG = b"%PDF-1.4 label", b"\x89PNG\r\n\x1a\n label"
ACCOUNT = Door.account(api_token="hidden")
SHOPPER = Address("Ada Example", "12 Oak Street", "AUSTIN", "78704", "US", region="TX", email="ada@example.com")
SHOP = Address("Returns", "2100 NE Broadway", "PORTLAND", "97232", "US", region="OR", company="Juniper")
REQUEST = LabelRequest("rl-1", SHOPPER, SHOP, 1000, rma="RMA-1")
FILE = "https://shippo-delivery-east.s3.amazonaws.com/a.pdf?Signature=x"


def rate(name: str, price: str, token: str = "usps_ground", provider: str = "USPS") -> dict[str, Any]:
    level = {"token": token, "name": token}
    return {"object_id": name, "amount": price, "currency": "USD", "provider": provider, "servicelevel": level}


SHIPMENT = {"object_id": "s1", "status": "SUCCESS", "rates": [rate("r1", "11.01"), rate("r2", "8.20")], "messages": []}


def transaction(status: str = "SUCCESS", **more: Any) -> dict[str, Any]:
    return {
        "object_id": "t1",
        "status": status,
        "object_created": "2025-05-12T12:00:00.000Z",
        "rate": "r2",
        "metadata": "rl-1",
        "tracking_number": "9400" if status in ("SUCCESS", "REFUNDREJECTED") else None,
        "label_url": FILE,
        "messages": [],
        **more,
    }


def page(*transactions: Any, more: bool = False) -> dict[str, Any]:
    return {"next": "https://carrier.invalid/transactions?page=2" if more else None, "results": list(transactions)}


def test_the_cheapest_rate_is_bought() -> None:
    door = Door((201, SHIPMENT), (201, transaction()), PDF)
    label = shippo.create_label(door, ACCOUNT, REQUEST, key="k")
    assert (label.carrier, label.tracking_number, label.handle, label.service) == (
        "shippo",
        "9400",
        "t1",
        "usps_ground",
    )
    assert (label.document, label.format, label.cost_minor, label.currency) == (PDF, LabelFormat.PDF, 820, "USD")
    assert (label.expires_on, label.qr_png) == (date(2026, 5, 12), None)
    made, bought, file = door.calls
    assert (made.url, bought.url) == ("https://carrier.invalid/shipments", "https://carrier.invalid/transactions")
    assert bought.json == {"rate": "r2", "label_file_type": "PDF_4x6", "metadata": "rl-1", "async": False}
    assert (bought.repeatable, file.url, dict(file.headers)) == (False, FILE, {"Accept": "*/*"})


def test_shippo_turns_the_addresses_round_of_a_label_that_is_charged_when_used() -> None:
    body = shipment_request(ACCOUNT, REQUEST)
    assert (body["address_to"]["name"], body["address_from"]["company"]) == ("Ada Example", "Juniper")
    assert body["extra"] == {"reference_1": "RMA-1", "is_return": True}
    assert (body["metadata"], body["async"]) == ("rl-1", False)
    assert body["parcels"] == [
        {"length": "30", "width": "23", "height": "10", "distance_unit": "cm", "weight": "1000", "mass_unit": "g"}
    ]


def test_an_ordinary_label_goes_from_the_shopper_to_the_shop_and_does_not_say_how_long_it_is_good() -> None:
    plain = Door.account(api_token="hidden", returns="plain", qr="yes")
    body = shipment_request(plain, REQUEST)
    assert (body["address_from"]["name"], body["address_to"]["company"]) == ("Ada Example", "Juniper")
    assert body["extra"] == {"reference_1": "RMA-1", "qr_code_requested": True}
    assert shippo.create_label(Door(SHIPMENT, transaction(), PDF), plain, REQUEST, key="k").expires_on is None


def test_across_a_border_the_goods_are_declared() -> None:
    abroad = replace(SHOPPER, country="CA")
    request = replace(REQUEST, sender=abroad, items=(CustomsItem("Shirt", 2, 500, 4000, "PT"),), currency="USD")
    customs = shipment_request(ACCOUNT, request)["customs_declaration"]
    assert (customs["contents_type"], customs["items"][0]["value_amount"]) == ("RETURN_MERCHANDISE", "40.00")
    assert "tariff_number" not in customs["items"][0]
    with pytest.raises(CarrierError) as caught:
        shippo.create_label(Door(), ACCOUNT, replace(REQUEST, sender=abroad), key="k")
    assert (caught.value.kind, caught.value.sent) == (ErrorKind.BAD_REQUEST, False)


@pytest.mark.parametrize(
    ("settings", "service", "expected"),
    [({}, "", "r2"), ({"service": "ups_ground"}, "", "r3"), ({"provider": "FedEx"}, "", "r4"), ({}, "usps_x", "r1")],
)
def test_the_accounts_service_and_provider_are_chosen(settings: dict[str, str], service: str, expected: str) -> None:
    rates = [
        rate("r1", "11.01", "usps_x"),
        rate("r2", "8.20"),
        rate("r3", "9", "ups_ground", "UPS"),
        rate("r4", "50", "f", "FedEx"),
    ]
    door = Door({**SHIPMENT, "rates": rates}, (400, {}))
    with pytest.raises(CarrierError):
        shippo.create_label(
            door, Door.account(api_token="hidden", **settings), replace(REQUEST, service=service), key="k"
        )
    body: Any = door.calls[-1].json
    assert body["rate"] == expected


@pytest.mark.parametrize(
    ("messages", "words"),
    [
        ([{"source": "UPS", "code": "x", "text": "Too far for Ada Example"}], "Too far for"),
        (["Too far"], "Too far"),
        ([], "no rate"),
        (None, "no rate"),
    ],
)
def test_without_a_rate_nothing_is_bought(messages: Any, words: str) -> None:
    with pytest.raises(CarrierError, match=words) as caught:
        shippo.create_label(Door({**SHIPMENT, "rates": [], "messages": messages}), ACCOUNT, REQUEST, key="k")
    assert (caught.value.kind, caught.value.sent) == (ErrorKind.BAD_REQUEST, False)
    assert "Ada" not in caught.value.message


@pytest.mark.parametrize(
    "answer",
    [
        transaction("QUEUED"),
        transaction("WAITING"),
        transaction(tracking_number=None),
        transaction("A word of tomorrow"),
        {},
        b"<html>",
        (500, {}),
        CarrierError(ErrorKind.SERVER_ERROR, "late"),
    ],
)
def test_whatever_may_have_bought_says_so(answer: Any) -> None:
    with pytest.raises(CarrierError) as caught:
        shippo.create_label(Door(SHIPMENT, answer), ACCOUNT, REQUEST, key="k")
    assert caught.value.sent
    assert caught.value.kind in (ErrorKind.SERVER_ERROR, ErrorKind.MALFORMED)


def test_a_carrier_that_did_not_answer_shippo_in_time_may_have_sold() -> None:
    late = transaction("ERROR", messages=[{"text": "UPS API did not respond."}])
    with pytest.raises(CarrierError) as caught:
        shippo.create_label(Door(SHIPMENT, late), ACCOUNT, REQUEST, key="k")
    assert (caught.value.kind, caught.value.sent) == (ErrorKind.SERVER_ERROR, True)


def test_a_label_that_was_not_taken_back_is_still_one_and_one_under_way_is_for_a_person() -> None:
    kept = shippo.find_label(
        Door(page(transaction("REFUNDREJECTED")), rate("r", "8.20"), PDF), ACCOUNT, REQUEST, key="k"
    )
    assert kept is not None
    with pytest.raises(CarrierError) as caught:
        shippo.find_label(Door(page(transaction("REFUNDPENDING"))), ACCOUNT, REQUEST, key="k")
    assert caught.value.kind is ErrorKind.BAD_REQUEST


@pytest.mark.parametrize("status", ["QUEUED", "WAITING"])
def test_a_label_that_is_still_being_made_is_asked_about_later(status: str) -> None:
    with pytest.raises(CarrierError, match="still making") as caught:
        shippo.create_label(Door(SHIPMENT, transaction(status)), ACCOUNT, REQUEST, key="k")
    assert (caught.value.kind, caught.value.sent) == (ErrorKind.SERVER_ERROR, True)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ((400, {"rate": ["Rate not found."]}), ErrorKind.BAD_REQUEST),
        ((404, b"<h1>Not found"), ErrorKind.MALFORMED),
        ((401, {"detail": "no"}), ErrorKind.AUTH),
        ((429, {"detail": "no"}), ErrorKind.RATE_LIMITED),
        (transaction("ERROR", messages=[{"text": "The address is wrong"}]), ErrorKind.BAD_REQUEST),
    ],
)
def test_a_clear_refusal_has_bought_nothing(answer: Any, kind: ErrorKind) -> None:
    with pytest.raises(CarrierError) as caught:
        shippo.create_label(Door(SHIPMENT, answer), ACCOUNT, REQUEST, key="k")
    assert (caught.value.kind, caught.value.sent) == (kind, kind is ErrorKind.MALFORMED)


@pytest.mark.parametrize("before", [(500, {}), b"<html>", CarrierError(ErrorKind.SERVER_ERROR, "late")])
def test_what_fails_before_the_purchase_has_bought_nothing(before: Any) -> None:
    with pytest.raises(CarrierError) as caught:
        shippo.create_label(Door(before), ACCOUNT, REQUEST, key="k")
    assert not caught.value.sent


@pytest.mark.parametrize("answer", [(403, b"expired"), b"<html>", CarrierError(ErrorKind.SERVER_ERROR, "late")])
def test_a_label_whose_file_cannot_be_had_is_bought_all_the_same(answer: Any) -> None:
    label = shippo.create_label(Door(SHIPMENT, transaction(), answer), ACCOUNT, REQUEST, key="k")
    assert (label.tracking_number, label.document) == ("9400", b"")
    strange = transaction(label_url="https://evil.example/a.pdf", qr_code_url="http://169.254.169.254/")
    door = Door(SHIPMENT, strange)
    assert shippo.create_label(door, ACCOUNT, REQUEST, key="k").document == b""
    assert len(door.calls) == 2


def test_a_code_for_the_counter_comes_along_where_there_is_one() -> None:
    bought = transaction(qr_code_url="https://shippo-delivery.s3.amazonaws.com/q.png")
    assert shippo.create_label(Door(SHIPMENT, bought, PDF, PNG), ACCOUNT, REQUEST, key="k").qr_png == PNG
    assert shippo.create_label(Door(SHIPMENT, bought, PDF, PDF), ACCOUNT, REQUEST, key="k").qr_png is None


def test_a_lost_label_is_found_by_its_reference_pages_away() -> None:
    other = transaction(metadata="rl-2")
    door = Door(page(other, more=True), page(other, transaction("ERROR"), transaction()), rate("r2", "8.20"), PDF)
    label = shippo.find_label(door, ACCOUNT, REQUEST, key="k")
    assert label is not None
    assert (label.tracking_number, label.cost_minor, label.document) == ("9400", 820, PDF)
    assert [dict(call.params).get("page") for call in door.calls[:2]] == ["1", "2"]


def test_a_label_whose_rate_cannot_be_had_is_found_without_its_price() -> None:
    label = shippo.find_label(Door(page(transaction()), (500, {}), PDF), ACCOUNT, REQUEST, key="k")
    assert label is not None
    assert (label.cost_minor, label.currency) == (None, None)
    label = shippo.find_label(Door(page(transaction(rate=rate("r2", "8.20"))), PDF), ACCOUNT, REQUEST, key="k")
    assert label is not None
    assert label.cost_minor == 820


def test_however_long_the_worker_was_away_the_label_is_looked_for_from_the_day_it_was_asked_for() -> None:
    asked = replace(REQUEST, ship_on=date(2025, 4, 1))
    week = page(transaction(metadata="x"), transaction(metadata="y", object_created="2025-05-04T11:00:00Z"), more=True)
    long_ago = page(transaction(object_created="2025-04-01T09:00:00Z"))
    label = shippo.find_label(Dated(week, long_ago, rate("r2", "8.20"), PDF), ACCOUNT, asked, key="k")
    assert label is not None
    assert label.tracking_number == "9400"


def test_no_label_is_none_when_all_was_seen() -> None:
    door = Door(page(transaction(metadata=""), more=True), page(transaction("ERROR")))
    assert shippo.find_label(door, ACCOUNT, REQUEST, key="k") is None
    assert shippo.find_label(Door(page(transaction("REFUNDED"))), ACCOUNT, REQUEST, key="k") is None


class Dated(Door):
    """A door whose answers say when they were given."""

    def send(self, account: Account, call: Call) -> RawAnswer:
        answer = super().send(account, call)
        return replace(answer, headers={"Date": "Mon, 12 May 2025 12:00:00 GMT"})


@pytest.mark.parametrize(
    ("times", "enough"),
    [
        (["2025-05-12T11:00:00Z", "2025-05-05T11:59:59Z"], True),
        (["2025-05-12T11:00:00Z", "2025-05-05T12:00:00Z"], False),
        (["2025-05-05T11:59:59Z", "2025-05-12T11:00:00Z", "2025-05-05T11:59:59Z"], False),
        ([None], False),
    ],
)
def test_pages_newest_first_are_looked_through_for_a_week(times: list[str | None], enough: bool) -> None:
    first = page(*(transaction(metadata="x", object_created=at) for at in times), more=True)
    door = Dated(first, page())
    assert shippo.find_label(door, ACCOUNT, REQUEST, key="k") is None
    assert len(door.calls) == (1 if enough else 2)


@pytest.mark.parametrize(
    "answers",
    [
        [page(transaction("QUEUED"))],
        [page(transaction(tracking_number=None))],
        [page(more=True)] * PAGES,
        [{}],
        [[]],
        [b"<html>"],
        [(500, {})],
        [(401, {"detail": "no"})],
    ],
)
def test_a_search_that_failed_is_not_taken_for_no_label(answers: list[Any]) -> None:
    with pytest.raises(CarrierError):
        shippo.find_label(Door(*answers), ACCOUNT, REQUEST, key="k")


def test_an_error_repeats_no_address_and_no_secret() -> None:
    words = "Address 12 OAK street, Austin for Ada Example (ada@example.com) is wrong; token hidden"
    for answers in (
        (SHIPMENT, (400, {"rate": [words]})),
        ((400, {"address_to": [words]}),),
        (SHIPMENT, transaction("ERROR", messages=[words])),
    ):
        with pytest.raises(CarrierError) as caught:
            shippo.create_label(Door(*answers), ACCOUNT, REQUEST, key="k")
        told = str(caught.value).lower()
        assert not [word for word in ("oak", "austin", "ada", "hidden") if word in told]


def test_the_file_is_fetched_again() -> None:
    bought = BoughtLabel("9400", "t/1")
    door = Door(transaction(), PDF)
    assert shippo.fetch_label(door, ACCOUNT, bought).content == PDF
    assert door.calls[0].url == "https://carrier.invalid/transactions/t%2F1"
    for answers in ((transaction(), b"<html>"), ((404, {"detail": "Not found."}),)):
        with pytest.raises(CarrierError):
            shippo.fetch_label(Door(*answers), ACCOUNT, bought)


@pytest.mark.parametrize("status", ["QUEUED", "PENDING", "SUCCESS"])
def test_a_refund_is_asked_for(status: str) -> None:
    door = Door((201, {"object_id": "f1", "status": status, "transaction": "t1"}))
    shippo.void_label(door, ACCOUNT, BoughtLabel("9400", "t1"))
    assert (door.calls[0].url, door.calls[0].json) == (
        "https://carrier.invalid/refunds",
        {"transaction": "t1", "async": False},
    )


@pytest.mark.parametrize("status", ["REFUNDED", "REFUNDPENDING"])
def test_a_refund_that_was_asked_for_before_is_no_error(status: str) -> None:
    door = Door((400, {"transaction": ["no"]}), transaction(status))
    shippo.void_label(door, ACCOUNT, BoughtLabel("9400", "t1"))
    assert [call.method for call in door.calls] == ["POST", "GET"]


@pytest.mark.parametrize(
    "answers", [({"status": "ERROR"},), ((400, {}), transaction("SUCCESS")), ((500, {}),), ((401, {"detail": "no"}),)]
)
def test_a_label_that_is_not_taken_back_is_an_error(answers: tuple[Any, ...]) -> None:
    with pytest.raises(CarrierError):
        shippo.void_label(Door(*answers), ACCOUNT, BoughtLabel("9400", "t1"))


@pytest.mark.parametrize(
    ("host", "ours"),
    [
        ("deliver.goshippo.com", True),
        ("shippo-delivery.s3.amazonaws.com", True),
        ("shippo-delivery-east.s3.us-east-1.amazonaws.com", True),
        ("shippo-delivery.s3.amazonaws.com.evil.example", False),
        ("mygoshippo.com", False),
    ],
)
def test_files_come_from_shippos_own_hosts(host: str, ours: bool) -> None:
    assert (HOSTS.fullmatch(host) is not None) is ours
