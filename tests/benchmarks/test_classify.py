"""The classifier's figures are counted as they say; how good they are is not judged here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.__main__ import main
from benchmarks.classify import Row, judge, read
from carriers.model import Status

HEAD = "carrier\tcode\tmessage\tlang\ttag\tgold\n"


def row(text: str, meant: Status) -> Row:
    return Row("acme", text, "en", meant)


def test_an_unknown_counts_as_wrong_and_only_answers_are_judged_as_answers() -> None:
    rows = [
        row("Parcel delivered", Status.DELIVERED),
        row("Parcel delivered", Status.DELIVERED),
        row("Parcel delivered", Status.EXCEPTION),
        row("qwertz", Status.EXCEPTION),
    ]
    verdict = judge(rows)
    assert (verdict.rows, verdict.accuracy, verdict.answered) == (4, 0.5, 0.75)
    assert verdict.right_when_answered == pytest.approx(2 / 3)
    assert verdict.macro_f1 == pytest.approx((4 / 5 + 0) / 2)  # two of three said and two meant; nothing said of two


def test_only_gold_rows_with_a_text_are_read(tmp_path: Path) -> None:
    file = tmp_path / "messages.tsv"
    lines = (
        "acme\t1\tThe parcel is moving\ten\tInTransit\t1",
        "acme\t2\t\ten\tDelivered\t1",
        'acme\t3\t"x\ten\tDelivered\t0',
    )
    file.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    assert read(file) == [row("The parcel is moving", Status.IN_TRANSIT)]


def test_the_figures_are_printed_where_the_texts_are_and_skipped_where_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DOORSTEP_REFERENCE", str(tmp_path))
    assert main(["--quick", "--only", "classify"]) == 0
    out, told = capfd.readouterr()
    assert (out, "classify: skipped" in told) == ("", True)

    folder = tmp_path / "data" / "checkpoint-messages"
    folder.mkdir(parents=True)
    (folder / "messages.tsv").write_text(HEAD + "acme\t1\tThe parcel is moving\ten\tInTransit\t1\n", encoding="utf-8")
    assert main(["--quick", "--only", "classify"]) == 0
    figures = {one["name"]: one for one in map(json.loads, capfd.readouterr().out.splitlines())}
    assert figures["classify.accuracy"]["value"] == 1.0
    assert figures["classify.time"]["value"] > 0
