"""The suite looks at itself: nothing that looks like a test is left out, and every test can fail."""

from __future__ import annotations

import ast
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from portal.settings import ROOT
from tests.architecture.reading import Function, called, functions, name_of, python_files, tree

# Words that fail a test by themselves.
_JUDGES = {"raises", "expect", "fail", "warns", "run_state_machine_as_test"}


@cache
def judges() -> frozenset[str]:
    """Functions of the tests that state something, directly or through others."""
    found = set(_JUDGES)
    everything = [f for path in python_files("tests") for f in functions(path) if not f.name.startswith("test_")]
    while True:
        more = {f.name for f in everything if f.name not in found and states(f, found)}
        if not more:
            return frozenset(found)
        found |= more


def states(function: Function, known: set[str] | frozenset[str]) -> bool:
    """Whether a function asserts, raises an AssertionError, or calls something that does."""
    return any(isinstance(n, ast.Assert) for n in ast.walk(function)) or any(name in known for name in called(function))


def test_every_file_with_tests_is_collected() -> None:
    lost = [
        name_of(path)
        for path in python_files("tests", "portal", "carriers", "benchmarks", "migrations")
        if any(f.name.startswith("test_") for f in functions(path))
        and not (path.name.startswith("test_") and path.is_relative_to(ROOT / "tests"))
    ]
    assert lost == [], "pytest collects tests/**/test_*.py only"


def test_every_file_called_test_has_tests() -> None:
    empty = [
        name_of(path)
        for path in python_files("tests")
        if path.name.startswith("test_") and not any(f.name.startswith("test_") for f in functions(path))
    ]
    assert empty == []


def test_every_folder_of_tests_is_a_package() -> None:
    # Files of one name in two folders, and helpers beside tests, are found by their package.
    bare = {name_of(path.parent) for path in python_files("tests") if not (path.parent / "__init__.py").exists()}
    assert bare == set()


def test_no_test_hides_another() -> None:
    hidden = []
    for path in python_files("tests"):
        for scope in (n for n in ast.walk(tree(path)) if isinstance(n, ast.Module | ast.ClassDef)):
            names = Counter(f.name for f in scope.body if isinstance(f, Function) and f.name.startswith("test_"))
            hidden += [f"{name_of(path)}: {name}" for name, n in names.items() if n > 1]
    assert hidden == []


def test_no_test_sits_where_pytest_does_not_look() -> None:
    nested = []
    for path in python_files("tests"):
        reachable = {id(f) for f in tree(path).body}
        for group in (n for n in tree(path).body if isinstance(n, ast.ClassDef) and n.name.startswith("Test")):
            reachable |= {id(f) for f in group.body}
        nested += [
            f"{name_of(path)}: {f.name}"
            for f in functions(path)
            if f.name.startswith("test_") and id(f) not in reachable
        ]
    assert nested == [], "a test stands in a module, or in a class called Test…"


@pytest.mark.parametrize("path", [p for p in python_files("tests") if p.name.startswith("test_")], ids=name_of)
def test_every_test_states_something(path: Path) -> None:
    silent = [f.name for f in functions(path) if f.name.startswith("test_") and not states(f, judges())]
    assert silent == []


def test_a_test_without_a_statement_is_found() -> None:
    module = ast.parse("def test_nothing():\n    print('fine')\n\ndef test_something():\n    assert 1\n")
    nothing, something = module.body
    assert isinstance(nothing, ast.FunctionDef)
    assert isinstance(something, ast.FunctionDef)
    assert not states(nothing, judges())
    assert states(something, judges())


def test_no_test_sleeps() -> None:
    sleeping = [
        f"{name_of(path)}: {f.name}"
        for path in python_files("tests")
        for f in functions(path)
        if f.name.startswith("test_") and "sleep" in set(called(f))
    ]
    assert sleeping == [], "wait for what is meant to happen, or move the clock"
