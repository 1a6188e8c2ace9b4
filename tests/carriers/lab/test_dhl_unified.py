"""DHL Unified in the lab: a key, one number a call, and "transit" for nearly everything."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from carriers.lab.accounts import LAB_CREDENTIALS
from carriers.lab.places import DE_TOWNS, HAMBURG
from carriers.lab.server import Lab

KEY = {"DHL-API-Key": LAB_CREDENTIALS["dhl_unified"]["api_key"]}


def add(lab: Lab, story: str, level: str = "standard", days_ago: int = 4) -> str:
    day = lab.world.start.date() - timedelta(days=days_ago)
    options: dict[str, Any] = {"origin": HAMBURG, "destination": DE_TOWNS[1], "service_level": level}
    return lab.world.add("dhl_unified", story, promised_on=day, **options).number


def shipment(answer: Any) -> dict[str, Any]:
    found: dict[str, Any] = answer.get_json()["shipments"][0]
    return found


def test_without_the_key_nothing_is_said(caller: Any) -> None:
    answer = caller.http.get("/dhl_unified/track/shipments?trackingNumber=1", headers={"DHL-API-Key": "wrong"})
    assert (answer.status_code, answer.get_json()["title"]) == (401, "Unauthorized")


def test_an_unknown_number_is_a_404_with_a_problem(caller: Any) -> None:
    answer = caller.track("dhl_unified", "00340434161094015902")
    assert answer.status_code == 404
    assert answer.get_json() == {
        "title": "No result found",
        "detail": "No shipment with given tracking number found.",
        "status": 404,
        "instance": "/shipment/00340434161094015902",
    }


def test_a_missing_or_impossible_number_is_a_400(caller: Any) -> None:
    for number in ("", "a/b", "9" * 40):
        assert caller.track("dhl_unified", number).status_code == 400
    answer = caller.http.get("/dhl_unified/track/shipments?trackingNumber=1234567&service=pigeon", headers=KEY)
    assert answer.status_code == 400


def test_a_parcel_is_not_found_under_another_service(lab: Lab, caller: Any) -> None:
    number = add(lab, "on_time")
    path = f"/dhl_unified/track/shipments?trackingNumber={number}&service="
    assert caller.http.get(path + "parcel-de", headers=KEY).status_code == 200
    assert caller.http.get(path + "express", headers=KEY).status_code == 404


def test_event_times_are_local_and_the_status_time_is_greenwichs(lab: Lab, caller: Any) -> None:
    found = shipment(caller.track("dhl_unified", add(lab, "on_time")))
    assert found["status"]["timestamp"].endswith("Z")
    assert not found["events"][0]["timestamp"].endswith("Z")
    assert found["status"]["timestamp"][:-1] < found["events"][0]["timestamp"]


def test_out_for_delivery_is_called_transit(lab: Lab, caller: Any) -> None:
    events = shipment(caller.track("dhl_unified", add(lab, "on_time")))["events"]
    out = next(event for event in events if event["status"] == "PO")
    assert out["statusCode"] == "transit"
    assert "delivery vehicle" in out["description"]


def test_the_first_event_has_no_description_and_no_place(lab: Lab, caller: Any) -> None:
    first = shipment(caller.track("dhl_unified", add(lab, "on_time")))["events"][-1]
    assert set(first) == {"timestamp", "statusCode", "status"}
    assert first["statusCode"] == "pre-transit"


def test_an_express_id_is_a_number(lab: Lab, caller: Any) -> None:
    number = add(lab, "on_time", level="express")
    found = shipment(caller.track("dhl_unified", number))
    assert found["id"] == int(number)
    assert found["service"] == "express"


def test_a_delivered_parcel_says_who_took_it(lab: Lab, caller: Any) -> None:
    found = shipment(caller.track("dhl_unified", add(lab, "on_time")))
    assert found["status"]["statusCode"] == "delivered"
    assert found["details"]["proofOfDelivery"]["signed"]["name"]
    assert "estimatedTimeOfDelivery" not in found


def test_a_parcel_on_its_way_has_a_date(lab: Lab, caller: Any) -> None:
    found = shipment(caller.track("dhl_unified", add(lab, "on_time", days_ago=-1)))
    assert found["estimatedTimeOfDelivery"] == "2026-03-11T00:00:00"
