"""Databases to measure on: SQLite files, and one real PostgreSQL server for the whole run."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, text

import portal.db.tables  # noqa: F401  the metadata is complete
from benchmarks.harness import Meter
from portal.db.base import Base
from portal.db.engine import make_engine
from portal.db.session import Sessions

KINDS = ("sqlite", "postgres")


@dataclass
class Database:
    """An empty database with every table. `meter` counts this process and, on PostgreSQL, the server's side too."""

    kind: str
    engine: Engine
    sessions: Sessions
    meter: Meter
    path: Path | None = None

    @contextmanager
    def raw(self) -> Iterator[Any]:
        """A connection of the bare driver outside any transaction, for limits."""
        connection = self.engine.raw_connection()
        driver: Any = connection.driver_connection
        try:
            if self.kind == "postgres":
                driver.rollback()
                driver.autocommit = True
            yield driver
        finally:
            connection.invalidate()

    @contextmanager
    def bulk(self) -> Iterator[Any]:
        """The bare driver in a transaction in which no foreign key is looked up: to fill tables fast."""
        off = "SET session_replication_role = replica" if self.kind == "postgres" else "PRAGMA foreign_keys = OFF"
        with self.raw() as driver:
            driver.execute(off)
            driver.execute("BEGIN")
            yield driver
            driver.execute("COMMIT")


@dataclass
class Databases:
    """Makes databases in `folder`; the PostgreSQL server starts when it is first asked for."""

    folder: Path
    kinds: tuple[str, ...] = KINDS
    _server: Any = None
    _admin: Engine | None = None
    _made: list[Engine] = field(default_factory=list)
    _number: Any = field(default_factory=lambda: count(1))

    def new(self, kind: str) -> Database:
        """An empty database of `kind` with every table."""
        name = f"bench{next(self._number)}"
        path = self.folder / f"{name}.sqlite3" if kind == "sqlite" else None
        engine = make_engine(f"sqlite:///{path}" if path else self._create(name))
        self._made.append(engine)
        Base.metadata.create_all(engine)
        return Database(kind, engine, Sessions(engine), Meter() if path else self.meter(), path)

    def meter(self) -> Meter:
        """Counts this process and every PostgreSQL session that works for it (none before the server is started)."""
        return Meter() if self._admin is None else _WithServer(self._admin)

    def close(self) -> None:
        """Close every connection and stop the server."""
        for engine in self._made:
            engine.dispose()
        if self._admin is not None:
            self._admin.dispose()
            self._server.stop()

    def _create(self, name: str) -> str:
        if self._admin is None:
            from tests.support.postgres import start

            os.environ["XDG_RUNTIME_DIR"] = str(self.folder)
            logging.disable(logging.INFO)
            self._server = start()
            self._admin = create_engine(self._server.url("postgres"), isolation_level="AUTOCOMMIT")
        with self._admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        return str(self._server.url(name))


class _WithServer(Meter):
    def __init__(self, admin: Engine) -> None:
        self._admin, self._pids = admin, list[int]()

    def ready(self) -> None:
        mine = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        with self._admin.connect() as connection:
            self._pids = [int(pid) for (pid,) in connection.execute(text(mine))]

    def read(self) -> float:
        return super().read() + sum(_cpu_of(pid) for pid in self._pids)


def _cpu_of(pid: int) -> float:
    """CPU seconds of another process of one thread; exact to the nanosecond where the kernel keeps `schedstat`."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
    except OSError:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
