"""One label, bought at most once (reliability: D1). Everything here runs in one shop's scope.

Three steps, and no session open across the network: claim the intent and write `submitted` down before the first byte
leaves; ask the carrier; write down what came back, if the claim is still ours (fence). A process that dies in between
leaves `submitted` behind: after `settle_at` the carrier is asked whether it sold a label for the key.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_
from sqlalchemy.orm import Session

from carriers.base import Recovery
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Label, LabelRequest
from portal.db.tables.effects import Effect
from portal.db.tables.orders import Order
from portal.db.tables.returns import Return
from portal.domain.returns.labels import Outcome, outcome_of, wait_after_refusal, wait_before_retry
from portal.domain.returns.states import PARCEL
from portal.domain.words import N_
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns import rows
from portal.usecases.returns.effect_rows import lock_effect, submit
from portal.usecases.returns.label_again import intend_label, wants_label
from portal.usecases.returns.label_limits import over_a_limit
from portal.usecases.returns.label_request import AddressIncomplete, request_for, wishes
from portal.usecases.returns.label_saved import ACTOR, number_is_taken, save_label

KINDS = ("label",)
LEASE = timedelta(seconds=60)  # longer than a carrier call may take
IN_DOUBT = ("submitted", "unknown")
MOST_LOOK_UPS = 24  # about a day, then a person has to look
CANNOT_LOOK = N_(
    "The answer was lost, and this carrier cannot be asked whether it sold a label: look in its own portal."
)
OTHER_ACCOUNT = N_(
    "The answer was lost, and the account with this carrier was changed since: look in the portal of the one before."
)
OTHER_S_NUMBER = N_("The carrier gave a label whose number another parcel has: look in its own portal.")


@dataclass(frozen=True, slots=True)
class _Claim:
    """An effect that is ours until the lease ends, and everything the call needs."""

    shop_id: int
    effect_id: int
    return_id: int
    fence: int
    carrier: str
    key: str
    request: LabelRequest
    in_doubt: bool  # an earlier call may have bought it
    wanted: bool  # the return still needs it
    lease_until: datetime


def due(wall: datetime) -> ColumnElement[bool]:
    """Labels that something can be done about at `wall` (real time): intents, and doubts whose time has come."""
    free = or_(Effect.lease_until.is_(None), Effect.lease_until <= wall)
    timely = or_(Effect.next_attempt_at.is_(None), Effect.next_attempt_at <= wall)
    settled = and_(Effect.state.in_(IN_DOUBT), Effect.settle_at <= wall)
    return and_(free, timely, or_(Effect.state == "intended", settled))


def run_label(deps: Deps, shop: ShopRef, effect_id: int) -> bool:
    """Take one label as far as it goes now. False when there was nothing to do: not due, or somebody else has it."""
    deps.crash("label.after_intent")
    claim = _claim(deps, shop, effect_id)
    if claim is None:
        return False
    deps.crash("label.after_submitted")
    try:
        label = _ask(deps, claim)
    except CarrierError as error:
        with deps.sessions.write(shop.id) as session:
            _no_label(session, deps, shop, claim, error)
        return True
    deps.crash("label.after_reply")
    with deps.sessions.write(shop.id) as session:
        held = _still_ours(session, claim)
        if held is not None:
            effect, order, row = held
            if label is not None and number_is_taken(session, label.carrier, label.tracking_number, row):
                _to_a_person(session, deps, effect, row, OTHER_S_NUMBER)
            elif label is not None:
                save_label(session, deps, shop, effect, label, order, row)
            else:
                _back_to_intended(effect, deps.wall())
        deps.crash("label.before_saved")
    return True


def _claim(deps: Deps, shop: ShopRef, effect_id: int) -> _Claim | None:
    with deps.sessions.write(shop.id) as session:
        wall = deps.wall()
        found = lock_effect(session, effect_id, KINDS, due(wall))
        if found is None:
            return None
        effect, order, row = found
        in_doubt = effect.state in IN_DOUBT
        if not in_doubt and not wants_label(row):
            effect.state, effect.settled_at = "voided", wall
            return None
        if not in_doubt:
            effect.request = {**effect.request, **wishes(deps, shop, order)}
        wished = {**wishes(deps, shop, order), **effect.request}
        try:
            request = request_for(session, deps, shop, order, row, effect.key, wished, effect.provider)
            hindrance = _hindrance(session, deps, shop, effect, order, in_doubt=in_doubt)
        except AddressIncomplete as problem:
            hindrance = str(problem)
        if hindrance is not None:
            _to_a_person(session, deps, effect, row, hindrance)
            return None
        effect.fence += 1
        effect.lease_until = wall + LEASE
        if not in_doubt:
            settles_in = LEASE + timedelta(seconds=deps.carriers.info(effect.provider).settle_seconds)
            submit(effect, wall, deps.carriers.label_account(effect.provider, shop.id), settles_in)
        return _Claim(
            shop_id=shop.id,
            effect_id=effect.id,
            return_id=row.id,
            fence=effect.fence,
            carrier=effect.provider,
            key=effect.key,
            request=request,
            in_doubt=in_doubt,
            wanted=wants_label(row),
            lease_until=effect.lease_until,
        )


def _hindrance(
    session: Session, deps: Deps, shop: ShopRef, effect: Effect, order: Order, *, in_doubt: bool
) -> str | None:
    """Why only a person can go on: a doubt that nobody can clear up, or more labels than the shop wants to pay for.

    Another account knows nothing of what was bought with the one before.
    """
    try:
        cannot = deps.carriers.info(effect.provider).label_recovery is Recovery.NONE
        account = deps.carriers.label_account(effect.provider, shop.id)
    except CarrierError as error:  # a carrier that is no longer there
        return error.message
    if not in_doubt:
        return over_a_limit(session, deps, shop, effect, order)
    if cannot:
        return CANNOT_LOOK
    return OTHER_ACCOUNT if effect.request.get("account", account) != account else None


def _ask(deps: Deps, claim: _Claim) -> Label | None:
    """Buy. Where an earlier call may have bought: look, or ask again where the same key gives the same label.

    A carrier that sells one label a reference is looked up too: if nothing is found, asking again cannot buy a second.
    What nobody wants any more is never asked for again.
    """
    if deps.wall() >= claim.lease_until:  # a process that slept: somebody else may have looked it up meanwhile
        raise CarrierError(ErrorKind.SERVER_ERROR, "The lease ran out before anything was sent.", sent=False)
    by_key = claim.wanted and deps.carriers.info(claim.carrier).label_recovery is Recovery.NATIVE_KEY
    if claim.in_doubt and not by_key:
        return deps.carriers.find_label(claim.carrier, claim.request, key=claim.key, shop_id=claim.shop_id)
    return deps.carriers.create_label(claim.carrier, claim.request, key=claim.key, shop_id=claim.shop_id)


def _still_ours(session: Session, claim: _Claim) -> tuple[Effect, Order, Return] | None:
    return lock_effect(session, claim.effect_id, KINDS, and_(Effect.fence == claim.fence, Effect.state.in_(IN_DOUBT)))


def _no_label(session: Session, deps: Deps, shop: ShopRef, claim: _Claim, error: CarrierError) -> None:
    """The call failed: what that means for the money decides what is done next."""
    held = _still_ours(session, claim)
    if held is None:
        return
    effect, order, row = held
    wall = deps.wall()
    effect.lease_until = None
    effect.error = error.message
    outcome = outcome_of(error)
    if claim.in_doubt:
        if outcome is Outcome.REFUSED and error.kind is not ErrorKind.AUTH:
            _to_a_person(session, deps, effect, row, error.message)
        else:
            _look_again(session, deps, effect, row, error)
    elif outcome is Outcome.REFUSED:
        effect.state, effect.settled_at = "rejected", wall
        effect.next_attempt_at = wall + wait_after_refusal(effect.attempts)
        _label_failed(session, deps, row, error.message)
    elif outcome is Outcome.AGAIN:
        _back_to_intended(effect, wall + wait_before_retry(effect.attempts, error.retry_after))
    else:
        effect.state = "unknown"
        effect.settle_at = wall + timedelta(seconds=deps.carriers.info(effect.provider).settle_seconds)
        effect.next_attempt_at = effect.settle_at
    rows.touch(order, deps.clock())


def _look_again(session: Session, deps: Deps, effect: Effect, row: Return, error: CarrierError) -> None:
    looked = int(effect.result.get("looked", 0)) + 1
    effect.result = {**effect.result, "looked": looked}
    if looked >= MOST_LOOK_UPS:
        _to_a_person(session, deps, effect, row, error.message)
    else:
        effect.next_attempt_at = deps.wall() + wait_before_retry(looked, error.retry_after)


def _back_to_intended(effect: Effect, again_at: datetime) -> None:
    """Surely not bought: the same intent, with the same key, may be tried again."""
    effect.state = "intended"
    effect.settle_at = effect.lease_until = None
    effect.next_attempt_at = again_at


def _to_a_person(session: Session, deps: Deps, effect: Effect, row: Return, why: str) -> None:
    effect.state, effect.error, effect.lease_until, effect.next_attempt_at = "manual", why, None, None
    _label_failed(session, deps, row, why)


def _label_failed(session: Session, deps: Deps, row: Return, why: str) -> None:
    if row.parcel == "label_queued":
        rows.move(session, row, PARCEL, "label_failed", now=deps.clock(), actor=ACTOR, why=why)


def try_refused_again(deps: Deps, shop: ShopRef, effect_id: int) -> None:
    """A refused label gets a new intent when its time has come: somebody may have put right what was wrong."""
    with deps.sessions.write(shop.id) as session:
        found = lock_effect(
            session, effect_id, KINDS, and_(Effect.state == "rejected", Effect.next_attempt_at <= deps.wall())
        )
        if found is None:
            return
        refused, order, row = found
        refused.next_attempt_at = None
        if row.decision != "approved" or row.parcel != "label_failed":
            return
        session.flush()
        intend_label(session, deps, shop, row, order.ship_country, after=refused)
        rows.move(session, row, PARCEL, "label_queued", now=deps.clock(), actor=ACTOR, why="trying again")
