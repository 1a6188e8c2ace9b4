"""The lab is written from the carriers' interfaces: what it shared with the adapters, a round trip could not prove."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

LAB = Path(__file__).parents[3] / "carriers" / "lab"
ALLOWED = ("carriers.lab", "carriers.model", "carriers.errors")


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_the_lab_imports_no_adapter_and_nothing_of_the_portal() -> None:
    files = sorted(LAB.rglob("*.py"))
    assert len(files) > 20
    for path in files:
        for name in imported(path):
            if name.split(".")[0] in ("carriers", "portal"):
                assert name.startswith(ALLOWED), f"{path.name} imports {name}"


def test_its_modules_stay_small() -> None:
    lengths = {path.name: len(path.read_text(encoding="utf-8").splitlines()) for path in LAB.rglob("*.py")}
    assert max(lengths.values()) <= 300
