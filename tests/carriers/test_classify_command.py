"""`portal carriers classify`, which other programs script against."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from portal.cli.carriers import make_group

UNKNOWN = {"status": "unknown", "substatus": None, "confidence": 0.0}


def run(*arguments: str, stdin: bytes = b"") -> Result:
    return CliRunner().invoke(make_group(dict, set), ["classify", *arguments], input=stdin)


def answers(*given: Any) -> list[Any]:
    """What `classify --jsonl -` says to some lines; anything but bytes is written as JSON."""
    raw = b"".join((one if isinstance(one, bytes) else json.dumps(one).encode()) + b"\n" for one in given)
    result = run("--jsonl", "-", stdin=raw)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.output.splitlines()]


def test_each_line_gets_one_line_with_these_fields_and_no_others() -> None:
    found = answers(
        {"text": "Das Paket ist zugestellt", "language": "de", "id": 7}, {"text": "qwertz", "language": None}
    )
    assert [list(one) for one in found] == [["status", "substatus", "confidence"]] * 2
    assert (found[0]["status"], found[0]["substatus"]) == ("delivered", "Delivered_001")
    assert 0.5 < found[0]["confidence"] <= 1.0
    assert found[1] == UNKNOWN


def test_a_bad_line_is_answered_with_what_is_wrong_and_the_others_are_read() -> None:
    bad: tuple[Any, ...] = (b"nonsense", b"[1]", b"", {}, {"text": None}, {"text": ["a"]}, b"\xff\xfe", b"[" * 100_000)
    found = answers(*bad, {"text": "Parcel delivered"})
    assert len(found) == len(bad) + 1
    for one in found[:-1]:
        assert {key: one[key] for key in UNKNOWN} == UNKNOWN
        assert one["error"]["kind"] == "bad_request"
        assert one["error"]["message"]
    assert found[3]["error"]["message"] == "The line has no text."
    assert found[-1]["status"] == "delivered"


def test_a_language_that_is_none_is_no_fault() -> None:
    strange: tuple[Any, ...] = (None, "", "xx", 5, ["de"], {})
    for language in strange:
        assert answers({"text": "Parcel delivered", "language": language})[0]["status"] == "delivered"


def test_one_text_can_be_given_by_itself_and_many_in_a_file(tmp_path: Path) -> None:
    assert json.loads(run("Colis livré", "--language", "fr").output)["status"] == "delivered"
    file = tmp_path / "texts.jsonl"
    file.write_text('{"text": "Paquete entregado"}\n', encoding="utf-8")
    assert json.loads(run("--jsonl", str(file)).output)["status"] == "delivered"


def test_what_is_asked_for_must_be_clear() -> None:
    for arguments in ((), ("a text", "--jsonl", "-"), ("--jsonl", "-", "--language", "de")):
        assert run(*arguments).exit_code == 2
    missing = run("--jsonl", "/nowhere/texts")
    assert missing.exit_code == 1
    assert "cannot be read" in missing.output
