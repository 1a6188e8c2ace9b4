"""USPS in the lab: two generations of tracking, and times that must be read with care."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from carriers.lab.server import Lab

UNKNOWN = "9400111206206406260787"


def test_wrong_credentials_get_401_in_the_oauth_shape(caller: Any) -> None:
    answer = caller.fresh_token("usps", client_secret="wrong")
    assert answer.status_code == 401
    assert answer.get_json()["error"] == "invalid_client"


def test_a_token_may_be_asked_for_with_a_form_too(lab: Lab, caller: Any) -> None:
    form = {"grant_type": "client_credentials", "client_id": "lab-usps", "client_secret": "lab-usps-secret"}
    assert caller.http.post("/usps/oauth2/v3/token", data=form).get_json()["expires_in"] == "28799"


def test_tracking_without_a_good_token_gets_401(caller: Any) -> None:
    answer = caller.http.get(f"/usps/tracking/v3/tracking/{UNKNOWN}", headers={"Authorization": "Bearer nonsense"})
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (401, "401")


def test_an_unknown_number_gets_400_that_says_not_yet(caller: Any) -> None:
    answer = caller.track("usps", UNKNOWN)
    error = answer.get_json()["error"]
    assert answer.status_code == 400
    assert error["errors"][0]["code"] == "150001"
    assert "not yet available" in error["message"]


def test_an_impossible_number_gets_another_400(caller: Any) -> None:
    answer = caller.track("usps", "9400111206206406260788")
    assert answer.status_code == 400
    assert answer.get_json()["error"]["errors"][0]["code"] == "150002"


def test_the_summary_is_told_in_sentences(lab: Lab, caller: Any) -> None:
    parcel = lab.world.add("usps", "on_time", promised_on=lab.world.start.date())
    path = f"/usps/tracking/v3/tracking/{parcel.number}"
    answer = caller.http.get(path, headers=caller.bearer("usps")).get_json()
    assert set(answer) == {"trackingNumber", "expectedDeliveryDate", "eventSummaries"}
    assert caller.http.get(path + "?expand=ALL", headers=caller.bearer("usps")).status_code == 400


def test_an_evening_scan_has_a_greenwich_time_that_is_a_day_early(lab: Lab, caller: Any) -> None:
    parcel = lab.world.add("usps", "on_time", promised_on=lab.world.start.date() - timedelta(days=4))
    events = caller.track("usps", parcel.number).get_json()["trackingEvents"]
    wrong = 0
    for event in events[:-1]:
        moment = datetime.fromisoformat(event["eventTimestamp"] + event["GMTOffset"])
        given = datetime.fromisoformat(event["GMTTimestamp"].replace("Z", "+00:00"))
        assert moment - given in (timedelta(0), timedelta(days=1))
        wrong += moment != given
    assert wrong >= 1


def test_the_label_event_has_no_greenwich_time_and_no_place(lab: Lab, caller: Any) -> None:
    parcel = lab.world.add("usps", "label_only", promised_on=lab.world.start.date())
    event = caller.track("usps", parcel.number).get_json()["trackingEvents"][0]
    assert event["eventCode"] == "GX"
    assert event["GMTOffset"] is event["GMTTimestamp"] is event["eventCity"] is None


def test_back_at_the_sender_still_counts_as_delivered_for_usps(lab: Lab, caller: Any) -> None:
    parcel = lab.world.add("usps", "returned_to_sender", promised_on=lab.world.start.date() - timedelta(days=30))
    answer = caller.track("usps", parcel.number).get_json()
    assert (answer["statusCategory"], answer["status"]) == ("Delivered", "Delivered, To Original Sender")


def test_the_new_generation_answers_for_many_and_says_207_when_mixed(lab: Lab, caller: Any, schema: Any) -> None:
    from jsonschema import Draft202012Validator

    day = lab.world.start.date() - timedelta(days=4)
    known = [lab.world.add("usps", "on_time", promised_on=day).number for _ in range(2)]
    good, mixed = caller.usps_many(known), caller.usps_many([known[0], UNKNOWN, "123"])
    assert (good.status_code, mixed.status_code) == (200, 207)
    for answer in (good, mixed):
        Draft202012Validator(schema("usps_r2")).validate(answer.get_json())
    assert [entry.get("statusCode") for entry in mixed.get_json()] == ["200", "404", "400"]
    assert good.get_json()[0]["recipientName"]


def test_the_new_generation_takes_thirty_five_numbers_at_most(caller: Any) -> None:
    assert caller.usps_many([UNKNOWN] * 35).status_code == 207
    assert caller.usps_many([UNKNOWN] * 36).status_code == 400
    assert caller.usps_many([]).status_code == 400
