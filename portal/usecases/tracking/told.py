"""What a carrier tells unasked: believed and merged, or taken as a hint that there is something to ask about."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from carriers.model import TrackingResult
from portal.db.tables.carrier_accounts import AccountState
from portal.db.tables.orders import Order
from portal.db.tables.shipments import PollQueueEntry, Shipment
from portal.domain.carrier_accounts import AccountRef
from portal.usecases.carriers.pace import quota_of
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.tracking.ingest import Origin
from portal.usecases.tracking.merge import locked, merge_one
from portal.usecases.tracking.plan import plan

HINTS_APART = timedelta(minutes=10)  # however many hints come: a parcel is not asked about twice within this time

AHEAD = 0.25  # of a day's quota, that hints may use before their share of the day has come


def merge_pushed(deps: Deps, shop: ShopRef, shipment_id: int, result: TrackingResult, origin: Origin) -> bool:
    """Merge what was told of one parcel, in a transaction of its own. True when something that is shown has changed.

    The same again changes nothing. The next poll comes no later for it: what is pushed is made sure of by asking, only
    less often (`portal.domain.polling`). A parcel whose tracking had ended is watched again when its story goes on.
    """
    came = origin.at or deps.clock()  # a push that is read late, or again, is no newer for it
    with deps.sessions.write(shop.id) as session:
        shipment, order = locked(session, shipment_id)
        change = merge_one(session, deps, shop, shipment, order, result, origin)
        shipment.pushed_at = max(shipment.pushed_at or came, came)
        planned = plan(session, deps, shop, shipment, order)
        goes_on = change.visible or shipment.tracking_ended_at is None
        if planned.next_poll_at is not None and goes_on:
            _ask_by(session, shipment, order, planned.next_poll_at)
        return change.visible


def hint(deps: Deps, shop: ShopRef, shipment_id: int, account: AccountRef | None = None) -> None:
    """Ask soon: what was told is not proven. Not sooner than the last answer allows, never against a back-off, and
    never so that hints use up the quota of the `account` that is asked."""
    now = deps.clock()
    affordable = account is None or _affordable(deps, account, shop, shipment_id)
    with deps.sessions.write(shop.id) as session:
        shipment, order = locked(session, shipment_id)
        shipment.pushed_at = max(shipment.pushed_at or now, now)
        if not shipment.error_count and affordable:
            _ask_by(session, shipment, order, max(now, (shipment.polled_at or now - HINTS_APART) + HINTS_APART))


def _affordable(deps: Deps, account: AccountRef, shop: ShopRef, shipment_id: int) -> bool:
    """Whether today's quota bears one more poll out of turn: what was used, and what is about to be, runs ahead of the
    day by no more than `AHEAD` of it. Anybody who learns of an unsigned address can send hints without end."""
    if account.calls_per_day is None:
        return True
    wall, now = deps.wall(), deps.clock()
    midnight = wall.replace(hour=0, minute=0, second=0, microsecond=0)
    most = account.calls_per_day * ((wall - midnight) / timedelta(days=1) + AHEAD)
    with deps.sessions.read_system() as session:
        state = session.get(AccountState, account.key)
        used = quota_of(state, account, wall).used if state is not None else 0
        carrier = session.scalar(select(Shipment.carrier).where(Shipment.id == shipment_id))
        due = select(PollQueueEntry.shipment_id).where(
            PollQueueEntry.carrier == carrier, PollQueueEntry.next_poll_at <= now + HINTS_APART
        )
        if account.shop_id is not None:
            due = due.where(PollQueueEntry.shop_id == shop.id)
        soon = session.scalar(select(func.count()).select_from(due.limit(account.calls_per_day).subquery())) or 0
    per_call = max(1, deps.carriers.info(account.adapter).batch)
    return used + soon / per_call < most


def _ask_by(session: Session, shipment: Shipment, order: Order, at: datetime) -> None:
    """Bring the next poll forward to `at`, unless a poll has the parcel in hand. One of the past is not asked about."""
    if order.is_history:
        return
    mine = select(PollQueueEntry).where(PollQueueEntry.shipment_id == shipment.id)
    # Whoever holds the entry plans the next poll anyway: it is not waited for.
    entry = session.scalars(mine.with_for_update(skip_locked=True)).one_or_none()
    if entry is None and session.scalars(mine).one_or_none() is None:
        shipment.tracking_ended_at = None
        session.add(
            PollQueueEntry(shop_id=shipment.shop_id, shipment_id=shipment.id, carrier=shipment.carrier, next_poll_at=at)
        )
    elif entry is not None and entry.lease_until is None and entry.next_poll_at > at:
        entry.next_poll_at = at
