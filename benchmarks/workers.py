"""How many parcels a second workers poll when nothing is new: one and four processes on one database, at 0 and 100 ms.

`python -m benchmarks.workers DATABASE` is one such process: it says when it is ready, polls what is due each time a line
with a carrier's address comes in, and says how many parcels it had and what they cost.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from statistics import median

from benchmarks import stub
from benchmarks.harness import Figure
from benchmarks.poll import PACE, Polling
from benchmarks.scene import Scene, make_scene
from benchmarks.workshop import Workshop
from carriers.base import Account
from portal.bootstrap.carriers import CarrierBook, EnvironmentAccounts
from portal.db.engine import make_engine
from portal.db.session import Sessions
from portal.logs import configure as configure_logs
from portal.usecases.tracking.ask import SLOTS
from portal.usecases.tracking.poll import poll_carrier
from tests.support.doubles import Clock, FakeCarriers, MailBin, make_deps

LATENCY = 0.1  # seconds
MANY = 4
AT_ONCE = f"threads over latency: {SLOTS} calls at a time"


@dataclass(frozen=True, slots=True)
class _Run:
    """One time through all parcels: seconds on the wall, of CPU, and parcels that were polled more than once."""

    wall: float
    cpu: float
    twice: int


def run(workshop: Workshop) -> Iterator[Figure]:
    """Per kind of database: a worker's throughput without latency and with it, and what three more workers add."""
    with stub.running() as quick, stub.running(LATENCY) as slow:
        for kind in workshop.kinds:
            yield from _measure(workshop, kind, {0.0: quick, LATENCY: slow})


def _measure(workshop: Workshop, kind: str, carriers: dict[float, str]) -> Iterator[Figure]:
    parcels = workshop.size(800, 10)  # a round of two hundred for each of four
    scene = make_scene(workshop.databases.new(kind), parcels)
    scene = replace(scene, deps=replace(scene.deps, carriers=_book(carriers[0.0])))
    polling = Polling(scene)
    polling.cycle()  # the first answers are all new: not what is measured here
    with _workers(scene, 1) as one, _workers(scene, MANY) as many:
        for latency, base in carriers.items():
            runs: dict[int, list[_Run]] = {1: [], MANY: []}
            # Waiting is as long each time: with latency, once says enough.
            for _ in range(1 if latency else workshop.rounds(3)):
                for workers in (one, many):
                    polling.due_again()
                    runs[len(workers)].append(_time(workers, base, parcels))
            yield _alone(kind, latency, parcels, runs[1])
            yield _together(kind, latency, parcels, runs)


def _name(kind: str, latency: float) -> str:
    return f"workers.{kind}.{latency * 1000:.0f}ms"


def _alone(kind: str, latency: float, parcels: int, runs: Sequence[_Run]) -> Figure:
    speed = median(parcels / run.wall for run in runs)
    cpu = median(run.cpu / parcels * 1000 for run in runs)
    # Without latency nothing but the CPU holds a worker up.
    limit = SLOTS / latency if latency else 1000 / cpu
    return Figure(
        name=f"{_name(kind, latency)}.one",
        value=speed,
        unit="parcels a second",
        limit_name=AT_ONCE if latency else "one core kept busy",
        limit_value=limit,
        ratio=speed / limit,
        goal="ratio >= 0.85",
        n=len(runs),
        note=f"wall time; {cpu:.2f} CPU ms a parcel; nothing new",
    )


def _together(kind: str, latency: float, parcels: int, runs: dict[int, list[_Run]]) -> Figure:
    one, many = (median(parcels / run.wall for run in runs[count]) for count in (1, MANY))
    ratios = [a.wall / b.wall for a, b in zip(runs[1], runs[MANY], strict=True)]
    twice = sum(run.twice for found in runs.values() for run in found)
    return Figure(
        name=f"{_name(kind, latency)}.four",
        value=many,
        unit="parcels a second",
        limit_name="one worker, same parcels",
        limit_value=one,
        ratio=median(ratios),
        goal="ratio >= 1.35",
        n=len(ratios),
        note=f"wall time, {MANY} processes; {twice} parcels polled twice; one account, so its pace is shared",
    )


def _time(workers: Sequence[subprocess.Popen[str]], base: str, parcels: int) -> _Run:
    began = time.perf_counter()
    for worker in workers:
        _tell(worker, base)
    said = [json.loads(_hear(worker)) for worker in workers]
    wall = time.perf_counter() - began
    asked = sum(one["asked"] for one in said)
    assert asked >= parcels, asked
    return _Run(wall, sum(one["cpu"] for one in said), asked - parcels)


@contextmanager
def _workers(scene: Scene, count: int) -> Iterator[list[subprocess.Popen[str]]]:
    address = scene.database.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "benchmarks.workers", address]
    with ExitStack() as stack:
        started = [
            stack.enter_context(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
            for _ in range(count)
        ]
        for worker in started:
            assert _hear(worker) == "ready\n"
        yield started
        for worker in started:
            worker.communicate()


def _tell(worker: subprocess.Popen[str], word: str) -> None:
    assert worker.stdin is not None
    worker.stdin.write(word + "\n")
    worker.stdin.flush()


def _hear(worker: subprocess.Popen[str]) -> str:
    assert worker.stdout is not None
    return worker.stdout.readline()


def _book(base: str) -> CarrierBook:
    return CarrierBook(EnvironmentAccounts({"ups": Account(base, stub.CREDENTIALS)}, {"ups": PACE}))


def main(address: str) -> None:
    """Be one worker until the standard input ends."""
    configure_logs("ERROR")
    deps = make_deps(Sessions(make_engine(address)), Clock(), FakeCarriers(), MailBin())
    books: dict[str, CarrierBook] = {}
    print("ready", flush=True)
    for line in sys.stdin:
        base = line.strip()
        ports = replace(deps, carriers=books.setdefault(base, _book(base)))
        began, asked = time.process_time(), 0
        while found := poll_carrier(ports, "ups", rounds=100):
            asked += found
        print(json.dumps({"asked": asked, "cpu": time.process_time() - began}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
