"""Give an unused label back to the carrier. Asking twice does no harm, so doubt is simply asked again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select

from carriers.errors import CarrierError, ErrorKind
from portal.db.tables.effects import Effect
from portal.db.tables.returns import LabelRow
from portal.domain.returns.labels import Outcome, outcome_of, wait_before_retry
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns.label_again import another_label
from portal.usecases.returns.label_effects import LEASE
from portal.usecases.returns.label_saved import bought_label


def due(wall: datetime) -> ColumnElement[bool]:
    """Voids to ask for at `wall` (real time)."""
    free = or_(Effect.lease_until.is_(None), Effect.lease_until <= wall)
    timely = or_(Effect.next_attempt_at.is_(None), Effect.next_attempt_at <= wall)
    return and_(free, timely, Effect.state.in_(("intended", "submitted", "unknown")))


def run_void(deps: Deps, shop: ShopRef, effect_id: int) -> bool:
    """Ask once. False when there was nothing to do."""
    wall = deps.wall()
    with deps.sessions.write(shop.id) as session:
        effect = session.scalars(
            select(Effect).where(Effect.id == effect_id, Effect.kind == "void", due(wall)).with_for_update()
        ).one_or_none()
        if effect is None:
            return False
        asked_before = effect.attempts > 0
        effect.state, effect.submitted_at, effect.lease_until = "submitted", wall, wall + LEASE
        effect.attempts += 1
        effect.fence += 1
        fence = effect.fence
        label = session.get_one(LabelRow, effect.request["label_id"])
        carrier, unused = label.carrier, bought_label(session, label)
    problem: CarrierError | None = None
    try:
        deps.carriers.void_label(carrier, unused, shop_id=shop.id)
    except CarrierError as error:
        problem = error
    with deps.sessions.write(shop.id) as session:
        held = session.scalars(
            select(Effect).where(Effect.id == effect_id, Effect.fence == fence).with_for_update()
        ).one_or_none()
        if held is not None:
            _settle(held, problem, asked_before, deps.wall())
            bought = session.get(Effect, label.effect_id)
            if held.state == "succeeded" and bought is not None:
                bought.state = "voided"
                session.flush()
                if held.request.get("then_buy"):
                    another_label(
                        session, deps, shop, held.request["return_id"], why="the one before cannot be printed"
                    )
    return True


def _settle(effect: Effect, problem: CarrierError | None, asked_before: bool, wall: datetime) -> None:
    effect.lease_until = None
    effect.error = problem.message if problem else None
    gone = problem is not None and asked_before and problem.kind in (ErrorKind.NOT_FOUND, ErrorKind.BAD_REQUEST)
    if problem is None or gone:  # a carrier that was asked before does not know the label any more
        effect.state, effect.settled_at, effect.next_attempt_at = "succeeded", wall, None
    elif outcome_of(problem) is Outcome.REFUSED and problem.kind is not ErrorKind.AUTH:
        effect.state, effect.settled_at, effect.next_attempt_at = "rejected", wall, None
    else:
        effect.state = "unknown"
        effect.next_attempt_at = wall + wait_before_retry(effect.attempts, problem.retry_after)
