"""How every account is doing, as staff see it. Real time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from portal.db.tables.carrier_accounts import AccountState
from portal.domain.carrier_accounts import ENVIRONMENT, AccountRef
from portal.usecases.carriers.pace import quota_of
from portal.usecases.deps import Deps
from portal.usecases.shops import list_shops


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account and how calls with it go.

    `state` is active, paused (by `by`, for `reason`), waiting (the carrier asked us to, until `until`) or broken
    (its calls fail, the next one is tried at `until`). Intervals are in seconds.
    """

    key: str
    carrier: str
    carrier_name: str
    name: str
    shop_name: str | None  # None: the whole installation's
    from_environment: bool
    state: str
    since: datetime | None
    until: datetime | None
    reason: str | None
    by: str | None
    calls_today: int
    parcels_today: int
    calls_per_day: int | None
    calls_left: int | None
    open_parcels: int
    usual_seconds: int
    stretched_seconds: int
    last_ok_at: datetime | None
    last_failure_at: datetime | None
    last_failure: str | None

    @property
    def stretched(self) -> bool:
        """Whether parcels are asked about noticeably less often than is usual."""
        return self.stretched_seconds > self.usual_seconds * 1.05


def list_accounts(deps: Deps) -> list[AccountView]:
    """Every account: the installation's first, then by shop and carrier."""
    shops = {shop.id: shop.config.name for shop in list_shops(deps)}
    with deps.sessions.read_system() as session:
        states = {state.account: state for state in session.scalars(select(AccountState))}
    views = [_view(deps, ref, states.get(ref.key), shops.get(ref.shop_id or 0)) for ref in deps.carriers.accounts()]
    return sorted(views, key=lambda v: (v.shop_name is not None, (v.shop_name or "").casefold(), v.carrier, v.key))


def need_a_person(deps: Deps) -> list[AccountView]:
    """The accounts that wait for somebody: their credentials were refused."""
    with deps.sessions.read_system() as session:
        if session.scalar(select(AccountState.account).where(AccountState.paused_reason == "auth").limit(1)) is None:
            return []  # nearly always
    return [view for view in list_accounts(deps) if view.reason == "auth"]


def _view(deps: Deps, ref: AccountRef, state: AccountState | None, shop_name: str | None) -> AccountView:
    wall = deps.wall()
    state = state or AccountState(account=ref.key, carrier=ref.adapter, **_FRESH)
    what, since, until = _state(ref, state, wall)
    quota = quota_of(state, ref, wall)
    today = state.day == wall.date().isoformat()
    return AccountView(
        key=ref.key,
        carrier=ref.adapter,
        carrier_name=deps.carriers.info(ref.adapter).name,
        name=ref.name,
        shop_name=shop_name,
        from_environment=ref.key.startswith(ENVIRONMENT),
        state=what,
        since=since,
        until=until,
        reason=state.paused_reason if what == "paused" else None,
        by=state.paused_by if what == "paused" else None,
        calls_today=quota.used,
        parcels_today=state.parcels if today else 0,
        calls_per_day=ref.calls_per_day,
        calls_left=quota.left,
        open_parcels=state.open_parcels,
        usual_seconds=state.usual_seconds,
        stretched_seconds=state.stretched_seconds,
        last_ok_at=state.last_ok_at,
        last_failure_at=state.last_failure_at,
        last_failure=state.last_failure,
    )


_FRESH: dict[str, Any] = {
    "day": "",
    "calls": 0,
    "parcels": 0,
    "open_parcels": 0,
    "usual_seconds": 0,
    "stretched_seconds": 0,
    "breaker": "closed",
}


def _state(ref: AccountRef, state: AccountState, wall: datetime) -> tuple[str, datetime | None, datetime | None]:
    renewed = state.paused_reason == "auth" and state.mark != ref.mark
    if state.paused_at is not None and not renewed:
        return "paused", state.paused_at, None
    if state.retry_at is not None and wall < state.retry_at:
        return "waiting", state.slowed_at, state.retry_at
    if state.breaker != "closed":
        return "broken", state.opened_at, state.probe_at
    return "active", None, None
