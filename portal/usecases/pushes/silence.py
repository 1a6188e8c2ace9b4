"""Notice when a carrier's pushes do not come although its parcels move, and poll as without pushes until they do.

Business time. A push that is late by a little is not missed: polls are often a few minutes quicker.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Select, and_, func, or_, select, update
from sqlalchemy.orm import Session

from carriers.base import Subscribes
from portal.db.tables.pushes import PushEndpoint, PushSubscription
from portal.db.tables.shipments import PollQueueEntry, Shipment
from portal.domain.carrier_accounts import AccountRef
from portal.domain.delivery_exceptions.assess import Assessment, Thresholds, assess_feed
from portal.domain.delivery_exceptions.base import FeedFacts, PushFacts
from portal.domain.delivery_exceptions.changes import changes
from portal.domain.triage import DeskHours
from portal.usecases.deps import Deps
from portal.usecases.pushes.numbers import spoken_of
from portal.usecases.pushes.scope import Speaker, info_of
from portal.usecases.tracking.cases import Subject, apply, cases_of, record_of

log = structlog.get_logger()

GRACE = timedelta(hours=2)  # a scan is missed when its push has not come for so long
BACK_WITHIN = timedelta(hours=4)  # parcels that were polled less often are polled within this time
AT_ONCE = 500


def notice_silence(deps: Deps) -> int:
    """Open, keep and close the case of each push address. Returns how many addresses are silent."""
    accounts = deps.carriers.accounts()
    with deps.sessions.read_system() as session:
        ids = list(session.scalars(select(PushEndpoint.id).order_by(PushEndpoint.id)))
    return sum(_look(deps, endpoint_id, accounts) for endpoint_id in ids)


def _look(deps: Deps, endpoint_id: int, accounts: Sequence[AccountRef]) -> bool:
    now = deps.clock()
    with deps.sessions.read_system() as session:
        row = session.get_one(PushEndpoint, endpoint_id)
        pushes = _facts(session, deps, row, accounts, now)
        quiet = row.silent_since is None
    facts = FeedFacts(carrier=row.carrier, polls=0, failures=0, pushes=pushes)
    found = assess_feed(facts, Thresholds.from_mapping(deps.exception_rules), now)
    silent = bool(found.findings)
    if silent or not quiet:
        with deps.sessions.write_system() as session:
            row = session.get_one(PushEndpoint, endpoint_id, with_for_update=True)
            row.silent_since = found.findings[0].since if silent else None
            _write_case(session, row, found, now)
    if silent:
        if quiet:
            log.warning("push.silent", endpoint=endpoint_id, carrier=row.carrier)
        _poll_as_usual(deps, endpoint_id, accounts)
    return silent


def _facts(
    session: Session, deps: Deps, row: PushEndpoint, accounts: Sequence[AccountRef], now: datetime
) -> PushFacts | None:
    """What should have come; None for an address that is closed, that no carrier has agreed to push to yet, or whose
    adapter has gone."""
    info = info_of(deps, row.carrier)
    if info is None or row.state != "open" or (info.subscribes is not None and row.subscribed_at is None):
        return None
    # Where single numbers are asked for, each has a beginning of its own.
    began = row.subscribed_at if info.subscribes is Subscribes.ACCOUNT else row.created_at
    heard_at = max(moment for moment in (began, row.last_good_at) if moment is not None)
    covered = _covered(session, deps, row, accounts)
    if covered is None:
        return PushFacts(heard_at, 0)
    missed = covered.where(
        Shipment.last_scan_at > heard_at,
        Shipment.last_scan_at <= now - GRACE,
        or_(Shipment.pushed_at.is_(None), Shipment.pushed_at < Shipment.last_scan_at),
    )
    return PushFacts(heard_at, session.scalar(select(func.count()).select_from(missed.subquery())) or 0)


def _covered(session: Session, deps: Deps, row: PushEndpoint, accounts: Sequence[AccountRef]) -> Select[int] | None:
    """The open parcels that this address should get pushes about."""
    info = deps.carriers.info(row.carrier)
    query = select(Shipment.id).join(PollQueueEntry, PollQueueEntry.shipment_id == Shipment.id)
    if info.subscribes is Subscribes.NUMBERS:
        mine = and_(PushSubscription.shipment_id == Shipment.id, PushSubscription.endpoint_id == row.id)
        return query.join(PushSubscription, mine).where(
            PushSubscription.state == "active", PushSubscription.made_at < Shipment.last_scan_at
        )
    where = spoken_of(session, Speaker(row.carrier, row.shop_id, info.aggregator), accounts)
    return query.where(where) if where is not None else None


def _write_case(session: Session, row: PushEndpoint, found: Assessment, now: datetime) -> None:
    name = f"push {row.id}"
    cases = cases_of(session, "feed", name)
    if cases or found.findings:
        subject = Subject(kind="feed", id=name, shop_id=None, desk=DeskHours(), carrier=row.carrier)
        apply(session, subject, cases, changes(map(record_of, cases), found, now), now)


def _poll_as_usual(deps: Deps, endpoint_id: int, accounts: Sequence[AccountRef]) -> None:
    """Forget that these parcels were pushed, and ask about them soon, not all at once."""
    now = deps.clock()
    while True:
        with deps.sessions.write_system() as session:
            row = session.get_one(PushEndpoint, endpoint_id)
            covered = _covered(session, deps, row, accounts)
            if covered is None:
                return
            ids = list(session.scalars(covered.where(Shipment.pushed_at.is_not(None)).limit(AT_ONCE)))
            if not ids:
                return
            session.execute(
                update(Shipment)
                .where(Shipment.id.in_(ids))
                .values(pushed_at=None)
                .execution_options(synchronize_session=False)
            )
            _bring_forward(session, deps, ids, now)


def _bring_forward(session: Session, deps: Deps, ids: Sequence[int], now: datetime) -> None:
    entries = session.scalars(
        select(PollQueueEntry)
        .where(
            PollQueueEntry.shipment_id.in_(ids),
            PollQueueEntry.next_poll_at > now + BACK_WITHIN,
            PollQueueEntry.lease_until.is_(None),
        )
        .with_for_update(skip_locked=True)
    )
    for entry in entries:
        entry.next_poll_at = now + BACK_WITHIN * (1 + deps.tick_uniform()) / 2
