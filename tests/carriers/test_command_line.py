"""`portal carriers`, which other programs script against."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from carriers.adapters.ups import Ups
from carriers.base import RawAnswer
from carriers.model import TrackingResult
from carriers.registry import all_adapters
from portal.cli.carriers import make_group

NOW = datetime(2025, 3, 1, 12, 0, tzinfo=UTC)
NOT_FOUND = {"title": "No result found", "status": 404}
FIELDS = {
    "tracking_number",
    "status",
    "substatus",
    "estimated_delivery",
    "delivered_at",
    "signed_by",
    "error",
    "checkpoints",
}
SCAN = {
    "time",
    "offset_known",
    "status",
    "substatus",
    "raw_code",
    "raw_text",
    "city",
    "state",
    "postal_code",
    "country",
}


class Broken(Ups):
    """An adapter with a fault of its own."""

    def parse(self, answer: RawAnswer, numbers: Any = ()) -> list[TrackingResult]:
        raise ZeroDivisionError


def run(*arguments: str, stdin: str | bytes = "", adapters: Any = all_adapters) -> Result:
    group = make_group(adapters, lambda: {"ups"}, lambda: NOW)
    return CliRunner().invoke(group, list(arguments), input=stdin)


def lines(*given: Any) -> list[Any]:
    """What `parse --jsonl -` answers to some lines; anything but bytes is written as JSON."""
    raw = b"\n".join(one if isinstance(one, bytes) else json.dumps(one).encode() for one in given) + b"\n"
    result = run("parse", "--jsonl", "-", stdin=raw)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.output.splitlines()]


def line(carrier: str = "dhl_unified", body: Any = NOT_FOUND, **more: Any) -> dict[str, Any]:
    return {"carrier": carrier, "body": body if isinstance(body, str) else json.dumps(body), **more}


def test_the_list_says_what_each_carrier_can_do() -> None:
    found = {row["code"]: row for row in json.loads(run("list", "--json").output)}
    assert set(found) >= {"ups", "fedex", "usps", "dhl_unified"}
    for row in found.values():
        assert list(row) == [
            "code",
            "name",
            "country",
            "track",
            "batch",
            "push",
            "labels",
            "void",
            "aggregator",
            "push_proof",
            "subscribes",
            "label_formats",
            "label_countries",
            "label_recovery",
            "qr",
            "calls_per_day",
            "formats",
            "configured",
        ]
    assert (found["ups"]["configured"], found["fedex"]["configured"]) == (True, False)
    assert (found["fedex"]["batch"], found["usps"]["batch"], found["ups"]["batch"]) == (30, 35, 1)
    assert (found["usps"]["labels"], found["usps"]["void"], found["ups"]["push"]) == (True, True, True)
    assert "UPS" in run("list").output


def test_a_number_is_detected() -> None:
    found = json.loads(run("detect", "1Z5R89390357567127", "--json").output)
    assert found == {
        "number": "1Z5R89390357567127",
        "candidates": [{"carrier": "ups", "format": "ups", "checksum_valid": True, "rank": 1}],
    }
    assert json.loads(run("detect", "?", "--json").output)["candidates"] == []
    assert run("detect", "?").exit_code == 0


def test_a_file_is_parsed_into_one_line(tmp_path: Path) -> None:
    path = tmp_path / "answer.json"
    path.write_text(json.dumps(NOT_FOUND))
    result = run("parse", "dhl_unified", "--http-status", "404", "--number", "77", str(path))
    (found,) = [json.loads(line) for line in result.output.splitlines()]
    assert (result.exit_code, list(found)) == (0, ["carrier", "error", "results"])
    assert (found["carrier"], found["error"]) == ("dhl_unified", None)
    (about,) = found["results"]
    assert set(about) == FIELDS
    assert (about["tracking_number"], about["status"]) == ("77", "pending")
    assert about["error"] == {
        "kind": "not_found",
        "message": "No result found",
        "carrier_code": "404",
        "retry_after": None,
    }


def test_checkpoints_have_every_field() -> None:
    scan = {"timestamp": "2024-03-02T07:53:47", "statusCode": "transit", "description": "x"}
    (found,) = lines(line(body={"shipments": [{"id": "1", "status": scan, "events": [scan]}]}))
    (checkpoint,) = found["results"][0]["checkpoints"]
    assert set(checkpoint) == SCAN
    assert (checkpoint["time"], checkpoint["offset_known"]) == ("2024-03-02T07:53:47", False)


def test_every_line_has_an_answer_and_bad_ones_do_not_stop_the_rest() -> None:
    good = line(http_status=404)
    bad = [b"nonsense", b"\xff\xfe", b"", b"[]", b'"text"', {}, {"carrier": 7, "body": ""}, {"carrier": "ups"}]
    bad += [line(http_status="soon"), line(http_status=9999), line(headers=[]), line(kind="pigeon"), line(number={})]
    bad += [{"carrier": "ups", "body_base64": "!"}]
    found = lines(good, *bad, good)
    assert len(found) == len(bad) + 2
    assert found[0] == found[-1]
    for one in found[1:-1]:
        assert (one["error"]["kind"], one["results"]) == ("bad_request", [])
    assert found[8]["carrier"] == "ups"


def test_empty_lines_at_the_end_are_no_lines() -> None:
    assert len(lines(line(), b"", b"")) == 1


def test_an_unknown_carrier_is_named() -> None:
    (found,) = lines(line("pigeon_post"))
    assert (found["carrier"], found["error"]["kind"], found["results"]) == ("pigeon_post", "unknown_carrier", [])


def test_an_error_of_the_whole_call_stands_above_the_results() -> None:
    (found,) = lines(line(body="<html>", http_status=429, headers={"retry-after": "120"}))
    assert (found["error"]["kind"], found["error"]["retry_after"], found["results"]) == ("rate_limited", 120, [])


def test_a_date_to_retry_at_is_seconds_from_now() -> None:
    headers = {"Retry-After": "Sat, 01 Mar 2025 12:01:30 GMT"}
    (found,) = lines(line(body="", http_status=503, headers=headers))
    assert (found["error"]["kind"], found["error"]["retry_after"]) == ("server_error", 90)


@pytest.mark.parametrize("body", ["", "<html>", "{", "[]", "null", "0", '"x"'])
@pytest.mark.parametrize("carrier", ["ups", "fedex", "usps", "dhl_unified"])
def test_a_body_that_is_no_answer_is_malformed(carrier: str, body: str) -> None:
    (found,) = lines(line(carrier, body))
    assert (found["error"]["kind"], found["results"]) == ("malformed", [])


def test_bodies_come_as_text_as_base64_and_as_json() -> None:
    encoded = base64.b64encode(json.dumps(NOT_FOUND).encode()).decode()
    common = {"carrier": "dhl_unified", "http_status": 404, "content_type": None, "number": 77}
    found = lines(
        common | {"body": json.dumps(NOT_FOUND)}, common | {"body_base64": encoded}, common | {"body": NOT_FOUND}
    )
    assert found[0] == found[1] == found[2]
    assert found[0]["results"][0]["tracking_number"] == "77"


def test_a_push_is_read_and_refused_where_there_is_none() -> None:
    push = {"trackingNumber": "1Z", "activityStatus": {"type": "D", "code": "FS", "descriptionCode": "011"}}
    ups, fedex = lines(line("ups", push, kind="push"), line("fedex", push, kind="push"))
    assert ups["results"][0]["status"] == "delivered"
    assert (fedex["error"]["kind"], fedex["results"]) == ("bad_request", [])


def test_an_adapter_that_stumbles_takes_no_other_line_with_it() -> None:
    stdin = f"{json.dumps(line('ups'))}\n{json.dumps(line('ups', kind='push'))}\n"
    result = run("parse", "--jsonl", "-", stdin=stdin, adapters=lambda: {"ups": Broken()})
    kinds = [json.loads(one)["error"]["kind"] for one in result.output.splitlines()]
    assert (result.exit_code, kinds) == (0, ["malformed", "malformed"])


@pytest.mark.parametrize("arguments", [("ups", "no-such-file"), ("--jsonl", "no-such-file"), ("ups", ".")])
def test_input_that_cannot_be_read_is_an_error_of_the_command(arguments: tuple[str, ...]) -> None:
    result = run("parse", *arguments)
    assert result.exit_code == 1
    assert "cannot be read" in result.output


@pytest.mark.parametrize("arguments", [(), ("ups",), ("ups", "x", "--jsonl", "-")])
def test_a_call_without_sense_says_how(arguments: tuple[str, ...]) -> None:
    assert run("parse", *arguments).exit_code == 2
