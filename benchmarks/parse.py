"""Reading one answer of each carrier, beside `json.loads` or the bare XML parser on the same bytes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import repeat
from pathlib import Path
from xml.etree import ElementTree

from benchmarks.harness import Case, Figure, take_turns
from benchmarks.workshop import Workshop
from carriers.base import Adapter, RawAnswer
from carriers.errors import CarrierError
from carriers.registry import all_adapters
from portal.settings import ROOT

SAMPLES = ROOT / "tests" / "carriers" / "samples"
GOAL = "ratio <= 20"
AT_A_TIME = 60


def run(workshop: Workshop) -> Iterator[Figure]:
    """One figure a carrier: its largest answer that holds parcels."""
    times, rounds = (5, 2) if workshop.quick else (AT_A_TIME, 7)
    for code, adapter in all_adapters().items():
        body = _largest(adapter, SAMPLES / code)
        if body is None:
            continue
        found = take_turns(_cases(adapter, body, times), rounds=rounds)
        yield Figure(
            name=f"parse.{code}",
            value=found.ms("parse"),
            unit="ms CPU an answer",
            limit_name="XML parser" if _is_xml(body) else "json.loads",
            limit_value=found.ms("limit"),
            ratio=found.ratio("parse", "limit"),
            goal=GOAL,
            n=found.n,
            note=found.note(f"{len(body) / 1000:.1f} kB, {_scans(adapter, body)} scans"),
        )


def _cases(adapter: Adapter, body: bytes, times: int) -> dict[str, Case]:
    answer = RawAnswer(200, "", body)
    return {
        "parse": Case(lambda: _repeated(lambda: adapter.parse(answer), times)),
        "limit": Case(lambda: _repeated(lambda: _bare(body), times)),
    }


def _repeated(work: Callable[[], object], times: int) -> int:
    for _ in repeat(None, times):
        work()
    return times


def _bare(body: bytes) -> object:
    return ElementTree.fromstring(body) if _is_xml(body) else json.loads(body)


def _is_xml(body: bytes) -> bool:
    return body.lstrip()[:1] == b"<"


def _largest(adapter: Adapter, folder: Path) -> bytes | None:
    bodies = [_body(path) for path in sorted(folder.glob("*.json"))]
    return max((body for body in bodies if _scans(adapter, body)), key=len, default=None)


def _body(path: Path) -> bytes:
    body = json.loads(path.read_text("utf-8"))["body"]
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()


def _scans(adapter: Adapter, body: bytes) -> int:
    try:
        return sum(len(result.checkpoints) for result in adapter.parse(RawAnswer(200, "", body)))
    except CarrierError:
        return 0
