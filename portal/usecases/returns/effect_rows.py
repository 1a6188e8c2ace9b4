"""What the effects of a return have in common: whoever carries one out locks it, and counts its call, the same way."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from portal.db.tables.effects import Effect
from portal.db.tables.orders import Order
from portal.db.tables.returns import Return
from portal.usecases.returns import rows


def lock_effect(
    session: Session, effect_id: int, kinds: Collection[str], where: ColumnElement[bool]
) -> tuple[Effect, Order, Return] | None:
    """An effect of one of `kinds` with its return and order, locked from the orders down, if it is as `where` says."""
    named = session.get(Effect, effect_id)
    if named is None or named.kind not in kinds:
        return None
    order, row = rows.lock_return(session, named.request["return_id"])
    effect = session.scalars(
        select(Effect).where(Effect.id == effect_id, where).with_for_update().execution_options(populate_existing=True)
    ).one_or_none()
    return (effect, order, row) if effect is not None else None


def submit(effect: Effect, wall: datetime, account: str, settles_in: timedelta) -> None:
    """The call is about to be made, with this account; what it did is surely known `settles_in` later (real time)."""
    effect.state = "submitted"
    effect.request = {**effect.request, "account": account}
    effect.attempts += 1
    effect.submitted_at = wall
    effect.next_attempt_at = None
    effect.settle_at = wall + settles_in
