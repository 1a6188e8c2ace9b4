"""Pushes that wait: for a parcel that is not here yet, or for a version that can read them (reliability: F23)."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Select, delete, or_, select, update
from sqlalchemy.orm import Session

from portal.db.tables.messages import InboxDelivery
from portal.db.tables.pushes import PushEndpoint, PushOrphan
from portal.db.tables.shipments import Shipment
from portal.usecases.deps import Deps
from portal.usecases.pushes.inbox import DIED
from portal.usecases.pushes.scope import info_of

PARKED_FOR = timedelta(days=14)  # business time, after which a push about nobody's parcel is dropped
TRIED_FOR = timedelta(days=30)  # a push that cannot be read is tried again for so long
AT_ONCE = 500


def adopt(deps: Deps) -> int:
    """Hand parked pushes to the inbox again when their parcels have come, and failed ones when it is time.

    Those that nobody's parcel came for are dropped. Returns how many were handed over.
    """
    now, wall = deps.clock(), deps.wall()
    with deps.sessions.write_system() as session:
        found = list(session.scalars(_with_parcels(session, deps)))
        again = list(
            session.scalars(
                select(InboxDelivery.id)
                .where(
                    InboxDelivery.state == "failed",
                    InboxDelivery.next_attempt_at <= wall,
                    InboxDelivery.received_at > now - TRIED_FOR,
                    or_(InboxDelivery.error.is_(None), InboxDelivery.error != DIED),
                )
                .limit(AT_ONCE)
            )
        )
        _hand_over(session, deps, [*found, *again])
        old = list(
            session.scalars(
                select(InboxDelivery.id)
                .where(InboxDelivery.state == "parked", InboxDelivery.received_at <= now - PARKED_FOR)
                .limit(AT_ONCE)
            )
        )
        _set(session, old, state="dropped", processed_at=now)
    return len(found) + len(again)


def _with_parcels(session: Session, deps: Deps) -> Select[int]:
    """Parked pushes some number of which is now a parcel that their endpoint may speak of."""
    endpoints = session.execute(select(PushEndpoint.id, PushEndpoint.carrier)).all()
    infos = {carrier: info_of(deps, carrier) for carrier in {carrier for _, carrier in endpoints}}
    aggregators = [id_ for id_, carrier in endpoints if (info := infos[carrier]) is not None and info.aggregator]
    return (
        select(PushOrphan.inbox_id)
        .join(InboxDelivery, InboxDelivery.id == PushOrphan.inbox_id)
        .join(PushEndpoint, PushEndpoint.id == InboxDelivery.endpoint_id)
        .join(Shipment, Shipment.tracking_number == PushOrphan.number)
        .where(
            InboxDelivery.state == "parked",
            or_(PushEndpoint.shop_id.is_(None), PushEndpoint.shop_id == Shipment.shop_id),
            or_(PushEndpoint.carrier == Shipment.carrier, PushEndpoint.id.in_(aggregators)),
        )
        .distinct()
        .limit(AT_ONCE)
    )


def _hand_over(session: Session, deps: Deps, ids: list[int]) -> None:
    _set(session, ids, state="received", attempts=0, next_attempt_at=deps.wall())


def _set(session: Session, ids: list[int], **values: object) -> None:
    if not ids:
        return
    session.execute(delete(PushOrphan).where(PushOrphan.inbox_id.in_(ids)))
    session.execute(
        update(InboxDelivery)
        .where(InboxDelivery.id.in_(ids))
        .values(lease_until=None, **values)
        .execution_options(synchronize_session=False)
    )


def retry_failed(deps: Deps, carrier: str | None = None) -> int:
    """Hand every push that could not be read to the inbox again, now. Returns how many."""
    with deps.sessions.write_system() as session:
        query = select(InboxDelivery.id).where(InboxDelivery.state == "failed")
        if carrier is not None:
            mine = select(PushEndpoint.id).where(PushEndpoint.carrier == carrier)
            query = query.where(InboxDelivery.endpoint_id.in_(mine))
        ids = list(session.scalars(query))
        for start in range(0, len(ids), AT_ONCE):
            _hand_over(session, deps, ids[start : start + AT_ONCE])
    return len(ids)
