"""Sending what is wanted instead, or what was missing: intended when the policy says, confirmed by whoever sent it.

It is an effect like a label, `kind` "exchange", found by return and purpose, so that nothing is sent twice. No platform
here takes such an order, so its provider is "recorded": a person makes it in the shop's own system and writes its number
and the parcel's down (`exchange_desk`). The stock goes down with that confirmation, once.
"""

from __future__ import annotations

import logging

from sqlalchemy import Select, and_, exists, or_, select
from sqlalchemy.orm import Session

from portal.db.tables.effects import Effect
from portal.db.tables.returns import Return, ReturnItem
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns import records, rows
from portal.usecases.returns.exchange_stock import GOODS, KIND, PART, is_intended, sending
from portal.usecases.returns.owed import is_looked_at
from portal.usecases.shops import find_shop

log = logging.getLogger(__name__)
RECORDED = "recorded"
# The moments at which an exchange may be sent, in their order.
APPROVED, SCAN, ARRIVAL, INSPECTION = "approved", "scan", "arrival", "inspection"
_STAGES = (APPROVED, SCAN, ARRIVAL, INSPECTION)


def send_due(deps: Deps, page: int = 200) -> int:
    """The job: whatever moved a return to where its exchange or its missing part may go out. Gives how many have
    something to be sent now that had not before. One that breaks stops no other."""
    done, after = 0, 0
    while True:
        with deps.sessions.read_system() as session:
            found = list(session.scalars(_waiting().where(Return.id > after).limit(page)))
            due = [(row.shop_id, row.id) for row in found if is_due(session, row)]
        shops = {shop_id: find_shop(deps, shop_id=shop_id) for shop_id in {shop_id for shop_id, _ in due}}
        done += sum(_send(deps, shops[shop_id], return_id) for shop_id, return_id in due)
        if len(found) < page:
            return done
        after = found[-1].id


def _waiting() -> Select[Return]:
    """Approved returns of which nothing is to be sent yet."""
    parts = select(ReturnItem.id).where(ReturnItem.return_id == Return.id, ReturnItem.outcome == PART)
    goods = and_(Return.exchange == "reserved", Return.held_at.is_(None), ~is_intended(GOODS))
    part = and_(exists(parts), ~is_intended(PART))
    return select(Return).where(Return.decision == "approved", or_(goods, part)).order_by(Return.id)


def _send(deps: Deps, shop: ShopRef, return_id: int) -> bool:
    try:
        with deps.sessions.write(shop.id) as session:
            _, row = rows.lock_return(session, return_id)
            planned = send_when_due(session, deps, row)
            deps.crash("exchange.before_planned")
            return planned
    except Exception:
        log.exception("what is sent for return %s could not be planned; it is tried again", return_id)
        return False


def is_due(session: Session, row: Return) -> bool:
    """Whether something could be sent now for an approved return."""
    items = [item for item, _ in rows.items_of(session, row)]
    return any(item.outcome == PART for item in items) or _goods_are_due(session, row, items)


def send_when_due(session: Session, deps: Deps, row: Return) -> bool:
    """Intend what is to be sent to the shopper now, in the caller's transaction, with the return locked. What is
    intended already, or waits for a later moment or for a person, stays as it is. True when something is new."""
    if row.decision != "approved":
        return False
    items = [item for item, _ in rows.items_of(session, row)]
    new = _intend(session, deps, row, PART, [item for item in items if item.outcome == PART])
    if _goods_are_due(session, row, items):
        new = _intend(session, deps, row, GOODS, [item for item in items if item.exchange_sku]) or new
    return new


def _goods_are_due(session: Session, row: Return, items: list[ReturnItem]) -> bool:
    wanted = [item for item in items if item.exchange_sku]
    if not wanted or row.exchange != "reserved" or row.held_at is not None:
        return False
    return _STAGES.index(reached(session, row)) >= _STAGES.index(_moment(session, row, wanted))


def reached(session: Session, row: Return) -> str:
    """How far a return has come: the latest of the moments that an exchange may wait for. Whoever pays without a look
    into the parcel has looked as far as they want to."""
    if row.received_at is not None and (row.money in ("paid", "none") or is_looked_at(session, row)):
        return INSPECTION
    if row.received_at is not None or row.parcel == "delivered_to_us":
        return ARRIVAL
    return SCAN if row.parcel == "in_transit" else APPROVED


def _moment(session: Session, row: Return, wanted: list[ReturnItem]) -> str:
    """Express, where a rule says so for everything that is wanted: then nothing is waited for."""
    terms = records.terms_in(row)
    if all(terms.get(item.order_line_id, {}).get("exchange_express") for item in wanted):
        return APPROVED
    return rows.config_of_version(session, row.shop_id, row.policy_version).exchange.send_when


def _intend(session: Session, deps: Deps, row: Return, purpose: str, items: list[ReturnItem]) -> bool:
    if not items or sending(session, row, purpose) is not None:
        return False
    session.add(
        Effect(
            shop_id=row.shop_id,
            kind=KIND,
            subject=f"return {row.id}",
            purpose=purpose,
            key=deps.token(),
            provider=RECORDED,
            state="intended",
            amount_minor=sum(item.exchange_minor for item in items) if purpose == GOODS else None,
            currency=row.currency,
            request={"return_id": row.id, "items": [item.id for item in items]},
            intended_at=deps.wall(),
        )
    )
    session.flush()
    return True
