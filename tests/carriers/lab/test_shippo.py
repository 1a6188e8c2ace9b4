"""Shippo: tracks, and transactions that buy each time they are asked for."""

from __future__ import annotations

import io
from datetime import UTC, timedelta
from typing import Any

import pytest
import zxingcpp
from PIL import Image

from carriers.lab.accounts import LAB_CREDENTIALS
from carriers.lab.server import Lab

SHOPPER = {
    "name": "Ada Example",
    "street1": "12 Oak Street",
    "city": "Austin",
    "state": "TX",
    "zip": "78704",
    "country": "US",
}
SHOP = {
    "name": "Returns",
    "company": "Juniper",
    "street1": "1 Dock",
    "city": "Portland",
    "state": "OR",
    "zip": "97232",
    "country": "US",
}
SHIPMENT: dict[str, Any] = {
    "address_from": SHOP,
    "address_to": SHOPPER,
    "parcels": [
        {"length": "10", "width": "8", "height": "4", "distance_unit": "in", "weight": "2.4", "mass_unit": "lb"}
    ],
    "extra": {"is_return": True, "reference_1": "RMA-7", "qr_code_requested": True},
    "async": False,
}


@pytest.fixture
def ask(caller: Any) -> Any:
    headers = {"Authorization": f"ShippoToken {LAB_CREDENTIALS['shippo']['api_key']}"}

    def send(path: str, body: Any = None) -> Any:
        path = path if path.startswith("http") else f"/shippo/{path}"
        return caller.http.open(path, method="GET" if body is None else "POST", json=body, headers=headers)

    return send


@pytest.fixture
def rate(ask: Any) -> Any:
    def make(**change: Any) -> str:
        return str(ask("shipments/", SHIPMENT | change).get_json()["rates"][0]["object_id"])

    return make


@pytest.fixture
def buy(ask: Any, rate: Any) -> Any:
    def post(name: str = "", **more: Any) -> Any:
        return ask("transactions/", {"rate": name or rate(), "async": False, "metadata": "R-1", **more})

    return post


def test_a_return_is_bought_and_printed_the_other_way_round(lab: Lab, ask: Any, buy: Any) -> None:
    made, (sold,) = buy().get_json(), lab.purchases
    assert (made["status"], made["tracking_number"], made["object_id"]) == ("SUCCESS", sold.number, sold.handle)
    assert (sold.order.sender.city, sold.order.recipient.city) == ("Austin", "Portland")
    assert (sold.reference, sold.order.notes, sold.order.weight_grams) == ("R-1", ("R-1", "RMA-7"), 1089)
    assert ask(made["label_url"]).data.startswith(b"%PDF")
    picture = Image.open(io.BytesIO(ask(made["qr_code_url"]).data))
    assert zxingcpp.read_barcodes(picture)[0].text == sold.number


@pytest.mark.parametrize(("kind", "start"), [("PNG", b"\x89PNG"), ("ZPLII", b"^XA"), ("PDF_4x6", b"%PDF")])
def test_a_label_comes_in_the_format_that_was_asked_for(kind: str, start: bytes, ask: Any, buy: Any) -> None:
    assert ask(buy(label_file_type=kind).get_json()["label_url"]).data.startswith(start)
    assert buy(label_file_type="WORD").status_code == 400


def test_a_transaction_that_may_wait_is_queued_and_done_when_asked_for(lab: Lab, ask: Any, rate: Any) -> None:
    queued = ask("transactions/", {"rate": rate()}).get_json()
    assert (queued["status"], queued["label_url"]) == ("QUEUED", "")
    done = ask(f"transactions/{queued['object_id']}").get_json()
    assert (done["status"], done["tracking_number"]) == ("SUCCESS", lab.purchases[0].number)


def test_the_same_rate_is_sold_twice_to_who_asks_twice(lab: Lab, ask: Any, rate: Any, buy: Any) -> None:
    name = rate()
    numbers = [buy(name).get_json()["tracking_number"] for _ in range(2)]
    assert [sold.number for sold in lab.purchases] == numbers
    assert numbers[0] != numbers[1]
    listed = ask(f"transactions/?rate={name}").get_json()["results"]
    assert [one["tracking_number"] for one in listed] == numbers[::-1]
    assert [one["metadata"] for one in listed] == ["R-1", "R-1"]


def test_transactions_are_listed_in_pages(ask: Any, buy: Any) -> None:
    numbers = [buy().get_json()["tracking_number"] for _ in range(3)]
    first = ask("transactions/?results=2").get_json()
    second = ask(first["next"]).get_json()
    shown = [one["tracking_number"] for one in first["results"] + second["results"]]
    assert (shown, second["next"]) == (numbers[::-1], None)


def test_an_unused_label_is_refunded_in_time_and_a_used_one_is_not(lab: Lab, ask: Any, buy: Any) -> None:
    unused, used = (buy().get_json() for _ in range(2))
    first = ask("refunds/", {"transaction": unused["object_id"]})
    assert (first.status_code, first.get_json()["status"]) == (201, "PENDING")
    assert ask("refunds/", {"transaction": unused["object_id"]}).status_code == 400
    lab.clock.jump(timedelta(days=3))
    assert ask(f"refunds/{first.get_json()['object_id']}").get_json()["status"] == "SUCCESS"
    assert ask("refunds/", {"transaction": used["object_id"]}).get_json()["status"] == "ERROR"
    assert (lab.book.voided(unused["tracking_number"]), lab.book.voided(used["tracking_number"])) == (True, False)


def test_a_track_stands_oldest_first_in_utc(lab: Lab, ask: Any, buy: Any) -> None:
    number = buy().get_json()["tracking_number"]
    lab.clock.jump(timedelta(days=9))
    track = ask(f"tracks/usps/{number}").get_json()
    parcel = lab.world.get(number)
    assert parcel is not None
    assert track["tracking_history"][0]["status"] == "PRE_TRANSIT"
    assert track["tracking_status"] == track["tracking_history"][-1]
    assert track["tracking_status"]["status_date"] == parcel.scans[-1].at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert track["transaction"] == lab.purchases[0].handle


def test_a_number_is_registered_with_what_was_said_of_it(ask: Any) -> None:
    body = {"carrier": "usps", "tracking_number": "9400 1000 0000 0000 0000 00", "metadata": "order 7"}
    made = ask("tracks/", body)
    assert (made.status_code, made.get_json()["tracking_status"]) == (201, None)
    assert ask("tracks/usps/9400100000000000000000").get_json()["metadata"] == "order 7"


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("tracks/", {"carrier": "usps"}, "tracking_number"),
        ("tracks/", {"carrier": "US Post!", "tracking_number": "1"}, "carrier"),
        ("shipments/", {}, "address_from"),
        ("shipments/", SHIPMENT | {"parcels": []}, "parcels"),
        ("shipments/", SHIPMENT | {"parcels": [{"weight": "2", "mass_unit": "stone"}]}, "parcels"),
        ("transactions/", {}, "rate"),
        ("transactions/", {"rate": "x"}, "rate"),
        ("refunds/", {"transaction": "x"}, "transaction"),
    ],
)
def test_a_wrong_request_is_refused_under_its_field(path: str, body: Any, field: str, lab: Lab, ask: Any) -> None:
    answer = ask(path, body)
    assert (answer.status_code, list(answer.get_json())) == (400, [field])
    assert lab.purchases == ()


def test_strangers_and_unknown_things_are_refused(caller: Any, ask: Any) -> None:
    assert caller.http.get("/shippo/tracks/usps/1").get_json() == {"detail": "Invalid token"}
    for path in ("shipments/x", "transactions/x", "refunds/x", "files/x.pdf"):
        assert ask(path).status_code == 404
