"""The audit chain: one row an action, in the action's own transaction, each sealed with the digest of the one before."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from portal.db.tables.staff import AuditRow
from portal.usecases.deps import Deps

GENESIS = "0" * 64
# One writer at a time may add to the chain. SQLite has one writer anyway; PostgreSQL takes this lock until commit.
_CHAIN_LOCK = 7_042_301


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """A row of the log as the administrator's page shows it."""

    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    shop_id: int | None
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ChainReport:
    """What a walk over the whole chain found: how many rows, and the first one that does not fit (None: all fit)."""

    rows: int
    broken_at: int | None

    @property
    def intact(self) -> bool:
        return self.broken_at is None


def record(
    session: Session,
    deps: Deps,
    *,
    actor: str,
    action: str,
    subject: str,
    shop_id: int | None,
    details: dict[str, Any] | None = None,
) -> None:
    """Add the row of one action, in the transaction of that action: neither can be without the other.

    `actor` is "staff 3", "shopper", "cli" or "worker"; `subject` names a thing by its id ("case 12"). `details` holds
    ids, words of ours and whole numbers, never personal data; anything else in it raises ValueError. The time is real
    time. The lock that orders the chain is held until the transaction ends, so this comes last in it.
    """
    _check(details or {})
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _CHAIN_LOCK})
    previous = session.scalar(select(AuditRow.digest).order_by(AuditRow.id.desc()).limit(1)) or GENESIS
    row = AuditRow(
        at=deps.wall(),
        actor=actor,
        action=action,
        subject=subject,
        shop_id=shop_id,
        details=dict(details or {}),
        previous=previous,
    )
    row.digest = seal(row)
    session.add(row)
    session.flush()


def seal(row: AuditRow) -> str:
    """The digest of a row: sha256 over the digest before it and the row's canonical JSON."""
    body = {
        "at": row.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": row.actor,
        "action": row.action,
        "subject": row.subject,
        "shop_id": row.shop_id,
        "details": row.details,
    }
    canonical = json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(f"{row.previous}\n{canonical}".encode()).hexdigest()


def verify_chain(deps: Deps, *, batch: int = 1_000) -> ChainReport:
    """Walk the whole chain in order. A row that was changed, removed or put in between breaks it where it stood."""
    rows, expected, last = 0, GENESIS, 0
    with deps.sessions.read_system() as session:
        while True:
            found = session.scalars(select(AuditRow).where(AuditRow.id > last).order_by(AuditRow.id).limit(batch)).all()
            for row in found:
                if row.previous != expected or row.digest != seal(row):
                    return ChainReport(rows, row.id)
                rows, expected, last = rows + 1, row.digest, row.id
            if len(found) < batch:
                return ChainReport(rows, None)
            session.expunge_all()


def list_audit(deps: Deps, *, before: int | None = None, size: int = 50) -> tuple[list[AuditEntry], int | None]:
    """The newest rows first, and the id to go on before (None: no more)."""
    query = select(AuditRow).order_by(AuditRow.id.desc()).limit(size + 1)
    if before is not None:
        query = query.where(AuditRow.id < before)
    with deps.sessions.read_system() as session:
        rows = list(session.scalars(query))
    shown = [AuditEntry(r.id, r.at, r.actor, r.action, r.subject, r.shop_id, dict(r.details)) for r in rows[:size]]
    return shown, shown[-1].id if len(rows) > size else None


def _check(value: Any) -> None:
    """A number with a point does not come back from every database as it went in, and would break the seal."""
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise ValueError("the keys of audit details are words")
        value = list(value.values())
    if isinstance(value, list | tuple):
        for item in value:
            _check(item)
    elif not isinstance(value, str | int | None):
        raise ValueError(f"audit details cannot hold a {type(value).__name__}")
