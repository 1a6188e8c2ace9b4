"""The benchmarks run and say what they promise to say; what they measure is not judged here."""

from __future__ import annotations

import json

import pytest

from benchmarks.__main__ import main
from benchmarks.harness import Case, Machine, Meter, take_turns

KEYS = ["name", "value", "unit", "limit_name", "limit_value", "ratio", "goal", "n", "note"]


def test_a_benchmark_prints_one_line_of_json_a_figure(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["--quick", "--only", "claim", "--database", "sqlite"]) == 0
    figures = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert [list(figure) for figure in figures] == [KEYS] * 3
    assert [figure["name"] for figure in figures] == ["claim.sqlite.10k", "claim.sqlite.1m", "claim.sqlite.flatness"]
    assert all(figure["value"] > 0 and figure["limit_value"] > 0 and figure["ratio"] > 0 for figure in figures)


def test_deciding_on_returns_is_measured_alone_and_with_a_long_past(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["--quick", "--only", "decide", "--database", "sqlite"]) == 0
    figures = [json.loads(line)["name"] for line in capfd.readouterr().out.splitlines()]
    assert figures == ["decide.lines", "decide.sqlite.flatness"]


def test_pushes_are_measured_against_a_real_server_and_none_is_lost(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["--quick", "--only", "push", "--database", "sqlite"]) == 0
    figures = {figure["name"]: figure for figure in map(json.loads, capfd.readouterr().out.splitlines())}
    assert list(figures) == [
        f"push.sqlite.{name}" for name in ("cpu", "p50", "p99", "lost", "double", "p99_while_reading")
    ]
    assert (figures["push.sqlite.lost"]["value"], figures["push.sqlite.double"]["value"]) == (0, 0)
    assert "answers: 200" in figures["push.sqlite.p99"]["note"]


class _Counted(Meter):
    """CPU seconds that are counted by hand."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def read(self) -> float:
        return self.seconds


def test_a_ratio_is_the_median_of_the_rounds_own_ratios() -> None:
    meter = _Counted()
    subject = iter([9.0, 2.0, 6.0, 40.0])  # the first only warms up; the last met a slow moment, and so did its limit
    limit = iter([9.0, 1.0, 2.0, 10.0])

    def spend(seconds: float) -> int:
        meter.seconds += seconds
        return 2

    cases = {"subject": Case(lambda: spend(next(subject))), "limit": Case(lambda: spend(next(limit)))}
    rounds = take_turns(cases, rounds=3, meter=meter, machine=lambda: Machine(0.0))
    assert rounds.ratios("subject", "limit") == [2.0, 3.0, 4.0]
    assert (rounds.ratio("subject", "limit"), rounds.ms("subject"), rounds.n) == (3.0, 3000.0, 3)


def test_a_round_in_which_the_machine_was_taken_away_does_not_count() -> None:
    meter = _Counted()
    moments = (Machine(0), Machine(1), Machine(1), Machine(2, steal=0.5), Machine(2, steal=0.5), Machine(3, steal=0.5))
    seen = iter(moments)  # before and after each round

    def work() -> int:
        meter.seconds += 1
        return 1

    rounds = take_turns({"work": Case(work)}, rounds=2, meter=meter, machine=lambda: next(seen))
    assert (rounds.n, rounds.dropped) == (2, 1)
