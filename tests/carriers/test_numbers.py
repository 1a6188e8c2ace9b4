"""Tracking numbers are recognised by format and check digit."""

from __future__ import annotations

import json
import os
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carriers.numbers import MAX_LENGTH, check_digit, clean, detect, format_ids, valid_for
from carriers.numbers.checks import expected
from carriers.numbers.formats import CARRIERS, all_formats, by_id
from carriers.registry import all_adapters

FOLDER = files("carriers.numbers") / "data"
REFERENCE = Path(os.environ.get("DOORSTEP_REFERENCE", "nowhere")) / "specs" / "tracking_numbers" / "couriers"


def couriers(folder: Any) -> list[Any]:
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".json"))
    return [json.loads((folder / name).read_text("utf-8")) for name in names]


TAKEN, OWN = couriers(FOLDER), couriers(FOLDER / "own")
ENTRIES: list[Any] = [entry for courier in (*TAKEN, *OWN) for entry in courier["tracking_numbers"]]


def examples(entries: list[Any], formats: Any) -> list[tuple[str, str, bool]]:
    return [
        (form.id, number, kind == "valid")
        for form, entry in zip(formats, entries, strict=True)
        for kind in ("valid", "invalid")
        for number in entry["test_numbers"][kind]
    ]


EXAMPLES = examples(ENTRIES, all_formats())


def accepted(number: str, format_id: str) -> bool:
    return any(one.format == format_id and one.checksum_valid is not False for one in detect(number))


def wrong(some: list[tuple[str, str, bool]]) -> list[tuple[str, str]]:
    return [(form, number) for form, number, valid in some if accepted(number, form) != valid]


def test_all_280_examples_of_the_taken_formats_come_out_right() -> None:
    entries = [entry for courier in TAKEN for entry in courier["tracking_numbers"]]
    taken = examples(entries, all_formats()[: len(entries)])
    assert (len(taken), wrong(taken)) == (280, [])


def test_every_example_of_our_own_formats_comes_out_right() -> None:
    own = EXAMPLES[280:]
    assert len(own) > 180
    assert wrong(own) == []


@pytest.mark.skipif(not REFERENCE.is_dir(), reason="DOORSTEP_REFERENCE is not set to the reference folder")
def test_the_reference_s_examples_are_the_carrier_s_or_are_not() -> None:
    """By carrier: what is valid has a candidate of the carrier, what is invalid has none of that format."""
    reference = couriers(REFERENCE)
    assert reference == TAKEN
    entries = [(courier, entry) for courier in reference for entry in courier["tracking_numbers"]]
    count = 0
    for form, (courier, entry) in zip(all_formats(), entries, strict=False):
        code = CARRIERS.get(courier["courier_code"], courier["courier_code"])
        for number in entry["test_numbers"]["valid"]:
            assert valid_for(form.owners(form.fits(clean(number)) or {})[0], number) is True, number
        assert code in form.carriers
        count += sum(len(numbers) for numbers in entry["test_numbers"].values())
    assert count == 280


def test_our_own_formats_say_who_says_so_and_show_both_kinds() -> None:
    for courier in OWN:
        for entry in courier["tracking_numbers"]:
            assert entry["source"], entry["id"]
            assert entry["test_numbers"]["valid"], entry["id"]
            assert entry["test_numbers"]["invalid"], entry["id"]
            checked = "checksum" in entry["validation"]
            assert checked == ("CheckDigit" in entry["regex"]), entry["id"]


def test_each_format_has_an_id_of_its_own() -> None:
    assert len(by_id()) == len(all_formats())


@pytest.mark.parametrize(
    ("number", "carrier", "valid"),
    [
        ("1Z5R89390357567127", "ups", True),
        ("1z 5r8 939 035 756 7127", "ups", True),
        ("1Z-5R8-939-0357567-127", "ups", True),
        ("9400109104250532908587", "usps", True),
        ("986578788855", "fedex", True),
        ("RB123456785US", "usps", True),
        ("RB123456785DE", "dhl_unified", True),
        ("RB123456785GB", "royal_mail", True),
        ("RB123456785NL", "postnl", True),
        ("CD123456785BE", "bpost", True),
        ("RB123456785JP", "japan_post", True),
        ("RB123456785RU", "russian_post", True),
        ("3318810025", "dhl_unified", True),
        ("73891051146", "dhl_unified", True),
        ("00340434161094015902", "dhl_unified", True),
        ("H1000123456789012345", "hermes_de", None),
        ("8L 01234 56789 5", "la_poste", True),
        ("XT8452370122486", "chronopost", True),
        ("3SDEVC123456789", "postnl", None),
        ("ZK4R8X2M", "gls", None),
        ("323212345659900040669030", "bpost", None),
        ("1105661402", "cdek", None),
        ("JDQ000031801000910500", "australia_post", None),
        ("99.00.123456.12345678", "swiss_post", None),
        ("T-00AB-C-001234567-8", "evri_uk", None),
    ],
)
def test_the_first_candidate_is_the_carrier(number: str, carrier: str, valid: bool | None) -> None:
    first = detect(number)[0]
    assert (first.carrier, first.checksum_valid, first.rank) == (carrier, valid, 1)


@pytest.mark.parametrize(
    ("number", "carriers"),
    [
        ("3318810025", {"dhl_unified", "dhl_express", "dpd_uk"}),
        ("JD014600002266382340", {"dhl_unified", "dhl_express"}),
        ("00340434161094015902", {"dhl_unified", "dhl_parcel_de", "usps"}),
        ("RB123456785DE", {"dhl_unified", "dhl_parcel_de"}),
        ("EE123456785FR", {"la_poste", "chronopost"}),
        ("CB123456785GB", {"royal_mail", "parcelforce"}),
        ("RB123456785GB", {"royal_mail"}),
        ("RB123456785CV", {"post_cv"}),
    ],
)
def test_every_carrier_that_tracks_such_a_number_is_a_candidate(number: str, carriers: set[str]) -> None:
    assert {one.carrier for one in detect(number)} == carriers


def test_candidates_are_ranked_by_check_digit_and_each_rank_is_given_once() -> None:
    for _, number, _ in EXAMPLES:
        found = detect(number)
        order = [{True: 0, None: 1, False: 2}[one.checksum_valid] for one in found]
        assert order == sorted(order)
        assert [one.rank for one in found] == list(range(1, len(found) + 1))
        assert len({(one.carrier, one.format) for one in found}) == len(found)
        assert detect(number) == found


def test_of_two_right_check_digits_the_format_that_says_more_comes_first() -> None:
    """Every USPS number of 22 digits has the check digit that Austrian Post would give it."""
    found = [(one.carrier, one.checksum_valid) for one in detect("9400109104250532908587")]
    assert found == [("usps", True), ("austrian_post", True)]


def test_of_equal_formats_the_likelier_carrier_comes_first() -> None:
    found = [(one.carrier, one.checksum_valid) for one in detect("396010004722")]
    assert found[:2] == [("fedex", True), ("dhl_unified", True)]


def test_digits_alone_come_after_what_can_be_checked() -> None:
    ranks = {one.format: one.rank for one in detect("01234567890128")}
    assert ranks["hermes_de_14"] < ranks["dhl_ecommerce_14"] < ranks["dpd_14_bare"]


def test_a_wrong_check_digit_is_told_from_a_number_nobody_knows() -> None:
    assert valid_for("ups", "1Z5R89390357567127") is True
    assert valid_for("ups", "1Z5R89390357567128") is False
    assert valid_for("ups", "hello") is None
    assert valid_for("nobody", "1Z5R89390357567127") is None
    assert valid_for("dhl_parcel_de", "00340434161094015903") is False
    assert valid_for("russian_post", "RB123456786RU") is False


@pytest.mark.parametrize(
    "number",
    [
        *("", " ", "-", ". -", "\x00", "1Z5R89390357567127\x00", "１Ｚ5R89390357567127", "1Z5R8939035756712٧"),
        *("1" * (MAX_LENGTH + 1), "9" * 100_000, " " * 100_000, "1 " * 50_000, "1Z5R8939035756712７", "²" * 12),
        *("8ß0123456789", "ſF1234567890123", "1Z5R89390357567127'--", "1Z5R89390357567127,1Z5R89390357567127"),
    ],
)
def test_what_cannot_be_a_number_has_no_candidate(number: str) -> None:
    assert detect(number) == []


@pytest.mark.parametrize(
    "written",
    [
        *("1Z999AA10123456784", " 1z999aa10123456784\r\n", "1Z 999-AA1-01 2345 6784", "1Z.999.AA1.01.2345.6784"),
        *("1Z999AA1\u201301\u200b23456784", "\ufeff1Z999AA10123456784", "1Z\u00a0999\u2011AA1\u00a00123456784"),
    ],
)
def test_a_number_is_stored_without_what_people_write_between(written: str) -> None:
    assert clean(written) == "1Z999AA10123456784"


def test_text_longer_than_any_number_is_none() -> None:
    assert clean("9" * MAX_LENGTH) == "9" * MAX_LENGTH
    assert clean("9" * (MAX_LENGTH + 1)) == ""
    assert clean("9" + " " * 4 * MAX_LENGTH) == ""


def test_a_check_digit_can_be_made() -> None:
    assert check_digit("ups", "5R8939035756712") == "7"
    assert check_digit("fedex_12", "98657878885") == "5"
    assert check_digit("s10", "12345678") == "5"
    assert check_digit("gls_12", "36301917596") == "1"
    assert check_digit("gls_track_id", "ZK4R8X2M") is None
    with pytest.raises(KeyError):
        check_digit("nothing", "1")


@pytest.mark.parametrize(
    ("format_id", "serial", "digit"),
    [
        ("colissimo", "0123456789", "5"),
        ("colissimo", "0000977586", "2"),
        ("chronopost_15", "XT845237012248", "6"),
        ("dhl_parcel_de_sscc", "0034043416109401590", "2"),
        ("hermes_de_sscc", "0034063303110556758", "6"),
        ("yamato_12", "12345678901", str(12345678901 % 7)),
        ("dhl_identcode", "10000000000", "6"),  # 1 x 4
        ("dhl_identcode", "01000000000", "1"),  # 1 x 9
        ("russian_post_14", "1000000000000", "7"),  # 1 x 3
        ("gls_12", "00000000000", "9"),  # nothing, and one more
    ],
)
def test_check_digits_are_those_that_carriers_print(format_id: str, serial: str, digit: str) -> None:
    assert check_digit(format_id, serial) == digit


def test_one_wrong_digit_is_noticed() -> None:
    for form in (one for one in all_formats() if one.checksum is not None):
        groups = form.fits(form.example)
        assert groups is not None
        assert form.checksum is not None
        last = str(groups["CheckDigit"])
        others = [char for char in "0123456789" if char != last]
        assert all(form.check({**groups, "CheckDigit": other}) is False for other in others), form.id


def test_an_unknown_algorithm_is_an_error_and_not_a_guess() -> None:
    with pytest.raises(KeyError):
        expected("123", {"name": "guess"})


def test_adapters_name_formats_that_exist() -> None:
    for adapter in all_adapters().values():
        assert set(adapter.info.formats) <= set(by_id())


def test_a_carrier_s_formats_are_those_it_tracks() -> None:
    assert format_ids("gls") == ("gls_12", "gls_11", "gls_track_id")
    assert "s10" in format_ids("japan_post")
    assert "s10" not in format_ids("gls")
    assert "dhl_express" in format_ids("dhl_express")
    assert "dhl_express" in format_ids("dhl_unified")
    assert format_ids("nobody") == ()


@given(st.text(max_size=300))
def test_any_text_is_answered(number: str) -> None:
    assert all(one.rank > 0 for one in detect(number))


@given(st.text(alphabet="0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", max_size=MAX_LENGTH))
def test_any_number_is_answered_the_same_however_it_is_written(number: str) -> None:
    assert detect(" ".join(number.lower())) == detect(number)
