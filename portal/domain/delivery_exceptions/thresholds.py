"""The thresholds in force: each rule's own, then the installation's `exceptions.toml`, then a shop's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from portal.domain.delivery_exceptions.base import Json, Limits, Severity
from portal.domain.delivery_exceptions.registry import AnyRule, rules

HISTORY = "history"
_GROUPS = ("normal", "vip")


@dataclass(frozen=True, slots=True)
class RuleLimits:
    """One rule's thresholds, complete for either kind of customer."""

    normal: Limits
    vip: Limits
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Thresholds of every rule. Parcels older than `history_days` are history: they open no cases."""

    limits: Mapping[str, RuleLimits]
    history_days: int = 60

    @classmethod
    def standard(cls) -> Thresholds:
        """What the rules say themselves."""
        return cls(MappingProxyType({rule.id: _own(rule) for rule in rules().values()}))

    @classmethod
    def from_mapping(cls, data: Mapping[str, Any]) -> Thresholds:
        """The rules' own thresholds, changed by a parsed `exceptions.toml`.

        Raises ValueError, naming the key, for an unknown rule or threshold, a wrong type or a negative number.
        """
        return cls.standard().merged(data)

    def merged(self, data: Mapping[str, Any]) -> Thresholds:
        """These thresholds with a shop's changes. Raises ValueError like `from_mapping`."""
        limits, days = dict(self.limits), self.history_days
        for key, table in data.items():
            if not isinstance(table, Mapping):
                raise ValueError(f"{key}: must be a table")
            if key == HISTORY:
                days = int(_number("history", table, "days", days))
            elif key in limits:
                limits[key] = _changed(key, limits[key], table)
            else:
                raise ValueError(f"{key}: no such rule; the rules are {', '.join(limits)}")
        return replace(self, limits=MappingProxyType(limits), history_days=days)

    def of(self, rule_id: str, *, vip: bool) -> Limits | None:
        """The thresholds to judge by; None when the rule is switched off."""
        own = self.limits[rule_id]
        if not own.enabled:
            return None
        return own.vip if vip else own.normal


def _own(rule: AnyRule) -> RuleLimits:
    return RuleLimits(rule.normal, MappingProxyType({**rule.normal, **rule.vip}))


def _changed(rule: str, own: RuleLimits, table: Mapping[str, Any]) -> RuleLimits:
    unknown = sorted(set(table) - {*_GROUPS, "enabled", "name"})
    if unknown:
        raise ValueError(f"{rule}.{unknown[0]}: not known here; write it under {rule}.normal or {rule}.vip")
    enabled = table.get("enabled", own.enabled)
    if not isinstance(enabled, bool):
        raise ValueError(f"{rule}.enabled: must be true or false")
    normal = _group(f"{rule}.normal", own.normal, table.get("normal", {}))
    vip = _group(f"{rule}.vip", own.vip, table.get("vip", {}))
    return RuleLimits(normal, vip, enabled)


def _group(where: str, own: Limits, changes: object) -> Limits:
    if not isinstance(changes, Mapping):
        raise ValueError(f"{where}: must be a table")
    values: dict[str, Json] = dict(own)
    for key in changes:
        if key not in own:
            raise ValueError(f"{where}.{key}: no such threshold; there are {', '.join(own) or 'none'}")
        values[key] = _value(where, changes, key, own[key])
    return MappingProxyType(values)


def _value(where: str, table: Mapping[str, Any], key: str, own: Json) -> Json:
    value = table[key]
    if isinstance(own, bool):
        if not isinstance(value, bool):
            raise ValueError(f"{where}.{key}: must be true or false")
        return value
    if isinstance(own, str):
        if value not in tuple(Severity):
            raise ValueError(f"{where}.{key}: must be one of {', '.join(Severity)}")
        return str(value)
    return _number(where, table, key, 0)


def _number(where: str, table: Mapping[str, Any], key: str, default: float) -> float:
    value = table.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{where}.{key}: must be a number")
    if not 0 <= value <= 100_000:  # also refuses nan and inf
        raise ValueError(f"{where}.{key}: must not be negative or beyond reason")
    return value
