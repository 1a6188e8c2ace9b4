"""How the outbox stands: what waits, what was sent, what may have been sent twice, what a person must look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from portal.db.tables.messages import OutboxMessage
from portal.usecases.deps import Deps


@dataclass(frozen=True, slots=True)
class OutboxReport:
    """`states` counts messages by state; `unsure` those that may have been sent without our knowing.

    `waiting_since` is when the oldest message that still waits was queued (business time).
    """

    states: Mapping[str, int]
    unsure: int
    waiting_since: datetime | None


def outbox_report(deps: Deps) -> OutboxReport:
    """All shops together."""
    waiting = OutboxMessage.state.in_(("queued", "ambiguous"))
    with deps.sessions.read_system() as session:
        counts = session.execute(select(OutboxMessage.state, func.count().label("n")).group_by(OutboxMessage.state))
        states = {row.state: row.n for row in counts}
        unsure = session.scalar(select(func.count()).select_from(OutboxMessage).where(OutboxMessage.unsure > 0))
        oldest = session.scalar(select(func.min(OutboxMessage.created_at)).where(waiting))
    return OutboxReport(states, unsure or 0, oldest)
