"""Answers in the shape that each carrier records, and what each must come out as.

A file holds `name`, `body`, optionally `http_status`, `number` and `push`, and `expected`: the part of the result that
the sample is about, as `portal carriers parse` prints it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from carriers import wire
from carriers.errors import CarrierError
from carriers.registry import all_adapters
from tests.carriers.answers import answer

FILES = sorted((Path(__file__).parent / "samples").glob("*/*.json"))


def covers(found: Any, expected: Any) -> bool:
    if isinstance(expected, dict):
        return isinstance(found, dict) and all(covers(found.get(key), value) for key, value in expected.items())
    if isinstance(expected, list):
        return len(found) == len(expected) and all(map(covers, found, expected))
    return bool(found == expected)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_recorded_answer_comes_out_as_it_must(path: Path) -> None:
    sample = json.loads(path.read_text("utf-8"))
    code = path.parent.name
    adapter, raw = all_adapters()[code], answer(sample["body"], sample.get("http_status", 200))
    numbers = [sample["number"]] if "number" in sample else []
    try:
        results = adapter.parse_push(raw) if sample.get("push") else adapter.parse(raw, numbers)
        found = wire.answer_object(code, results)
    except CarrierError as error:
        found = wire.answer_object(code, error=error)
    assert covers(found, sample["expected"]), json.dumps(found, indent=1)
