"""Importing orders from CSV, beside reading the same file and writing the same rows with nothing to decide."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks.csv_orders import TEMPLATE, write_csv
from benchmarks.databases import Database
from benchmarks.harness import Case, Figure, take_turns
from benchmarks.workshop import Workshop
from portal.platforms.mapping import read_mapping
from portal.settings import read_toml
from portal.usecases.import_orders import import_orders
from portal.usecases.shops import create_shop
from tests.support.doubles import Clock, FakeCarriers, MailBin, make_deps
from tests.support.factory import shop_document

TABLES = ("customers", "orders", "order_lines", "promises", "shipments", "shipment_lines", "poll_queue")
LIMIT = "csv.reader over the same file + executemany of the same rows, bare driver, one transaction"


def import_into(database: Database, path: Path, mapping: str = "template") -> int:
    """Import everything into a new shop in the currency of the mapping. Returns how many orders were made."""
    clock = Clock()
    numbers = count()
    deps = make_deps(database.sessions, clock, FakeCarriers(), MailBin(), token=lambda: f"{next(numbers):024d}")
    config = TEMPLATE.with_name(f"{mapping}.toml")
    document = read_toml(config)
    shop = create_shop(deps, "juniper", shop_document(currency=document.get("currency", "USD")))
    report = import_orders(deps, shop, path, read_mapping(document, config.name))
    return int(report.orders["created"])


def run(workshop: Workshop) -> Iterator[Figure]:
    """How fast, and whether memory stays flat. On SQLite: an import is its one writer for seconds."""
    size = workshop.size(20_000, 50)
    path = write_csv(workshop.databases.folder / "orders.csv", workshop.size(3_000, 50))
    yield measure(workshop, "import.sqlite", path)
    yield _memory(workshop, size)


def measure(workshop: Workshop, name: str, path: Path, mapping: str = "template", rounds: int = 5) -> Figure:
    """Orders a CPU second, each round into a new database."""
    made: list[Database] = []
    rows: dict[str, list[tuple[Any, ...]]] = {}

    def learn() -> None:
        """Empty tables; what the import wrote into the last ones is what the limit writes."""
        if not rows:
            with made[-1].raw() as driver:
                rows.update({t: driver.execute(f"SELECT * FROM {t}").fetchall() for t in ("shops", *TABLES)})
        made.append(workshop.databases.new("sqlite"))

    def known() -> int:
        for file in [path] if path.is_file() else sorted(path.glob("*.csv")):
            with file.open(newline="", encoding="utf-8-sig") as stream:
                for _ in csv.reader(stream):
                    pass
        with made[-1].raw() as driver:
            driver.execute("BEGIN")
            for table, found in rows.items():
                if found:
                    driver.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(found[0]))})", found)
            driver.execute("COMMIT")
        return len(rows["orders"])

    cases = {
        "import": Case(
            lambda: import_into(made[-1], path, mapping), lambda: made.append(workshop.databases.new("sqlite"))
        ),
        "known": Case(known, learn),
    }
    found = take_turns(cases, rounds=workshop.rounds(rounds))
    speed, orders = 1000 / found.ms("import"), len(rows["orders"])
    return Figure(
        name=name,
        value=speed,
        unit="orders a CPU second",
        limit_name=LIMIT,
        limit_value=1000 / found.ms("known"),
        ratio=found.ratio("known", "import"),
        goal="value >= 5000",
        n=found.n,
        note=found.note(
            "ratio = value / limit", f"{orders:,} orders", f"wall {1000 / found.wall_ms('import'):.0f} a second"
        ),
    )


def _memory(workshop: Workshop, orders: int) -> Figure:
    """The largest resident size of a process that imports, for a file and for one four times as long."""
    few, many = (_peak(workshop, size) for size in (orders // 4, orders))
    return Figure(
        name="import.memory",
        value=many,
        unit="MB at most",
        limit_name=f"the same for {orders // 4:,} orders",
        limit_value=few,
        ratio=many / few,
        goal="ratio <= 1.1",
        n=1,
        note=f"{orders:,} orders; peak resident size of the process, interpreter and libraries included",
    )


def _peak(workshop: Workshop, orders: int) -> float:
    folder = workshop.databases.folder / f"memory-{orders}"
    folder.mkdir()
    path = write_csv(folder / "orders.csv", orders)
    command = [sys.executable, "-m", "benchmarks.import_alone", str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(json.loads(done.stdout)["peak_mb"])
