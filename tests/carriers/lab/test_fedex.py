"""FedEx in the lab: thirty numbers a call, errors inside a 200, and codes that do not mean what they derive."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from carriers.lab.parcels import Kind
from carriers.lab.server import Lab


def result(answer: Any) -> dict[str, Any]:
    found: dict[str, Any] = answer.get_json()["output"]["completeTrackResults"][0]["trackResults"][0]
    return found


def test_wrong_credentials_get_401(caller: Any) -> None:
    answer = caller.fresh_token("fedex", client_id="nobody")
    assert (answer.status_code, answer.get_json()["errors"][0]["code"]) == (401, "NOT.AUTHORIZED.ERROR")


def test_a_token_expires_within_the_hour(lab: Lab, caller: Any, hands: Any) -> None:
    parcel = lab.world.add("fedex", "on_time", promised_on=lab.world.start.date())
    assert caller.fresh_token("fedex").get_json()["expires_in"] == 3599
    assert caller.track("fedex", parcel.number).status_code == 200
    hands.move(hours=1)
    expired = caller.track("fedex", parcel.number)
    assert (expired.status_code, expired.get_json()["errors"][0]["code"]) == (401, "NOT.AUTHORIZED.ERROR")


def test_one_call_answers_for_many_numbers_in_their_order(lab: Lab, caller: Any) -> None:
    day = lab.world.start.date()
    numbers = [lab.world.add("fedex", "on_time", promised_on=day).number for _ in range(3)]
    asked = [numbers[2], "215824748078", numbers[0], "12", numbers[1]]
    results = caller.fedex(asked).get_json()["output"]["completeTrackResults"]
    assert [entry["trackingNumber"] for entry in results] == asked
    errors = [entry["trackResults"][0].get("error", {}).get("code") for entry in results]
    assert errors == [None, "TRACKING.TRACKINGNUMBER.NOTFOUND", None, "TRACKING.TRACKINGNUMBER.INVALID", None]


def test_thirty_numbers_are_answered_and_thirty_one_are_not(caller: Any) -> None:
    assert caller.fedex(["215824748078"] * 30).status_code == 200
    answer = caller.fedex(["215824748078"] * 31)
    assert (answer.status_code, answer.get_json()["errors"][0]["code"]) == (
        400,
        "TRACKING.TRACKINGNUMBER.LIMITEXCEEDED",
    )


def test_an_empty_question_gets_400(caller: Any) -> None:
    for numbers in ([], [""]):
        answer = caller.fedex(numbers)
        assert (answer.status_code, answer.get_json()["errors"][0]["code"]) == (400, "TRACKING.TRACKINGNUMBER.EMPTY")


def test_the_callers_transaction_id_comes_back(caller: Any) -> None:
    body = {"trackingInfo": [{"trackingNumberInfo": {"trackingNumber": "215824748078"}}]}
    headers = caller.bearer("fedex", **{"x-customer-transaction-id": "ours-1"})
    answer = caller.http.post("/fedex/track/v1/trackingnumbers", json=body, headers=headers)
    assert answer.get_json()["customerTransactionId"] == "ours-1"


def test_out_for_delivery_derives_to_in_transit_and_returning_to_delivered(lab: Lab, caller: Any) -> None:
    refused = lab.world.add("fedex", "refused", promised_on=lab.world.start.date() - timedelta(days=4))
    lab.clock.jump(timedelta(days=20))
    events = {
        event["eventType"]: event["derivedStatusCode"]
        for event in result(caller.track("fedex", refused.number))["scanEvents"]
    }
    assert (events["OD"], events["RS"]) == ("IT", "DL")


def test_the_label_scan_has_neither_offset_nor_place(lab: Lab, caller: Any) -> None:
    parcel = lab.world.add("fedex", "label_only", promised_on=lab.world.start.date())
    event = result(caller.track("fedex", parcel.number))["scanEvents"][0]
    assert event["eventType"] == "OC"
    assert len(event["date"]) == len("2026-03-10T15:00:00")
    assert event["scanLocation"] == {}


def test_scans_stand_newest_first_with_their_offsets(lab: Lab, caller: Any) -> None:
    parcel = lab.world.add("fedex", "on_time", promised_on=lab.world.start.date() - timedelta(days=4))
    events = result(caller.track("fedex", parcel.number))["scanEvents"]
    assert events[0]["eventType"] == "DL"
    newest = parcel.scans[-1]
    assert newest.kind is Kind.DELIVERED
    assert events[0]["date"] == newest.place.local(newest.at).isoformat()


def test_a_reworded_scan_comes_twice(lab: Lab, caller: Any) -> None:
    parcel = lab.world.add("fedex", "duplicate_scans", promised_on=lab.world.start.date() - timedelta(days=4))
    events = result(caller.track("fedex", parcel.number))["scanEvents"]
    keys = [(event["date"], event["eventType"]) for event in events]
    assert len(keys) - len(set(keys)) == 2
    assert any(event["eventDescription"].isupper() for event in events)
