"""Files as people send them."""

from __future__ import annotations

from pathlib import Path

import pytest

from portal.errors import InvalidInput
from portal.platforms.csv_file import CsvRow, open_csv, read_rows


def _rows(path: Path, content: bytes) -> list[CsvRow]:
    path.write_bytes(content)
    return list(read_rows(open_csv(path)))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "orders.csv"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_told_from_the_header(path: Path, delimiter: str) -> None:
    content = f'number{delimiter}"name, full; all"\n1{delimiter}Ada\n'.encode()
    assert _rows(path, content) == [CsvRow(2, ["1", "Ada"])]


def test_a_byte_order_mark_is_no_part_of_the_first_column(path: Path) -> None:
    path.write_bytes(b"\xef\xbb\xbfOrder Number,Name\n1,Ada\n")
    assert open_csv(path).header == ("order_number", "name")


def test_a_file_that_is_not_utf8_is_read_as_windows_1252_and_says_so(path: Path) -> None:
    path.write_bytes("number,name\n1,Zoë Müller\n".encode("cp1252"))
    file = open_csv(path)
    assert "not UTF-8" in file.notice
    assert next(read_rows(file)).cells == ["1", "Zoë Müller"]


def test_a_spreadsheets_utf16_is_read(path: Path) -> None:
    assert _rows(path, "number\tname\n1\tZoë\n".encode("utf-16")) == [CsvRow(2, ["1", "Zoë"])]


@pytest.mark.parametrize("content", [b"", b"\n\n", b",,\n1,2,3\n", b"\xef\xbb\xbf"])
def test_a_file_without_columns_cannot_be_read(path: Path, content: bytes) -> None:
    with pytest.raises(InvalidInput, match="first line must name the columns"):
        _rows(path, content)


def test_a_column_named_twice_is_refused(path: Path) -> None:
    with pytest.raises(InvalidInput, match="'name' more than once"):
        _rows(path, b"name,Name\na,b\n")


def test_a_folder_in_place_of_a_file_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be read"):
        open_csv(tmp_path)


def test_a_row_of_another_width_is_given_with_its_line_and_the_rest_goes_on(path: Path) -> None:
    rows = _rows(path, b"a,b\n1,2\n1,2,3\n1\n\n3,4\n")
    assert [(row.line, bool(row.problem)) for row in rows] == [(2, False), (3, True), (4, True), (6, False)]
    assert rows[1].problem == "3 values where the header names 2 columns"


def test_empty_columns_at_the_end_of_a_row_do_no_harm(path: Path) -> None:
    assert _rows(path, b"a,b\n1,2,,\n") == [CsvRow(2, ["1", "2"])]


def test_an_open_quotation_mark_costs_one_row_and_not_the_rest_of_the_file(path: Path) -> None:
    rows = _rows(path, b'a,b\n1,"open\n2,x\n3,y\n')
    assert [(row.line, row.cells) for row in rows if not row.problem] == [(3, ["2", "x"]), (4, ["3", "y"])]
    assert [row.line for row in rows if row.problem] == [2]


def test_a_value_may_span_lines_and_later_lines_are_still_counted_right(path: Path) -> None:
    rows = _rows(path, b'a,b\n1,"two\nlines"\n2,x\n')
    assert [(row.line, row.cells[1]) for row in rows] == [(2, "two\nlines"), (4, "x")]


def test_nul_bytes_are_taken_out_and_marked(path: Path) -> None:
    assert _rows(path, b"a,b\n1,x\0y\n2,z\n") == [CsvRow(2, ["1", "xy"], repaired=True), CsvRow(3, ["2", "z"])]


def test_a_cell_beyond_all_measure_is_one_broken_row(path: Path) -> None:
    rows = _rows(path, b"a,b\n1," + b"x" * 200_000 + b"\n2,y\n")
    assert [(row.line, bool(row.problem)) for row in rows] == [(2, True), (3, False)]
