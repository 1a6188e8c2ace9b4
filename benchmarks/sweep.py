"""The sweep over a million parcels: when nothing has come due, and when parcels have become late."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks.harness import Case, Figure, take_turns
from benchmarks.late import Late
from benchmarks.scene import WAITING_SHARE, Scene
from benchmarks.workshop import Workshop
from portal.usecases.tracking.sweep import sweep


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
    late = Late(scene, workshop.size(60, 5), driver)
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
