"""Measure a subject and its limit in turns, by CPU time, and say how quiet the machine was meanwhile.

Clock speed changes within seconds and other programs take their share, so an absolute figure is worth little. What
holds is the ratio of two pieces of work that took turns: the figure is the median of the rounds' ratios.
"""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

MOST_STEAL = 0.10  # a round in which the hypervisor took more than this share is dropped


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the output. `ratio` is defined by docs/performance.md; `goal` names what it is compared with."""

    name: str
    value: float
    unit: str
    limit_name: str
    limit_value: float
    ratio: float
    goal: str
    n: int
    note: str = ""

    def line(self) -> str:
        """One line of JSON; numbers with four digits that mean something."""
        rounded = {k: float(f"{v:.4g}") if isinstance(v, float) else v for k, v in asdict(self).items()}
        return json.dumps(rounded, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Case:
    """`work` is timed and returns how many units it did; `prepare` runs before it, untimed."""

    work: Callable[[], int]
    prepare: Callable[[], object] = lambda: None


@dataclass(slots=True)
class Rounds:
    """Per case and round: CPU milliseconds and wall milliseconds for one unit."""

    cpu: dict[str, list[float]]
    wall: dict[str, list[float]]
    dropped: int = 0
    steal: list[float] = field(default_factory=list)
    others: list[float] = field(default_factory=list)

    @property
    def n(self) -> int:
        return len(self.steal)

    def ms(self, name: str) -> float:
        """The median over the rounds, in CPU milliseconds a unit."""
        return median(self.cpu[name])

    def wall_ms(self, name: str) -> float:
        return median(self.wall[name])

    def ratio(self, over: str, under: str) -> float:
        """The median of the rounds' own ratios."""
        return median(self.ratios(over, under))

    def ratios(self, over: str, under: str) -> list[float]:
        return [a / b for a, b in zip(self.cpu[over], self.cpu[under], strict=True)]

    def note(self, *more: str) -> str:
        """How quiet it was: CPU the hypervisor took, cores that other programs kept busy, and rounds thrown away."""
        quiet = f"steal {max(self.steal):.0%}, other programs {median(self.others):.1f} cores"
        dropped = f"{self.dropped} rounds dropped for steal" if self.dropped else ""
        return "; ".join(part for part in (*more, quiet, dropped) if part)


class Meter:
    """CPU seconds of this process, user and system, all its threads. A peer in another process costs nothing."""

    def ready(self) -> None:
        """Called untimed before each case."""

    def read(self) -> float:
        return time.process_time()


@dataclass(frozen=True, slots=True)
class Machine:
    """Seconds of all cores since the start, from /proc/stat; zeros where there is none."""

    at: float
    busy: float = 0.0
    steal: float = 0.0


def machine_now() -> Machine:
    """As the kernel counts."""
    try:
        user, nice, system, _idle, _wait, irq, soft, steal = map(int, Path("/proc/stat").read_text().split()[1:9])
    except (OSError, ValueError):
        return Machine(time.monotonic())
    return Machine(time.monotonic(), (user + nice + system + irq + soft) / 100, steal / 100)


def take_turns(
    cases: Mapping[str, Case],
    *,
    rounds: int,
    meter: Meter | None = None,
    machine: Callable[[], Machine] = machine_now,
) -> Rounds:
    """Run every case once a round, in an order that turns round, after one round that only warms up."""
    meter = meter or Meter()
    found = Rounds({name: [] for name in cases}, {name: [] for name in cases})
    _round(cases, list(cases), meter)
    names = list(cases)
    while found.n < rounds and found.dropped <= rounds:
        before, began = machine(), meter.read()
        times = _round(cases, names, meter)
        steal, others = _between(before, machine(), meter.read() - began)
        names.reverse()
        if steal > MOST_STEAL and found.dropped < rounds:
            found.dropped += 1
            continue
        found.steal.append(steal)
        found.others.append(others)
        for name, (used, passed) in times.items():
            found.cpu[name].append(used)
            found.wall[name].append(passed)
    return found


def _round(cases: Mapping[str, Case], names: list[str], meter: Meter) -> dict[str, tuple[float, float]]:
    times = {}
    for name in names:
        case = cases[name]
        case.prepare()
        gc.collect()
        meter.ready()
        used, began = meter.read(), time.perf_counter()
        units = case.work()
        passed, spent = time.perf_counter() - began, meter.read() - used
        times[name] = (spent / units * 1000, passed / units * 1000)
    return times


def _between(before: Machine, after: Machine, ours: float) -> tuple[float, float]:
    """The share of one core that was stolen, and the cores that others kept busy (peers of the benchmark included)."""
    passed = max(1e-6, after.at - before.at)
    return (after.steal - before.steal) / passed, max(0.0, (after.busy - before.busy - ours) / passed)
