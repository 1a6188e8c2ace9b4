"""Whether two rules can hold for the same line, and whether one rule can hold at all, as far as their conditions tell."""

from __future__ import annotations

from portal.domain.returns.rules import Checks, Rule


def can_both_hold(one: Rule, other: Rule) -> bool:
    """False only where it is certain that no line satisfies both."""
    return not (_apart(one, other) or _shut_out(one.if_all, other.if_none) or _shut_out(other.if_all, one.if_none))


def _apart(one: Rule, other: Rule) -> bool:
    """A condition of a single value that the two want differently."""
    wanted = {condition.name: check for condition, check in other.if_all}
    return any(
        not condition.many and condition.name in wanted and not check.meets(wanted[condition.name])
        for condition, check in one.if_all
    )


def _shut_out(wanted: Checks, unwanted: Checks) -> bool:
    """Whatever satisfies these is what those do not want: of a value that has several, only if all of them are meant."""
    out = {condition.name: check for condition, check in unwanted}
    return any(condition.name in out and check.within(out[condition.name]) for condition, check in wanted)


def never_holds(rule: Rule) -> str:
    """The condition that contradicts itself, or "" where the rule can hold."""
    out = {condition.name: check for condition, check in rule.if_none}
    for condition, check in rule.if_all:
        if condition.name in out and check.within(out[condition.name]):
            return condition.name
    return ""
