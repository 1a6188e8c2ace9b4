"""Parcels that become late under the sweep, and the rows it writes about them, to be written again without thinking."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from benchmarks.scene import WAITING_SHARE, Scene, defaults, moment
from portal.db.base import Base
from portal.db.types import Json
from portal.usecases.tracking.sweep import sweep
from tests.support.doubles import NOON

SCANS = 5
# What a hit writes, parents first.
WRITTEN = ("delivery_exceptions", "exception_findings", "exception_events", "outbox")


@dataclass
class Late:
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
