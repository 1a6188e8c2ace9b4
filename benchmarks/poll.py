"""A poll cycle over real HTTP: claim, ask, merge, rules, outbox, next poll; with nothing new and with ten checkpoints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from benchmarks import stub
from benchmarks.clients import http_client, http_client_alone, requests_client
from benchmarks.harness import Case, Figure, Rounds, take_turns
from benchmarks.scene import Scene, make_scene, moment
from benchmarks.workshop import Workshop
from carriers.base import Account, Call
from carriers.http import CarrierHttp
from portal.bootstrap.carriers import CarrierBook, EnvironmentAccounts
from portal.usecases.tracking.poll import poll_carrier
from tests.support.doubles import NOON

PACE = 100_000.0  # calls a second: our own pace must not be what is measured
_PARAMS = {"locale": "en_US", "returnSignature": "false"}
REQUESTS = (
    "tuned requests client (one session, no environment, prepared request) + json.loads, same answers and threads"
)
HTTP_CLIENT = "http.client with kept connections + json.loads, same answers and threads"
# Rows that a poll writes, children first.
WRITTEN = (
    "exception_findings",
    "exception_events",
    "delivery_exceptions",
    "outbox",
    "promises",
    "checkpoints",
    "raw_answer_parcels",
    "raw_answers",
)


@dataclass(frozen=True, slots=True)
class Polling:
    scene: Scene

    def cycle(self) -> int:
        asked = poll_carrier(self.scene.deps, "ups", rounds=100)
        assert asked == self.scene.parcels, asked
        return asked

    def due_again(self) -> None:
        """Polled before, nothing new since."""
        with self.scene.database.raw() as driver:
            driver.execute(f"UPDATE poll_queue SET next_poll_at = {moment(self.scene.kind, NOON)}")

    def never_polled(self) -> None:
        """As when the orders came in: every one of the answer's ten checkpoints is new."""
        with self.scene.database.raw() as driver:
            for table in (*WRITTEN, "poll_queue", "shipments"):
                driver.execute(f"DELETE FROM {table}")
            for table in ("shipments", "poll_queue"):
                driver.execute(f"INSERT INTO {table} SELECT * FROM {table}_at_first")


def run(workshop: Workshop) -> Iterator[Figure]:
    """Per kind of database: both cycles beside two clients; and the way out to carriers alone."""
    with stub.running() as base:
        for kind in workshop.kinds:
            yield from _measure(workshop, kind, base)
        yield _transport(workshop, base)


def _measure(workshop: Workshop, kind: str, base: str) -> Iterator[Figure]:
    book = CarrierBook(EnvironmentAccounts({"ups": Account(base, stub.CREDENTIALS)}, {"ups": PACE}))
    scene = make_scene(workshop.databases.new(kind), workshop.size(100, 5))
    scene = replace(scene, deps=replace(scene.deps, carriers=book))
    polling = Polling(scene)
    numbers = remember(scene)
    cases = {
        "new": Case(polling.cycle, polling.never_polled),
        "unchanged": Case(polling.cycle, polling.due_again),
        "requests": requests_client(base, numbers * 5),
        "http": http_client(base, numbers * 5),
    }
    rounds = take_turns(cases, rounds=workshop.rounds(5))
    yield _figure(kind, "unchanged", "requests", "ratio <= 1.5", rounds)
    yield _figure(kind, "new", "requests", "ratio <= 3", rounds)
    yield _figure(kind, "unchanged", "http", "ratio <= 1.05", rounds)
    yield _figure(kind, "new", "http", "ratio <= 1.75", rounds)


def remember(scene: Scene) -> list[str]:
    """Keep the tables as they are at first, and name the parcels."""
    with scene.database.raw() as driver:
        for table in ("shipments", "poll_queue"):
            driver.execute(f"CREATE TABLE {table}_at_first AS SELECT * FROM {table}")
        return [str(number) for (number,) in driver.execute("SELECT tracking_number FROM shipments").fetchall()]


def _figure(kind: str, case: str, limit: str, goal: str, rounds: Rounds) -> Figure:
    return Figure(
        name=f"poll.{kind}.{case}" + (".http_client" if limit == "http" else ""),
        value=rounds.ms(case),
        unit="CPU ms a parcel",
        limit_name=REQUESTS if limit == "requests" else HTTP_CLIENT,
        limit_value=rounds.ms(limit),
        ratio=rounds.ratio(case, limit),
        goal=goal,
        n=rounds.n,
        note=rounds.note("this process's CPU alone", f"{1000 / rounds.ms(case):.0f} parcels a CPU second"),
    )


def _transport(workshop: Workshop, base: str) -> Figure:
    """The only door out (deadline, size cap, pace, token) beside `http.client`, both without JSON."""
    account = Account(base, stub.CREDENTIALS)
    numbers = [f"1Z999AA1{n:010d}" for n in range(workshop.size(200, 5))]
    door = CarrierHttp("ups", calls_per_second=PACE)

    def send(found: Sequence[str] = numbers) -> int:
        for number in found:
            call = Call("GET", account.url(f"/api/track/v1/details/{number}"), {"transId": "bench"}, _PARAMS)
            door.send(account, call)
        return len(found)

    cases = {"door": Case(send), "http": http_client_alone(base, numbers)}
    rounds = take_turns(cases, rounds=workshop.rounds(7))
    door.close()
    return Figure(
        name="poll.transport",
        value=rounds.ms("door"),
        unit="CPU ms a call",
        limit_name="http.client with kept connections",
        limit_value=rounds.ms("http"),
        ratio=rounds.ratio("door", "http"),
        goal="ratio <= 1.25",
        n=rounds.n,
        note=rounds.note("plain HTTP on loopback"),
    )
