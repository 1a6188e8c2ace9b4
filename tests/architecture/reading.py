"""Reads the project's own source, for tests about the project."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from portal.settings import ROOT

Function = ast.FunctionDef | ast.AsyncFunctionDef


def python_files(*folders: str) -> list[Path]:
    """Python files below folders of the project, sorted."""
    return sorted(p for folder in folders for p in (ROOT / folder).rglob("*.py") if "__pycache__" not in p.parts)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def functions(path: Path) -> Iterator[Function]:
    """Every function and method of a file, nested ones too."""
    return (node for node in ast.walk(tree(path)) if isinstance(node, Function))


def name_of(path: Path) -> str:
    """A file as the project calls it."""
    return path.relative_to(ROOT).as_posix()


def called(node: ast.AST) -> Iterator[str]:
    """The last names of everything called inside a node: `expect` of `expect(page)`, `raises` of `pytest.raises(…)`."""
    for call in (n for n in ast.walk(node) if isinstance(n, ast.Call)):
        if isinstance(call.func, ast.Name):
            yield call.func.id
        elif isinstance(call.func, ast.Attribute):
            yield call.func.attr


def length(node: Function) -> int:
    """Lines of a function, its decorators and its docstring left out."""
    start = node.lineno
    if ast.get_docstring(node) is not None:
        start = node.body[0].end_lineno or start
    return (node.end_lineno or start) - start + 1
