"""The sweep over a million parcels: when nothing has come due, and when parcels have become late."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from benchmarks.harness import Case, Figure, take_turns
from benchmarks.scene import WAITING_SHARE, Scene, defaults, moment
from benchmarks.workshop import Workshop
from portal.db.base import Base
from portal.db.types import Json
from portal.usecases.tracking.sweep import sweep
from tests.support.doubles import NOON

SCANS = 5
# What a hit writes, parents first.
WRITTEN = ("delivery_exceptions", "exception_findings", "exception_events", "outbox")


@dataclass
class _Late:
    """`count` parcels whose promised day is over, and the rows that the sweep wrote about them."""

    scene: Scene
    count: int
    driver: Any
    rows: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)
    checks: list[tuple[Any, ...]] = field(default_factory=list)

    @property
    def ids(self) -> str:
        return ", ".join(str(WAITING_SHARE * n + 1) for n in range(self.count))

    def make_late(self) -> None:
        """Give them a journey that stopped, and a promise in the past."""
        kind, day = self.scene.kind, f"'{(NOON - timedelta(days=2)).date()}'"
        scanned = ", ".join(f"({n}, {moment(kind, NOON - timedelta(hours=60 - n))})" for n in range(SCANS))
        self.driver.execute(
            f"UPDATE shipments SET status = 'in_transit', promised_on = {day}, created_at = "
            f"{moment(kind, NOON - timedelta(days=6))} WHERE id IN ({self.ids})"
        )
        columns = defaults("checkpoints") | {
            "shop_id": "s.shop_id",
            "shipment_id": "s.id",
            "identity": "'scan ' || n",
            "at": "moment",
            "offset_known": "TRUE",
            "status": "'in_transit'",
            "raw_code": "'DP'",
            "raw_text": "'Departed'",
            "city": "'Albany'",
            "country": "'US'",
            "sequence": "n",
            "seen_at": "moment",
        }
        self.driver.execute(
            f"WITH scan(n, moment) AS (VALUES {scanned}) INSERT INTO checkpoints ({', '.join(columns)}) "
            f"SELECT {', '.join(columns.values())} FROM shipments s CROSS JOIN scan WHERE s.id IN ({self.ids})"
        )

    def forget(self) -> None:
        """As before the sweep looked: no case, no message."""
        for table in reversed(WRITTEN):
            self.driver.execute(f"DELETE FROM {table}")

    def come_due(self) -> None:
        self.forget()
        due = moment(self.scene.kind, NOON - timedelta(minutes=1))
        self.driver.execute(f"UPDATE shipments SET next_check_at = {due} WHERE id IN ({self.ids})")

    def look(self) -> int:
        found = sweep(self.scene.deps)
        assert found == self.count, found
        return found

    def learn(self) -> None:
        """Keep what the sweep wrote, to write the same rows again with nothing to find out."""
        if not self.rows:
            for table in WRITTEN:
                self.rows[table] = [tuple(r) for r in self.driver.execute(_select(table)).fetchall()]
            checks = self.driver.execute(f"SELECT next_check_at, id FROM shipments WHERE id IN ({self.ids})")
            self.checks = [tuple(r) for r in checks.fetchall()]
            assert len(self.rows["delivery_exceptions"]) >= self.count
        self.forget()

    def write_known(self) -> int:
        mark = "?" if self.scene.kind == "sqlite" else "%s"
        cursor = self.driver.cursor()
        cursor.execute("BEGIN")
        for table, rows in self.rows.items():
            if rows:
                cursor.executemany(f"INSERT INTO {table} VALUES ({', '.join([mark] * len(rows[0]))})", rows)
        cursor.executemany(f"UPDATE shipments SET next_check_at = {mark} WHERE id = {mark}", self.checks)
        cursor.execute("COMMIT")
        return self.count


def _select(table: str) -> str:
    """Every column in the table's order, documents as text."""
    columns = Base.metadata.tables[table].columns
    names = (f"CAST({c.name} AS TEXT)" if c.type is Json else f'"{c.name}"' for c in columns)
    return f"SELECT {', '.join(names)} FROM {table}"


def run(workshop: Workshop) -> Iterator[Figure]:
    """Two figures a kind of database."""
    for kind in workshop.kinds:
        scene = workshop.scene(kind, workshop.large)
        with scene.database.raw() as driver:
            yield _nothing_due(workshop, scene, driver)
            yield _some_due(workshop, scene, driver)


def _nothing_due(workshop: Workshop, scene: Scene, driver: Any) -> Figure:
    scan = "SELECT count(*) FROM shipments"
    if scene.kind == "sqlite":
        scan += " NOT INDEXED"
    else:
        driver.execute("SET max_parallel_workers_per_gather = 0")
        driver.execute("SET enable_indexonlyscan = off")

    def look() -> int:
        assert not any(sweep(scene.deps) for _ in range(10))
        return 10

    def count() -> int:
        assert driver.execute(scan).fetchone()[0] == scene.parcels
        return 1

    rounds = take_turns(
        {"sweep": Case(look), "count": Case(count)}, rounds=workshop.rounds(7), meter=scene.database.meter
    )
    return Figure(
        name=f"sweep.{scene.kind}.nothing_due",
        value=rounds.ms("sweep"),
        unit="CPU ms a sweep",
        limit_name="one sequential count(*) of the parcels",
        limit_value=rounds.ms("count"),
        ratio=rounds.ratio("sweep", "count"),
        goal="ratio <= 0.01",
        n=rounds.n,
        note=rounds.note(
            f"{scene.parcels:,} parcels, one in {WAITING_SHARE} watched", f"wall {rounds.wall_ms('sweep'):.1f} ms"
        ),
    )


def _some_due(workshop: Workshop, scene: Scene, driver: Any) -> Figure:
    late = _Late(scene, workshop.size(100, 5), driver)
    late.make_late()
    cases = {"sweep": Case(late.look, late.come_due), "known": Case(late.write_known, late.learn)}
    rounds = take_turns(cases, rounds=workshop.rounds(5), meter=scene.database.meter)
    late.forget()
    driver.execute(f"UPDATE shipments SET next_check_at = NULL WHERE id IN ({late.ids})")
    written = sum(map(len, late.rows.values())) / late.count
    return Figure(
        name=f"sweep.{scene.kind}.due",
        value=rounds.ms("sweep"),
        unit="CPU ms a parcel that became late",
        limit_name="the same rows written with everything known (executemany, one transaction)",
        limit_value=rounds.ms("known"),
        ratio=rounds.ratio("sweep", "known"),
        goal="ratio <= 1.6",
        n=rounds.n,
        note=rounds.note(f"{late.count} of {scene.parcels:,} parcels due, {written:.1f} rows each"),
    )
