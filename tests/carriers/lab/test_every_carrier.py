"""What holds for every carrier's tracking, whatever its format."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from carriers.lab.accounts import DEMO, LAB_CREDENTIALS
from carriers.lab.parcels import Kind, Scan
from carriers.lab.places import CH_TOWN, HAMBURG
from carriers.lab.server import Lab
from carriers.lab.stories import STORIES
from carriers.lab.wire import CARRIERS
from tests.carriers.lab.conftest import TRACK

NAMELESS = ("dpd",)  # one parcel a call: the answer does not say which


def test_every_carrier_can_be_asked_and_has_an_account() -> None:
    assert set(TRACK) == set(CARRIERS)
    assert set(DEMO) <= set(CARRIERS) <= set(LAB_CREDENTIALS)


@pytest.mark.parametrize("code", CARRIERS)
def test_every_story_is_told_from_beginning_to_end(code: str, lab: Lab, caller: Any) -> None:
    parcels = [
        lab.world.add(code, story, created_at=lab.world.start, origin=HAMBURG, destination=CH_TOWN) for story in STORIES
    ]
    told: dict[str, list[str]] = {parcel.number: [] for parcel in parcels}
    lab.clock.jump(timedelta(hours=1))
    for days in (2, 3, 30, 0):
        for parcel in parcels:
            answer = caller.track(code, parcel.number)
            if parcel.events(lab.clock.now()):
                assert answer.status_code == 200
                assert code in NAMELESS or parcel.number in answer.get_data(as_text=True)
                told[parcel.number].append(answer.get_data(as_text=True))
        lab.clock.jump(timedelta(days=days))
    for parcel in parcels:
        assert len(told[parcel.number]) >= 3
        assert parcel.story == "label_only" or len(told[parcel.number][-1]) > len(told[parcel.number][0])


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("code", CARRIERS)
def test_every_carrier_has_words_for_every_scan(code: str, kind: Kind, lab: Lab, caller: Any) -> None:
    parcel = lab.world.add(code, "label_only", created_at=lab.world.start)
    scan = Scan(kind, parcel.created_at, parcel.created_at, parcel.origin, signed_by="A. EXAMPLE")
    told = replace(parcel, scans=(*parcel.scans, scan, replace(scan, reworded=True)))
    lab.world.replace(told)
    lab.clock.jump(timedelta(hours=1))
    answer = caller.track(code, parcel.number)
    assert answer.status_code == 200
    assert "None" not in answer.get_data(as_text=True)


@pytest.mark.parametrize("code", CARRIERS)
def test_the_same_question_has_the_same_answer(code: str, lab: Lab, caller: Any) -> None:
    parcel = lab.world.add(code, "on_time", promised_on=lab.world.start.date())
    lab.clock.jump(timedelta(days=9))
    first, second = (caller.track(code, parcel.number).get_data(as_text=True) for _ in range(2))
    assert re.sub(r'"transactionId": "[^"]+"', "", first) == re.sub(r'"transactionId": "[^"]+"', "", second)
