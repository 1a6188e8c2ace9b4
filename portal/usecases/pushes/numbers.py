"""Which tracking numbers a carrier has been asked to push, and which it has yet to be asked about. Business time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from carriers.model import Status
from portal.db.tables.pushes import PushSubscription
from portal.db.tables.shipments import PollQueueEntry, Shipment
from portal.domain.carrier_accounts import AccountRef, choose
from portal.usecases.pushes.scope import Speaker, speaks_for

RENEW_BEFORE = timedelta(days=2)  # a subscription ends
_OVER = (Status.DELIVERED.value, Status.EXPIRED.value)
_subscriptions: Table = PushSubscription.__table__  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A parcel whose number the carrier shall be asked about."""

    shop_id: int
    shipment_id: int
    number: str


def wanted(
    session: Session,
    endpoint_id: int,
    accounts: Sequence[AccountRef],
    account: AccountRef,
    now: datetime,
    *,
    limit: int,
) -> list[Wanted]:
    """Open parcels that are asked about with this account and have no subscription that lasts."""
    mine = asked_with(session, accounts, account)
    if mine is None:
        return []
    theirs = and_(
        PushSubscription.endpoint_id == endpoint_id, PushSubscription.shipment_id == PollQueueEntry.shipment_id
    )
    lapsing = and_(PushSubscription.state == "active", PushSubscription.expires_at <= now + RENEW_BEFORE)
    rows = session.execute(
        select(PollQueueEntry.shop_id, PollQueueEntry.shipment_id, Shipment.tracking_number)
        .join(Shipment, Shipment.id == PollQueueEntry.shipment_id)
        .outerjoin(PushSubscription, theirs)
        .where(
            mine,
            Shipment.status.not_in(_OVER),
            or_(PushSubscription.id.is_(None), PushSubscription.state == "ended", lapsing),
        )
        .order_by(PollQueueEntry.shipment_id)
        .limit(limit)
    )
    return [Wanted(*row) for row in rows]


def asked_with(session: Session, accounts: Sequence[AccountRef], account: AccountRef) -> ColumnElement[bool] | None:
    """The condition on the queue for parcels that are asked about with an account; None where there are none."""

    def mine(carrier: str, shop_id: int) -> bool:
        chosen = choose(accounts, shop_id, carrier)
        return chosen is not None and chosen.key == account.key

    return _where(session, mine)


def spoken_of(session: Session, speaker: Speaker, accounts: Sequence[AccountRef]) -> ColumnElement[bool] | None:
    """The condition on the queue for parcels that an endpoint is believed about; None where there are none."""

    def mine(carrier: str, shop_id: int) -> bool:
        if speaker.aggregator:
            return speaks_for(speaker, accounts, shop_id, carrier)
        return carrier == speaker.carrier and speaker.shop_id in (None, shop_id)

    return _where(session, mine)


def _where(session: Session, mine: Callable[[str, int], bool]) -> ColumnElement[bool] | None:
    shops: dict[str, list[int]] = {}
    for carrier, shop_id in session.execute(select(PollQueueEntry.carrier, PollQueueEntry.shop_id).distinct()):
        if mine(carrier, shop_id):
            shops.setdefault(carrier, []).append(shop_id)
    conditions = [
        and_(PollQueueEntry.carrier == carrier, PollQueueEntry.shop_id.in_(ids)) for carrier, ids in shops.items()
    ]
    return or_(*conditions) if conditions else None


def keep(
    session: Session,
    endpoint_id: int,
    batch: Sequence[Wanted],
    refused: Collection[str],
    now: datetime,
    days: int | None,
) -> None:
    """Write down what a carrier agreed to: made, or renewed."""
    rows: list[dict[str, Any]] = [
        {
            "shop_id": one.shop_id,
            "endpoint_id": endpoint_id,
            "shipment_id": one.shipment_id,
            "state": "refused" if one.number in refused else "active",
            "made_at": now,
            "expires_at": None if days is None else now + timedelta(days=days),
        }
        for one in batch
    ]
    add = postgres_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    adding = add(_subscriptions).values(rows)
    session.execute(
        adding.on_conflict_do_update(
            index_elements=["endpoint_id", "shipment_id"],
            set_={name: adding.excluded[name] for name in ("state", "made_at", "expires_at")},
        )
    )


def over(session: Session, endpoint_id: int, limit: int = 500) -> list[int]:
    """Subscriptions about parcels that nobody asks about any more."""
    query = (
        select(PushSubscription.id)
        .outerjoin(PollQueueEntry, PollQueueEntry.shipment_id == PushSubscription.shipment_id)
        .where(
            PushSubscription.endpoint_id == endpoint_id,
            PushSubscription.state == "active",
            PollQueueEntry.shipment_id.is_(None),
        )
    )
    return list(session.scalars(query.limit(limit)))


def end(session: Session, ids: Collection[int]) -> None:
    """Renew these no more; the carrier lets them lapse by itself."""
    session.execute(
        update(PushSubscription)
        .where(PushSubscription.id.in_(ids))
        .values(state="ended")
        .execution_options(synchronize_session=False)
    )
