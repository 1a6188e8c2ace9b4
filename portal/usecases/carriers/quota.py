"""How far a daily quota goes: what the open parcels would need, and how much their intervals are stretched for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.db.tables.carrier_accounts import AccountState
from portal.db.tables.shipments import PollQueueEntry
from portal.domain.carrier_accounts import AccountRef, choose
from portal.domain.pacing import Demand, Stretch, stretch
from portal.usecases.carriers.pace import quota_of
from portal.usecases.deps import Deps

WORKED_OUT_EVERY = timedelta(minutes=10)
USUAL = 6 * 3600  # seconds, for a parcel that was never asked about
_DAY = 24 * 3600
LEARNT = 20  # calls of today that make the parcels per call worth believing


def stretched_by(session: Session, deps: Deps, account: AccountRef, state: AccountState) -> Stretch:
    """How far waits are stretched now, worked out anew every ten minutes where there is a quota."""
    wall = deps.wall()
    if account.calls_per_day is None:
        state.stretch = state.stretch_urgent = 1.0
        return Stretch()
    if state.stretched_at is None or wall - state.stretched_at >= WORKED_OUT_EVERY:
        _work_out(session, deps, account, state, wall)
    return Stretch(state.stretch, state.stretch_urgent)


def _work_out(session: Session, deps: Deps, account: AccountRef, state: AccountState, wall: datetime) -> None:
    found = [_Load(), _Load()]  # of the usual parcels, and of the urgent ones
    every = func.coalesce(PollQueueEntry.every_seconds, USUAL)
    rows = session.execute(
        select(
            PollQueueEntry.carrier,
            PollQueueEntry.shop_id,
            PollQueueEntry.urgent,
            func.count(),
            func.sum(1.0 * _DAY / every),
            func.sum(every),
        ).group_by(PollQueueEntry.carrier, PollQueueEntry.shop_id, PollQueueEntry.urgent)
    )
    accounts = deps.carriers.accounts()
    for carrier, shop_id, is_urgent, count, polls, waits in rows:
        chosen = choose(accounts, shop_id, carrier)
        if chosen is not None and chosen.key == account.key:
            found[bool(is_urgent)].add(count, float(polls), float(waits))
    usual, urgent = found
    per_call = _parcels_per_call(deps, account, state)
    day_left = 1 - (wall - wall.replace(hour=0, minute=0, second=0, microsecond=0)).total_seconds() / _DAY
    demand = Demand(usual.polls / per_call, urgent.polls / per_call)
    fits = stretch(demand, quota_of(state, account, wall), day_left)
    state.stretch, state.stretch_urgent, state.stretched_at = fits.usual, fits.urgent, wall
    state.open_parcels = usual.parcels + urgent.parcels
    state.usual_seconds = round((usual.waits + urgent.waits) / max(1, state.open_parcels))
    stretched = usual.waits * fits.usual + urgent.waits * fits.urgent
    state.stretched_seconds = round(stretched / max(1, state.open_parcels))


@dataclass(slots=True)
class _Load:
    """Parcels, the polls a day that they are worth, and their intervals added up (seconds)."""

    parcels: int = 0
    polls: float = 0.0
    waits: float = 0.0

    def add(self, parcels: int, polls: float, waits: float) -> None:
        self.parcels += parcels
        self.polls += polls
        self.waits += waits


def _parcels_per_call(deps: Deps, account: AccountRef, state: AccountState) -> float:
    """Measured: parcels of one batch seldom fall due together."""
    if state.calls < LEARNT:
        return 1.0
    return min(max(1.0, state.parcels / state.calls), float(deps.carriers.info(account.adapter).batch))
