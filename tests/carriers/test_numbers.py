"""Tracking numbers are recognised by format and check digit."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carriers.numbers import MAX_LENGTH, check_digit, detect, format_ids, valid_for
from carriers.numbers.formats import all_formats
from carriers.registry import all_adapters

FOLDER = files("carriers.numbers") / "data"
COURIERS = [
    json.loads(entry.read_text("utf-8")) for entry in sorted(FOLDER.iterdir(), key=str) if entry.name.endswith(".json")
]
ENTRIES: list[Any] = [entry for courier in COURIERS for entry in courier["tracking_numbers"]]
EXAMPLES = [
    (form.id, number, kind == "valid")
    for form, entry in zip(all_formats(), ENTRIES, strict=True)
    for kind in ("valid", "invalid")
    for number in entry["test_numbers"][kind]
]


def test_all_280_examples_of_the_formats_come_out_right() -> None:
    wrong = []
    for form, number, valid in EXAMPLES:
        found = [one for one in detect(number) if one.format == form]
        if (bool(found) and found[0].checksum_valid is not False) != valid:
            wrong.append((form, number))
    assert (len(EXAMPLES), wrong) == (280, [])


@pytest.mark.parametrize(
    ("number", "carrier"),
    [
        ("1Z5R89390357567127", "ups"),
        ("1z 5r8 939 035 756 7127", "ups"),
        ("9400109104250532908587", "usps"),
        ("986578788855", "fedex"),
        ("RB123456785US", "usps"),
        ("RB123456785DE", "dhl_unified"),
        ("RB123456785GB", "royal_mail"),
        ("RB123456785NL", "postnl"),
    ],
)
def test_the_first_candidate_is_the_carrier(number: str, carrier: str) -> None:
    first = detect(number)[0]
    assert (first.carrier, first.checksum_valid, first.rank) == (carrier, True, 1)


def test_candidates_with_a_right_check_digit_come_first() -> None:
    for _, number, _ in EXAMPLES:
        found = detect(number)
        order = [{True: 0, None: 1, False: 2}[one.checksum_valid] for one in found]
        assert order == sorted(order)
        assert [one.rank for one in found] == list(range(1, len(found) + 1))


def test_a_wrong_check_digit_is_told_from_a_number_nobody_knows() -> None:
    assert valid_for("ups", "1Z5R89390357567127") is True
    assert valid_for("ups", "1Z5R89390357567128") is False
    assert valid_for("ups", "hello") is None
    assert valid_for("nobody", "1Z5R89390357567127") is None


@pytest.mark.parametrize(
    "number", ["", " ", "1" * (MAX_LENGTH + 1), "9" * 100_000, "\x00", "１Ｚ5R89390357567127", "1Z5R8939035756712٧"]
)
def test_what_cannot_be_a_number_has_no_candidate(number: str) -> None:
    assert detect(number) == []


def test_a_check_digit_can_be_made() -> None:
    assert check_digit("ups", "5R8939035756712") == "7"
    assert check_digit("fedex_12", "98657878885") == "5"
    assert check_digit("s10", "12345678") == "5"
    with pytest.raises(KeyError):
        check_digit("nothing", "1")


def test_adapters_name_formats_that_exist() -> None:
    known = {form.id for form in all_formats()}
    for adapter in all_adapters().values():
        assert set(adapter.info.formats) <= known
        assert set(format_ids(adapter.info.code)) <= set(adapter.info.formats)


@given(st.text(max_size=300))
def test_any_text_is_answered(number: str) -> None:
    assert all(one.rank > 0 for one in detect(number))
