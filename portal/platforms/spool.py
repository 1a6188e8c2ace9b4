"""A scratch database for an import: rows wait on disk, so that files can be joined and rows of an order be scattered
while memory stays flat. It is private to one import and gone with it."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

_SEPARATOR = "\x1f"


class SpooledRow(NamedTuple):
    key: str
    file: int  # index into the files of its table
    line: int
    cells: str  # joined; see `cells_of`


def join_cells(cells: Sequence[str]) -> str:
    return _SEPARATOR.join(cells)


def cells_of(row: SpooledRow) -> list[str]:
    return row.cells.split(_SEPARATOR)


class Spool:
    """Tables of rows by key. `with Spool() as spool: ...`"""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="doorstep-import-")
        self._db = sqlite3.connect(Path(self._folder.name) / "rows.sqlite3", isolation_level=None)
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-16384", "temp_store=FILE"):
            self._db.execute(f"PRAGMA {pragma}")

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._db.close()
        self._folder.cleanup()

    def load(self, table: str, rows: Iterable[SpooledRow]) -> None:
        """Fill a table (a plain name of our own). Rows come out in the order in which they go in."""
        self._db.execute("BEGIN")
        self._db.execute(f"CREATE TABLE {table} (seq INTEGER PRIMARY KEY, key TEXT, file INT, line INT, cells TEXT)")
        self._db.executemany(f"INSERT INTO {table} (key, file, line, cells) VALUES (?, ?, ?, ?)", rows)  # noqa: S608
        self._db.execute(f"CREATE INDEX {table}_key ON {table} (key)")
        self._db.execute("COMMIT")

    def count(self, table: str) -> tuple[int, int]:
        """How many rows, and how many different keys."""
        rows, keys = self._db.execute(f"SELECT count(*), count(DISTINCT key) FROM {table}").fetchone()  # noqa: S608
        return int(rows), int(keys)

    def groups(self, table: str) -> Iterator[tuple[str, list[SpooledRow]]]:
        """Rows by key, keys in the order of their first row, wherever the others stand."""
        cursor = self._db.cursor()
        if self._are_adjacent(table):
            found = cursor.execute(f"SELECT key, file, line, cells FROM {table} ORDER BY seq")  # noqa: S608
        else:
            found = cursor.execute(
                f"SELECT r.key, r.file, r.line, r.cells FROM {table} r "  # noqa: S608
                f"JOIN (SELECT key, min(seq) AS first FROM {table} GROUP BY key) g ON g.key = r.key "
                "ORDER BY g.first, r.seq"
            )
        for key, rows in groupby(map(SpooledRow._make, found), key=lambda row: row.key):
            yield key, list(rows)

    def _are_adjacent(self, table: str) -> bool:
        runs = self._db.execute(
            f"SELECT count(*) FROM {table} a LEFT JOIN {table} b ON b.seq = a.seq - 1 "  # noqa: S608
            "WHERE b.key IS NULL OR b.key <> a.key"
        ).fetchone()[0]
        return bool(runs == self.count(table)[1])

    def lookup(self, table: str, keys: Sequence[str]) -> dict[str, list[SpooledRow]]:
        """The rows of these keys, in their order. At most some hundreds of keys at a time."""
        marks = ",".join("?" * len(keys))
        found: dict[str, list[SpooledRow]] = {}
        for row in self._db.execute(
            f"SELECT key, file, line, cells FROM {table} WHERE key IN ({marks}) ORDER BY seq",  # noqa: S608
            tuple(keys),
        ):
            found.setdefault(row[0], []).append(SpooledRow._make(row))
        return found

    def strays(self, table: str, main: str) -> Iterator[SpooledRow]:
        """Rows of a table whose key no row of `main` has."""
        for row in self._db.execute(
            f"SELECT key, file, line, cells FROM {table} t "  # noqa: S608
            f"WHERE NOT EXISTS (SELECT 1 FROM {main} m WHERE m.key = t.key) ORDER BY seq"
        ):
            yield SpooledRow._make(row)
