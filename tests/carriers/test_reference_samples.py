"""The sample answers of the reference folder come out as they say. Skipped where the folder is not there."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from carriers import wire
from carriers.base import RawAnswer
from carriers.errors import CarrierError
from carriers.parsing import country
from carriers.registry import all_adapters

FOLDER = Path(os.environ.get("DOORSTEP_REFERENCE", "nowhere")) / "samples" / "tracking"


def samples() -> list[Any]:
    found = [json.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.json"))]
    ours = [pytest.param(one, id=one["id"]) for one in found if one["carrier"] in all_adapters()]
    return ours or [pytest.param(None, marks=pytest.mark.skip("DOORSTEP_REFERENCE is not set to the reference folder"))]


def parsed(sample: dict[str, Any]) -> dict[str, Any]:
    code = sample["carrier"]
    answer = RawAnswer(sample["http_status_if_known"] or 200, sample["raw_content_type"], sample["raw"].encode())
    try:
        return wire.answer_object(code, all_adapters()[code].parse(answer))
    except CarrierError as error:
        return wire.answer_object(code, error=error)


def camel(status: str) -> str:
    return "".join(part.capitalize() for part in status.split("_"))


@pytest.mark.parametrize("sample", samples())
def test_a_sample_answer_comes_out_as_it_says(sample: dict[str, Any]) -> None:
    expected, found = sample["expected"], parsed(sample)
    if expected.get("error"):
        kinds = {error["kind"] for error in [found["error"], *(one["error"] for one in found["results"])] if error}
        assert kinds & {expected["error"]["kind"], *expected.get("accept_error_kinds", [])}
    if expected["status_tag"] is None:
        return
    result = found["results"][0]
    assert camel(result["status"]) in {expected["status_tag"], *expected.get("accept_status_tags", [])}
    if expected.get("status_subtag"):
        assert result["substatus"] in {expected["status_subtag"], *expected.get("accept_subtags", [])}
    assert len(result["checkpoints"]) in {expected["n_events"], *expected.get("accept_n_events", [])}
    assert result["tracking_number"] == expected["tracking_number"]
    assert result["signed_by"] in {expected["signed_by"], *expected.get("accept_signed_by", [])}
    assert bool(result["estimated_delivery"]) == bool(expected["estimated_delivery"])
    assert {told(scan) for scan in result["checkpoints"]} == {wanted(event) for event in expected["events"]}


def told(scan: dict[str, Any]) -> tuple[Any, ...]:
    return scan["time"][:19], scan["raw_code"], scan["raw_text"], scan["city"], scan["country"]


def wanted(event: dict[str, Any]) -> tuple[Any, ...]:
    """An event of the sample; a country that it names in words is a code here."""
    where = country(event["country"]) if event["country"] else None
    return event["time_iso_if_known"][:19], event["code"], event["description"], event["city"], where
