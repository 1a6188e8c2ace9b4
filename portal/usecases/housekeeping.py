"""Throw away what nobody needs any more: old job slots, spent budgets, codes, links, sessions, idempotency keys,
carriers' answers, and pictures of returns that were never sent in."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete

from portal.db.tables.effects import IdempotencyKey
from portal.db.tables.operations import Budget, JobSlot
from portal.db.tables.staff import AccessCode, LinkToken, StaffSession
from portal.usecases.carriers.raw import outdated
from portal.usecases.deps import Deps
from portal.usecases.pushes.forget import forget_old
from portal.usecases.returns import drafts, photos

KEEP_SLOTS = timedelta(hours=2)
KEEP_CODES = timedelta(days=1)
KEEP_KEYS = timedelta(days=30)
KEEP_SESSIONS = timedelta(days=30)  # of staff; they end after a day at the latest


def tidy(deps: Deps) -> int:
    """Returns how many rows went. Real time throughout, except idempotency keys, answers and pictures, which keep
    the time of the business."""
    wall = deps.wall()
    doomed = (
        delete(JobSlot).where(JobSlot.started_at < wall - KEEP_SLOTS),
        delete(Budget).where(Budget.window_ends_at < wall),
        delete(AccessCode).where(AccessCode.expires_at < wall - KEEP_CODES),
        delete(StaffSession).where(StaffSession.seen_at < wall - KEEP_SESSIONS),
        delete(LinkToken).where(LinkToken.expires_at < wall - KEEP_CODES),
        outdated(deps.clock() - deps.keep_answers),
        delete(IdempotencyKey).where(IdempotencyKey.created_at < deps.clock() - KEEP_KEYS),
        photos.unused(deps.clock()),
        drafts.outdated(wall),
    )
    gone = 0
    for statement in doomed:
        with deps.sessions.write_system() as session:
            gone += session.execute(statement).rowcount  # type: ignore[attr-defined]
    return gone + forget_old(deps)
