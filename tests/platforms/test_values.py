"""Cells into values: exact, or refused with a reason."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.platforms import values
from portal.platforms.values import BadValue


@pytest.mark.parametrize(
    ("cell", "currency", "minor"),
    [
        ("49", "USD", 4900),
        ("49.9", "USD", 4990),
        ("1,234.56", "USD", 123_456),
        ("1.234,56", "EUR", 123_456),
        ("1 234,56", "EUR", 123_456),
        ("1'234.50", "CHF", 123_450),
        ("1.234.567", "EUR", 123_456_700),
        ("12,5", "EUR", 1_250),
        ("0.100", "USD", 10),
        ("-3.10", "USD", -310),
        ("1500", "JPY", 1_500),
        ("1.2345", "KWD", None),
        ("1.234", "KWD", None),
    ],
)
def test_amounts_are_read_as_people_write_them(cell: str, currency: str, minor: int | None) -> None:
    if minor is None:
        with pytest.raises(BadValue):
            values.money(cell, currency)
    else:
        assert values.money(cell, currency) == minor


@pytest.mark.parametrize("cell", ["1,234", "1.234"])
def test_an_amount_that_can_mean_two_things_is_refused(cell: str) -> None:
    with pytest.raises(BadValue) as caught:
        values.money(cell, "EUR")
    assert caught.value.code == "ambiguous_money"


def test_a_mapping_that_names_the_separator_settles_it() -> None:
    assert values.money("1,234", "EUR", ".") == 123_400
    assert values.money("1.234", "EUR", ",") == 123_400
    with pytest.raises(BadValue, match="before the cents"):
        values.money("12,50", "EUR", ".")


@pytest.mark.parametrize(
    "cell", ["", "abc", "$5", "1.2.3,4,5", "1,23,456", "5.-", "1.005", "٥", "1e3", "--5", "9" * 19, "9" * 5000]
)
def test_what_is_no_amount_is_refused(cell: str) -> None:
    with pytest.raises(BadValue):
        values.money(cell, "USD")


@given(st.integers(min_value=-(10**12), max_value=10**12))
def test_every_amount_survives_being_written_with_two_decimals(minor: int) -> None:
    sign, rest = ("-" if minor < 0 else ""), abs(minor)
    assert values.money(f"{sign}{rest // 100}.{rest % 100:02d}", "EUR") == minor
    assert values.money(f"{sign}{rest // 100:,}.{rest % 100:02d}", "EUR") == minor


@given(st.text(max_size=20))
def test_no_text_makes_an_amount_crash(cell: str) -> None:
    with suppress(BadValue):
        assert isinstance(values.money(cell, "EUR"), int)


def test_a_time_without_an_offset_is_in_the_sources_zone() -> None:
    read = values.moment_in(ZoneInfo("America/Sao_Paulo"), ("%d.%m.%Y %H:%M",))
    assert read("2018-01-15 10:00:00") == datetime(2018, 1, 15, 12, tzinfo=UTC)  # summer time there
    assert read("2018-07-15T10:00:00+02:00") == datetime(2018, 7, 15, 8, tzinfo=UTC)
    assert read("15.07.2018 10:00") == datetime(2018, 7, 15, 13, tzinfo=UTC)


@pytest.mark.parametrize("cell", ["31.02.2026", "soon", "0001-01-01", "9999-12-31", "2026-13-01"])
def test_what_is_no_date_is_refused(cell: str) -> None:
    with pytest.raises(BadValue) as caught:
        values.moment_in(UTC, ())(cell)
    assert caught.value.code == "bad_date"


def test_a_day_is_a_day_whatever_the_time_beside_it() -> None:
    assert values.day_with(())("2026-11-21T23:59:00-05:00") == date(2026, 11, 21)


@pytest.mark.parametrize(("cell", "n"), [("1", 1), ("2.0", 2), ("12", 12)])
def test_whole_numbers(cell: str, n: int) -> None:
    assert values.count(cell) == n


@pytest.mark.parametrize("cell", ["0", "-1", "1.5", "two", "99999999", "100000", "²"])
def test_quantities_that_cannot_be(cell: str) -> None:
    with pytest.raises(BadValue):
        values.count(cell)


@pytest.mark.parametrize(
    "cell", ["ada", "ada@", "@x.example", "a b@x.example", "a@x..example", "a@x.example,b@y.example"]
)
def test_what_is_no_address_is_refused_without_quoting_it(cell: str) -> None:
    with pytest.raises(BadValue) as caught:
        values.email(cell)
    assert cell not in str(caught.value)


def test_addresses_are_kept_in_lower_case() -> None:
    assert values.email("Ada@Mail.Example") == "ada@mail.example"


def test_control_characters_and_endless_text_are_cut() -> None:
    assert values.tidy("Linen shirt") is None
    assert values.tidy("Linen\x07 shirt\n") == "Linen  shirt"
    assert len(values.tidy("x" * 900) or "") == values.LONGEST_TEXT
