"""Late and silent become true by time alone: look again at the parcels whose moment has come, and at the feeds."""

from __future__ import annotations

import structlog
from sqlalchemy import select

from portal.db.tables.operations import CarrierFeed, FeedOutage
from portal.db.tables.orders import Order
from portal.db.tables.shipments import Shipment
from portal.domain.delivery_exceptions.assess import Thresholds, assess_feed
from portal.domain.delivery_exceptions.changes import changes
from portal.domain.triage import DeskHours
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.shops import find_shop
from portal.usecases.tracking.assess import assess_shipment
from portal.usecases.tracking.cases import Subject, apply, cases_of, record_of
from portal.usecases.tracking.feeds import facts_of
from portal.usecases.tracking.tell import tell_trouble

log = structlog.get_logger()
AT_ONCE = 500


def sweep(deps: Deps) -> int:
    """Assess feeds, then every parcel whose `next_check_at` has come. Returns how many parcels were looked at."""
    sweep_feeds(deps)
    now = deps.clock()
    with deps.sessions.read_system() as session:
        due = session.execute(
            select(Shipment.shop_id, Shipment.id)
            .where(Shipment.next_check_at <= now)
            .order_by(Shipment.next_check_at)
            .limit(AT_ONCE)
        ).all()
    shops: dict[int, ShopRef] = {}  # settings are read once a sweep, not once a parcel
    for shop_id, shipment_id in due:
        try:
            if shop_id not in shops:
                shops[shop_id] = find_shop(deps, shop_id=shop_id)
            _look_again(deps, shops[shop_id], shipment_id)
        except Exception:
            log.exception("sweep.failed", shipment=shipment_id)
    return len(due)


def _look_again(deps: Deps, shop: ShopRef, shipment_id: int) -> None:
    with deps.sessions.write(shop.id) as session:
        shipment = session.scalars(select(Shipment).where(Shipment.id == shipment_id).with_for_update()).one()
        if shipment.next_check_at is None or shipment.next_check_at > deps.clock():
            return  # a poll was quicker
        order = session.get_one(Order, shipment.order_id)
        news = assess_shipment(session, deps, shop, shipment, order)
        tell_trouble(session, deps, shop, shipment, order, news)


def sweep_feeds(deps: Deps) -> None:
    """Open and close the cases of carriers' feeds, and keep the times in which silence said nothing."""
    thresholds = Thresholds.from_mapping(deps.exception_rules)
    now = deps.clock()
    with deps.sessions.write_system() as session:
        for feed in session.scalars(select(CarrierFeed).with_for_update()):
            found = assess_feed(facts_of(feed), thresholds, now)
            down = bool(found.findings)
            if down and feed.down_since is None:
                feed.down_since = feed.failing_since or feed.last_failure_at or now
                session.add(FeedOutage(carrier=feed.carrier, began_at=feed.down_since))
            elif not down and feed.down_since is not None:
                feed.down_since = None
                feed.window_at, feed.window_polls, feed.window_failures = now, 0, 0
                for outage in session.scalars(
                    select(FeedOutage).where(FeedOutage.carrier == feed.carrier, FeedOutage.ended_at.is_(None))
                ):
                    outage.ended_at = now
            cases = cases_of(session, "feed", feed.carrier)
            subject = Subject(kind="feed", id=feed.carrier, shop_id=None, desk=DeskHours(), carrier=feed.carrier)
            apply(session, subject, cases, changes(map(record_of, cases), found, now), now)
