"""No file of the project speaks of the machine it was written on, and none is left half done."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from portal.settings import ROOT
from tests.architecture.reading import name_of

_FOLDERS = ("portal", "carriers", "config", "migrations", "tests", "benchmarks", "docs", ".ci")
_TEXT = frozenset(
    [".py", ".md", ".toml", ".html", ".txt", ".css", ".js", ".po", ".json", ".conf", ".service", ".mako"]
) | {""}
# Put together from pieces, so that this file does not speak of them either.
_PLACES = "|".join(("wo" + "rk", "t" + "mp", "ro" + "ot", "ho" + "me", "Us" + "ers"))
WORKPLACE = re.compile(rf"(?<![\w.~$}}\]-])/(?:{_PLACES})/\w")
UNFINISHED = re.compile(
    r"\b(?:" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "raise NotImpl" + "ementedError")) + r")\b"
)


def project_files() -> list[Path]:
    """Every text file of the project: those git knows, or else those in its folders."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split("\0")
    names = [ROOT / name for name in listed if name]
    found = names or [p for folder in _FOLDERS for p in (ROOT / folder).rglob("*")]
    return sorted(p for p in found if p.is_file() and p.suffix in _TEXT and "__pycache__" not in p.parts)


def hits(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{name_of(path)}:{number}: {line.strip()[:80]}"
        for path in project_files()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if pattern.search(line)
    ]


def test_no_file_names_a_place_of_somebodys_machine() -> None:
    assert hits(WORKPLACE) == []


def test_nothing_is_left_half_done() -> None:
    assert hits(UNFINISHED) == []


@pytest.mark.parametrize(
    ("pattern", "line"),
    [(WORKPLACE, "see /" + "wo" + "rk/main"), (WORKPLACE, '"/' + "t" + 'mp/x"'), (UNFINISHED, "# TO" + "DO: later")],
)
def test_such_words_would_be_found(pattern: re.Pattern[str], line: str) -> None:
    assert pattern.search(line)


def test_there_are_files_to_look_at() -> None:
    names = {name_of(path) for path in project_files()}
    assert {"portal/app.py", "pyproject.toml", "Makefile", "tests/conftest.py"} <= names
