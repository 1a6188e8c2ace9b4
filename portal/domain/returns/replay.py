"""A decision made again from its record: by the judges and the settings of then, with the words of then."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from portal.domain.returns.case import LineFacts, OrderFacts, RequestFacts
from portal.domain.returns.config import ReturnPolicyConfig
from portal.domain.returns.eligibility import policies
from portal.domain.returns.terms import VERSION, Terms, terms_of_lines, terms_recorded
from portal.domain.returns.windows import calendar_of

_NOT_COMPARED = frozenset({"version"})


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is answered otherwise now. `where` is "window@2 words", "terms fee_minor" or, of the whole return
    (line 0), "sum due"."""

    line_id: int
    where: str
    then: Any
    now: Any


@dataclass(frozen=True, slots=True)
class Answers:
    """How many recorded answers were given again, and those that came out otherwise."""

    given: int
    differences: tuple[Difference, ...]


def decide_again(
    facts: Mapping[str, Any],
    asked: Mapping[str, Any],
    verdicts: Iterable[Mapping[str, Any]],
    config: ReturnPolicyConfig,
    judged_at: datetime,
    version: int,
) -> Answers:
    """Judge the recorded facts of one order again. `version` is that of `config`.

    Only what was recorded is compared: a policy or a term that came later had no say then. Where terms are worked out
    otherwise by now, the recorded ones are judged by.
    """
    verdicts = list(verdicts)
    order = replace(OrderFacts.from_record(facts), calendar=_calendar(verdicts))
    request = RequestFacts.from_record(asked)
    lines = {
        line.line_id: (line, terms)
        for line, terms in zip(order.lines, terms_of_lines(order, request, config, judged_at, version), strict=True)
    }
    given = 0
    found: list[Difference] = []
    for verdict in verdicts:
        line, terms = lines[verdict["line_id"]]
        recorded = verdict.get("terms")
        if recorded and recorded.get("version") != VERSION:
            terms = terms_recorded(recorded, config)
        elif recorded:
            found += _terms(line, terms, recorded)
        for reason in verdict["reasons"]:
            given += 1
            found += _answer(line, order, terms, judged_at, reason)
    return Answers(given, tuple(found))


def _calendar(verdicts: Iterable[Mapping[str, Any]]) -> dict[str, bool]:
    """The working days as they were when it was judged."""
    known: dict[str, bool] = {}
    for reason in (reason for verdict in verdicts for reason in verdict["reasons"]):
        if reason["policy"] == "window" and "last_on" in reason["inputs"]:
            rolled = [note["inputs"].get("rolled_from_on") for note in reason.get("notes", ())]
            known |= calendar_of(reason["inputs"]["last_on"], next(filter(None, rolled), None))
    return known


def _terms(line: LineFacts, terms: Terms, recorded: Mapping[str, Any]) -> Iterator[Difference]:
    now = _json(terms.to_record())
    for name in sorted((recorded.keys() & now.keys()) - _NOT_COMPARED):
        if recorded[name] != now[name]:
            yield Difference(line.line_id, f"terms {name}", recorded[name], now[name])


def _answer(
    line: LineFacts, order: OrderFacts, terms: Terms, judged_at: datetime, recorded: Mapping[str, Any]
) -> Iterator[Difference]:
    name = f"{recorded['policy']}@{recorded['version']}"
    policy = next((policy for policy in policies() if policy.id == recorded["policy"]), None)
    judge = policy.judge_of(recorded["version"]) if policy else None
    if judge is None:
        yield Difference(line.line_id, name, recorded["key"], None)
        return
    now = _json(judge(line, order, terms, judged_at).to_record())
    for part in sorted(recorded.keys() & now.keys()):
        if recorded[part] != now[part]:
            yield Difference(line.line_id, f"{name} {part}", recorded[part], now[part])


def _json(record: Mapping[str, Any]) -> dict[str, Any]:
    """As it comes back from a record."""
    return dict(json.loads(json.dumps(record)))
