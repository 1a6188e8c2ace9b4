"""How each address for pushes is doing, for staff and the command line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from carriers.base import PushProof
from portal.db.tables.messages import InboxDelivery
from portal.db.tables.pushes import PushEndpoint, PushSubscription
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.shops import list_shops


@dataclass(frozen=True, slots=True)
class EndpointView:
    """How an endpoint is doing, for staff and the command line. `backlog` waits to be read; `failed` could not be."""

    id: int
    carrier: str
    shop: str | None
    shop_name: str | None
    proof: PushProof
    created_at: datetime
    good: int
    last_good_at: datetime | None
    refused: int
    refused_today: int
    last_refused_at: datetime | None
    silent_since: datetime | None
    backlog: int
    parked: int
    failed: int
    subscribed: int
    subscribed_at: datetime | None
    subscribe_error: str | None


def list_endpoints(deps: Deps) -> list[EndpointView]:
    """Every open endpoint, by carrier."""
    shops = {shop.id: shop for shop in list_shops(deps)}
    with deps.sessions.read_system() as session:
        rows = session.scalars(
            select(PushEndpoint).where(PushEndpoint.state == "open").order_by(PushEndpoint.carrier, PushEndpoint.id)
        ).all()
        counts = _counts(session)
        subscribed = _subscribed(session)
    today = midnight(deps.clock())
    return [_view(row, shops.get(row.shop_id or 0), counts, subscribed.get(row.id, 0), today) for row in rows]


def midnight(now: datetime) -> datetime:
    """When the day began, in UTC."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def _subscribed(session: Session) -> dict[int, int]:
    active = select(PushSubscription.endpoint_id, func.count()).where(PushSubscription.state == "active")
    return {row[0]: row[1] for row in session.execute(active.group_by(PushSubscription.endpoint_id))}


def _counts(session: Session) -> dict[tuple[int | None, str], int]:
    """Endpoint and state to the pushes that wait in it; those that are done with are not counted."""
    rows = session.execute(
        select(InboxDelivery.endpoint_id, InboxDelivery.state, func.count())
        .where(InboxDelivery.state.in_(("received", "parked", "failed")))
        .group_by(InboxDelivery.endpoint_id, InboxDelivery.state)
    )
    return {(endpoint_id, state): count for endpoint_id, state, count in rows}


def _view(
    row: PushEndpoint,
    shop: ShopRef | None,
    counts: dict[tuple[int | None, str], int],
    subscribed: int,
    today: datetime,
) -> EndpointView:
    return EndpointView(
        id=row.id,
        carrier=row.carrier,
        shop=shop.slug if shop else None,
        shop_name=shop.config.name if shop else None,
        proof=PushProof(row.proof),
        created_at=row.created_at,
        good=row.good,
        last_good_at=row.last_good_at,
        refused=row.refused,
        refused_today=row.refused_today if row.last_refused_at and row.last_refused_at >= today else 0,
        last_refused_at=row.last_refused_at,
        silent_since=row.silent_since,
        backlog=counts.get((row.id, "received"), 0),
        parked=counts.get((row.id, "parked"), 0),
        failed=counts.get((row.id, "failed"), 0),
        subscribed=subscribed,
        subscribed_at=row.subscribed_at,
        subscribe_error=row.subscribe_error,
    )
