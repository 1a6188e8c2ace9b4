"""Read kept pushes again with today's tables. Nothing is lost by a table that was wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from sqlalchemy import select

from carriers.base import RawAnswer
from portal.db.tables.messages import InboxDelivery
from portal.db.tables.pushes import PushEndpoint
from portal.usecases.deps import Deps
from portal.usecases.pushes.endpoints import push_info
from portal.usecases.pushes.reading import Unreadable, read
from portal.usecases.pushes.scope import Speaker

log = structlog.get_logger()
AT_ONCE = 100  # pushes in memory


@dataclass(slots=True)
class Replayed:
    """What reading again did."""

    pushes: int = 0
    unreadable: int = 0
    changed: int = 0


def replay_pushes(deps: Deps, carrier: str, since: datetime | None = None) -> Replayed:
    """Oldest push first; those that are believed alone, since the others were never read. `since` is UTC.

    Raises ConfigError for a carrier that sends no pushes.
    """
    info, accounts, done, last = push_info(deps, carrier), deps.carriers.accounts(), Replayed(), 0
    since = since.replace(tzinfo=UTC) if since is not None and since.tzinfo is None else since
    while True:
        query = (
            select(InboxDelivery, PushEndpoint.shop_id)
            .join(PushEndpoint, PushEndpoint.id == InboxDelivery.endpoint_id)
            .where(
                PushEndpoint.carrier == carrier,
                InboxDelivery.state == "processed",
                InboxDelivery.trusted,
                InboxDelivery.id > last,
            )
        )
        if since is not None:
            query = query.where(InboxDelivery.received_at >= since)
        with deps.sessions.read_system() as session:
            rows = session.execute(query.order_by(InboxDelivery.id).limit(AT_ONCE)).all()
        for row, shop_id in rows:
            done.pushes += 1
            push = RawAnswer(200, row.content_type, row.body, row.headers)
            speaker = Speaker(carrier, shop_id, info.aggregator)
            try:
                done.changed += read(deps, speaker, accounts, push, row.received_at, trusted=True, again=True).changed
            except Unreadable:
                done.unreadable += 1
        if len(rows) < AT_ONCE:
            return done
        last = rows[-1][0].id
