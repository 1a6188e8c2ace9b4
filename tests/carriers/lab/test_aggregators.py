"""AfterShip and 17TRACK: numbers are entered first, then asked about."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any

import pytest

from carriers.lab.accounts import LAB_CREDENTIALS
from carriers.lab.server import Lab

NOW = "/aftership/tracking/2025-01/trackings"
THEN = "/aftership/v4/trackings"


@pytest.fixture
def aftership(caller: Any) -> Any:
    headers = {"as-api-key": LAB_CREDENTIALS["aftership"]["api_key"]}

    def send(path: str, body: Any = None, method: str = "") -> Any:
        return caller.http.open(path, method=method or ("GET" if body is None else "POST"), json=body, headers=headers)

    return send


@pytest.fixture
def seventeen(caller: Any) -> Any:
    headers = {"17token": LAB_CREDENTIALS["17track"]["api_key"]}

    def send(verb: str, *numbers: Any) -> Any:
        body = [one if isinstance(one, dict) else {"number": one} for one in numbers]
        return caller.http.post(f"/17track/track/v2.2/{verb}", json=body, headers=headers)

    return send


def test_a_tracking_is_made_once_and_its_second_making_names_it(lab: Lab, aftership: Any) -> None:
    parcel = lab.world.add("fedex", "on_time", promised_on=lab.world.start.date())
    lab.clock.jump(timedelta(days=3))
    made = aftership(NOW, {"tracking_number": parcel.number})
    data = made.get_json()["data"]
    assert (made.status_code, data["slug"], data["tag"], data["active"]) == (201, "fedex", "Delivered", False)
    again = aftership(NOW, {"tracking_number": parcel.number, "slug": "fedex"}).get_json()
    assert (again["meta"]["code"], again["data"]["id"]) == (4003, data["id"])
    assert aftership(f"{NOW}/{data['id']}").get_json()["data"] == data
    (listed,) = aftership(f"{NOW}?tracking_numbers={parcel.number},1&slug=fedex").get_json()["data"]["trackings"]
    assert listed == data
    last = data["checkpoints"][-1]
    assert last["checkpoint_time"] == parcel.destination.local(parcel.scans[-1].at).isoformat()
    assert (last["subtag"], last["country_iso3"]) == ("Delivered_001", "USA")


def test_the_retired_version_has_one_layer_more(lab: Lab, aftership: Any) -> None:
    made = aftership(THEN, {"tracking": {"tracking_number": "9400100000000000000000", "slug": "usps"}})
    tracking = made.get_json()["data"]["tracking"]
    assert (tracking["tag"], tracking["checkpoints"]) == ("Pending", [])
    assert aftership(f"{THEN}/usps/9400100000000000000000").get_json()["data"]["tracking"] == tracking
    assert aftership(f"{THEN}/{tracking['id']}", method="DELETE").status_code == 200
    assert aftership(f"{THEN}/{tracking['id']}").get_json()["meta"]["code"] == 4004
    assert aftership(f"{THEN}/{tracking['id']}", method="DELETE").status_code == 404


@pytest.mark.parametrize(
    ("body", "code"),
    [({}, 4005), ({"tracking_number": "1"}, 4005), ({"tracking_number": "12345", "slug": "pigeon"}, 4010)],
)
def test_aftership_says_what_is_wrong_by_number(body: Any, code: int, aftership: Any) -> None:
    assert aftership(NOW, body).get_json()["meta"]["code"] == code


def test_aftership_knows_no_strangers(caller: Any) -> None:
    assert caller.http.get(NOW, headers={"as-api-key": "x"}).get_json()["meta"]["code"] == 401


def test_a_number_is_registered_asked_about_and_forgotten(lab: Lab, seventeen: Any) -> None:
    parcel = lab.world.add("ups", "on_time", promised_on=lab.world.start.date())
    lab.clock.jump(timedelta(days=3))
    refused = seventeen("gettrackinfo", parcel.number).get_json()["data"]["rejected"]
    assert refused[0]["error"]["code"] == -18019902
    (entered,) = seventeen("register", parcel.number).get_json()["data"]["accepted"]
    assert entered == {"origin": 1, "number": parcel.number, "carrier": 100002}
    assert seventeen("register", parcel.number).get_json()["data"]["rejected"][0]["error"]["code"] == -18019901
    (shown,) = seventeen("gettrackinfo", parcel.number).get_json()["data"]["accepted"]
    info = shown["track_info"]
    events = info["tracking"]["providers"][0]["events"]
    assert (info["latest_status"]["status"], info["latest_event"]) == ("Delivered", events[0])
    assert events[0]["time_utc"] == parcel.scans[-1].at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert events[0]["time_iso"] == parcel.destination.local(parcel.scans[-1].at).isoformat()
    stages = [milestone["key_stage"] for milestone in info["milestone"]]
    assert (stages[0], stages[-1]) == ("InfoReceived", "Delivered")
    assert seventeen("stoptrack", parcel.number).get_json()["data"]["accepted"]
    assert seventeen("gettracklist", parcel.number).get_json()["data"]["accepted"]
    assert seventeen("deletetrack", parcel.number).get_json()["data"]["accepted"]
    for verb in ("deletetrack", "stoptrack", "gettracklist"):
        assert seventeen(verb, parcel.number).get_json()["data"]["rejected"][0]["error"]["code"] == -18019902


def test_known_and_unknown_numbers_stand_in_two_lists(lab: Lab, seventeen: Any) -> None:
    parcel = lab.world.add("fedex", "on_time", promised_on=lab.world.start.date())
    lab.clock.jump(timedelta(days=3))
    seventeen("register", parcel.number, {"number": "ZZ12345", "carrier": 100001})
    data = seventeen("gettrackinfo", parcel.number, "ZZ12345", "?", {}).get_json()["data"]
    assert [one["number"] for one in data["accepted"]] == [parcel.number]
    assert [one["error"]["code"] for one in data["rejected"]] == [-18019909, -18010012, -18010012]


def test_17track_refuses_crowds_strangers_and_other_shapes(caller: Any, seventeen: Any) -> None:
    assert seventeen("register", *["12345"] * 41).get_json()["code"] == -18010014
    assert seventeen("register").get_json()["code"] == -18010012
    path = "/17track/track/v2.2/register"
    stranger = caller.http.post(path, json=[{"number": "12345"}], headers={"17token": "x"})
    assert (stranger.status_code, stranger.get_json()["code"]) == (401, -18010002)
    assert seventeen("getquota", "12345").get_json()["data"]["quota_used"] == 0
