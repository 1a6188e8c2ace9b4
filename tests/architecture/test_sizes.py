"""Files and functions stay small enough to be read in one go."""

from __future__ import annotations

from pathlib import Path

from portal.settings import ROOT
from tests.architecture.reading import functions, length, name_of, python_files

MODULE_LINES = 300
FUNCTION_LINES = 40
RULE_LINES = 60  # a rule or policy is one thought


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_no_module_is_too_long() -> None:
    long = [f"{name_of(p)}: {lines(p)}" for p in python_files("portal", "carriers") if lines(p) > MODULE_LINES]
    assert long == []


def test_no_function_is_too_long() -> None:
    long = [
        f"{name_of(p)}: {f.name} {length(f)}"
        for p in python_files("portal", "carriers")
        for f in functions(p)
        if length(f) > FUNCTION_LINES
    ]
    assert long == []


def test_rules_and_policies_stay_one_thought() -> None:
    folders = ("portal/domain/delivery_exceptions/rules", "portal/domain/returns/policies")
    long = [f"{name_of(p)}: {lines(p)}" for p in python_files(*folders) if lines(p) > RULE_LINES]
    assert long == []


def test_importing_the_packages_starts_nothing() -> None:
    for package in ("portal", "carriers"):
        assert (ROOT / package / "__init__.py").read_bytes() == b""
