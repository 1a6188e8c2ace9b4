"""The lab as a server: its own pages, its memory, its port."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from carriers.lab.clock import VirtualClock
from carriers.lab.server import Lab
from carriers.lab.wire import CARRIERS
from carriers.lab.world import World


def test_every_carrier_has_an_address_of_its_own(running: Lab, session: requests.Session) -> None:
    index = session.get(f"{running.url}/_lab/", timeout=5).json()
    assert index["carriers"] == {code: f"{running.url}/{code}" for code in CARRIERS}


def test_the_parcels_page_lists_them_with_their_stories(lab: Lab, caller: Any) -> None:
    parcel = lab.world.add("ups", "on_time", promised_on=lab.world.start.date(), role="lead")
    (entry,) = caller.http.get("/_lab/parcels").get_json()
    assert (entry["number"], entry["story"], entry["role"]) == (parcel.number, "on_time", "lead")
    assert entry["scans"] == len(parcel.events(lab.clock.now()))


def test_the_clock_jumps_and_changes_speed_by_a_call(lab: Lab, caller: Any, hands: Any) -> None:
    before = lab.clock.now()
    answer = caller.http.post("/_lab/clock", json={"jump_hours": 24, "speed": 30})
    assert answer.get_json()["speed"] == 30
    assert lab.clock.now() == before + timedelta(days=1)
    hands.move(minutes=2)
    assert lab.clock.now() == before + timedelta(days=1, hours=1)


def test_parcels_move_when_time_does(lab: Lab, caller: Any) -> None:
    parcel = lab.world.add("fedex", "on_time", promised_on=lab.world.start.date() + timedelta(days=1))
    before = caller.track("fedex", parcel.number).get_json()
    caller.http.post("/_lab/clock", json={"jump_hours": 48})
    after = caller.track("fedex", parcel.number).get_json()
    events = [
        answer["output"]["completeTrackResults"][0]["trackResults"][0]["scanEvents"] for answer in (before, after)
    ]
    assert len(events[1]) > len(events[0])
    assert events[1][0]["eventType"] == "DL"


def test_a_fault_is_switched_by_a_call(lab: Lab, caller: Any) -> None:
    answer = caller.http.post("/_lab/faults", json={"carrier": "usps", "fault": "slow", "calls": 3})
    assert answer.get_json()["usps"] == {"fault": "slow", "calls": 3, "on": None}
    assert caller.http.get("/_lab/faults").get_json()["ups"] == {"fault": "none", "calls": None, "on": None}


@pytest.mark.parametrize(
    ("page", "body"),
    [
        ("clock", {"speed": -1}),
        ("clock", {"jump_hours": -3}),
        ("clock", {"jump_hours": "soon"}),
        ("clock", {"hours": 3}),
        ("faults", {"carrier": "ups"}),
        ("faults", {"carrier": "pigeon", "fault": "500"}),
        ("faults", {"carrier": "ups", "fault": "explode"}),
        ("faults", {"carrier": "ups", "fault": "500", "calls": []}),
        ("faults", [1]),
    ],
)
def test_a_wrong_order_is_refused_with_a_sentence(page: str, body: Any, lab: Lab, caller: Any) -> None:
    before = (lab.clock.now(), lab.clock.speed, lab.faults.to_dict())
    answer = caller.http.post(f"/_lab/{page}", json=body)
    assert answer.status_code == 400
    assert answer.get_json()["error"]
    assert (lab.clock.now(), lab.clock.speed, lab.faults.to_dict()) == before


def test_a_form_from_another_page_cannot_turn_the_clock(lab: Lab, caller: Any) -> None:
    before = lab.clock.now()
    answer = caller.http.post("/_lab/clock", data='{"jump_hours": 24}', content_type="text/plain")
    assert answer.status_code == 400
    assert lab.clock.now() == before


def test_other_pages_and_methods_are_refused(caller: Any) -> None:
    assert caller.http.get("/_lab/nothing").status_code == 404
    assert caller.http.get("/pigeon/track").status_code == 404
    assert caller.http.post("/_lab/parcels", json={}).status_code == 405


def test_calls_are_counted_by_carrier_and_kind(lab: Lab, caller: Any) -> None:
    caller.track("ups", "1Z5R89390357567127")
    caller.track("ups", "1Z5R89390357567127")
    assert lab.calls == {"ups": 2}
    assert lab.calls_by_name == {("ups", "token"): 1, ("ups", "track"): 2}
    assert lab.tokens.issued == {"ups": 1}


def test_tokens_can_be_made_short_and_counted_on_the_labs_own_clock(hands: Any, world: World, call: Any) -> None:
    clock = VirtualClock(hands, world.start)
    lab = Lab(world, clock, token_seconds={"ups": 60}, token_clock=clock.now)
    caller = call(lab)
    assert caller.track("ups", "1Z5R89390357567127").status_code == 200
    clock.jump(timedelta(minutes=1))
    assert caller.track("ups", "1Z5R89390357567127").status_code == 401


def test_a_second_run_goes_on_at_the_moment_where_the_first_stopped(tmp_path: Path, hands: Any) -> None:
    state, start = tmp_path / "deep" / "lab.json", hands()
    with Lab.open(real=hands, seed=5, start=start, speed=30, state_path=state) as first:
        hands.move(minutes=10)
        stopped_at = first.clock.now()
    hands.move(days=3)
    second = Lab.open(real=hands, seed=99, start=hands(), speed=1, state_path=state)
    assert second.clock.now() == stopped_at == start + timedelta(hours=5)
    assert second.clock.speed == 30
    assert [repr(parcel) for parcel in second.world] == [repr(parcel) for parcel in first.world]


def test_a_killed_lab_loses_seconds_and_not_hours(tmp_path: Path, hands: Any, call: Any) -> None:
    state, start = tmp_path / "lab.json", hands()
    lab = Lab.open(real=hands, seed=5, start=start, speed=60, state_path=state)
    caller = call(lab)
    hands.move(minutes=5)
    caller.track("ups", "1Z5R89390357567127")
    again = Lab.open(real=hands, seed=5, start=start, state_path=state)
    assert again.clock.now() == start + timedelta(hours=5)


@pytest.mark.parametrize("content", ["", "not json", "[]", '{"version": 1}'])
def test_a_strange_state_file_is_named_and_left_alone(content: str, tmp_path: Path, hands: Any) -> None:
    state = tmp_path / "lab.json"
    state.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=r"lab\.json"):
        Lab.open(real=hands, seed=5, start=hands(), state_path=state)
    assert state.read_text(encoding="utf-8") == content


def test_the_state_holds_no_more_than_it_needs(tmp_path: Path, hands: Any) -> None:
    state = tmp_path / "lab.json"
    with Lab.open(real=hands, seed=5, start=hands(), state_path=state):
        pass
    assert set(json.loads(state.read_text(encoding="utf-8"))) == {"version", "world", "clock", "labels", "shelf"}


def test_a_taken_port_is_an_error_and_not_the_end_of_the_process(running: Lab, world: World, hands: Any) -> None:
    port = int(running.url.rsplit(":", 1)[1])
    second = Lab(World(1, world.start), VirtualClock(hands, world.start), port=port)
    with pytest.raises(OSError, match="in use"):
        second.start()


def test_a_stopped_lab_can_be_started_again(lab: Lab, session: requests.Session) -> None:
    for _ in range(2):
        with lab:
            assert session.get(f"{lab.url}/_lab/", timeout=5).status_code == 200
