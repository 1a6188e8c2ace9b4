"""Whatever a carrier sends, its adapter gives results or a CarrierError, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carriers import wire
from carriers.base import Adapter, RawAnswer
from carriers.errors import CarrierError, ErrorKind
from carriers.parsing import load_json, text
from carriers.registry import all_adapters

SAMPLES = Path(__file__).parent / "samples"
CODES = sorted(folder.name for folder in SAMPLES.iterdir() if list(folder.glob("*.json")))
JUNK: tuple[Any, ...] = (
    None,
    "",
    0,
    -1,
    1e300,
    True,
    [],
    {},
    [None],
    [[]],
    {"x": None},
    "\ud800\x00",
    "9" * 5000,
    10**60,
    float("nan"),
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


def bodies(code: str) -> list[Any]:
    return [json.loads(path.read_text("utf-8"))["body"] for path in sorted((SAMPLES / code).glob("*.json"))]


def read(adapter: Adapter, raw: bytes, status: int = 200, number: str | None = None) -> None:
    """Read a body both as an answer and as a push; whatever comes out can be written as JSON."""
    answer = RawAnswer(status, "application/json", raw)
    numbers = [number] if number else []
    for push in (False, True):
        try:
            found = wire.answer_object(
                adapter.info.code, adapter.parse_push(answer) if push else adapter.parse(answer, numbers)
            )
        except CarrierError as error:
            found = wire.answer_object(adapter.info.code, error=error)
        json.dumps(found, allow_nan=False).encode("utf-8")


def places(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ():
        yield from places(value, (*path, key))


def changed(tree: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The tree with one value replaced, or with the key taken away when the value is `...`."""
    if not path:
        return None if value is ... else value
    copy = dict(tree) if isinstance(tree, dict) else list(tree)
    if value is ... and len(path) == 1:
        del copy[path[0]]
    else:
        copy[path[0]] = changed(copy[path[0]], path[1:], value)
    return copy


@pytest.mark.parametrize("code", CODES)
def test_a_sample_with_any_one_value_spoilt_or_missing_is_read_or_refused(code: str) -> None:
    adapter = all_adapters()[code]
    trees = bodies(code)
    assert trees
    for tree in trees:
        for path in places(tree):
            for value in (..., *JUNK):
                read(adapter, json.dumps(changed(tree, path, value)).encode())


@pytest.mark.parametrize("code", CODES)
def test_a_sample_cut_off_anywhere_is_malformed(code: str) -> None:
    adapter = all_adapters()[code]
    raw = json.dumps(bodies(code)[0]).encode()
    for end in range(0, len(raw), 7):
        with pytest.raises(CarrierError) as caught:
            adapter.parse(RawAnswer(200, "application/json", raw[:end]))
        assert caught.value.kind is ErrorKind.MALFORMED
        assert caught.value.retryable


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, ErrorKind.MALFORMED),
        (404, ErrorKind.MALFORMED),
        (502, ErrorKind.SERVER_ERROR),
        (429, ErrorKind.RATE_LIMITED),
        (401, ErrorKind.AUTH),
    ],
)
@pytest.mark.parametrize("body", [b"<!doctype html><h1>Bad gateway</h1>", b"", b"\xff\xfe", b"[" * 100_000, b"\x80abc"])
def test_a_gateway_page_is_an_error_by_its_status(code: str, status: int, kind: ErrorKind, body: bytes) -> None:
    with pytest.raises(CarrierError) as caught:
        all_adapters()[code].parse(RawAnswer(status, "text/html", body), ["1"])
    assert caught.value.kind is kind


@pytest.mark.parametrize("code", CODES)
@settings(max_examples=150, deadline=None)
@given(tree=json_values, status=st.sampled_from([200, 207, 400, 401, 404, 429, 500]))
def test_any_json_is_read_or_refused(code: str, tree: Any, status: int) -> None:
    read(all_adapters()[code], json.dumps(tree).encode(), status)


@pytest.mark.parametrize("code", CODES)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_samples_with_random_parts_are_read_or_refused(code: str, data: st.DataObject) -> None:
    tree = data.draw(st.sampled_from(bodies(code)))
    for _ in range(3):
        path = data.draw(st.sampled_from(list(places(tree))))
        tree = changed(tree, path, data.draw(json_values))
    read(all_adapters()[code], json.dumps(tree).encode())


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_what_python_alone_calls_json_is_malformed(word: str) -> None:
    with pytest.raises(ValueError, match="no JSON"):
        load_json(f'{{"latitude": {word}}}'.encode())


def test_a_number_beyond_all_bounds_is_left_out_of_what_is_stored() -> None:
    """PostgreSQL keeps no infinity in a document: the parcel's every later check would fail."""
    assert load_json(b'{"latitude": 1e999, "longitude": -1e999, "weight": 1.5}') == {
        "latitude": None,
        "longitude": None,
        "weight": 1.5,
    }


def test_a_carriers_words_steer_no_terminal_and_turn_no_other_words() -> None:
    assert text("\x1b[31mred\x9b0m \u202egnp.\u2066 ok\x7f\x00") == "[31mred0m gnp. ok"
    assert text("two\nlines, \u200fשלום") == "two\nlines, \u200fשלום"
