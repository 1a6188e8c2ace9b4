"""Everything that can go wrong on the line, over a real socket."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
import requests

from carriers.lab.accounts import LAB_CREDENTIALS
from carriers.lab.server import Lab

KEY = "5b3c1a52-7f8e-4a51-9c39-0a53a4f6d101"
DHL = {"DHL-API-Key": LAB_CREDENTIALS["dhl_unified"]["api_key"]}


@pytest.fixture
def ask(running: Lab, session: requests.Session) -> Any:
    """One tracking call at DHL, which needs no token."""
    parcel = running.world.add("dhl_unified", "on_time", promised_on=running.world.start.date())
    url = f"{running.base_url('dhl_unified')}/track/shipments"

    def get(timeout: float = 5) -> requests.Response:
        return session.get(url, params={"trackingNumber": parcel.number}, headers=DHL, timeout=timeout)

    return get


def test_without_a_fault_the_answer_comes_over_real_http(ask: Any) -> None:
    assert ask().json()["shipments"][0]["events"]


def test_429_says_when_to_come_again_and_ends_after_its_calls(running: Lab, ask: Any) -> None:
    running.faults.set("dhl_unified", "429", calls=2)
    answers = [ask() for _ in range(3)]
    assert [answer.status_code for answer in answers] == [429, 429, 200]
    assert answers[0].headers["Retry-After"] == "30"
    assert answers[0].json()["title"] == "Too Many Requests"


def test_500_lasts_until_it_is_switched_off(running: Lab, ask: Any) -> None:
    running.faults.set("dhl_unified", "500")
    assert [ask().status_code for _ in range(4)] == [500] * 4
    running.faults.set("dhl_unified", "none")
    assert ask().status_code == 200


def test_a_timeout_says_nothing_at_all(running: Lab, ask: Any) -> None:
    running.faults.set("dhl_unified", "timeout", calls=1)
    with pytest.raises(requests.ReadTimeout):
        ask(timeout=0.3)
    assert ask().status_code == 200


def test_a_truncated_answer_ends_before_its_length(running: Lab, ask: Any) -> None:
    running.faults.set("dhl_unified", "truncated", calls=1)
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        ask()


def test_an_html_page_comes_with_200(running: Lab, ask: Any) -> None:
    running.faults.set("dhl_unified", "html", calls=1)
    answer = ask()
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.text.startswith("<!DOCTYPE html>")


def test_garbage_is_json_that_means_nothing(running: Lab, ask: Any) -> None:
    running.faults.set("dhl_unified", "garbage", calls=1)
    answer = ask()
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert isinstance(json.loads(answer.text), list)


def test_a_slow_answer_drips_and_ends_when_the_lab_stops(running: Lab, ask: Any) -> None:
    running.faults.set("dhl_unified", "slow", calls=1)
    with pytest.raises(requests.exceptions.ConnectionError, match="timed out"):
        ask(timeout=0.5)  # the time between two bytes is a second


def test_a_fault_at_one_carrier_leaves_the_others_alone(running: Lab, ask: Any) -> None:
    running.faults.set("ups", "500")
    assert ask().status_code == 200


def test_a_label_whose_answer_is_lost_was_bought_and_is_found_by_its_key(
    running: Lab, caller: Any, session: requests.Session, label_request: dict[str, Any]
) -> None:
    headers = caller.payer(KEY, Accept="application/vnd.usps.labels+json")
    url = f"{running.base_url('usps')}/labels/v3"
    running.faults.set("usps", "answer_lost", calls=1)
    with pytest.raises(requests.exceptions.ConnectionError):
        session.post(f"{url}/return-label", json=label_request, headers=headers, timeout=5)
    assert len(running.purchases) == 1
    found = session.post(f"{url}/label-reprint", json={}, headers=headers, timeout=5).json()
    assert found["returnLabelMetadata"]["trackingNumber"] == running.purchases[0].number
    assert base64.b64decode(found["returnLabelImage"]).startswith(b"%PDF")
    again = session.post(f"{url}/return-label", json=label_request, headers=headers, timeout=5).json()
    assert again["trackingNumber"] == running.purchases[0].number
    assert len(running.purchases) == 1


def test_a_refused_label_call_buys_nothing(
    running: Lab, caller: Any, session: requests.Session, label_request: dict[str, Any]
) -> None:
    url = f"{running.base_url('usps')}/labels/v3/return-label"
    for fault in ("500", "429", "timeout"):
        running.faults.set("usps", fault, calls=1)
        with suppress(requests.RequestException):
            session.post(url, json=label_request, headers=caller.payer(KEY), timeout=0.5)
    assert running.purchases == ()


@pytest.mark.parametrize(
    ("fault", "bought"),
    [("request_lost", 0), ("answer_lost", 1), ("answer_hangs", 1), ("500_after", 1), ("500", 0), ("timeout", 0)],
)
def test_whether_a_failed_label_call_has_bought_depends_on_the_fault(
    fault: str,
    bought: int,
    running: Lab,
    caller: Any,
    session: requests.Session,
    label_request: dict[str, Any],
) -> None:
    running.faults.set("usps", fault, calls=1)
    url, seen = f"{running.base_url('usps')}/labels/v3/return-label", []
    with suppress(requests.RequestException):
        seen.append(session.post(url, json=label_request, headers=caller.payer(KEY), timeout=0.5).status_code)
    assert seen == ([500] if fault.startswith("500") else [])
    assert len(running.purchases) == bought
    assert session.post(url, json=label_request, headers=caller.payer(KEY), timeout=5).status_code == 200
    assert len(running.purchases) == 1


def test_a_late_call_lands_when_its_time_has_come_and_not_before(
    lab: Lab, caller: Any, label_request: dict[str, Any]
) -> None:
    lab.landings.after = timedelta(minutes=5)
    lab.faults.set("usps", "late_landing", calls=1)
    headers = caller.payer(KEY)
    with pytest.raises(ConnectionError):
        caller.http.post("/usps/labels/v3/return-label", json=label_request, headers=headers)
    assert lab.purchases == ()
    lab.clock.jump(timedelta(minutes=4))
    caller.http.get("/_lab/late")
    assert (lab.purchases, len(lab.landings)) == ((), 1)
    lab.clock.jump(timedelta(minutes=1))
    caller.http.get("/_lab/late")
    assert (len(lab.purchases), len(lab.landings)) == (1, 0)


def test_late_calls_are_landed_by_hand(lab: Lab, caller: Any, label_request: dict[str, Any]) -> None:
    headers = caller.payer()
    lab.faults.set("usps", "late_landing", calls=2)
    for _ in range(2):
        with pytest.raises(ConnectionError):
            caller.http.post("/usps/labels/v3/return-label", json=label_request, headers=headers)
    assert caller.http.get("/_lab/late").get_json() == {"waiting": 2, "after_seconds": 120}
    assert caller.http.post("/_lab/late", json={"land": True}).get_json()["waiting"] == 0
    assert len(lab.purchases) == 2
    assert caller.http.post("/_lab/late", json={"after": 1}).status_code == 400


def test_a_fault_on_one_kind_of_call_leaves_the_others_alone(lab: Lab, caller: Any) -> None:
    lab.faults.set("usps", "500", calls=1, on="label")
    assert [caller.track("usps", "9400111206206406260787").status_code for _ in range(3)] == [400] * 3
    assert caller.http.post("/usps/labels/v3/return-label", json={}, headers=caller.payer()).status_code == 500
    assert caller.http.post("/usps/labels/v3/return-label", json={}, headers=caller.payer()).status_code == 400


def test_faults_leave_token_calls_alone(lab: Lab, caller: Any) -> None:
    lab.faults.set("ups", "500", calls=1)
    assert caller.fresh_token("ups").status_code == 200
    assert caller.track("ups", "1Z5R89390357567127").status_code == 500


def test_each_carrier_refuses_in_its_own_shape(lab: Lab, caller: Any) -> None:
    shapes = {"ups": "response", "fedex": "errors", "usps": "error", "dhl_unified": "title"}
    for carrier, member in shapes.items():
        for fault, status in (("429", 429), ("500", 500)):
            lab.faults.set(carrier, fault, calls=1)
            answer = caller.track(carrier, "1Z5R89390357567127")
            assert answer.status_code == status
            assert member in answer.get_json()


def test_a_limit_lets_so_many_calls_through_in_so_many_seconds(lab: Lab, caller: Any, hands: Any) -> None:
    lab.limits.set("dhl_unified", calls=2, seconds=10)
    states = []
    for wait in (0, 4, 1, 4, 1):
        hands.move(seconds=wait)
        states.append(caller.track("dhl_unified", "00340434161094015902"))
    assert [answer.status_code for answer in states] == [404, 404, 429, 429, 404]
    assert [answer.headers.get("Retry-After") for answer in states[2:4]] == ["5", "1"]


def test_an_unknown_fault_or_carrier_is_refused(lab: Lab) -> None:
    with pytest.raises(ValueError, match="explode"):
        lab.faults.set("ups", "explode")
    with pytest.raises(KeyError):
        lab.faults.set("pigeon", "500")
    with pytest.raises(ValueError, match="calls"):
        lab.faults.set("ups", "500", calls=0)


def test_hanging_calls_do_not_keep_the_lab_from_stopping(lab: Lab, session: requests.Session) -> None:
    parcel = lab.world.add("dhl_unified", "on_time", promised_on=lab.world.start.date() - timedelta(days=3))
    with lab:
        lab.faults.set("dhl_unified", "timeout")
        url = f"{lab.base_url('dhl_unified')}/track/shipments?trackingNumber={parcel.number}"
        with pytest.raises(requests.ReadTimeout):
            session.get(url, headers=DHL, timeout=0.2)
    with pytest.raises(RuntimeError, match="not running"):
        _ = lab.url
