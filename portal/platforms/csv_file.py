"""Read CSV files as people send them: other delimiters, other encodings, broken rows. Streams; memory stays flat."""

from __future__ import annotations

import codecs
import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from portal.errors import InvalidInput

DELIMITERS = ",;\t"
_CHUNK = 1 << 20
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A file that can be read: how it is written, and its header in lower case with underscores for blanks."""

    path: Path
    name: str
    encoding: str
    delimiter: str
    header: tuple[str, ...]
    first_line: int  # physical line after the header
    notice: str = ""


class CsvRow(NamedTuple):
    """One record. `problem` says why its cells cannot be trusted; `repaired` that NUL bytes were taken out."""

    line: int
    cells: list[str]
    problem: str = ""
    repaired: bool = False


class _Lines:
    """Physical lines, of which those of a record that failed can be taken back and read again."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._again: deque[str] = deque()
        self._held: list[str] = []
        self.line = 0  # the last line given out
        self.nul = False

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        text = self._again.popleft() if self._again else next(self._lines)
        self.line += 1
        if "\0" in text:
            text, self.nul = text.replace("\0", ""), True
        self._held.append(text)
        return text

    def begin(self) -> int:
        """A new record starts at the next line; says which that is."""
        self._held.clear()
        self.nul = False
        return self.line + 1

    def rewind(self) -> None:
        """Give all lines of the failed record out again, but for its first."""
        self._again.extendleft(reversed(self._held[1:]))
        self.line -= len(self._held) - 1


def open_csv(path: Path) -> CsvFile:
    """Look at a file's encoding, delimiter and header. Raises InvalidInput when there is nothing to read."""
    try:
        encoding, notice = _encoding(path)
        with path.open(encoding=encoding, errors="replace", newline="") as stream:
            lines = _Lines(iter(stream))
            first = next((line for line in lines if line.strip()), "")
    except OSError as error:
        raise InvalidInput(f"{path.name} cannot be read: {error.strerror or 'unknown error'}") from None
    if not first.strip():
        raise InvalidInput(f"{path.name} is empty; the first line must name the columns")
    delimiter = _delimiter(first)
    try:
        cells = next(csv.reader([first], delimiter=delimiter, strict=True))
    except csv.Error:
        raise InvalidInput(f"{path.name}: the header in line {lines.line} has an unfinished quotation mark") from None
    header = tuple("_".join(cell.strip().lower().split()) for cell in cells)
    _check_header(path.name, header)
    return CsvFile(path, path.name, encoding, delimiter, header, lines.line + 1, notice)


def _check_header(name: str, header: tuple[str, ...]) -> None:
    named = [column for column in header if column]
    twice = sorted({column for column in named if named.count(column) > 1})
    if twice:
        raise InvalidInput(f"{name} names the column {twice[0]!r} more than once; which one counts?")
    if not named:
        raise InvalidInput(f"{name}: the first line must name the columns")


def _encoding(path: Path) -> tuple[str, str]:
    """UTF-8 unless the bytes say otherwise: then UTF-16 by its mark, else Windows-1252, which reads anything."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as stream:
        start = stream.read(_CHUNK)
        if start.startswith(_UTF16):
            return "utf-16", f"{path.name} is UTF-16, not UTF-8; read as such"
        try:
            chunk = start
            while chunk:
                decoder.decode(chunk)
                chunk = stream.read(_CHUNK)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252", f"{path.name} is not UTF-8; read as Windows-1252, so check names with accents"
    return "utf-8-sig", ""


def _delimiter(header: str) -> str:
    """The delimiter that occurs most often outside quotation marks; a comma when none does."""
    bare = "".join(header.split('"')[::2])
    return max(DELIMITERS, key=bare.count)


def read_rows(file: CsvFile) -> Iterator[CsvRow]:
    """All records after the header. A broken one comes with its problem, and reading goes on at the next line."""
    with file.path.open(encoding=file.encoding, errors="replace", newline="") as stream:
        lines = _Lines(iter(stream))
        while lines.line < file.first_line - 1:
            next(lines)
        yield from _records(lines, file)


def _records(lines: _Lines, file: CsvFile) -> Iterator[CsvRow]:
    width = len(file.header)
    reader = csv.reader(lines, delimiter=file.delimiter, strict=True)
    while True:
        start = lines.begin()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            lines.rewind()
            reader = csv.reader(lines, delimiter=file.delimiter, strict=True)
            yield CsvRow(start, [], "a quotation mark is not closed, or stands in the middle of a value")
            continue
        if len(cells) == width:
            yield CsvRow(start, cells, "", lines.nul)
        elif any(cell.strip() for cell in cells):
            yield from _other_width(start, cells, width, lines.nul)


def _other_width(start: int, cells: list[str], width: int, nul: bool) -> Iterator[CsvRow]:
    if len(cells) > width and not any(cell.strip() for cell in cells[width:]):
        yield CsvRow(start, cells[:width], "", nul)  # empty columns that a spreadsheet left at the end
    else:
        yield CsvRow(start, cells, f"{len(cells)} values where the header names {width} columns")
