"""Reading what a tracking page shows (one order, three parcels, thirty checkpoints), beside three raw prepared queries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks.databases import Database
from benchmarks.harness import Case, Figure, take_turns
from benchmarks.orders import PARCELS, SCANS, Shown
from benchmarks.workshop import Workshop
from portal.usecases.order_rows import load

LIMIT = "three raw prepared queries of the driver (order, parcels, checkpoints), every column"


def run(workshop: Workshop) -> Iterator[Figure]:
    """One figure a kind of database; the CPU is the application's, as the goal has it."""
    for kind in workshop.kinds:
        database, shown = workshop.shown(kind)
        with database.raw() as driver:
            rounds = take_turns(
                {"load": _loads(shown), "raw": _raw(database, driver, shown)}, rounds=workshop.rounds(7)
            )
        yield Figure(
            name=f"page_data.{kind}",
            value=rounds.ms("load"),
            unit="CPU ms an order",
            limit_name=LIMIT,
            limit_value=rounds.ms("raw"),
            ratio=rounds.ratio("load", "raw"),
            goal="ratio <= 0.8",
            n=rounds.n,
            note=rounds.note(
                "also reads lines, promises, cases, returns and feeds", f"wall {rounds.wall_ms('load'):.2f} ms"
            ),
        )


def _loads(shown: Shown) -> Case:
    def work() -> int:
        for public_id in shown.public_ids:
            with shown.deps.sessions.read(shown.shop.id) as session:
                rows = load(session, public_id)
            assert rows is not None
            assert sum(map(len, rows.scans.values())) == PARCELS * SCANS
        return len(shown.public_ids)

    return Case(work)


def _raw(database: Database, driver: Any, shown: Shown) -> Case:
    mark, more = ("?", {}) if database.kind == "sqlite" else ("%s", {"prepare": True})
    order = f"SELECT * FROM orders WHERE shop_id = {mark} AND public_id = {mark}"
    parcels = f"SELECT * FROM shipments WHERE shop_id = {mark} AND order_id = {mark} ORDER BY id"
    scans = (
        f"SELECT c.* FROM checkpoints c JOIN shipments s ON s.id = c.shipment_id WHERE s.shop_id = {mark} "
        f'AND s.order_id = {mark} ORDER BY c."at" DESC'
    )
    column = list(driver.execute(order, (0, "")).description)
    at = [c[0] for c in column].index("id")

    def work() -> int:
        for public_id in shown.public_ids:
            found = driver.execute(order, (shown.shop.id, public_id), **more).fetchone()
            driver.execute(parcels, (shown.shop.id, found[at]), **more).fetchall()
            rows = driver.execute(scans, (shown.shop.id, found[at]), **more).fetchall()
            assert len(rows) == PARCELS * SCANS
        return len(shown.public_ids)

    return Case(work)
