"""Rows into orders: everything is spooled first, then each order comes with all its rows, wherever they stood."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from portal.platforms.csv_file import CsvFile, CsvRow, read_rows
from portal.platforms.mapping import Join
from portal.platforms.model import REJECTED, REPAIRED, Issue, Place
from portal.platforms.source import Source, Table
from portal.platforms.spool import Spool, SpooledRow, cells_of, join_cells

BATCH = 500  # orders looked up, built and written together
Report = Callable[[Issue], None]


@dataclass(slots=True)
class RawRow:
    """What the mapped columns of one row say, joined files included. `missing`: files that had no row to join."""

    place: Place
    values: dict[str, str] = field(repr=False)
    missing: tuple[str, ...] = ()


@dataclass(slots=True)
class RawOrder:
    """All rows of one order. `paid` is None when the source tells no payments."""

    number: str
    rows: list[RawRow]
    lines: list[RawRow]
    paid: list[str] | None


class Reading:
    """Spools a source and gives its orders. What is wrong with a row that reaches no order goes to `report`."""

    def __init__(self, source: Source, spool: Spool, report: Report) -> None:
        self.source, self._spool, self._report = source, spool, report
        self.rows: dict[str, int] = {}
        for table in source.tables:
            spool.load(table.name, self._rows_of(table))
        self.orders = spool.count(source.orders.name)[1]
        for table in source.joined.values():
            rows, keys = spool.count(table.name)
            if rows > keys:
                source.notices.append(f"{table.files[0].name} names {rows - keys} keys again; their first rows count")

    def _rows_of(self, table: Table) -> Iterator[SpooledRow]:
        for index, file in enumerate(table.files):
            key, seen = table.keys[index], 0
            for row in read_rows(file):
                seen += 1
                value = row.cells[key].strip() if not row.problem else ""
                if row.repaired and value:
                    place = Place(file.name, row.line)
                    self._report(Issue(REPAIRED, "nul_bytes", "NUL bytes were taken out", place, value))
                if value:
                    yield SpooledRow(value, index, row.line, join_cells(row.cells))
                else:
                    self._report(_unusable(row, file, key))
            self.rows[file.name] = seen

    def batches(self) -> Iterator[list[RawOrder]]:
        """All orders, some hundreds at a time; then rows of other files that name no known order are reported."""
        groups = self._spool.groups(self.source.orders.name)
        while batch := list(islice(groups, BATCH)):
            yield self._batch(batch)
        for table in (self.source.lines, self.source.payments):
            if table is not None:
                for row in self._spool.strays(table.name, self.source.orders.name):
                    place = Place(table.files[row.file].name, row.line)
                    self._report(Issue(REJECTED, "no_such_order", "no order has this number", place, row.key))

    def _batch(self, groups: list[tuple[str, list[SpooledRow]]]) -> list[RawOrder]:
        source = self.source
        numbers = [number for number, _ in groups]
        rows = _by_key(self._raw(source.orders, [row for _, group in groups for row in group]))
        lines = rows
        if source.lines is not None:
            found = self._spool.lookup(source.lines.name, numbers)
            lines = _by_key(self._raw(source.lines, [row for group in found.values() for row in group]))
        paid: dict[str, list[str]] | None = None
        if source.payments is not None:
            table, found = source.payments, self._spool.lookup(source.payments.name, numbers)
            paid = {k: [table.picks[row.file](cells_of(row))["amount"] for row in group] for k, group in found.items()}
        return [
            RawOrder(number, rows[number], lines.get(number, []), None if paid is None else paid.get(number, []))
            for number in numbers
        ]

    def _raw(self, table: Table, spooled: list[SpooledRow]) -> Iterator[tuple[str, RawRow]]:
        cells = [cells_of(row) for row in spooled]
        values = [table.picks[row.file](cell) for row, cell in zip(spooled, cells, strict=True)]
        missing: dict[int, tuple[str, ...]] = {}
        for join in table.joins:
            keys = [cell[table.ons[row.file][join.on]].strip() for row, cell in zip(spooled, cells, strict=True)]
            for i, joined in enumerate(self._joined(join, keys)):
                values[i].update(joined or dict.fromkeys(join.columns, ""))
                if joined is None and keys[i]:
                    missing[i] = (*missing.get(i, ()), join.file)
        for i, row in enumerate(spooled):
            yield row.key, RawRow(Place(table.files[row.file].name, row.line), values[i], missing.get(i, ()))

    def _joined(self, join: Join, keys: list[str]) -> Iterator[dict[str, str] | None]:
        table = self.source.joined[join.file]
        found: dict[str, dict[str, str]] = {}
        for some in _slices(sorted({key for key in keys if key}), BATCH):
            for key, rows in self._spool.lookup(table.name, some).items():
                found[key] = table.picks[rows[0].file](cells_of(rows[0]))
        return (found.get(key) for key in keys)


def _unusable(row: CsvRow, file: CsvFile, key: int) -> Issue:
    place, column = Place(file.name, row.line), file.header[key]
    if row.problem:
        return Issue(REJECTED, "broken_row", row.problem, place)
    return Issue(REJECTED, "no_key", f"{column} is empty", place, column=column)


def _by_key(rows: Iterable[tuple[str, RawRow]]) -> dict[str, list[RawRow]]:
    found: dict[str, list[RawRow]] = {}
    for key, row in rows:
        found.setdefault(key, []).append(row)
    return found


def _slices(keys: list[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(keys), size):
        yield keys[start : start + size]
