"""Pushes that are done with go after a while: their bodies name people and places."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select

from portal.db.tables.messages import InboxDelivery
from portal.usecases.deps import Deps

KEEP_FAILED = timedelta(days=90)  # what could not be read waits for a version that can
AT_ONCE = 1_000  # each in a transaction of its own: nobody waits long for the database


def forget_old(deps: Deps) -> int:
    """Delete pushes that were read, or dropped, longer ago than they are kept. Business time. Returns how many."""
    now = deps.clock()
    done = _delete(deps, ("processed", "dropped"), now - deps.keep_pushes)
    return done + _delete(deps, ("failed",), now - max(KEEP_FAILED, deps.keep_pushes))


def _delete(deps: Deps, states: tuple[str, ...], before: datetime) -> int:
    old = select(InboxDelivery.id).where(InboxDelivery.state.in_(states), InboxDelivery.received_at < before)
    total = 0
    while True:
        with deps.sessions.write_system() as session:
            ids = list(session.scalars(old.limit(AT_ONCE)))
            session.execute(delete(InboxDelivery).where(InboxDelivery.id.in_(ids)))
        total += len(ids)
        if len(ids) < AT_ONCE:
            return total
