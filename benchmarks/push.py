"""Pushes coming in: how soon they are acknowledged at 200 a second on SQLite, what one costs, and that none is lost."""

from __future__ import annotations

import json
import math
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path

from sqlalchemy import func, select

from benchmarks.harness import Case, Figure, Meter, take_turns
from benchmarks.scene import Scene, make_scene
from benchmarks.workshop import Workshop
from portal.bootstrap.build import make_keyring
from portal.bootstrap.clock import wall_clock
from portal.db.tables.checkpoints import CheckpointRow
from portal.db.tables.messages import InboxDelivery
from portal.settings import ROOT, load
from portal.usecases.deps import Deps
from portal.usecases.pushes.inbox import work_inbox
from tests.support.doubles import NOON
from tests.support.pushes import Hook, PushCarriers, hook_for, ups_event

A_SECOND = 200
SENDERS = 32  # connections, so that one slow answer holds nothing else up
DUPLICATES = 0.3
PERMUTED = 0.2
EVENTS = 4  # a parcel
GOAL_MS = 500.0
_STORY = (("OR", "005", "Origin Scan"), ("DP", "005", "Departed"), ("AR", "005", "Arrived"), ("OT", "021", "Out"))


def run(workshop: Workshop) -> Iterator[Figure]:
    """Only on SQLite: it has one writer, and a commit for every push."""
    if "sqlite" not in workshop.kinds:
        return
    seconds = workshop.size(10, 1)
    unique = math.ceil(A_SECOND * seconds * (1 - DUPLICATES) / EVENTS) * EVENTS
    scene = make_scene(workshop.databases.new("sqlite"), unique // EVENTS)
    keyring = make_keyring(load(_env_file=None))
    deps = replace(scene.deps, carriers=PushCarriers(), keyring=keyring, clock=wall_clock, wall=wall_clock)
    hook = hook_for(deps, "ups")
    with _server("doorstep", _path(scene)) as ours, _server("bare", _path(scene).with_suffix(".bare")) as limit:
        yield _cost(workshop, hook, ours, limit)
        yield from _storm(deps, hook, ours, unique, seconds)
        with _server("worker", _path(scene)):
            yield _while_reading(hook, ours, unique, seconds)


def _path(scene: Scene) -> Path:
    assert scene.database.path is not None
    return scene.database.path


@dataclass(frozen=True, slots=True)
class _Server:
    pid: int
    port: int


@contextmanager
def _server(kind: str, path: Path) -> Iterator[_Server]:
    command = [sys.executable, "-m", "benchmarks.push_server", kind, str(path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    try:
        yield _Server(process.pid, int(process.stdout.readline()))
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


class _Servers(Meter):
    """CPU seconds of other processes with all their threads. One that waits costs nothing."""

    def __init__(self, pids: Sequence[int]) -> None:
        self._pids = pids

    def read(self) -> float:
        tasks = (task for pid in self._pids for task in Path(f"/proc/{pid}/task").iterdir())
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


# --- what is sent -------------------------------------------------------------------------------------------------


def _events(parcels: int) -> list[bytes]:
    """Every parcel's events, parcels side by side as at a busy hour."""
    return [_event(parcel, n) for n in range(EVENTS) for parcel in range(1, parcels + 1)]


def _event(parcel: int, n: int) -> bytes:
    code, digits, words = _STORY[n]
    at = NOON - timedelta(hours=20 - 4 * n)
    local = at - timedelta(hours=5)
    return json.dumps(
        ups_event(
            f"1Z999AA1{parcel:010d}",
            localActivityDate=f"{local:%Y%m%d}",
            localActivityTime=f"{local:%H%M%S}",
            gmtActivityDate=f"{at:%Y%m%d}",
            gmtActivityTime=f"{at:%H%M%S}",
            activityStatus={"type": "I", "code": code, "description": words, "descriptionCode": digits},
        )
    ).encode()


def _disturbed(events: Sequence[bytes], total: int) -> list[bytes]:
    """Some twice, somewhere later; some in each other's place."""
    chance = random.Random(7)
    sent = list(events)
    for _ in range(total - len(sent)):
        at = chance.randrange(len(sent))
        sent.insert(chance.randrange(at + 1, len(sent) + 1), sent[at])
    places = chance.sample(range(len(sent)), int(len(sent) * PERMUTED))
    moved = chance.sample(places, len(places))
    taken = [sent[place] for place in moved]
    for place, body in zip(places, taken, strict=True):
        sent[place] = body
    return sent


class _Sender:
    """Posts pushes over kept connections, one a thread."""

    def __init__(self, hook: Hook, port: int) -> None:
        self._headers = {"Content-Type": "application/json", "credential": hook.secret}
        self._path, self._port, self._kept = hook.path, port, threading.local()
        self._all: list[HTTPConnection] = []

    def post(self, body: bytes) -> int:
        """The HTTP status; 0 when none came."""
        try:
            if not hasattr(self._kept, "connection"):
                self._kept.connection = HTTPConnection("127.0.0.1", self._port, timeout=30)
                self._all.append(self._kept.connection)
            self._kept.connection.request("POST", self._path, body, self._headers)
            answer = self._kept.connection.getresponse()
            answer.read()
            return int(answer.status)
        except OSError:
            self._kept.connection.close()  # the next one opens it again
            return 0

    def close(self) -> None:
        for connection in self._all:
            connection.close()


# --- the figures --------------------------------------------------------------------------------------------------


def _cost(workshop: Workshop, hook: Hook, ours: _Server, limit: _Server) -> Figure:
    """CPU of the server process for one push, none of which it has seen before."""
    fresh = iter(range(1_000_000))

    def pushes(server: _Server) -> Case:
        def work() -> int:
            sender = _Sender(hook, server.port)
            bodies = [_event(2_000_000 + next(fresh), 0) for _ in range(workshop.size(400, 40))]
            with ThreadPoolExecutor(max_workers=4) as pool:
                answers = list(pool.map(sender.post, bodies))
            sender.close()
            assert set(answers) == {200}, set(answers)
            return len(answers)

        return Case(work)

    meter = _Servers([ours.pid, limit.pid])
    rounds = take_turns({"push": pushes(ours), "bare": pushes(limit)}, rounds=workshop.rounds(7), meter=meter)
    return Figure(
        name="push.sqlite.cpu",
        value=rounds.ms("push"),
        unit="CPU ms a push",
        limit_name="bare Flask and one insert with the bare driver, under the same server",
        limit_value=rounds.ms("bare"),
        ratio=rounds.ratio("push", "bare"),
        goal="ratio <= 2.5",
        n=rounds.n,
        note=rounds.note("the server's whole process, one commit a push on both sides"),
    )


def _storm(deps: Deps, hook: Hook, server: _Server, unique: int, seconds: int) -> Iterator[Figure]:
    """Pushes at their pace, whether or not answers come; waiting counts from when each was due."""
    with deps.sessions.read_system() as session:
        before = session.scalar(select(func.count()).select_from(InboxDelivery)) or 0
    sent = _disturbed(_events(unique // EVENTS), A_SECOND * seconds)
    waits, answers = _send(_Sender(hook, server.port), sent)
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        yield _latency(name, waits[min(len(waits) - 1, int(len(waits) * share))], answers, seconds)
    with deps.sessions.read_system() as session:
        stored = (session.scalar(select(func.count()).select_from(InboxDelivery)) or 0) - before
    yield _exact("push.sqlite.lost", unique - stored, f"{unique} different pushes, {len(sent)} sent, {stored} stored")
    while work_inbox(deps):
        pass
    with deps.sessions.read_system() as session:
        scans = session.scalar(select(func.count()).select_from(CheckpointRow)) or 0
    yield _exact("push.sqlite.double", scans - unique, f"{scans} scans of {unique} events after all were read")


def _while_reading(hook: Hook, server: _Server, unique: int, seconds: int) -> Figure:
    """The same while a worker reads what comes, and wants the same lock for every parcel."""
    events = [body + b" " for body in _events(unique // EVENTS)]  # bytes that were not sent before
    waits, answers = _send(_Sender(hook, server.port), _disturbed(events, A_SECOND * seconds))
    return _latency("p99_while_reading", waits[min(len(waits) - 1, int(len(waits) * 0.99))], answers, seconds)


def _send(sender: _Sender, sent: Sequence[bytes]) -> tuple[list[float], set[int]]:
    """Milliseconds until each was answered, sorted, and which statuses there were."""
    began = time.perf_counter() + 0.2

    def one(place: int) -> tuple[float, int]:
        due = began + place / A_SECOND
        time.sleep(max(0.0, due - time.perf_counter()))
        status = sender.post(sent[place])
        return (time.perf_counter() - due) * 1000, status

    with ThreadPoolExecutor(max_workers=SENDERS) as pool:
        done = list(pool.map(one, range(len(sent))))
    sender.close()
    return sorted(wait for wait, _ in done), {status for _, status in done}


def _latency(name: str, value: float, answers: set[int], seconds: int) -> Figure:
    said = ", ".join(map(str, sorted(answers)))
    return Figure(
        name=f"push.sqlite.{name}",
        value=value,
        unit="ms until the answer",
        limit_name="what the most impatient carrier's rule allows",
        limit_value=GOAL_MS,
        ratio=value / GOAL_MS,
        goal="ratio <= 1",
        n=1,
        note=f"{A_SECOND} a second for {seconds} s, 30 % twice, 20 % out of order; wall time; answers: {said}",
    )


def _exact(name: str, value: int, note: str) -> Figure:
    return Figure(name, value, "pushes", "none", 0.0, float(value), "value == 0", 1, note)
