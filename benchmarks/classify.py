"""How right the text classifier is on recorded texts of many carriers, where a copy of them lies beside the project.

The classifier has rules and no training, so it has never learned from the carrier it is judged on: its figures are
those of leaving whole carriers out. An unknown counts as wrong, and in F1 as a miss of the class that was meant.
"""

from __future__ import annotations

import csv
import os
import sys
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.harness import Case, Figure, take_turns
from benchmarks.workshop import Workshop
from carriers.classify import classify
from carriers.model import Status

FILE = Path("data") / "checkpoint-messages" / "messages.tsv"
LEAST_ACCURACY, LEAST_F1 = 0.71, 0.60
MOST_MICROSECONDS = 50.0
_STATUSES = {status.value.replace("_", ""): status for status in Status}


@dataclass(frozen=True, slots=True)
class Row:
    """One text and what people who know the carrier say it means."""

    carrier: str
    text: str
    language: str
    meant: Status


@dataclass(frozen=True, slots=True)
class Verdict:
    """Shares between 0 and 1. `answered` is how often the classifier did not say unknown."""

    rows: int
    accuracy: float
    macro_f1: float
    answered: float
    right_when_answered: float


def run(workshop: Workshop) -> Iterator[Figure]:
    """Accuracy, macro-F1 and their like on the rows marked as gold, then on the halves, then the time a text takes."""
    reference = os.environ.get("DOORSTEP_REFERENCE", "")
    file = Path(reference) / FILE
    if not reference or not file.is_file():
        print(f"classify: skipped, DOORSTEP_REFERENCE names no folder with {FILE}", file=sys.stderr)
        return
    rows = read(file)
    yield from _figures("classify", judge(rows), f"worst carrier of ten rows or more: {_worst(rows)}")
    for half, name in enumerate(("even", "odd")):
        of_half = [row for row in rows if zlib.crc32(row.carrier.encode()) % 2 == half]
        if of_half:
            yield from _figures(f"classify.{name}_carriers", judge(of_half), "half of the carriers, by CRC-32")
    yield _speed(workshop, [row.text for row in rows])


def read(file: Path) -> list[Row]:
    """The rows marked as gold."""
    with file.open(encoding="utf-8", newline="") as stream:
        table = csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [
            Row(line["carrier"], line["message"], line["lang"], _STATUSES[line["tag"].lower()])
            for line in table
            if line["gold"] == "1" and line["message"]
        ]


def judge(rows: Sequence[Row]) -> Verdict:
    """Macro-F1 is the mean over the statuses that the rows mean."""
    found = [(row.meant, classify(row.text, row.language).status) for row in rows]
    right = Counter(meant for meant, said in found if meant is said)
    meant_in_all, said_in_all = Counter(meant for meant, _said in found), Counter(said for _meant, said in found)
    scores = [2 * right[one] / (meant_in_all[one] + said_in_all[one]) for one in meant_in_all]
    answered = len(rows) - said_in_all[None]
    return Verdict(
        rows=len(rows),
        accuracy=right.total() / len(rows),
        macro_f1=sum(scores) / len(scores),
        answered=answered / len(rows),
        right_when_answered=right.total() / max(1, answered),
    )


def _worst(rows: Sequence[Row]) -> str:
    by_carrier: dict[str, list[Row]] = {}
    for row in rows:
        by_carrier.setdefault(row.carrier, []).append(row)
    shares = [(judge(own).accuracy, name) for name, own in by_carrier.items() if len(own) >= 10]
    return "{1} {0:.2f}".format(*min(shares)) if shares else "none"


def _figures(name: str, verdict: Verdict, note: str) -> Iterator[Figure]:
    unknown = "unknown counts as wrong"
    for word, value, least in (
        ("accuracy", verdict.accuracy, LEAST_ACCURACY),
        ("macro_f1", verdict.macro_f1, LEAST_F1),
        ("answered", verdict.answered, 0.0),
        ("right_when_answered", verdict.right_when_answered, LEAST_ACCURACY),
    ):
        yield Figure(
            name=f"{name}.{word}",
            value=value,
            unit="share of the texts",
            limit_name="what a classifier must at least be" if least else "nothing asked",
            limit_value=least or 1.0,
            ratio=value / (least or 1.0),
            goal=f"value > {least}",
            n=verdict.rows,
            note=f"{unknown}; {note}",
        )


def _speed(workshop: Workshop, texts: Sequence[str]) -> Figure:
    def classified() -> int:
        for text in texts:
            classify(text)
        return len(texts)

    def split() -> int:
        for text in texts:
            text.casefold().split()
        return len(texts)

    rounds = take_turns({"classify": Case(classified), "split": Case(split)}, rounds=workshop.rounds(7))
    return Figure(
        name="classify.time",
        value=rounds.ms("classify") * 1000,
        unit="CPU microseconds a text",
        limit_name="lower case and split at spaces",
        limit_value=rounds.ms("split") * 1000,
        ratio=rounds.ratio("classify", "split"),
        goal=f"value <= {MOST_MICROSECONDS:.0f}",
        n=rounds.n,
        note=rounds.note("without a hint of the language", "words seen before, as a worker's are"),
    )
