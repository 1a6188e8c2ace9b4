"""Plain dictionaries (TOML, JSON) into frozen dataclasses, with errors that name the place."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


def decode(kind: type[T], document: Mapping[str, Any], where: str = "") -> T:
    """Build `kind` from `document`. Raises ValueError naming the key for anything unknown, missing or of a wrong type."""
    hints = get_type_hints(kind)
    known = {f.name: f for f in fields(kind) if f.init}  # type: ignore[arg-type]
    unknown = sorted(set(document) - set(known))
    if unknown:
        raise ValueError(f"unknown setting {_at(where, unknown[0])}; known here: {', '.join(sorted(known))}")
    values = {}
    for name, spec in known.items():
        place = _at(where, name)
        if name in document:
            values[name] = _value(hints[name], document[name], place)
        elif spec.default is MISSING and spec.default_factory is MISSING:
            raise ValueError(f"missing setting {place}")
    try:
        return kind(**values)
    except ValueError as error:
        raise ValueError(f"{where or 'configuration'}: {error}") from error


def _at(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _value(hint: Any, value: Any, where: str) -> Any:
    if hint is Any:
        return value
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return None if value is None else _value(next(a for a in args if a is not type(None)), value, where)
    if is_dataclass(hint):
        return decode(hint, _of(Mapping, value, where, "a table"), where)  # type: ignore[arg-type]
    if origin is tuple:
        items = _of((list, tuple), value, where, "a list")
        return tuple(_value(args[0], item, f"{where}[{i}]") for i, item in enumerate(items))
    if origin in (dict, Mapping) or hint is dict:
        table = _of(Mapping, value, where, "a table")
        return {k: _value(args[1] if args else Any, v, _at(where, str(k))) for k, v in table.items()}
    return _scalar(hint, value, where)


def _scalar(hint: Any, value: Any, where: str) -> Any:
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, hint) or (isinstance(value, bool) and hint is not bool):
        raise ValueError(f"{where} must be {_NAMES.get(hint, hint.__name__)}, not {value!r}")
    return value


_NAMES = {str: "text", int: "a whole number", bool: "true or false", float: "a number"}


def _of(kind: Any, value: Any, where: str, name: str) -> Any:
    if not isinstance(value, kind):
        raise ValueError(f"{where} must be {name}")
    return value
