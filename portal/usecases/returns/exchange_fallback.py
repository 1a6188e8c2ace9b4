"""When what was wanted instead cannot be had any more: what the shopper chose in advance takes its place, and is told.

Never in silence: the sums, the history, the audit row and the message to the shopper are one transaction.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.db.tables.catalogue import Reservation
from portal.db.tables.orders import Order
from portal.db.tables.returns import Return, ReturnItem
from portal.domain.returns.states import EXCHANGE
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.enqueue import enqueue
from portal.usecases.returns import rows
from portal.usecases.returns.exchange_stock import ACTOR, GOODS, Held, give_free, held_by, is_intended, sending
from portal.usecases.returns.owed import owed, write_sums
from portal.usecases.returns.settle import settle_when_complete
from portal.usecases.shops import find_shop
from portal.usecases.staff import audit

log = logging.getLogger(__name__)
SOLD_OUT, EXPIRED = "sold_out", "expired"
_BATCH = 200


def expire_reservations(deps: Deps, limit: int = _BATCH) -> int:
    """The job: reservations whose time is over, the oldest first; gives how many returns fell back. What is to be sent
    already (an exchange is intended) does not expire. One that breaks stops no other."""
    now = deps.clock()
    with deps.sessions.read_system() as session:
        due = session.execute(
            select(Return.shop_id, Return.id)
            .join(ReturnItem, ReturnItem.return_id == Return.id)
            .join(Reservation, Reservation.return_item_id == ReturnItem.id)
            .where(Reservation.state == "held", Reservation.expires_at <= now, ~is_intended(GOODS))
            .group_by(Return.shop_id, Return.id)
            .order_by(Return.id)
            .limit(limit)
        ).all()
    shops = {shop_id: find_shop(deps, shop_id=shop_id) for shop_id in {shop_id for shop_id, _ in due}}
    done = 0
    for shop_id, return_id in due:
        try:
            done += _expire(deps, shops[shop_id], return_id)
        except Exception:
            log.exception("the exchange of return %s could not expire; it is tried again", return_id)
    return done


def _expire(deps: Deps, shop: ShopRef, return_id: int) -> bool:
    now = deps.clock()
    with deps.sessions.write(shop.id) as session:
        order, row = rows.lock_return(session, return_id)
        if sending(session, row) is not None:  # an exchange was intended meanwhile: one of the two wins
            return False
        over = [held for held in held_by(session, row) if held.reservation.expires_at <= now]
        fell_back = fall_back(session, deps, shop, order, row, over, EXPIRED)
        deps.crash("exchange.before_fallback")
        return fell_back


def fall_back(
    session: Session, deps: Deps, shop: ShopRef, order: Order, row: Return, lost: Sequence[Held], why: str
) -> bool:
    """Give free what is lost, and give for it what the shopper chose in advance. `why` is SOLD_OUT or EXPIRED. False
    when there is nothing to lose any more. The caller holds the order and the return.

    Of several things that are wanted, those that are still kept are still sent.
    """
    gone = [held for held in lost if give_free(session, deps, held)]
    if not gone:
        return False
    now = deps.clock()
    if row.decision not in ("submitted", "approved"):  # closed: nobody waits for it any more
        if not held_by(session, row) and row.exchange == "reserved":
            rows.move(session, row, EXCHANGE, "released", now=now, actor=ACTOR, why=why)
        return True
    by_id = {item.id: item for item, _ in rows.items_of(session, row)}
    for held in gone:
        item = by_id[held.reservation.return_item_id]
        item.exchange_sku, item.exchange_minor = None, 0
    if not any(item.exchange_sku for item in by_id.values()):
        _give_up(session, deps, shop, row, now, why)
    session.flush()
    write_sums(row, owed(session, row))
    settle_when_complete(session, deps, shop, row, now, ACTOR)  # where the rest was given already, more is due now
    rows.touch_all(session, row, now)
    session.flush()
    settle_when_complete(session, deps, shop, row, now, ACTOR)
    _tell(session, deps, shop, order, row, gone, why)
    return True


def _give_up(session: Session, deps: Deps, shop: ShopRef, row: Return, now: datetime, why: str) -> None:
    if not row.fallback:
        row.fallback = rows.config_of_version(session, shop.id, row.policy_version).exchange.fallback
    row.resolution = row.fallback
    effect = sending(session, row)
    if effect is not None:
        effect.state, effect.settled_at = "voided", deps.wall()
    rows.move(session, row, EXCHANGE, "fallback_used", now=now, actor=ACTOR, why=why)


def _tell(
    session: Session, deps: Deps, shop: ShopRef, order: Order, row: Return, gone: Sequence[Held], why: str
) -> None:
    ids = sorted(held.reservation.id for held in gone)
    audit.record(
        session,
        deps,
        actor=ACTOR,
        action="return.exchange_fallback",
        subject=f"return {row.id}",
        shop_id=shop.id,
        details={
            "why": why,
            "skus": sorted(held.variant.sku for held in gone),
            "resolution": row.resolution,
            "due_minor": row.due_minor,
            "currency": row.currency,
        },
    )
    enqueue(
        session,
        deps,
        shop,
        "exchange_fallback",
        order,
        once=f"return {row.id} fallback {ids}",
        payload={"reservations": ids, "why": why},
        return_id=row.id,
    )
