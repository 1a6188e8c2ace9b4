"""The lab's own check digits, against numbers that carriers have printed."""

from __future__ import annotations

from random import Random

import pytest

from carriers.lab.numbers import dhl_express_check, fedex_check, gs1_check, make_number, ups_check, usps_return_number


@pytest.mark.parametrize("number", ["1Z5R89390357567127", "1Z81WV380316886897"])
def test_a_ups_number_ends_with_its_check_digit(number: str) -> None:
    assert ups_check(number[2:-1]) == number[-1]


@pytest.mark.parametrize("number", ["986578788855", "477179081230", "799531274483"])
def test_a_fedex_number_ends_with_its_check_digit(number: str) -> None:
    assert fedex_check(number[:-1]) == number[-1]


@pytest.mark.parametrize("number", ["9400111206206406260787", "9205590006662202169556", "00340434161094015902"])
def test_usps_and_dhl_parcel_numbers_end_with_the_gs1_digit(number: str) -> None:
    assert gs1_check(number[:-1]) == number[-1]


def test_a_dhl_express_number_ends_with_its_remainder_by_seven() -> None:
    assert dhl_express_check("331881002") == "5"


@pytest.mark.parametrize(
    ("carrier", "level", "length", "prefix"),
    [
        ("ups", "standard", 18, "1Z"),
        ("ups", "express", 18, "1Z"),
        ("fedex", "standard", 12, "2"),
        ("fedex", "express", 12, "7"),
        ("usps", "standard", 22, "94001"),
        ("usps", "express", 22, "94701"),
        ("dhl_unified", "standard", 20, "00340434"),
        ("dhl_unified", "express", 10, ""),
    ],
)
def test_a_made_number_looks_like_its_carriers(carrier: str, level: str, length: int, prefix: str) -> None:
    number = make_number(carrier, Random(3), level)
    assert len(number) == length
    assert number.startswith(prefix)


def test_a_return_number_names_the_return_service() -> None:
    assert usps_return_number(Random(1)).startswith("94058")
