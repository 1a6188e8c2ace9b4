"""From what holds to what to do: which cases to open, raise, reopen or close. Pure; the caller writes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.domain.delivery_exceptions.assess import FEED_DOWN, Assessment
from portal.domain.delivery_exceptions.base import Finding, Severity
from portal.domain.delivery_exceptions.registry import rules

REOPEN_WITHIN = timedelta(days=7)
STAFF = "staff"


@dataclass(frozen=True, slots=True)
class Record:
    """A case as stored. `ref` is the caller's key; `closed_by` is "staff" when a person closed it, else what did."""

    ref: int | str
    rule: str
    severity: Severity
    opened_at: datetime
    cause: str = ""
    closed_at: datetime | None = None
    closed_by: str | None = None


@dataclass(frozen=True, slots=True)
class Open:
    """A new case."""

    finding: Finding


@dataclass(frozen=True, slots=True)
class Escalate:
    """The same case, now worse."""

    ref: int | str
    finding: Finding


@dataclass(frozen=True, slots=True)
class Reopen:
    """A case closed less than a week ago has come back."""

    ref: int | str
    finding: Finding


@dataclass(frozen=True, slots=True)
class Keep:
    """An open case stays as it is; `finding` is the present one, None when only a person may close the case."""

    ref: int | str
    finding: Finding | None


@dataclass(frozen=True, slots=True)
class Clear:
    """An open case is over; `by` says what cleared it, for the case's history."""

    ref: int | str
    rule: str
    by: str


Action = Open | Escalate | Reopen | Keep | Clear


def changes(records: Iterable[Record], assessment: Assessment, now: datetime) -> tuple[Action, ...]:
    """What to do with the cases of one subject. Doing it and asking again asks only to keep.

    History opens nothing; a case that is open already goes on and may close.
    """
    stored = sorted(records, key=lambda record: record.opened_at)
    open_ones = {record.rule: record for record in stored if record.closed_at is None}
    closed = {record.rule: record for record in stored if record.closed_at is not None}
    actions: list[Action] = []
    for finding in assessment.findings:
        record = open_ones.pop(finding.rule, None)
        action = (
            _continue(record, finding) if record else _begin(closed.get(finding.rule), finding, now, assessment.history)
        )
        actions += [action] if action is not None else []
    return (*actions, *(_leave(record, assessment) for record in open_ones.values()))


def _continue(record: Record, finding: Finding) -> Action:
    worse = finding.severity.points > record.severity.points
    return Escalate(record.ref, finding) if worse else Keep(record.ref, finding)


def _begin(last: Record | None, finding: Finding, now: datetime, history: bool) -> Action | None:
    if history:
        return None
    if last is None or last.closed_at is None:
        return Open(finding)
    worse = finding.severity.points > last.severity.points
    if last.closed_by == STAFF and last.cause == finding.cause and not worse:
        return None  # a person has dealt with exactly this
    return Reopen(last.ref, finding) if now - last.closed_at <= REOPEN_WITHIN else Open(finding)


def _leave(record: Record, assessment: Assessment) -> Action:
    """An open case whose rule no longer fires by itself."""
    by = {one.finding.rule: one for one in assessment.suppressed}.get(record.rule)
    rule = rules().get(record.rule)
    if rule is None or rule.staff_only or (by is not None and by.by == FEED_DOWN):
        return Keep(record.ref, by.finding if by is not None else None)
    return Clear(record.ref, record.rule, by.by if by is not None else assessment.ended or rule.clears_when)
