"""Give an unused label back to the carrier. Asking twice does no harm, so doubt is simply asked again.

A label that its carrier does not take back is still one: it stands again where its return needs it (`_stands`). Another is
bought in its place only when it is surely gone, or a person agrees.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session, undefer

from carriers.errors import CarrierError, ErrorKind
from carriers.model import BoughtLabel
from portal.db.tables.effects import Effect
from portal.db.tables.orders import Order
from portal.db.tables.returns import LabelRow, Return
from portal.domain.returns.labels import Outcome, outcome_of, wait_before_retry
from portal.domain.returns.states import PARCEL
from portal.domain.words import N_
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns import rows
from portal.usecases.returns.effect_rows import lock_effect
from portal.usecases.returns.label_again import another_label, hold_another, wants_label
from portal.usecases.returns.label_effects import LEASE
from portal.usecases.returns.label_request import named_nobody
from portal.usecases.returns.label_saved import ACTOR, bought_label, label_is_ready, was_seen

log = logging.getLogger(__name__)
TRIES_BEFORE_A_PERSON = 24  # about a day: so long a shopper waits for another label at most
USED = "The label was used before it could be given back."
NOT_GIVEN_BACK = N_("The label before could not be given back: look in the carrier's own portal.")
_MAY_HAVE_ARRIVED = "asked"


@dataclass(frozen=True, slots=True)
class _Claim:
    """A void that is ours until the lease ends."""

    fence: int
    carrier: str
    unused: BoughtLabel
    asked_before: bool  # by a call that may have arrived, at the same account


@dataclass(frozen=True, slots=True)
class _Held:
    """Everything that a void changes, locked from the order down."""

    effect: Effect
    label: LabelRow
    order: Order
    row: Return


def due(wall: datetime) -> ColumnElement[bool]:
    """Voids to ask for at `wall` (real time)."""
    free = or_(Effect.lease_until.is_(None), Effect.lease_until <= wall)
    timely = or_(Effect.next_attempt_at.is_(None), Effect.next_attempt_at <= wall)
    return and_(free, timely, Effect.state.in_(("intended", "submitted", "unknown")))


def run_void(deps: Deps, shop: ShopRef, effect_id: int) -> bool:
    """Ask once. False when there was nothing to do."""
    with deps.sessions.write(shop.id) as session:
        held = _lock(session, effect_id, due(deps.wall()))
        if held is None:
            return False
        if was_seen(session, held.label):
            held.effect.error = USED
            _refused(session, deps, shop, held)
            return True
        claim = _claim(deps, shop, held, session)
    problem: CarrierError | None = None
    try:
        deps.carriers.void_label(claim.carrier, claim.unused, shop_id=shop.id)
    except CarrierError as error:
        problem = error
    with deps.sessions.write(shop.id) as session:
        held = _lock(session, effect_id, Effect.fence == claim.fence)
        if held is not None:
            _settle(session, deps, shop, held, problem, asked_before=claim.asked_before)
    return True


def _lock(session: Session, effect_id: int, where: ColumnElement[bool]) -> _Held | None:
    found = lock_effect(session, effect_id, ("void",), where)
    if found is None:
        return None
    effect, order, row = found
    label = session.scalars(
        select(LabelRow).where(LabelRow.id == effect.request["label_id"]).options(undefer(LabelRow.document))
    ).one()
    return _Held(effect, label, order, row)


def _claim(deps: Deps, shop: ShopRef, held: _Held, session: Session) -> _Claim:
    effect, wall = held.effect, deps.wall()
    account = _account(deps, shop, held.label)
    before = effect.result.get(_MAY_HAVE_ARRIVED) == account
    effect.state, effect.submitted_at, effect.lease_until = "submitted", wall, wall + LEASE
    effect.attempts += 1
    effect.fence += 1
    effect.result = {**effect.result, _MAY_HAVE_ARRIVED: account}
    return _Claim(effect.fence, held.label.carrier, bought_label(session, held.label), before)


def _account(deps: Deps, shop: ShopRef, label: LabelRow) -> str:
    try:
        return deps.carriers.label_account(label.carrier, shop.id)
    except CarrierError:  # a carrier that is no longer connected
        return ""


def _settle(
    session: Session, deps: Deps, shop: ShopRef, held: _Held, problem: CarrierError | None, *, asked_before: bool
) -> None:
    effect, wall = held.effect, deps.wall()
    effect.lease_until = None
    effect.error = named_nobody(problem.message, shop, held.order, held.row) if problem else None
    if problem is not None and not problem.sent and not asked_before:
        effect.result = {name: value for name, value in effect.result.items() if name != _MAY_HAVE_ARRIVED}
    gone = problem is not None and asked_before and problem.kind is ErrorKind.NOT_FOUND
    if problem is None or gone:  # a carrier that was asked before does not know the label any more
        _given_back(session, deps, shop, held)
    elif outcome_of(problem) is Outcome.REFUSED and problem.kind is not ErrorKind.AUTH:
        _refused(session, deps, shop, held)
    else:
        effect.state = "unknown"
        effect.next_attempt_at = wall + wait_before_retry(effect.attempts, problem.retry_after)
        if effect.attempts >= TRIES_BEFORE_A_PERSON:
            _ask_a_person(session, deps, shop, held)


def _given_back(session: Session, deps: Deps, shop: ShopRef, held: _Held) -> None:
    effect = held.effect
    effect.state, effect.settled_at, effect.next_attempt_at = "succeeded", deps.wall(), None
    bought = session.get(Effect, held.label.effect_id)
    if bought is not None:
        bought.state = "voided"
    session.flush()
    if effect.request.get("then_buy"):
        another_label(session, deps, shop, held.row.id, why="the one before is given back")


def _refused(session: Session, deps: Deps, shop: ShopRef, held: _Held) -> None:
    effect = held.effect
    effect.state, effect.settled_at, effect.next_attempt_at = "rejected", deps.wall(), None
    log.warning("label.not_given_back", extra={"label": held.label.id, "carrier": held.label.carrier})
    session.flush()
    if wants_label(held.row) and held.row.parcel != "none" and rows.live_label(session, held.row) is None:
        _stands(session, deps, shop, held)


def _stands(session: Session, deps: Deps, shop: ShopRef, held: _Held) -> None:
    """The label is good after all: the shopper may print it again; one without a file is for a person."""
    label, row, now = held.label, held.row, deps.clock()
    label.voided_at = None
    session.flush()
    if row.parcel in ("label_queued", "label_lapsed") and label.document:
        label_is_ready(session, deps, shop, label, held.order, row)
    elif row.parcel == "label_queued":
        rows.move(session, row, PARCEL, "label_failed", now=now, actor=ACTOR, why="bought, no file, not given back")
    rows.touch(held.order, now)


def _ask_a_person(session: Session, deps: Deps, shop: ShopRef, held: _Held) -> None:
    """Somebody waits for another label, and nobody can say whether this one is gone. It is asked for on and on."""
    effect, row = held.effect, held.row
    if not effect.request.get("then_buy") or row.parcel != "label_queued":
        return
    effect.request = {**effect.request, "then_buy": False}
    hold_another(session, deps, shop, held.order, row, why=NOT_GIVEN_BACK)
