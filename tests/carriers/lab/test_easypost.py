"""EasyPost: trackers, and shipments that are bought once."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, timedelta
from typing import Any

import pytest
import zxingcpp
from PIL import Image

from carriers.lab.accounts import LAB_CREDENTIALS
from carriers.lab.server import Lab
from tests.carriers.lab.conftest import basic
from tests.carriers.lab.published import published

SHOPPER = {
    "name": "Ada Example",
    "street1": "12 Oak Street",
    "city": "Austin",
    "state": "TX",
    "zip": "78704",
    "country": "US",
}
SHOP = {
    "company": "Juniper Returns",
    "street1": "2100 NE Broadway",
    "street2": "Dock 4",
    "city": "Portland",
    "state": "OR",
    "zip": "97232",
    "country": "US",
}
SHIPMENT: dict[str, Any] = {
    "to_address": SHOPPER,
    "from_address": SHOP,
    "parcel": {"length": 10, "width": 8, "height": 4, "weight": 42.3},
    "is_return": True,
    "reference": "R-1",
    "options": {"label_format": "PDF", "print_custom_1": "RMA-7"},
}


@pytest.fixture
def ask(caller: Any) -> Any:
    headers = basic(LAB_CREDENTIALS["easypost"]["api_key"], "")

    def send(path: str, body: Any = None, method: str = "") -> Any:
        method = method or ("GET" if body is None else "POST")
        path = path if path.startswith("http") else f"/easypost/v2/{path}"
        return caller.http.open(path, method=method, json=body, headers=headers)

    return send


@pytest.fixture
def make(ask: Any) -> Any:
    return lambda **change: ask("shipments", {"shipment": SHIPMENT | change}).get_json()


@pytest.fixture
def buy(ask: Any, make: Any) -> Any:
    def purchase(**change: Any) -> Any:
        shipment = make(**change)
        return ask(f"shipments/{shipment['id']}/buy", {"rate": {"id": shipment["rates"][0]["id"]}}).get_json()

    return purchase


def test_a_shipment_has_rates_and_costs_nothing_yet(lab: Lab, make: Any) -> None:
    shipment = make()
    offers = [(rate["carrier"], rate["service"]) for rate in shipment["rates"]]
    assert offers[0] == ("USPS", "GroundAdvantage")
    assert ("UPS", "Ground") in offers
    assert [float(rate["rate"]) for rate in shipment["rates"]] == sorted(
        float(rate["rate"]) for rate in shipment["rates"]
    )
    assert (shipment["tracking_code"], shipment["postage_label"], lab.purchases) == (None, None, ())


def test_a_bought_return_is_printed_the_other_way_round(lab: Lab, ask: Any, buy: Any) -> None:
    shipment, (sold,) = buy(), lab.purchases
    assert shipment["tracking_code"] == sold.number
    assert (shipment["buyer_address"]["name"], shipment["return_address"]["company"]) == (
        "Ada Example",
        "Juniper Returns",
    )
    assert (sold.order.sender.city, sold.order.recipient.city) == ("Austin", "Portland")
    assert sold.cost_minor == round(float(shipment["selected_rate"]["rate"]) * 100)
    assert (sold.reference, sold.order.notes, sold.order.weight_grams) == ("R-1", ("RMA-7", "R-1"), 1199)
    label = shipment["postage_label"]
    assert (label["label_file_type"], label["label_url"]) == ("application/pdf", label["label_pdf_url"])
    assert ask(label["label_url"]).data.startswith(b"%PDF")


def test_a_parcel_the_usual_way_round_keeps_its_sides(lab: Lab, buy: Any) -> None:
    buy(is_return=False)
    assert lab.purchases[0].order.sender.city == "Portland"


@pytest.mark.parametrize(("kind", "start"), [("pdf", b"%PDF"), ("zpl", b"^XA"), ("png", b"\x89PNG")])
def test_a_label_is_converted_and_stays_bought_once(kind: str, start: bytes, lab: Lab, ask: Any, buy: Any) -> None:
    shipment = buy(options={})
    assert shipment["postage_label"]["label_file_type"] == "image/png"
    again = ask(f"shipments/{shipment['id']}/label?file_format={kind}").get_json()
    url = again["postage_label"].get(f"label_{kind}_url") or again["postage_label"]["label_url"]
    assert ask(url).data.startswith(start)
    assert ask(f"shipments/{shipment['id']}/label?file_format=word").status_code == 422
    assert len(lab.purchases) == 1


def test_a_counter_prints_from_a_code(ask: Any, buy: Any) -> None:
    shipment = buy()
    (form,) = ask(f"shipments/{shipment['id']}/forms", {"form": {"type": "label_qr_code"}}).get_json()["forms"]
    picture = Image.open(io.BytesIO(ask(form["form_url"]).data))
    assert zxingcpp.read_barcodes(picture)[0].text == shipment["tracking_code"]
    assert ask(f"shipments/{shipment['id']}/forms", {"type": "poem"}).status_code == 422


def test_a_shipment_is_bought_once_however_often_it_is_asked(lab: Lab, ask: Any, make: Any) -> None:
    shipment = make()
    body = {"rate": {"id": shipment["rates"][0]["id"]}}
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(ask, f"shipments/{shipment['id']}/buy", body) for _ in range(12)]
        answers = [one.result() for one in asked]
    assert sorted(answer.status_code for answer in answers) == [200] + [422] * 11
    refused = next(answer for answer in answers if answer.status_code == 422)
    assert refused.get_json()["error"]["code"] == "SHIPMENT.POSTAGE.EXISTS"
    assert len(lab.purchases) == 1


def test_another_shipment_is_another_purchase_and_the_reference_finds_the_newest(lab: Lab, ask: Any, buy: Any) -> None:
    first, second = buy(), buy()
    assert first["tracking_code"] != second["tracking_code"]
    assert ask("shipments/R-1").get_json()["id"] == second["id"]
    listed = ask("shipments?page_size=1").get_json()
    assert ([one["id"] for one in listed["shipments"]], listed["has_more"]) == ([second["id"]], True)
    rest = ask(f"shipments?before_id={second['id']}").get_json()["shipments"]
    assert [one["id"] for one in rest] == [first["id"]]
    assert len(lab.purchases) == 2


def test_shipment_and_purchase_can_be_one_call(lab: Lab, ask: Any) -> None:
    body = SHIPMENT | {"service": "Ground", "carrier_accounts": ["ca_lab_ups"]}
    bought = ask("shipments", {"shipment": body})
    assert (bought.status_code, bought.get_json()["tracking_code"][:2]) == (201, "1Z")
    assert lab.world.find("ups", lab.purchases[0].number)
    assert ask("shipments", {"shipment": body | {"service": "Teleport"}}).status_code == 422
    assert len(lab.purchases) == 1


def test_an_unused_label_is_refunded_in_time_and_a_used_one_is_not(lab: Lab, ask: Any, buy: Any, make: Any) -> None:
    unused, used = buy(), buy()
    path = f"shipments/{unused['id']}/refund"
    assert ask(path, {}).get_json()["refund_status"] == "submitted"
    lab.clock.jump(timedelta(days=3))
    assert ask(f"shipments/{unused['id']}").get_json()["refund_status"] == "refunded"
    assert ask(f"shipments/{used['id']}/refund", {}).get_json()["refund_status"] == "rejected"
    assert (lab.book.voided(unused["tracking_code"]), lab.book.voided(used["tracking_code"])) == (True, False)
    assert ask(f"shipments/{make()['id']}/refund", {}).get_json()["error"]["code"] == "SHIPMENT.REFUND.UNAVAILABLE"


def test_a_returned_parcel_is_tracked_with_the_tracker_of_its_shipment(
    lab: Lab, caller: Any, ask: Any, buy: Any
) -> None:
    shipment = buy()
    lab.clock.jump(timedelta(days=9))
    tracker = ask(f"trackers/{shipment['tracker']['id']}").get_json()
    assert (tracker["status"], tracker["is_return"], tracker["shipment_id"]) == ("delivered", True, shipment["id"])
    parcel = lab.world.get(shipment["tracking_code"])
    assert parcel is not None
    last = tracker["tracking_details"][-1]
    assert last["datetime"] == parcel.scans[-1].at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert caller.track("usps", shipment["tracking_code"]).get_json()["statusCategory"] == "Delivered"


def test_any_carriers_parcel_is_tracked_and_made_a_tracker_of_once(lab: Lab, ask: Any) -> None:
    parcel = lab.world.add("fedex", "on_time", promised_on=lab.world.start.date())
    asked = {"tracker": {"tracking_code": parcel.number, "carrier": "FedEx"}}
    first, second = (ask("trackers", asked).get_json() for _ in range(2))
    assert (first["id"], first["carrier"]) == (second["id"], "FedEx")
    found = ask(f"trackers?tracking_code={parcel.number}").get_json()
    assert ([one["id"] for one in found["trackers"]], found["has_more"]) == ([first["id"]], False)


def test_a_number_nobody_knows_is_a_tracker_without_details(ask: Any) -> None:
    tracker = ask("trackers", {"tracker": {"tracking_code": "9400100000000000000000"}}).get_json()
    assert (tracker["status"], tracker["tracking_details"]) == ("unknown", [])
    assert ask("trackers", {"tracker": {}}).get_json()["error"]["errors"][0]["field"] == "tracking_code"
    assert ask("trackers/trk_x").status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"to_address": {}}, "to_address.street1"),
        ({"from_address": {**SHOP, "company": ""}}, "from_address.name"),
        ({"parcel": {}}, "parcel.weight"),
        ({"parcel": {"weight": "heavy"}}, "parcel.weight"),
    ],
)
def test_a_wrong_shipment_is_refused_with_its_field(change: Any, field: str, make: Any) -> None:
    assert make(**change)["error"]["errors"] == [{"field": field, "message": "cannot be blank"}]


def test_unknown_rates_shipments_and_strangers_are_refused(lab: Lab, caller: Any, ask: Any, make: Any) -> None:
    assert ask(f"shipments/{make()['id']}/buy", {"rate": {"id": "rate_x"}}).status_code == 422
    assert ask("shipments/shp_x/buy", {"rate": {"id": "rate_x"}}).status_code == 404
    stranger = caller.http.post("/easypost/v2/shipments", json={"shipment": SHIPMENT}, headers=basic("x", ""))
    assert (stranger.status_code, stranger.get_json()["error"]["code"]) == (401, "APIKEY.INACTIVE")
    assert caller.http.get("/easypost/files/nothing.pdf").status_code == 404
    assert lab.purchases == ()


@pytest.mark.parametrize("part", ["postage_label", "selected_rate", "tracker"])
def test_what_is_bought_has_the_fields_of_the_published_example(part: str, buy: Any) -> None:
    example = published("easypost", "shipments-buy.json")
    ours = buy()
    assert set(example) - set(ours) <= {
        "batch_id",
        "batch_status",
        "batch_message",
        "customs_info",
        "insurance",
        "order_id",
        "scan_form",
        "usps_zone",
    }
    assert set(example[part]) <= set(ours[part])
