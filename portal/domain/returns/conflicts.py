"""What does not fit together in a shop's return settings, said when they are saved and how to mend it.

Only what is ambiguous is refused: two answers to one question, and nothing that says which holds. The rest is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from portal.domain.returns.choices import DONATE, EXCHANGE, KEEP
from portal.domain.returns.config import ReturnPolicyConfig, Zone
from portal.domain.returns.overlap import can_both_hold, never_holds
from portal.domain.returns.rules import Rule
from portal.domain.returns.shapes import AnyOf, fold


@dataclass(frozen=True, slots=True)
class Conflict:
    """One thing that does not fit. `where` names rules and zones; `words` are for whoever writes the settings."""

    kind: str
    where: tuple[str, ...]
    words: str
    refused: bool = False


def conflicts(config: ReturnPolicyConfig) -> list[Conflict]:
    """Everything that does not fit, what is refused first."""
    found = [*_rules_at_odds(config.rules), *_zones(config), *_dead_rules(config), *_nothing_offers(config)]
    return sorted(found, key=lambda conflict: (not conflict.refused, conflict.kind, conflict.where))


def _rules_at_odds(rules: Iterable[Rule]) -> Iterator[Conflict]:
    """Two rules that set the same otherwise, at one priority, for a line that both can match."""
    for one, other in combinations(sorted(rules, key=lambda rule: rule.id), 2):
        if one.priority != other.priority:
            continue
        values = {action.name: value for action, value in other.actions if not action.adds}
        for action, value in one.actions:
            if action.name in values and values[action.name] != value and can_both_hold(one, other):
                yield Conflict(
                    "same_priority",
                    (one.id, other.id),
                    f"rules {one.id!r} and {other.id!r} both set {action.name} ({_shown(value)} and "
                    f"{_shown(values[action.name])}) at priority {one.priority} and can match the same item; give one "
                    "of them a higher `priority`, or a condition under `unless` that keeps them apart",
                    refused=True,
                )


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _zones(config: ReturnPolicyConfig) -> Iterator[Conflict]:
    for one, other in combinations(config.zones, 2):
        shared = sorted(set(one.countries) & set(other.countries))
        if shared and _terms(one) != _terms(other):
            yield Conflict(
                "country_in_two_zones",
                (one.name, other.name),
                f"{', '.join(shared)} is in zone {one.name!r} and in zone {other.name!r}; take it out of one of them",
                refused=True,
            )
    before: set[str] = set()
    for zone in config.zones:
        if set(zone.countries) <= before:
            yield Conflict(
                "zone_shadowed",
                (zone.name,),
                f"zone {zone.name!r} never holds: all its countries are in zones before it; remove it",
            )
        elif config.countries and not set(zone.countries) & set(config.countries):
            yield Conflict(
                "zone_not_served",
                (zone.name,),
                f"zone {zone.name!r} never holds: `countries` takes returns from none of its countries; add them there",
            )
        before |= set(zone.countries)


def _terms(zone: Zone) -> tuple[Any, ...]:
    names = (name for name in Zone.__slots__ if name not in ("name", "countries"))
    return tuple(getattr(zone, name) for name in names)


def _dead_rules(config: ReturnPolicyConfig) -> Iterator[Conflict]:
    served = AnyOf(frozenset(map(fold, config.countries)))
    for rule in config.rules:
        if name := never_holds(rule):
            yield Conflict(
                "rule_never_holds",
                (rule.id,),
                f"rule {rule.id!r} can never match: `unless` takes out all that `when` asks for {name}; change one",
            )
        for condition, check in rule.if_all:
            if condition.name == "order_country" and config.countries and not check.meets(served):
                yield Conflict(
                    "rule_never_holds",
                    (rule.id,),
                    f"rule {rule.id!r} can never match: `countries` takes returns from none of its order_country; add "
                    "them there",
                )


def _nothing_offers(config: ReturnPolicyConfig) -> Iterator[Conflict]:
    """Rules about a way back or a resolution that nobody is offered, and ways back that lack what they need."""
    offered = {"methods": _offered(config, "methods"), "resolutions": _offered(config, "resolutions")}
    if any(dict(rule.then).get("keep_item") for rule in config.rules):
        offered["methods"] |= {KEEP}
    if any(dict(rule.then).get("donate") for rule in config.rules):
        offered["methods"] |= {DONATE}
    for rule in config.rules:
        for kind, condition in (("methods", "return_method"), ("resolutions", "return_resolution")):
            asked = {check for known, check in rule.if_all if known.name == condition}
            wanted = {text for check in asked if isinstance(check, AnyOf) for text in check.texts}
            if wanted and not wanted & offered[kind]:
                yield _unoffered(rule.id, "can never match", f"{condition} {', '.join(sorted(wanted))}", kind)
            excluded = set(dict(rule.then).get(f"exclude_{kind}", ()))
            if gone := sorted(excluded - offered[kind]):
                yield _unoffered(rule.id, "takes away what is not there", ", ".join(gone), kind)
            if excluded and excluded >= offered[kind]:
                words = f"rule {rule.id!r} takes away all {kind} there are; leave one, or `reject` the return"
                yield Conflict("nothing_left", (rule.id,), words)
    yield from _lacking(config, offered["methods"])


def _offered(config: ReturnPolicyConfig, kind: str) -> set[str]:
    zones = (getattr(zone, kind) or () for zone in config.zones)
    rules = (dict(rule.then).get(kind, ()) for rule in config.rules)
    return {word for words in (getattr(config, kind), *zones, *rules) for word in words}


def _unoffered(rule: str, what: str, words: str, kind: str) -> Conflict:
    return Conflict("nothing_offers", (rule,), f"rule {rule!r} {what}: nothing offers {words}; add it to `{kind}`")


def _lacking(config: ReturnPolicyConfig, methods: set[str]) -> Iterator[Conflict]:
    if "in_store" in methods and not config.stores:
        yield Conflict("method_lacks", ("in_store",), "in_store is offered, and there is no store; add one to `stores`")
    if DONATE in methods and not config.donate_to:
        yield Conflict("method_lacks", (DONATE,), "donate is offered, and nobody to give it to; say who in `donate_to`")
    given = config.exchange.fallback
    if EXCHANGE in _offered(config, "resolutions") and given not in _offered(config, "resolutions"):
        yield Conflict(
            "fallback_not_offered",
            ("exchange",),
            f"exchanges that sell out fall back to {given}, which `resolutions` does not offer; add it there",
        )
