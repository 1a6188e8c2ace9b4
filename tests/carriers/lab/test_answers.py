"""Every answer about every parcel of the demo, at many moments, has the carrier's shape.

Once against schemas written down here, and once against what the carriers publish, where that is at hand: the
folder in DOORSTEP_REFERENCE.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from carriers.lab.clock import VirtualClock
from carriers.lab.server import Lab
from carriers.lab.stories import STORIES
from carriers.lab.world import World
from tests.carriers.lab.published import answer_schema, component, published

START = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
MOMENTS = (0, 9, 30, 80, 150, 260)  # hours after the start

Answers = Callable[[str], Iterator[Any]]


@pytest.fixture
def answers(hands: Any, call: Callable[[Lab], Any]) -> Answers:
    """What one carrier says about each parcel it has: the demo's, and one of every story."""
    world = World.demo(7, START)
    for carrier in ("ups", "fedex", "usps", "dhl_unified"):
        for story in STORIES:
            world.add(carrier, story, promised_on=START.date() + timedelta(days=1))
    lab = Lab(world, VirtualClock(hands, START))
    caller = call(lab)

    def ask(carrier: str) -> Iterator[Any]:
        passed = 0
        for hours in MOMENTS:
            lab.clock.jump(timedelta(hours=hours - passed))
            passed = hours
            now = lab.clock.now()
            for parcel in world:
                if parcel.carrier == carrier and parcel.events(now):
                    answer = caller.track(carrier, parcel.number)
                    assert answer.status_code == 200
                    yield answer.get_json()

    return ask


def check(answers: Iterator[Any], schema: dict[str, Any]) -> None:
    validator = Draft202012Validator(schema)
    count = 0
    for answer in answers:
        validator.validate(answer)
        count += 1
    assert count > 100


@pytest.mark.parametrize(
    ("carrier", "name"),
    [
        ("ups", "ups_track"),
        ("fedex", "fedex_track"),
        ("usps", "usps_detail"),
        ("dhl_unified", "dhl_shipments"),
    ],
)
def test_answers_have_the_shape_written_down_here(
    carrier: str, name: str, answers: Answers, schema: Callable[[str], dict[str, Any]]
) -> None:
    check(answers(carrier), schema(name))


def test_ups_answers_as_its_interface_says(answers: Answers) -> None:
    document = published("ups", "Tracking.yaml")
    check(answers("ups"), answer_schema(document, "/track/v1/details/{inquiryNumber}", "get"))


def test_fedex_answers_as_its_interface_says(answers: Answers) -> None:
    document = published("fedex", "fedex-track-v1-openapi.json")
    check(answers("fedex"), answer_schema(document, "/track/v1/trackingnumbers", "post"))


def without_production_habits(value: Any) -> Any:
    """USPS's answer as its interface has it: booleans that are booleans, nothing null, a mail class from the list."""
    if isinstance(value, dict):
        return {
            name: without_production_habits(inner)
            for name, inner in value.items()
            if inner is not None and name not in ("mailClass", "mailType")
        }
    if isinstance(value, list):
        return [without_production_habits(inner) for inner in value]
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


def test_usps_answers_as_its_interface_says_but_for_known_habits(answers: Answers) -> None:
    document = published("usps", "usps-tracking-v3.yaml")
    kind = "application/vnd.usps.TrackFields+json"
    schema = answer_schema(document, "/tracking/{trackingNumber}", "get", kind)
    check((without_production_habits(answer) for answer in answers("usps")), schema)


def test_the_usps_summary_is_as_its_interface_says(lab: Lab, caller: Any) -> None:
    document = published("usps", "usps-tracking-v3.yaml")
    parcel = lab.world.add("usps", "on_time", promised_on=START.date())
    answer = caller.http.get(f"/usps/tracking/v3/tracking/{parcel.number}", headers=caller.bearer("usps"))
    schema = answer_schema(document, "/tracking/{trackingNumber}", "get", "application/vnd.usps.TrackSummary+json")
    Draft202012Validator(schema).validate(answer.get_json())


@pytest.mark.parametrize(
    "body", [[], [None, {"roles": "x"}], {"trackingInfo": [{}]}], ids=["empty", "not objects", "no number"]
)
def test_errors_are_as_the_interfaces_say(body: Any, caller: Any) -> None:
    usps = caller.http.post("/usps/tracking/v3r2/tracking", json=body, headers=caller.bearer("usps"))
    fedex = caller.http.post("/fedex/track/v1/trackingnumbers", json=body, headers=caller.bearer("fedex"))
    assert usps.status_code == fedex.status_code == 400
    labels = published("usps", "usps-domestic-labels-v3.yaml")
    Draft202012Validator(component(labels, "ErrorMessage")).validate(usps.get_json())
    track = published("fedex", "fedex-track-v1-openapi.json")
    Draft202012Validator(component(track, "ErrorResponseVO")).validate(fedex.get_json())


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("application/vnd.usps.labels+json", "application/vnd.usps.labels+json"),
        ("application/json", "application/json"),
    ],
)
def test_a_return_label_is_as_its_interface_says(
    accept: str, kind: str, caller: Any, label_request: dict[str, Any]
) -> None:
    document = published("usps", "usps-domestic-labels-v3.yaml")
    wanted = document["paths"]["/return-label"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    Draft202012Validator({**wanted, "components": document["components"]}).validate(label_request)
    headers = caller.payer("5b3c1a52-7f8e-4a51-9c39-0a53a4f6d101", Accept=accept)
    bought = caller.http.post("/usps/labels/v3/return-label", json=label_request, headers=headers)
    Draft202012Validator(answer_schema(document, "/return-label", "post", kind)).validate(bought.get_json())
    again = caller.http.post("/usps/labels/v3/label-reprint", json={}, headers=headers)
    Draft202012Validator(component(document, "LabelReprintDomesticReturnResponse")).validate(again.get_json())


def test_a_bought_label_has_the_shape_written_down_here(
    caller: Any, label_request: dict[str, Any], schema: Callable[[str], dict[str, Any]]
) -> None:
    headers = caller.payer(Accept="application/vnd.usps.labels+json")
    bought = caller.http.post("/usps/labels/v3/return-label", json=label_request, headers=headers)
    Draft202012Validator(schema("usps_label")).validate(bought.get_json())
