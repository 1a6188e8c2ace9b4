"""How each carrier's feed is doing: counted from our own polls, so that silence is told from blindness."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from carriers.errors import CarrierError, ErrorKind
from portal.db.rows import locked_or_made
from portal.db.tables.operations import CarrierFeed, FeedOutage
from portal.domain.delivery_exceptions.base import FeedFacts, Outage
from portal.usecases.deps import Deps

WINDOW = timedelta(hours=2)
# These say that the carrier answered; that it does not know a number is an answer.
_ANSWERS = frozenset({ErrorKind.NOT_FOUND, ErrorKind.INVALID_NUMBER})


def record_polls(deps: Deps, carrier: str, outcomes: Iterable[CarrierError | None]) -> None:
    """Count a batch of polls: None or an answer about a number is good, anything else is a failure of the feed."""
    now = deps.clock()
    with deps.sessions.write_system() as session:
        fresh = CarrierFeed(carrier=carrier, window_at=now, window_polls=0, window_failures=0, good_in_a_row=0)
        feed = locked_or_made(session, fresh, carrier)
        if now - feed.window_at > WINDOW:
            # Half of what was counted stays, so that a new window does not start blind.
            feed.window_at = now - WINDOW / 2
            feed.window_polls //= 2
            feed.window_failures //= 2
        for error in outcomes:
            _count(feed, error, now)


def _count(feed: CarrierFeed, error: CarrierError | None, now: datetime) -> None:
    feed.window_polls += 1
    if error is None or error.kind in _ANSWERS:
        feed.last_ok_at = now
        feed.good_in_a_row += 1
        feed.failing_since = None
        return
    feed.window_failures += 1
    feed.good_in_a_row = 0
    feed.last_failure_at = now
    feed.last_failure = error.kind.value
    feed.failing_since = feed.failing_since or now


def facts_of(feed: CarrierFeed) -> FeedFacts:
    """A feed as its rule sees it."""
    return FeedFacts(
        carrier=feed.carrier,
        polls=feed.window_polls,
        failures=feed.window_failures,
        first_failure_at=feed.failing_since or feed.last_failure_at,
        failing_since=feed.failing_since,
        last_success_at=feed.last_ok_at,
        down_since=feed.down_since,
        good_in_a_row=feed.good_in_a_row,
    )


def outages(session: Session, carrier: str, since: datetime) -> tuple[Outage, ...]:
    """The times since `since` in which the carrier's feed was down. Needs no shop: feeds are the installation's."""
    rows = session.execute(
        select(FeedOutage.began_at, FeedOutage.ended_at)
        .where(FeedOutage.carrier == carrier, or_(FeedOutage.ended_at.is_(None), FeedOutage.ended_at > since))
        .order_by(FeedOutage.began_at)
    )
    return tuple(Outage(began, ended) for began, ended in rows)


def feeds_down(session: Session) -> dict[str, datetime]:
    """Carrier code to the moment since when its feed is down."""
    rows = session.execute(
        select(CarrierFeed.carrier, CarrierFeed.down_since).where(CarrierFeed.down_since.is_not(None))
    )
    return {carrier: since for carrier, since in rows if since is not None}
