"""A rule of a shop's settings, read and checked, and which rules match a line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.domain.returns.actions import ACTIONS, Action
from portal.domain.returns.conditions import CONDITIONS, Condition, Scene, Stage, Unknown
from portal.domain.returns.shapes import Check

Checks = tuple[tuple[Condition, Check], ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """When all of `when` hold and none of `unless`, the actions of `then` apply. `says` tells the shopper why, by
    language; without words in a language the general ones of the action are used.

    Raises ValueError that names the condition or action for what is not known or of a wrong shape.
    """

    id: str
    then: dict[str, Any]
    when: dict[str, Any] = field(default_factory=dict)
    unless: dict[str, Any] = field(default_factory=dict)
    priority: int = 0
    says: dict[str, str] = field(default_factory=dict)
    if_all: Checks = field(init=False, repr=False, compare=False)
    if_none: Checks = field(init=False, repr=False, compare=False)
    actions: tuple[tuple[Action, Any], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.id.strip():
            raise ValueError("a rule needs an id")
        if not self.then:
            raise ValueError(f"rule {self.id!r} does nothing: give it an action under `then`")
        object.__setattr__(self, "if_all", self._tests("when", self.when))
        object.__setattr__(self, "if_none", self._tests("unless", self.unless))
        object.__setattr__(self, "actions", tuple(self._action(name, self.then[name]) for name in self.then))

    def _tests(self, part: str, given: Mapping[str, Any]) -> Checks:
        return tuple((self._known(CONDITIONS, part, name), self._read(part, name, given[name])) for name in given)

    def _read(self, part: str, name: str, value: Any) -> Check:
        try:
            return CONDITIONS[name].takes(value)
        except ValueError as error:
            raise ValueError(f"rule {self.id!r}: {part}.{name} {error}, not {value!r}") from None

    def _action(self, name: str, value: Any) -> tuple[Action, Any]:
        action: Action = self._known(ACTIONS, "then", name)
        try:
            return action, action.takes(value)
        except ValueError as error:
            raise ValueError(f"rule {self.id!r}: then.{name} {error}, not {value!r}") from None

    def _known(self, known: Mapping[str, Any], part: str, name: str) -> Any:
        if name not in known:
            what = "action" if part == "then" else "condition"
            raise ValueError(f"rule {self.id!r}: {part}.{name} is no {what}; there are {', '.join(sorted(known))}")
        return known[name]


@dataclass(frozen=True, slots=True)
class Open:
    """A rule of which it is not known yet whether it holds; `tests` are the ones that are left to look at."""

    rule: Rule
    if_all: Checks
    if_none: Checks


def holds_for_order(rule: Rule, scene: Scene) -> Open | None:
    """What a rule leaves to ask of each line, after everything that is the same for all of them. None: it cannot hold."""
    for condition, test in rule.if_all:
        if not condition.each_line and _answer(condition, test, scene) is False:
            return None
    for condition, test in rule.if_none:
        if not condition.each_line and _answer(condition, test, scene) is True:
            return None
    return Open(rule, _left(rule.if_all, scene), _left(rule.if_none, scene))


def _left(tests: Checks, scene: Scene) -> Checks:
    """Those that differ between lines, or of which nobody knows the answer yet."""
    return tuple((c, t) for c, t in tests if c.each_line or c.reads(scene) is Unknown.YET)


def holds(left: Open, scene: Scene) -> bool | Stage:
    """Whether a rule holds for a line; the latest stage that it waits for, where that is not known yet."""
    waits: Stage | None = None
    for condition, check in left.if_all:
        value = condition.reads(scene)
        if value is Unknown.YET:
            waits = _later(waits, condition.known)
        elif not check.passes(value):
            return False
    for condition, check in left.if_none:
        value = condition.reads(scene)
        if value is Unknown.YET:
            waits = _later(waits, condition.known)
        elif check.passes(value):
            return False
    return True if waits is None else waits


def _later(one: Stage | None, other: Stage) -> Stage:
    return other if one is None or other.value > one.value else one


def _answer(condition: Condition, check: Check, scene: Scene) -> bool | None:
    value = condition.reads(scene)
    return None if value is Unknown.YET else check.passes(value)
