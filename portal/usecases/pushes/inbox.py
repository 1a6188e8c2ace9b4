"""Work through the inbox: claim stored pushes, read them, give each parcel what was said of it (reliability: D4, F23).

A push may be read twice, and in any order: the merge step makes nothing of what it knows already.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import case, delete, or_, select, update
from sqlalchemy.orm import Session

from carriers.base import RawAnswer
from portal.db.tables.messages import InboxDelivery
from portal.db.tables.pushes import PushEndpoint, PushOrphan
from portal.usecases.deps import Deps
from portal.usecases.pushes.endings import Endings
from portal.usecases.pushes.reading import Read, Unreadable, read
from portal.usecases.pushes.scope import Speaker, readable

log = structlog.get_logger()

LEASE = timedelta(minutes=5)  # longer than a round takes
ROUND = 50
MAX_ATTEMPTS = 5
FIRST_RETRY = timedelta(seconds=30)
AGAIN = timedelta(days=1)  # what could not be read is tried again so often: a new version may know better
REST = 0.01  # seconds in which SQLite's lock is free for the pushes that come in meanwhile
DIED = "died"  # as the error of a push that has taken its worker with it


@dataclass(frozen=True, slots=True)
class Claim:
    """One push that is ours until the lease ends."""

    id: int
    endpoint_id: int
    speaker: Speaker
    trusted: bool
    push: RawAnswer = field(repr=False)
    received_at: datetime
    attempts: int  # this one included
    fence: int


def work_inbox(deps: Deps, limit: int = 2_000) -> int:
    """Read at most `limit` pushes that are waiting. Returns how many were read."""
    done, one_writer = 0, deps.sessions.engine.dialect.name == "sqlite"
    endings: Endings | None = None
    while done < limit:
        claims = claim(deps, min(ROUND, limit - done))
        if not claims:
            break
        accounts = deps.carriers.accounts()
        endings = endings or Endings(deps, accounts)
        for claimed in claims:
            _handle(deps, claimed, accounts, endings)
            if one_writer:
                deps.rest(REST)
        done += len(claims)
    return done


def claim(deps: Deps, limit: int) -> list[Claim]:
    """Take the pushes that have waited for longest, under a lease and a new fence, and count them as come."""
    wall = deps.wall()
    with deps.sessions.write_system() as session:
        rows = session.scalars(
            select(InboxDelivery)
            .where(
                InboxDelivery.state == "received",
                InboxDelivery.next_attempt_at <= wall,
                InboxDelivery.endpoint_id.in_(readable(session, deps)),
                or_(InboxDelivery.lease_until.is_(None), InboxDelivery.lease_until <= wall),
            )
            .order_by(InboxDelivery.next_attempt_at, InboxDelivery.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        ).all()
        taken = [row for row in rows if not _given_up(row)]
        for row in taken:
            row.lease_until, row.fence, row.attempts = wall + LEASE, row.fence + 1, row.attempts + 1
        _count(session, [row for row in taken if row.fence == 1])
        speakers = _speakers(session, deps, {row.endpoint_id for row in taken})
        return [_claimed(row, speakers) for row in taken]


def _given_up(row: InboxDelivery) -> bool:
    """A push that killed its worker again and again is put aside, before it does it once more."""
    if row.attempts < MAX_ATTEMPTS:
        return False
    row.state, row.error, row.lease_until = "failed", DIED, None
    log.error("push.given_up", inbox=row.id, endpoint=row.endpoint_id)
    return True


def _count(session: Session, fresh: list[InboxDelivery]) -> None:
    """On the endpoint's row, once a round: at the door it would be a second write for every push."""
    for endpoint_id in sorted({row.endpoint_id or 0 for row in fresh}):
        moments = [row.received_at for row in fresh if row.endpoint_id == endpoint_id]
        newest = max(moments)
        later = or_(PushEndpoint.last_good_at.is_(None), PushEndpoint.last_good_at < newest)
        session.execute(
            update(PushEndpoint)
            .where(PushEndpoint.id == endpoint_id)
            .values(
                good=PushEndpoint.good + len(moments),
                last_good_at=case((later, newest), else_=PushEndpoint.last_good_at),
            )
            .execution_options(synchronize_session=False)
        )


def _speakers(session: Session, deps: Deps, ids: set[int | None]) -> dict[int, Speaker]:
    rows = session.execute(
        select(PushEndpoint.id, PushEndpoint.carrier, PushEndpoint.shop_id).where(PushEndpoint.id.in_(ids))
    )
    return {
        endpoint_id: Speaker(carrier, shop_id, deps.carriers.info(carrier).aggregator)
        for endpoint_id, carrier, shop_id in rows
    }


def _claimed(row: InboxDelivery, speakers: dict[int, Speaker]) -> Claim:
    assert row.endpoint_id is not None
    return Claim(
        id=row.id,
        endpoint_id=row.endpoint_id,
        speaker=speakers[row.endpoint_id],
        trusted=row.trusted,
        push=RawAnswer(200, row.content_type, row.body, row.headers),
        received_at=row.received_at,
        attempts=row.attempts,
        fence=row.fence,
    )


def _handle(deps: Deps, claimed: Claim, accounts: list[Any], endings: Endings) -> None:
    """One push. Whatever goes wrong with it concerns it alone."""
    try:
        done = read(
            deps,
            claimed.speaker,
            accounts,
            claimed.push,
            claimed.received_at,
            trusted=claimed.trusted,
            endings=endings,
        )
    except Unreadable as unreadable:
        log.warning("push.unreadable", inbox=claimed.id, carrier=claimed.speaker.carrier, error=unreadable.why)
        _settle(deps, claimed, "failed", error=unreadable.why, next_attempt_at=deps.wall() + AGAIN)
    except Exception as error:
        log.exception("push.failed", inbox=claimed.id, carrier=claimed.speaker.carrier, attempts=claimed.attempts)
        _failed(deps, claimed, type(error).__name__)
    else:
        deps.crash("push.before_settled")
        _finish(deps, claimed, done)


def _failed(deps: Deps, claimed: Claim, why: str) -> None:
    """A fault of ours: tried again later and later, then kept for a later version."""
    if claimed.attempts >= MAX_ATTEMPTS:
        _settle(deps, claimed, "failed", error=why, next_attempt_at=deps.wall() + AGAIN)
    else:
        wait = FIRST_RETRY * (1 << claimed.attempts)
        _settle(deps, claimed, "received", error=why, next_attempt_at=deps.wall() + wait)


def _finish(deps: Deps, claimed: Claim, done: Read) -> None:
    values: dict[str, Any] = {"sender_ref": done.sender_ref, "error": None}
    if done.nobodys:
        _settle(deps, claimed, "parked", done.nobodys, **values)
    else:
        _settle(deps, claimed, "processed", processed_at=deps.clock(), **values)


def _settle(deps: Deps, claimed: Claim, state: str, orphans: tuple[str, ...] = (), **values: Any) -> None:
    """Write what became of a push under the fence of its claim, or nothing."""
    with deps.sessions.write_system() as session:
        done = session.execute(
            update(InboxDelivery)
            .where(InboxDelivery.id == claimed.id, InboxDelivery.fence == claimed.fence)
            .values(state=state, lease_until=None, **values)
            .execution_options(synchronize_session=False)
        )
        if not int(getattr(done, "rowcount", 0)):
            return  # the lease ran out and another worker has it
        session.execute(delete(PushOrphan).where(PushOrphan.inbox_id == claimed.id))
        session.add_all(PushOrphan(inbox_id=claimed.id, number=number) for number in orphans)
