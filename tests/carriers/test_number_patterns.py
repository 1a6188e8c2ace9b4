"""No text makes recognising a number slow."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.resources import files
from typing import Any

import pytest

from carriers import numbers
from carriers.numbers import MAX_LENGTH, clean, detect
from carriers.numbers.formats import Format, all_formats, couriers

SLOWEST = 0.05
"""CPU seconds one call may take: some thousand times what it does, so that a busy machine fails nothing."""

_parse: Callable[[str], Any] = import_module("re._parser").parse
_REPEATS = {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}


def repetitions(tree: Any, outside: tuple[bool, ...] = ()) -> Iterator[tuple[bool, ...]]:
    """Each repetition of a parsed pattern with those around it: whether they are without a bound, outermost first."""
    for kind, value in tree:
        if str(kind) in _REPEATS:
            around = (*outside, value[1] == import_module("re._constants").MAXREPEAT)
            yield around
            yield from repetitions(value[2], around)
        else:
            yield from _inside(value, outside)


def _inside(value: Any, outside: tuple[bool, ...]) -> Iterator[tuple[bool, ...]]:
    if isinstance(value, (list, tuple)):
        for part in value:
            yield from _inside(part, outside)
    elif hasattr(value, "getwidth"):
        yield from repetitions(value, outside)


def endless(pattern: str) -> list[tuple[bool, ...]]:
    """The repetitions of a pattern that can take long: one in another, and one of the two without a bound."""
    return [around for around in repetitions(_parse(pattern)) if len(around) > 1 and any(around)]


def patterns() -> Iterator[tuple[str, str]]:
    for form in all_formats():
        yield form.id, form.pattern.pattern
        for _, lists in form.exists:
            yield from ((form.id, one.pattern) for one in lists)
        if form.prepend:
            yield form.id, form.prepend["matches_regex"]


def test_no_pattern_repeats_without_a_bound_inside_a_repetition() -> None:
    assert [(form, pattern) for form, pattern in patterns() if endless(pattern)] == []


def test_the_check_sees_what_the_data_files_hold() -> None:
    """The files as they are do: blanks are allowed after every character."""
    raw = ["".join(entry["regex"]).replace("(?<", "(?P<") for one in couriers() for entry in one["tracking_numbers"]]
    assert sum(bool(endless(pattern)) for pattern in raw) > 30
    assert endless(r"(a+)+")
    assert endless(r"(?:(?=(a*b){2})c)+?")
    assert not endless(r"([0-9]){9,10}a+")


def test_blanks_and_hyphens_are_nothing_a_pattern_waits_for() -> None:
    for form in all_formats():
        outside_classes = re.sub(r"\[[^\]]*\]", "", form.pattern.pattern)
        assert r"\s" not in form.pattern.pattern, form.id
        assert "-" not in outside_classes, form.id
        assert form.fits(clean(form.example)) is not None, form.id


def nasty(form: Format) -> Iterator[str]:
    """Text that fits for long and then does not: the longest there can be, and the format's own example, drawn out."""
    number = form.example
    for char in "09AZ1J":
        yield char * MAX_LENGTH
        yield char * (MAX_LENGTH - 1) + "!"
        yield (number + char * MAX_LENGTH)[:MAX_LENGTH]
    for pair in ("0A", "A0", "1Z", "94", "420", "JJD"):
        yield (pair * MAX_LENGTH)[:MAX_LENGTH]
    for place in range(len(number)):
        yield number[:place] + "!" + number[place + 1 :]
        yield (number[: place + 1] * MAX_LENGTH)[:MAX_LENGTH]
        yield (number[:place] + number[place] * MAX_LENGTH)[:MAX_LENGTH]


@pytest.mark.parametrize("form", all_formats(), ids=lambda form: form.id)
def test_a_pattern_is_quick_on_what_nearly_fits(form: Format) -> None:
    assert max(cpu(form.fits, text) for text in nasty(form)) < SLOWEST


@pytest.mark.parametrize(
    "raw",
    [
        *(
            "9" * 100_000,
            " " * 100_000,
            "-" * 100_000,
            "1 " * 50_000,
            "1Z" * 50_000,
            "\u200b" * 100_000,
            "９" * 100_000,
        ),
        *("9 " * 127 + "9", "9" * MAX_LENGTH, "A" * MAX_LENGTH, "9" * 63 + "\n", "4" + " -" * 100 + "20", "\x00" * 256),
    ],
)
def test_any_text_is_answered_at_once(raw: str) -> None:
    detect("1Z5R89390357567127")  # the formats are read
    assert cpu(detect, raw) < SLOWEST


def test_no_pattern_sees_text_that_is_no_number() -> None:
    before = numbers._detected.cache_info().misses
    assert [detect(text) for text in ("1Z5R89390357567127\x00", "12345678901!", "ÄÖ345678901")] == [[], [], []]
    assert numbers._detected.cache_info().misses == before


def cpu(call: Callable[[str], object], text: str) -> float:
    before = time.process_time()
    call(text)
    return time.process_time() - before


def test_the_data_are_part_of_the_package() -> None:
    assert (files("carriers.numbers") / "data" / "own" / "README.md").is_file()
