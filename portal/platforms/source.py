"""Find and open the files that a mapping names, before anything is read: what is missing is said at once."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from portal.errors import InvalidInput
from portal.platforms.csv_file import CsvFile, open_csv
from portal.platforms.mapping import Join, OrderMapping, Part

Pick = Callable[[Sequence[str]], dict[str, str]]


@dataclass(frozen=True, slots=True)
class Table:
    """Files of one kind. Per file: where the key stands, how to take our fields out of a row's cells, and where the
    columns stand on which other files are joined."""

    name: str
    files: tuple[CsvFile, ...]
    keys: tuple[int, ...]
    picks: tuple[Pick, ...]
    ons: tuple[dict[str, int], ...]
    joins: tuple[Join, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """Everything that will be read. `lines` is None when lines stand in the rows of the orders."""

    mapping: OrderMapping
    orders: Table
    lines: Table | None
    payments: Table | None
    joined: dict[str, Table]
    notices: list[str] = field(default_factory=list)

    @property
    def tables(self) -> list[Table]:
        return [t for t in (self.orders, self.lines, self.payments, *self.joined.values()) if t is not None]


def open_source(path: Path, mapping: OrderMapping) -> Source:
    """Raises InvalidInput when a file is missing, cannot be read or lacks a column that the mapping needs."""
    notices: list[str] = []
    orders, lines, payments = mapping.orders, mapping.lines, mapping.payments
    if not lines.file:
        orders = Part(
            orders.key, {**orders.columns, **lines.columns}, orders.file, orders.required + lines.required, orders.join
        )
    paid = None
    if payments is not None:
        paid = Part(payments.key, {"amount": payments.amount}, payments.file, ("amount",))
    source = Source(
        mapping,
        _table("orders", orders, path, mapping, notices),
        _table("lines", lines, path, mapping, notices) if lines.file else None,
        _table("payments", paid, path, mapping, notices) if paid else None,
        {
            join.file: _table(f"joined{n}", Part(join.key, join.columns, join.file), path, mapping, notices)
            for n, join in enumerate([*mapping.orders.join, *mapping.lines.join])
        },
        notices,
    )
    if path.is_dir():
        read = {file.name for table in source.tables for file in table.files}
        unread = sorted(p.name for p in path.glob("*.csv") if p.name not in read)
        if unread:
            notices.append(f"not read, because the mapping does not name them: {', '.join(unread)}")
    return source


def _find(path: Path, pattern: str, mapping: OrderMapping) -> list[Path]:
    if not path.exists():
        raise InvalidInput(f"there is no file or folder {path}")
    if path.is_dir():
        found = sorted(p for p in path.iterdir() if p.is_file() and fnmatch.fnmatch(p.name, pattern))
        if not found:
            raise InvalidInput(f"the folder {path.name} has no file {pattern}")
        return found
    if mapping.lines.file or mapping.payments or mapping.orders.join or mapping.lines.join:
        raise InvalidInput(f"the mapping {mapping.name!r} reads several files: name their folder, not one file")
    return [path]


def _table(name: str, part: Part, path: Path, mapping: OrderMapping, notices: list[str]) -> Table:
    files = tuple(open_csv(found) for found in _find(path, part.file, mapping))
    on = tuple(dict.fromkeys(join.on for join in part.join))
    for file in files:
        needed = [part.key, *on, *(part.columns[f] for f in part.required)]
        lacking = sorted({column for column in needed if column not in file.header})
        if lacking:
            raise InvalidInput(
                f"{file.name} lacks the column {', '.join(lacking)}; `portal orders template` prints the columns of "
                "our own format, --mapping names another one"
            )
        unread = sorted(set(file.header) - {part.key, *on, *part.columns.values(), ""})
        notices += [
            note for note in (file.notice, f"{file.name}: not read: {', '.join(unread)}" * bool(unread)) if note
        ]
    return Table(
        name,
        files,
        tuple(file.header.index(part.key) for file in files),
        tuple(_pick(part, file) for file in files),
        tuple({column: file.header.index(column) for column in on} for file in files),
        part.join,
    )


def _pick(part: Part, file: CsvFile) -> Pick:
    """A column that the file does not have is as good as empty: the same rows then have the same hash."""
    there = [(name, file.header.index(c)) for name, c in part.columns.items() if c in file.header]
    empty = dict.fromkeys(part.columns, "")

    def pick(cells: Sequence[str]) -> dict[str, str]:
        values = empty.copy()
        for name, i in there:
            values[name] = cells[i]
        return values

    return pick
