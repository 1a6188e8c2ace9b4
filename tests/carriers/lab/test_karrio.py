"""Karrio: trackers, and shipments that are purchased once."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from carriers.lab.accounts import LAB_CREDENTIALS
from carriers.lab.server import Lab
from tests.carriers.lab.published import answer_schema, fits, published, request_schema

SHIPMENT: dict[str, Any] = {
    "shipper": {
        "person_name": "Ada Example",
        "address_line1": "12 Oak Street",
        "city": "Austin",
        "state_code": "TX",
        "postal_code": "78704",
        "country_code": "US",
    },
    "recipient": {
        "company_name": "Juniper Returns",
        "address_line1": "2100 NE Broadway",
        "address_line2": "Dock 4",
        "city": "Portland",
        "state_code": "OR",
        "postal_code": "97232",
        "country_code": "US",
    },
    "parcels": [{"weight": 2.4, "weight_unit": "LB", "reference_number": "RMA-7"}],
    "reference": "R-1",
    "is_return": True,
    "label_type": "PDF",
    "metadata": {"return": "R-1"},
}


@pytest.fixture
def ask(caller: Any) -> Any:
    headers = {"Authorization": f"Token {LAB_CREDENTIALS['karrio']['api_key']}"}

    def send(path: str, body: Any = None) -> Any:
        path = path if path.startswith("http") else f"/karrio/v1/{path}"
        return caller.http.open(path, method="GET" if body is None else "POST", json=body, headers=headers)

    return send


@pytest.fixture
def make(ask: Any) -> Any:
    return lambda **change: ask("shipments", SHIPMENT | change).get_json()


@pytest.fixture
def buy(ask: Any, make: Any) -> Any:
    def post(shipment: Any = None, **more: Any) -> Any:
        shipment = shipment or make()
        return ask(f"shipments/{shipment['id']}/purchase", {"selected_rate_id": shipment["rates"][0]["id"], **more})

    return post


def test_a_shipment_is_a_draft_until_it_is_purchased(lab: Lab, ask: Any, make: Any, buy: Any) -> None:
    draft = make()
    assert (draft["status"], "tracking_number" in draft, lab.purchases) == ("draft", False, ())
    bought, (sold,) = buy(draft).get_json(), lab.purchases
    assert (bought["status"], bought["tracking_number"]) == ("created", sold.number)
    assert bought["selected_rate"]["total_charge"] == sold.cost_minor / 100
    assert base64.b64decode(bought["shipping_documents"][0]["base64"]).startswith(b"%PDF")
    assert ask(bought["label_url"]).data.startswith(b"%PDF")
    assert (sold.order.sender.city, sold.order.recipient.city, sold.order.notes) == (
        "Austin",
        "Portland",
        ("R-1", "RMA-7"),
    )


@pytest.mark.parametrize(("kind", "start"), [("PNG", b"\x89PNG"), ("ZPL", b"^XA")])
def test_a_label_comes_in_the_format_that_was_asked_for_and_again(kind: str, start: bytes, ask: Any, buy: Any) -> None:
    bought = buy(label_type=kind).get_json()
    again = ask(f"shipments/{bought['id']}/documents/label", {}).get_json()
    assert again["format"] == bought["label_type"] == kind
    assert base64.b64decode(again["base64"]).startswith(start)


def test_a_shipment_is_purchased_once_however_often_it_is_asked(lab: Lab, make: Any, buy: Any) -> None:
    shipment = make()
    with ThreadPoolExecutor(8) as pool:
        states = [one.result().status_code for one in [pool.submit(buy, shipment) for _ in range(10)]]
    assert sorted(states) == [200] + [409] * 9
    assert len(lab.purchases) == 1


def test_shipments_are_found_by_reference_number_and_metadata(ask: Any, buy: Any, make: Any) -> None:
    first, second = (buy().get_json() for _ in range(2))
    make(reference="R-2", metadata={})
    for query in ("reference=R-1", "metadata_key=return&metadata_value=R-1"):
        assert [one["id"] for one in ask(f"shipments?{query}").get_json()["results"]] == [second["id"], first["id"]]
    (found,) = ask(f"shipments?tracking_number={first['tracking_number']}").get_json()["results"]
    assert found["id"] == first["id"]
    assert ask("shipments?reference=R-3").get_json()["count"] == 0


def test_shipment_and_purchase_can_be_one_call(lab: Lab, ask: Any, make: Any) -> None:
    assert make(service="ups_ground")["tracking_number"] == lab.purchases[0].number
    assert lab.world.find("ups", lab.purchases[0].number)
    assert ask("shipments", SHIPMENT | {"service": "teleport"}).status_code == 424


def test_an_unused_label_is_cancelled_and_a_used_one_is_not(lab: Lab, ask: Any, buy: Any, make: Any) -> None:
    unused, used, draft = buy().get_json(), buy().get_json(), make()
    for shipment in (unused, unused, draft):
        assert ask(f"shipments/{shipment['id']}/cancel", {}).get_json()["status"] == "cancelled"
    lab.clock.jump(timedelta(days=3))
    assert ask(f"shipments/{used['id']}/cancel", {}).status_code == 409
    assert ask(f"shipments/{used['id']}").get_json()["status"] == "in_transit"
    assert (lab.book.voided(unused["tracking_number"]), lab.book.voided(used["tracking_number"])) == (True, False)


def test_requests_and_answers_are_as_the_interface_says(lab: Lab, ask: Any, buy: Any) -> None:
    document = published("karrio", "karrio-openapi.yml")
    fits(SHIPMENT, request_schema(document, "/v1/shipments", "post"))
    made = ask("shipments", SHIPMENT)
    fits(made.get_json(), answer_schema(document, "/v1/shipments", "post", status="201"))
    bought = buy(made.get_json()).get_json()
    fits(bought, answer_schema(document, "/v1/shipments/{id}/purchase", "post"))
    fits(ask("shipments", {}).get_json(), answer_schema(document, "/v1/shipments", "post", status="400"))
    again = ask(f"shipments/{bought['id']}/documents/label", {}).get_json()
    fits(again, answer_schema(document, "/v1/shipments/{id}/documents/{doc}", "post"))
    asked = {"tracking_number": bought["tracking_number"], "carrier_name": "usps"}
    fits(asked, request_schema(document, "/v1/trackers", "post"))
    for days in (1, 3, 9):
        lab.clock.jump(timedelta(days=days))
        fits(ask("trackers", asked).get_json(), answer_schema(document, "/v1/trackers", "post"))
    fits(ask("trackers").get_json(), answer_schema(document, "/v1/trackers", "get"))
    unknown = ask("trackers", {"tracking_number": "1", "carrier_name": "usps"}).get_json()
    fits(unknown, answer_schema(document, "/v1/trackers", "post", status="424"))


def test_a_tracker_stands_newest_first_and_is_made_once(lab: Lab, ask: Any) -> None:
    parcel = lab.world.add("fedex", "on_time", promised_on=lab.world.start.date())
    lab.clock.jump(timedelta(days=9))
    asked = {"tracking_number": parcel.number, "carrier_name": "fedex"}
    first, second = (ask("trackers", asked).get_json() for _ in range(2))
    assert (first["id"], first["status"], first["delivered"]) == (second["id"], "delivered", True)
    local = parcel.destination.local(parcel.scans[-1].at)
    newest = first["events"][0]
    assert (newest["date"], newest["time"]) == (f"{local:%Y-%m-%d}", f"{local:%H:%M}")
    assert newest["timestamp"] == f"{parcel.scans[-1].at:%Y-%m-%dT%H:%M:%S}.000Z"
    for path in (f"trackers/{first['id']}", f"trackers/{parcel.number}"):
        assert ask(path).get_json() == first
    (listed,) = ask(f"trackers?tracking_number={parcel.number}").get_json()["results"]
    assert listed == first
    assert ask(f"proxy/tracking/fedex/{parcel.number}").get_json()["tracking"]["status"] == "delivered"
    assert ask("proxy/tracking", asked).get_json()["tracking"]["events"] == first["events"]


@pytest.mark.parametrize(
    "change",
    [
        {"shipper": {}},
        {"recipient": {**SHIPMENT["recipient"], "company_name": ""}},
        {"parcels": []},
        {"parcels": [{"weight": 1, "weight_unit": "STONE"}]},
        {"label_type": "WORD"},
    ],
)
def test_a_wrong_shipment_is_refused(change: Any, lab: Lab, ask: Any) -> None:
    answer = ask("shipments", SHIPMENT | change)
    assert (answer.status_code, answer.get_json()["errors"][0]["code"]) == (400, "validation")


def test_strangers_and_unknown_things_are_refused(caller: Any, ask: Any, make: Any) -> None:
    assert caller.http.post("/karrio/v1/shipments", json=SHIPMENT).status_code == 401
    for path, body in (
        ("shipments/x", None),
        ("shipments/x/purchase", {}),
        ("shipments/x/cancel", {}),
        ("trackers/x", None),
    ):
        assert ask(path, body).status_code == 404
    assert ask(f"shipments/{make()['id']}/purchase", {"selected_rate_id": "rat_x"}).status_code == 400
    assert ask(f"shipments/{make()['id']}/documents/label", {}).status_code == 404
    assert ask("trackers", {"carrier_name": "usps"}).status_code == 400
