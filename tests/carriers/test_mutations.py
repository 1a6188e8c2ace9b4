"""Answers and pushes with something wrong in them, by the thousand, through every parser (reliability: G4, F16).

2,000 for each carrier every time, 100,000 in `make test-long`: each is read or refused with the library's own error,
can be written as JSON, and takes no more than a second.
"""

from __future__ import annotations

import copy
import json
import os
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from carriers import wire
from carriers.base import Adapter, RawAnswer
from carriers.errors import CarrierError
from carriers.registry import all_adapters

EACH = 100_000 if os.environ.get("DOORSTEP_LONG") else 2_000
SLOWEST = 1.0  # seconds of CPU for one answer: what else the machine does says nothing of a parser
OWN = Path(__file__).parent / "samples"
REFERENCE = Path(os.environ.get("DOORSTEP_REFERENCE", "nowhere")) / "samples" / "tracking"
STATUSES = (200, 200, 200, 200, 201, 202, 207, 301, 400, 401, 403, 404, 409, 422, 429, 500, 502, 503)
TOKENS: tuple[bytes, ...] = (
    b"",
    b"null",
    b"{}",
    b"[]",
    b'""',
    b"<x/>",
    b"</data>",
    b"\x00",
    b"\xff\xfe",
    b"\xc3",
    b"\xed\xa0\x80",
    b"\\ud800",
    b"\\u0000",
    b"&#0;",
    b"&lt;",
    b"<![CDATA[",
    b"]]>",
    b"<!DOCTYPE a>",
    b"-1",
    b"1e999",
    b"NaN",
    b"9" * 400,
    b"2024-02-30T25:61:61Z",
    b"0000-00-00",
    b"99999999",
    b"+99:99",
    b"true",
    b",",
    b":",
    b'"',
    b"[" * 2_000,
    b"<a>" * 500,
    b" " * 5_000,
    b"not delivered returned to sender delivered " * 200,
)


def bodies(code: str) -> list[bytes]:
    """Every answer and push of a carrier that is at hand."""
    found = [body_of(json.loads(path.read_text("utf-8"))["body"]) for path in sorted((OWN / code).glob("*.json"))]
    for path in sorted(REFERENCE.glob("*.json")):
        sample = json.loads(path.read_text("utf-8"))
        if sample["carrier"] == code:
            found.append(sample["raw"].encode())
    return [body for body in found if sound(body)]


def body_of(body: Any) -> bytes:
    return body.encode() if isinstance(body, str) else json.dumps(body, ensure_ascii=False).encode()


def _place(chance: random.Random, body: bytes) -> int:
    return chance.randrange(len(body) + 1)


def flipped(chance: random.Random, body: bytes) -> bytes:
    changed = bytearray(body or b"x")
    for _ in range(chance.randint(1, 8)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def cut_out(chance: random.Random, body: bytes) -> bytes:
    start = _place(chance, body)
    return body[:start] + body[start + chance.randint(1, 1 + len(body) // 4) :]


def cut_off(chance: random.Random, body: bytes) -> bytes:
    return body[: _place(chance, body)]


def put_in(chance: random.Random, body: bytes) -> bytes:
    at = _place(chance, body)
    return body[:at] + chance.choice(TOKENS) + body[at:]


def doubled(chance: random.Random, body: bytes) -> bytes:
    start = _place(chance, body)
    end = min(len(body), start + chance.randint(1, 1 + len(body) // 2))
    return body[:end] + body[start:end] + body[end:]


def in_other_letters(chance: random.Random, body: bytes) -> bytes:
    words = body.decode("utf-8", "replace")
    return words.encode(chance.choice(("cp1252", "utf-16", "utf-8-sig", "latin-1", "utf-7")), "replace")


def value_changed(chance: random.Random, body: bytes) -> bytes:
    """One value between quotation marks, or between tags, becomes something else."""
    ends = b'"' if chance.random() < 0.7 else b">"
    parts = body.split(ends)
    if len(parts) < 3:
        return put_in(chance, body)
    parts[chance.randrange(1, len(parts) - 1)] = chance.choice(TOKENS)
    return ends.join(parts)


LEAVES: tuple[Any, ...] = (
    None,
    "",
    " ",
    0,
    -1,
    10**60,
    1e300,
    -0.5,
    True,
    False,
    [],
    {},
    [None],
    [[]],
    [{}],
    {"x": None},
    "\x00\ud800",
    "9" * 400,
    "2024-02-30T25:61:61Z",
    "2024-01-01T00:00:00+99:99",
    "31.12.9999 24:00",
    "00000000",
    "<b>x</b>",
    "not delivered returned to sender delivered " * 50,
)


def _holders(value: Any) -> list[Any]:
    """Every object and list of a tree that is not empty."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    found = [holder for one in inner for holder in _holders(one)]
    return [*found, value] if isinstance(value, (dict, list)) and value else found


def _keys(holder: Any) -> list[Any]:
    return list(holder) if isinstance(holder, dict) else list(range(len(holder)))


def tree_changed(chance: random.Random, body: bytes) -> bytes:
    """A tree in which parts are junk, gone, or stand where others stood. It is still JSON."""
    tree = json.loads(body)
    for _ in range(chance.randint(1, 4)):
        holders = _holders(tree)
        if not holders:
            break
        here, there = chance.choice(holders), chance.choice(holders)
        key = chance.choice(_keys(here))
        kind = chance.random()
        if kind < 0.25:
            del here[key]
        elif kind < 0.7:
            here[key] = copy.deepcopy(chance.choice(LEAVES))
        else:
            here[key] = json.loads(json.dumps(there[chance.choice(_keys(there))]))
    return json.dumps(tree, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")


def document_changed(chance: random.Random, body: bytes) -> bytes:
    """A document in which elements are junk, gone, doubled, or stand where others stood. It is still XML."""
    root = ElementTree.fromstring(body)
    for _ in range(chance.randint(1, 4)):
        every = [(parent, child) for parent in root.iter() for child in parent]
        if not every:
            break
        (parent, child), (_, other) = chance.choice(every), chance.choice(every)
        words = chance.choice([leaf for leaf in LEAVES if isinstance(leaf, str) and "\x00" not in leaf])
        kind = chance.random()
        if kind < 0.2:
            parent.remove(child)
        elif kind < 0.4:
            parent.append(copy.deepcopy(other))
        elif kind < 0.6 and child.attrib:
            child.set(chance.choice(list(child.attrib)), words)
        elif kind < 0.8:
            child.text = words
        else:
            child.tag = other.tag
    return ElementTree.tostring(root)


BYTES: tuple[Callable[[random.Random, bytes], bytes], ...] = (
    flipped,
    cut_out,
    cut_off,
    put_in,
    doubled,
    in_other_letters,
    value_changed,
)


def mutated(chance: random.Random, body: bytes) -> bytes:
    """Two of three stay what the carrier promises, with other things in it; the third is damaged on its way."""
    if chance.random() < 0.66:
        body = (document_changed if body.lstrip()[:1] == b"<" else tree_changed)(chance, body)
    for _ in range(chance.choice((0, 0, 0, 1, 2)) if body else 1):
        body = chance.choice(BYTES)(chance, body)
    return body[:300_000]


def sound(body: bytes) -> bool:
    """Whether a body is JSON or XML at all: such samples are changed from within."""
    try:
        ElementTree.fromstring(body) if body.lstrip()[:1] == b"<" else json.loads(body)
    except (ValueError, ElementTree.ParseError):
        return False
    return True


def read(adapter: Adapter, answer: RawAnswer, *, push: bool) -> None:
    """Raises whatever is not the library's own error, and what cannot be written as JSON."""
    try:
        results = adapter.parse_push(answer) if push else adapter.parse(answer, [])
        found = wire.answer_object(adapter.info.code, results)
    except CarrierError as error:
        found = wire.answer_object(adapter.info.code, error=error)
    json.dumps(found, allow_nan=False).encode("utf-8")


@pytest.mark.parametrize("code", sorted(all_adapters()))
@pytest.mark.timeout(1800)
def test_whatever_is_wrong_with_an_answer_it_is_read_or_refused_in_time(code: str) -> None:
    adapter, given = all_adapters()[code], bodies(code)
    assert given, f"no answers of {code} are at hand"
    chance = random.Random(code)
    for number in range(EACH):
        body = mutated(chance, chance.choice(given))
        answer = RawAnswer(chance.choice(STATUSES), chance.choice(("application/json", "text/xml", "text/html")), body)
        push = adapter.info.push and number % 2 == 0
        began = time.process_time()
        try:
            read(adapter, answer, push=push)
        except Exception as error:
            raise AssertionError(f"{code}, mutation {number}: {type(error).__name__} on {body[:2000]!r}") from error
        assert time.process_time() - began < SLOWEST, (code, number)
