"""All rules there are: whatever file lies in `rules/`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from portal.domain.delivery_exceptions.base import FeedFacts, Rule, Words

AnyRule = Rule[Any]


@cache
def rules() -> Mapping[str, AnyRule]:
    """Every rule by its id, in order of the ids. Two files with one id raise ValueError."""
    package = importlib.import_module("portal.domain.delivery_exceptions.rules")
    found: dict[str, AnyRule] = {}
    for info in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        rule: AnyRule = importlib.import_module(info.name).RULE
        if rule.id in found:
            raise ValueError(f"two rules call themselves {rule.id}: {found[rule.id].name} and {rule.name}")
        found[rule.id] = rule
    return MappingProxyType(dict(sorted(found.items())))


def shipment_rules() -> tuple[AnyRule, ...]:
    """The rules about parcels."""
    return tuple(rule for rule in rules().values() if rule.subject == "shipment")


def feed_rules() -> tuple[Rule[FeedFacts], ...]:
    """The rules about a carrier's feed."""
    return tuple(rule for rule in rules().values() if rule.subject == "feed")


def words(message_key: str) -> Words:
    """The message ids of a finding, by its `message_key`. An unknown rule raises KeyError; a variant that a later
    version no longer has falls back to the rule's own words.
    """
    rule_id, _, variant = message_key.partition(".")
    rule = rules()[rule_id]
    return rule.variants.get(variant, rule.words)
