"""Write what an assessment asks for: open, raise, reopen, close cases; each step leaves its line of history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.db.tables.delivery_exceptions import DeliveryException, ExceptionEvent, ExceptionFinding
from portal.domain.delivery_exceptions.base import Finding, Severity
from portal.domain.delivery_exceptions.changes import Action, Clear, Escalate, Keep, Open, Record, Reopen
from portal.domain.triage import CaseFacts, DeskHours, due_at, priority


@dataclass(frozen=True, slots=True)
class Subject:
    """What the cases are about, and what their place in the queue depends on."""

    kind: str
    id: str
    shop_id: int | None
    desk: DeskHours
    shipment_id: int | None = None
    order_id: int | None = None
    customer_id: int | None = None
    return_id: int | None = None
    carrier: str | None = None
    vip_reason: Mapping[str, Any] | None = None
    express: bool = False
    days_late: int = 0
    bad_before: bool = False
    contacted_us: bool = False
    informed_today: bool = False

    @property
    def is_vip(self) -> bool:
        return self.vip_reason is not None


def cases_of(session: Session, kind: str, subject_id: str) -> list[DeliveryException]:
    """Every case of a subject, open and closed."""
    return list(
        session.scalars(
            select(DeliveryException).where(
                DeliveryException.subject_kind == kind, DeliveryException.subject_id == subject_id
            )
        )
    )


def record_of(case: DeliveryException) -> Record:
    return Record(
        ref=case.id,
        rule=case.rule,
        severity=Severity(case.severity),
        opened_at=case.opened_at,
        cause=case.cause,
        closed_at=case.closed_at,
        closed_by=case.closed_by,
    )


def apply(
    session: Session, subject: Subject, cases: Sequence[DeliveryException], actions: Sequence[Action], now: datetime
) -> list[DeliveryException]:
    """Carry the actions out. Returns the cases that were opened, reopened or made worse."""
    by_id = {case.id: case for case in cases}
    news: list[DeliveryException] = []
    for action in actions:
        match action:
            case Open(finding):
                news.append(_open(session, subject, finding, now))
            case Escalate(ref, finding):
                news.append(_raise(session, subject, by_id[int(ref)], finding, now))
            case Reopen(ref, finding):
                news.append(_reopen(session, subject, by_id[int(ref)], finding, now))
            case Keep(ref, finding):
                _keep(subject, by_id[int(ref)], finding, now)
            case Clear(ref, _, by):
                _clear(session, by_id[int(ref)], by, now)
    return news


def _open(session: Session, subject: Subject, finding: Finding, now: datetime) -> DeliveryException:
    case = DeliveryException(
        shop_id=subject.shop_id,
        subject_kind=subject.kind,
        subject_id=subject.id,
        shipment_id=subject.shipment_id,
        order_id=subject.order_id,
        customer_id=subject.customer_id,
        return_id=subject.return_id,
        carrier=subject.carrier,
        rule=finding.rule,
        rule_version=finding.version,
        severity=finding.severity.value,
        state="open",
        opened_at=now,
        due_at=due_at(finding.severity, subject.is_vip, now, subject.desk),
        is_vip=subject.is_vip,
    )
    _explain(case, finding)
    rank(case, subject)
    session.add(case)
    session.flush()
    _note(session, case, finding, "opened", now)
    return case


def _raise(
    session: Session, subject: Subject, case: DeliveryException, finding: Finding, now: datetime
) -> DeliveryException:
    before = case.severity
    case.severity = finding.severity.value
    case.due_at = min(case.due_at, due_at(finding.severity, subject.is_vip, now, subject.desk))
    case.snoozed_until = None  # what was put off has become worse
    case.revision += 1
    _explain(case, finding)
    rank(case, subject)
    _note(session, case, finding, "escalated", now, before=before)
    return case


def _reopen(
    session: Session, subject: Subject, case: DeliveryException, finding: Finding, now: datetime
) -> DeliveryException:
    case.state, case.closed_at, case.closed_by, case.outcome = "open", None, None, None
    case.reopened += 1
    case.revision += 1
    case.severity = finding.severity.value
    case.due_at = due_at(finding.severity, subject.is_vip, now, subject.desk)
    case.snoozed_until = None
    _explain(case, finding)
    rank(case, subject)
    _note(session, case, finding, "reopened", now)
    return case


def _keep(subject: Subject, case: DeliveryException, finding: Finding | None, now: datetime) -> None:
    if finding is not None:
        _explain(case, finding)
    if subject.is_vip and not case.is_vip:
        case.due_at = min(case.due_at, due_at(Severity(case.severity), True, now, subject.desk))
    rank(case, subject)


def _clear(session: Session, case: DeliveryException, by: str, now: datetime) -> None:
    case.state, case.closed_at, case.closed_by = "cleared", now, by
    case.revision += 1
    session.add(
        ExceptionEvent(exception_id=case.id, at=now, actor=f"rule {case.rule}", action="cleared", details={"by": by})
    )


def _explain(case: DeliveryException, finding: Finding) -> None:
    case.rule_version = finding.version
    case.inputs, case.limits = dict(finding.inputs), dict(finding.limits)
    case.message_key, case.cause, case.since = finding.message_key, finding.cause, finding.since


def rank(case: DeliveryException, subject: Subject) -> None:
    """Set VIP and priority, with every point kept beside the sum."""
    case.is_vip = subject.is_vip
    case.vip_reason = dict(subject.vip_reason) if subject.vip_reason else None
    worth = priority(
        CaseFacts(
            severity=Severity(case.severity),
            is_vip=subject.is_vip,
            express=subject.express,
            days_late=subject.days_late,
            bad_before=subject.bad_before,
            contacted_us=subject.contacted_us,
            informed_today=subject.informed_today,
        )
    )
    case.priority = worth.total
    case.priority_points = [
        {"key": p.key, "value": p.value, "words": p.words, "inputs": dict(p.inputs)} for p in worth.points
    ]


def _note(
    session: Session, case: DeliveryException, finding: Finding, action: str, now: datetime, **details: Any
) -> None:
    session.add(
        ExceptionFinding(
            exception_id=case.id,
            at=now,
            rule_version=finding.version,
            severity=finding.severity.value,
            inputs=dict(finding.inputs),
        )
    )
    session.add(
        ExceptionEvent(
            exception_id=case.id,
            at=now,
            actor=f"rule {finding.rule}@{finding.version}",
            action=action,
            details={"severity": finding.severity.value, **details},
        )
    )
