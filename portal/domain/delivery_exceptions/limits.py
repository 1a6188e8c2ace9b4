"""How a rule's file writes down its thresholds and words, and reads them again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from portal.domain.delivery_exceptions.base import Json, Limits, Severity, Words


def defaults(**values: Json) -> Limits:
    """A rule's thresholds as written in its file."""
    return MappingProxyType(values)


def other_words(**variants: Words) -> Mapping[str, Words]:
    """Words for the variants of a rule."""
    return MappingProxyType(variants)


def inputs(**values: Json | date) -> dict[str, Json]:
    """What a finding was made from, in JSON; a name in `_at` is a moment, one in `_on` a day, both in ISO 8601."""
    return {key: value.isoformat() if isinstance(value, date) else value for key, value in values.items()}


def number(limits: Limits, key: str) -> float:
    """A numeric threshold."""
    value = limits[key]
    assert isinstance(value, int | float)
    return value


def severity(limits: Limits, key: str) -> Severity:
    """A threshold that is a severity."""
    return Severity(str(limits[key]))
