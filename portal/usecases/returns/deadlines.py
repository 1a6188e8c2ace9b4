"""The days of returns that nobody has sent yet: a reminder, a warning before the last day, and the end some days after.

What ends is not lost: whoever writes to the shop has it opened again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Select, exists, or_, select
from sqlalchemy.orm import Session

from portal.db.tables.effects import Effect
from portal.db.tables.messages import OutboxMessage
from portal.db.tables.orders import Order
from portal.db.tables.returns import LabelRow, Return
from portal.domain.returns.methods import NOT_SENT
from portal.domain.returns.states import DECISION, MACHINES, MONEY, PARCEL
from portal.errors import Conflict
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns import rows
from portal.usecases.returns.decide import take_units
from portal.usecases.returns.exchange_stock import release
from portal.usecases.returns.telling import NO_LABEL, REMINDER, RUN_OUT, RUNS_OUT, still_to_send, tell
from portal.usecases.shops import find_shop
from portal.usecases.staff import audit

log = logging.getLogger(__name__)
ACTOR = "worker"
REMIND_AFTER = timedelta(days=7)  # without a scan, since the label or the address was there
WARN_BEFORE = timedelta(days=3)
GRACE = timedelta(days=7)  # after the last day: parcels are handed in late, and scanned later
MORNING, EVENING = 9, 18  # where the shopper lives: nobody is reminded at night
_ENDLESS = ("withdrawal", "blind")  # kinds: a declaration in law, and what never had a last day
_AT_ONCE = 200

_Step = Callable[[Session, Deps, ShopRef, Order, Return], bool]


def watch_deadlines(deps: Deps) -> int:
    """The job. Gives how many returns were reminded of, warned about or ended. One that breaks stops no other."""
    done = 0
    for waiting, step in ((_quiet(deps), _remind), (_ending(deps), _warn), (_over(deps), _expire)):
        done += _each(deps, waiting, step)
    return done


def _each(deps: Deps, waiting: Select[int, int], step: _Step) -> int:
    done, last, shops = 0, 0, dict[int, ShopRef]()
    while True:
        with deps.sessions.read_system() as session:
            some = session.execute(waiting.where(Return.id > last).order_by(Return.id).limit(_AT_ONCE)).all()
        for shop_id, return_id in some:
            if shop_id not in shops:
                shops[shop_id] = find_shop(deps, shop_id=shop_id)
            done += _safely(deps, shops[shop_id], return_id, step)
            last = return_id
        if len(some) < _AT_ONCE:
            return done


def _safely(deps: Deps, shop: ShopRef, return_id: int, step: _Step) -> bool:
    try:
        with deps.sessions.write(shop.id) as session:
            order, row = rows.lock_return(session, return_id)
            return still_to_send(row) and step(session, deps, shop, order, row)
    except Exception:
        log.exception("the days of return %s could not be looked at; it is tried again", return_id)
        return False


def _waiting() -> Select[int, int]:
    return select(Return.shop_id, Return.id).where(
        Return.decision == "approved",
        Return.parcel.in_(("none", "label_queued", "label_failed", "label_ready", "label_lapsed")),
        Return.money == "quoted",
        Return.method.not_in(NOT_SENT),
    )


def _quiet(deps: Deps) -> Select[int, int]:
    """A label, or the address, was there for days, and nobody was reminded or warned yet."""
    since = deps.clock() - REMIND_AFTER
    told = exists().where(OutboxMessage.return_id == Return.id, OutboxMessage.event.in_((REMINDER, RUNS_OUT)))
    label = exists().where(LabelRow.return_id == Return.id, LabelRow.voided_at.is_(None), LabelRow.created_at <= since)
    is_ready = or_((Return.parcel == "label_ready") & label, (Return.parcel == "none") & (Return.approved_at <= since))
    return _waiting().where(is_ready, ~told, Return.send_back_by > (deps.clock() + WARN_BEFORE).date())


def _ending(deps: Deps) -> Select[int, int]:
    today = deps.clock().date()
    return _waiting().where(
        Return.send_back_by >= today - timedelta(days=1),
        Return.send_back_by <= today + WARN_BEFORE + timedelta(days=1),
        Return.parcel.in_(("none", "label_ready")),
    )


def _over(deps: Deps) -> Select[int, int]:
    return _waiting().where(Return.send_back_by < deps.clock().date() - GRACE, Return.kind.not_in(_ENDLESS))


def _today(deps: Deps, order: Order) -> date:
    return deps.clock().astimezone(ZoneInfo(order.timezone)).date()


def _is_day(deps: Deps, order: Order) -> bool:
    return MORNING <= deps.clock().astimezone(ZoneInfo(order.timezone)).hour < EVENING


def _remind(session: Session, deps: Deps, shop: ShopRef, order: Order, row: Return) -> bool:
    if not _is_day(deps, order) or row.send_back_by - _today(deps, order) <= WARN_BEFORE:
        return False  # the warning says the same, and more
    return tell(session, deps, shop, REMINDER, order, row, once=f"return {row.id} reminder")


def _warn(session: Session, deps: Deps, shop: ShopRef, order: Order, row: Return) -> bool:
    left = row.send_back_by - _today(deps, order)
    if not _is_day(deps, order) or not timedelta() <= left <= WARN_BEFORE:
        return False
    once = f"return {row.id} until {row.send_back_by.isoformat()}"  # a later last day is told of again
    return tell(session, deps, shop, RUNS_OUT, order, row, once=once, useful_until=_end_of(row, order))


def _end_of(row: Return, order: Order) -> datetime:
    return datetime.combine(row.send_back_by + timedelta(days=1), datetime.min.time(), ZoneInfo(order.timezone))


def _expire(session: Session, deps: Deps, shop: ShopRef, order: Order, row: Return) -> bool:
    """Its units are free again, and its ledger stays for whoever opens it again; a label is given back when its carrier's days are over (`label_lapse`)."""
    if _today(deps, order) <= row.send_back_by + GRACE or _label_in_doubt(session, row):
        return False
    now = deps.clock()
    try:
        release(session, deps, row, "nothing was sent back")
    except Conflict:  # what is wanted instead was sent in advance: that is for a person
        return False
    take_units(session, {line: -units for line, units in rows.held_units(session, row).items()})
    _buy_no_label(session, deps, row, now)
    rows.move(session, row, MONEY, "none", now=now, actor=ACTOR, why="nothing was sent back")
    rows.move(session, row, DECISION, "expired", now=now, actor=ACTOR, why="nothing was sent back in time")
    row.closed_at = now
    rows.touch_all(session, row, now)
    session.flush()
    details = {"send_back_by": row.send_back_by.isoformat()}
    audit.record(
        session, deps, actor=ACTOR, action="return.expire", subject=f"return {row.id}", shop_id=shop.id, details=details
    )
    tell(session, deps, shop, RUN_OUT, order, row, once=f"return {row.id} expired {row.version}")
    return True


def _label_in_doubt(session: Session, row: Return) -> bool:
    """Whether a label is being bought, or may have been: that is settled first."""
    doubt = select(Effect.id).where(
        Effect.kind == "label", Effect.subject == f"return {row.id}", Effect.state.in_(("submitted", "unknown"))
    )
    return session.scalars(doubt.limit(1)).first() is not None


def _buy_no_label(session: Session, deps: Deps, row: Return, now: datetime) -> None:
    """Where there is none yet: should the return be opened again, it begins anew."""
    for effect in session.scalars(
        select(Effect)
        .where(Effect.kind == "label", Effect.subject == f"return {row.id}", Effect.state.in_(("intended", "manual")))
        .with_for_update()
    ):
        effect.state, effect.settled_at = "voided", deps.wall()
    if row.parcel in NO_LABEL and "none" in MACHINES[PARCEL][row.parcel]:
        rows.move(session, row, PARCEL, "none", now=now, actor=ACTOR, why="nothing was sent back in time")
