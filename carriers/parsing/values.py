"""JSON of any shape, and the texts in it.

Everything here is pure and total: a value that cannot be read gives None or an empty container, never an exception,
except `load_json`, which raises ValueError.
"""

from __future__ import annotations

import json
import re
from math import isfinite
from typing import Any

MAX_TEXT = 1000
"""Characters kept of any one text; the whole answer is stored beside it."""

# Control characters but for tabs and new lines, and those that embed, override or isolate a direction of writing.
_STEERING = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def load_json(body: bytes) -> Any:
    """The JSON in a body. Raises ValueError for anything else: HTML, nothing at all, half a document."""
    try:
        words = body.decode("utf-16" if body[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        words = body.decode("cp1252", "replace")
    try:
        tree = json.loads(words, parse_float=_finite, parse_constant=_no_number)
        return _storable(tree) if "\\u" in words else tree
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _finite(digits: str) -> float | None:
    """A number, but none too large for a float: 1e999 would be an infinity, which databases refuse."""
    number = float(digits)
    return number if isfinite(number) else None


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no JSON")


def _storable(tree: Any) -> Any:
    """The same tree without NUL and half surrogate pairs, which databases refuse."""
    if isinstance(tree, str):
        return tree.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
    if isinstance(tree, list):
        return [_storable(item) for item in tree]
    if isinstance(tree, dict):
        return {_storable(key): _storable(value) for key, value in tree.items()}
    return tree


def text(value: Any) -> str | None:
    """A text, or a number where a text was promised, without outer blanks; None for an empty one.

    What would steer a terminal, or turn the words around it, is left out.
    """
    if isinstance(value, str):
        words = (value if value.isprintable() else _STEERING.sub("", value)).strip()
        return (words if len(words) <= MAX_TEXT else words[:MAX_TEXT].rstrip()) or None
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else None
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**40:
        return str(value)
    return None


def record(value: Any) -> dict[str, Any]:
    """An object; the first object of a list where one was promised; else an empty one."""
    if isinstance(value, list):
        return next((item for item in value if isinstance(item, dict)), {})
    return value if isinstance(value, dict) else {}


def records(value: Any) -> list[dict[str, Any]]:
    """The objects of a list; a single object counts as a list of one, as several carriers send it."""
    if isinstance(value, dict):
        return [value]
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def dig(value: Any, *path: str) -> Any:
    """The value at the end of a path of keys, or None."""
    for key in path:
        value = record(value).get(key)
    return value


def first_text(*values: Any) -> str | None:
    """The first of some values that is a text."""
    return next((found for found in map(text, values) if found), None)
