"""One refund or credit through the shop's platform, at most once (reliability: D1, F04).

As with a label (`label_effects.py`): `submitted` is committed before the first byte leaves, nothing in doubt is asked for
again before it has settled and what was paid has been listed, and then with the same key. What cannot be cleared up goes
to a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from carriers.errors import CarrierError, ErrorKind
from portal.db.tables.effects import Effect
from portal.db.tables.orders import Order, OrderLine
from portal.db.tables.returns import Return
from portal.domain.returns.labels import Outcome, outcome_of, wait_before_retry
from portal.domain.words import N_
from portal.platforms.refunds import MoneyAsk, MoneyDone, MoneyLine, MoneyRecovery
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns import rows
from portal.usecases.returns.effect_rows import lock_effect, submit
from portal.usecases.returns.owed import owed
from portal.usecases.returns.paying import KINDS, RECORDED, after, amounts_in, note_code

ACTOR = "worker"
LEASE = timedelta(seconds=60)  # longer than a payment may take
SETTLE = timedelta(minutes=15)  # how long after a lost answer a refund may still appear
IN_DOUBT = ("submitted", "unknown")
MOST_LOOK_UPS = 24  # about a day, then a person has to look
HOLD = timedelta(minutes=10)  # between two looks at whether a hold was released
CANNOT_LOOK = N_(
    "The answer was lost, and the platform cannot be asked whether it paid: look in the shop's administration."
)
OTHER_ACCOUNT = N_("The answer was lost, and the shop's platform was changed since: look in the one before.")
OTHER_SUM = N_("The platform paid another sum than it was asked for: look in the shop's administration.")


@dataclass(frozen=True, slots=True)
class _Claim:
    """An effect that is ours until the lease ends, and everything the call needs."""

    effect_id: int
    fence: int
    provider: str
    ask: MoneyAsk
    in_doubt: bool  # an earlier call may have paid
    lease_until: datetime


def due(wall: datetime) -> ColumnElement[bool]:
    """Payments that something can be done about at `wall` (real time): intents, and doubts whose time has come."""
    free = or_(Effect.lease_until.is_(None), Effect.lease_until <= wall)
    timely = or_(Effect.next_attempt_at.is_(None), Effect.next_attempt_at <= wall)
    settled = and_(Effect.state.in_(IN_DOUBT), Effect.settle_at <= wall)
    return and_(free, timely, Effect.provider != RECORDED, or_(Effect.state == "intended", settled))


def run_refund(deps: Deps, shop: ShopRef, effect_id: int) -> bool:
    """Take one payment as far as it goes now. False when there was nothing to do: not due, or somebody else has it."""
    deps.crash("refund.after_intent")
    claim = _claim(deps, shop, effect_id)
    if claim is None:
        return False
    deps.crash("refund.after_submitted")
    try:
        done = _ask(deps, shop, claim)
    except CarrierError as error:
        with deps.sessions.write(shop.id) as session:
            _not_paid(session, deps, shop, claim, error)
        return True
    deps.crash("refund.after_reply")
    with deps.sessions.write(shop.id) as session:
        held = _still_ours(session, claim)
        if held is not None:
            effect, order, row = held
            if done is None:
                _again(effect, deps.wall())
            elif (done.amount_minor, done.currency) != (effect.amount_minor, effect.currency):
                _to_a_person(session, deps, shop, effect, row, OTHER_SUM)
            else:
                _paid(session, deps, shop, effect, row, done)
            rows.touch(order, deps.clock())
        deps.crash("refund.before_saved")
    return True


def _claim(deps: Deps, shop: ShopRef, effect_id: int) -> _Claim | None:
    with deps.sessions.write(shop.id) as session:
        wall = deps.wall()
        found = lock_effect(session, effect_id, KINDS, due(wall))
        if found is None:
            return None
        effect, _, row = found
        in_doubt = effect.state in IN_DOUBT
        if not in_doubt and row.held_at is not None:  # held since it was intended: nothing leaves
            effect.next_attempt_at = wall + HOLD
            return None
        hindrance = _hindrance(deps, shop, effect) if in_doubt else None
        if hindrance is not None:
            _to_a_person(session, deps, shop, effect, row, hindrance)
            return None
        effect.fence += 1
        effect.lease_until = wall + LEASE
        if not in_doubt:
            submit(effect, wall, _account(deps, shop, effect), LEASE + SETTLE)
        return _Claim(effect.id, effect.fence, effect.provider, _asked(session, effect, row), in_doubt, wall + LEASE)


def _hindrance(deps: Deps, shop: ShopRef, effect: Effect) -> str | None:
    """Why only a person can clear a doubt up."""
    try:
        if deps.refunds.recovery(shop, effect.provider, effect.kind) is MoneyRecovery.NONE:
            return CANNOT_LOOK
        account = deps.refunds.account(shop, effect.provider)
    except CarrierError:  # a platform that the shop is not connected with any more
        return OTHER_ACCOUNT
    return OTHER_ACCOUNT if effect.request.get("account", account) != account else None


def _account(deps: Deps, shop: ShopRef, effect: Effect) -> str:
    try:
        return deps.refunds.account(shop, effect.provider)
    except CarrierError:  # the call itself will say so
        return ""


def _asked(session: Session, effect: Effect, row: Return) -> MoneyAsk:
    order = session.get_one(Order, min(amounts_in(effect, row)))
    return MoneyAsk(
        kind=effect.kind,
        order=order.external_id or "",
        amount_minor=effect.amount_minor or 0,
        currency=effect.currency or "",
        key=effect.key,
        note=row.rma,
        lines=_lines(session, row, order) if effect.kind == "refund" and effect.generation == 1 else (),
        code=str(effect.request.get("code", "")),
    )


def _lines(session: Session, row: Return, order: Order) -> tuple[MoneyLine, ...]:
    """What is given back for which line, where the platform's own ids of the lines are known."""
    units = {part.line_id: len(part.units) for share in owed(session, row).shares for part in share.parts}
    lines = session.scalars(
        select(OrderLine).where(OrderLine.order_id == order.id, OrderLine.id.in_(units)).order_by(OrderLine.position)
    )
    return tuple(MoneyLine(line.external_id, units[line.id]) for line in lines if line.external_id and units[line.id])


def _ask(deps: Deps, shop: ShopRef, claim: _Claim) -> MoneyDone | None:
    """Pay. Where an earlier call may have paid: look; what is not there is paid with the next pass, with the same key."""
    if deps.wall() >= claim.lease_until:  # a process that slept: somebody else may have looked it up meanwhile
        raise CarrierError(ErrorKind.SERVER_ERROR, "The lease ran out before anything was sent.", sent=False)
    if claim.in_doubt:
        return deps.refunds.find(shop, claim.provider, claim.ask)
    return deps.refunds.pay(shop, claim.provider, claim.ask)


def _still_ours(session: Session, claim: _Claim) -> tuple[Effect, Order, Return] | None:
    return lock_effect(session, claim.effect_id, KINDS, and_(Effect.fence == claim.fence, Effect.state.in_(IN_DOUBT)))


def _paid(session: Session, deps: Deps, shop: ShopRef, effect: Effect, row: Return, done: MoneyDone) -> None:
    effect.state, effect.settled_at, effect.error = "succeeded", deps.wall(), None
    effect.lease_until = effect.next_attempt_at = None
    effect.result = {**effect.result, "handle": done.handle}
    note_code(effect, row)
    session.flush()
    after(session, deps, shop, row, deps.clock(), ACTOR)


def _not_paid(session: Session, deps: Deps, shop: ShopRef, claim: _Claim, error: CarrierError) -> None:
    """The call failed: what that means for the money decides what is done next."""
    held = _still_ours(session, claim)
    if held is None:
        return
    effect, order, row = held
    effect.lease_until, effect.error = None, error.message
    outcome = outcome_of(error)
    if claim.in_doubt:
        _look_again(session, deps, shop, effect, row, error)
    elif outcome is Outcome.REFUSED:
        effect.state, effect.settled_at = "rejected", deps.wall()
        session.flush()
        after(session, deps, shop, row, deps.clock(), ACTOR)
    elif outcome is Outcome.AGAIN:
        _again(effect, deps.wall() + wait_before_retry(effect.attempts, error.retry_after))
    else:
        effect.state = "unknown"
        effect.settle_at = effect.next_attempt_at = deps.wall() + SETTLE
    rows.touch(order, deps.clock())


def _look_again(session: Session, deps: Deps, shop: ShopRef, effect: Effect, row: Return, error: CarrierError) -> None:
    looked = int(effect.result.get("looked", 0)) + 1
    effect.result = {**effect.result, "looked": looked}
    if looked >= MOST_LOOK_UPS or error.kind is ErrorKind.NOT_SUPPORTED:
        _to_a_person(session, deps, shop, effect, row, error.message)
    else:
        effect.next_attempt_at = deps.wall() + wait_before_retry(looked, error.retry_after)


def _again(effect: Effect, again_at: datetime) -> None:
    """Surely not paid: the same intent, with the same key, may be tried again."""
    effect.state = "intended"
    effect.settle_at = effect.lease_until = None
    effect.next_attempt_at = again_at


def _to_a_person(session: Session, deps: Deps, shop: ShopRef, effect: Effect, row: Return, why: str) -> None:
    """The money stays due, and under way: nobody pays it again before a person has looked (`payout.was_paid`)."""
    effect.state, effect.error, effect.lease_until, effect.next_attempt_at = "manual", why, None, None
    row.version += 1
