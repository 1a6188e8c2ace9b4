"""Plain documents as TOML text. The standard library reads TOML and does not write it.

Writes what settings are made of: tables, lists, text, numbers, true and false, days and moments. Reading the text
again gives the same document.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r", "\b": "\\b", "\f": "\\f"}


def dumps(document: Mapping[str, Any]) -> str:
    """The document as TOML. Raises ValueError for what TOML cannot say; keys without a value (None) are left out."""
    return "\n".join(_table((), document)).strip("\n") + "\n"


def _table(path: tuple[str, ...], table: Mapping[str, Any]) -> list[str]:
    plain = {k: v for k, v in table.items() if v is not None and not _is_table(v) and not _is_tables(v)}
    lines = [f"{_key(k)} = {_value(v)}" for k, v in plain.items()]
    for name, value in table.items():
        where = (*path, name)
        title = ".".join(map(_key, where))
        if _is_table(value):
            inner = _table(where, value)
            lines += inner if inner[:1] == [""] else ["", f"[{title}]", *inner]  # a table of tables needs no line
        elif _is_tables(value):
            for entry in value:
                lines += ["", f"[[{title}]]", *_table(where, entry)]
    return lines


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping)


def _is_tables(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and bool(value) and all(_is_table(entry) for entry in value)


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _text(name)


def _value(value: Any) -> str:
    for kind, write in _WRITERS:
        if isinstance(value, kind):
            return write(value)
    raise ValueError(f"TOML has no way to write {type(value).__name__}")


def _number(value: float) -> str:
    if math.isfinite(value):
        return repr(value)
    return "nan" if math.isnan(value) else ("inf" if value > 0 else "-inf")


def _inline(table: Mapping[str, Any]) -> str:
    return "{ " + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in table.items() if v is not None) + " }"


def _text(value: str) -> str:
    return '"' + "".join(_ESCAPES.get(c) or (c if c.isprintable() else f"\\U{ord(c):08x}") for c in value) + '"'


# The first kind that fits: true and false are whole numbers in Python, and a moment is a day.
_WRITERS: tuple[tuple[Any, Callable[[Any], str]], ...] = (
    (bool, lambda value: "true" if value else "false"),
    (str, _text),
    (float, _number),
    (int, str),
    (date, lambda day: str(day.isoformat())),
    ((list, tuple), lambda entries: f"[{', '.join(map(_value, entries))}]"),
    (Mapping, _inline),
)
