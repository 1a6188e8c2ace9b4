"""Stock that is kept for exchanges: taken at the request, kept for some weeks, and given free or used up once.

Whoever calls holds the order and the return (`rows.lock_return`); the variants' rows come after them, by number, so that
nobody waits in a ring. The conditional update is what lets one of two have the last unit; the table's constraint
(`reserved <= stock`) stands behind it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, String, cast, exists, literal, select, update
from sqlalchemy.orm import Session

from portal.db.tables.catalogue import Reservation, Variant
from portal.db.tables.effects import Effect
from portal.db.tables.returns import Return, ReturnItem
from portal.domain.returns.states import EXCHANGE
from portal.errors import Conflict
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns import rows
from portal.usecases.returns.exchange_choices import named

ACTOR = "exchange"
KIND = "exchange"  # of the effect that sends something to the shopper
GOODS, PART = "goods", "part"  # its purposes: what is wanted instead, and what was missing


class SoldOut(Conflict):
    """What was wanted instead is not there any more. `sku` names it, `line_id` the order line it was wanted for."""

    def __init__(self, title: str, sku: str, line_id: int) -> None:
        super().__init__(f"{title} has just sold out; choose something else")
        self.title, self.sku, self.line_id = title, sku, line_id


@dataclass(frozen=True, slots=True)
class Held:
    """Units of a variant that are kept for an item of a return."""

    reservation: Reservation
    variant: Variant


def reserve(session: Session, deps: Deps, shop: ShopRef, row: Return, items: Sequence[ReturnItem]) -> None:
    """Keep what the items want instead (`exchange_sku`), all of it or, with SoldOut, nothing: the caller's transaction
    ends then. Items that want nothing are passed over; a return that wants nothing stays without an exchange.
    """
    wanted = [item for item in items if item.exchange_sku]
    if not wanted:
        return
    now = deps.clock()
    config = rows.config_of_version(session, shop.id, row.policy_version)
    expires_at = now + timedelta(days=config.exchange.reserve_days)
    for item, variant in _in_order(session, shop, wanted):
        if not _take(session, variant.id, item.quantity):
            raise SoldOut(named(variant), variant.sku, item.order_line_id)
        session.add(
            Reservation(
                shop_id=shop.id,
                variant_id=variant.id,
                return_item_id=item.id,
                quantity=item.quantity,
                state="held",
                created_at=now,
                expires_at=expires_at,
            )
        )
    if row.exchange != "reserved":
        rows.move(session, row, EXCHANGE, "reserved", now=now, actor=ACTOR, why="kept for the shopper")
    session.flush()


def _in_order(session: Session, shop: ShopRef, items: Iterable[ReturnItem]) -> list[tuple[ReturnItem, Variant]]:
    skus = {item.exchange_sku for item in items}
    known = {
        variant.sku: variant
        for variant in session.scalars(select(Variant).where(Variant.shop_id == shop.id, Variant.sku.in_(skus)))
    }
    for item in items:
        if item.exchange_sku not in known:
            raise SoldOut(str(item.exchange_sku), str(item.exchange_sku), item.order_line_id)
    return sorted(((item, known[str(item.exchange_sku)]) for item in items), key=lambda pair: (pair[1].id, pair[0].id))


def _take(session: Session, variant_id: int, units: int) -> bool:
    """Of two that want the last unit, the second one finds nothing (reliability: D8)."""
    taken: Any = session.execute(
        update(Variant)
        .where(Variant.id == variant_id, Variant.active, Variant.reserved + units <= Variant.stock)
        .values(reserved=Variant.reserved + units)
        .execution_options(synchronize_session=False)
    )
    return bool(taken.rowcount == 1)


def release(session: Session, deps: Deps, row: Return, why: str) -> None:
    """Give free what is kept for a return, and call off what was to be sent. A second time changes nothing.

    Raises Conflict once the exchange is ordered: then a person has to stop it first.
    """
    if row.exchange in ("ordered", "shipped"):
        raise Conflict("what is sent instead is on its way already; the return cannot be called off any more")
    _call_off(session, deps, row, GOODS, PART)
    for held in held_by(session, row):
        give_free(session, deps, held)
    if row.exchange == "reserved":
        rows.move(session, row, EXCHANGE, "released", now=deps.clock(), actor=ACTOR, why=why)


def _call_off(session: Session, deps: Deps, row: Return, *purposes: str) -> None:
    for purpose in purposes:
        effect = sending(session, row, purpose)
        if effect is not None and effect.state == "intended":
            effect.state, effect.settled_at = "voided", deps.wall()


def sending(session: Session, row: Return, purpose: str = GOODS) -> Effect | None:
    """What is sent to the shopper for this return, or is to be: the effect that stands for it."""
    return session.scalars(
        select(Effect)
        .where(
            Effect.shop_id == row.shop_id,
            Effect.kind == KIND,
            Effect.subject == f"return {row.id}",
            Effect.purpose == purpose,
            Effect.state.not_in(("rejected", "voided")),
        )
        .execution_options(populate_existing=True)
    ).one_or_none()


def is_intended(purpose: str) -> ColumnElement[bool]:
    """Whether a return (of the query around it) has something that is sent, or is to be."""
    return exists().where(
        Effect.shop_id == Return.shop_id,
        Effect.kind == KIND,
        Effect.subject == literal("return ") + cast(Return.id, String),
        Effect.purpose == purpose,
        Effect.state.not_in(("rejected", "voided")),
    )


def move(session: Session, deps: Deps, shop: ShopRef, row: Return, items: Sequence[ReturnItem]) -> None:
    """Keep what the items want now instead of what they wanted before; `items` are all that the return has left.

    What stays wanted keeps its place and its day of expiry. Raises SoldOut, and Conflict once it is ordered.
    """
    wishes = {item.id: (item.exchange_sku, item.quantity) for item in items if item.exchange_sku}
    kept: set[int] = set()
    leaving = []
    for held in held_by(session, row):
        item_id = held.reservation.return_item_id
        if wishes.get(item_id) == (held.variant.sku, held.reservation.quantity):
            kept.add(item_id)
        else:
            leaving.append(held)
    new = [item for item in items if item.exchange_sku and item.id not in kept]
    if (leaving or new) and row.exchange in ("ordered", "shipped"):
        raise Conflict("what is sent instead is on its way already, so it cannot be changed any more")
    # What is to be sent already is planned anew, with what is wanted now.
    _call_off(session, deps, row, *((GOODS, PART) if leaving or new else (PART,)))
    for held in leaving:
        give_free(session, deps, held)
    reserve(session, deps, shop, row, new)
    if not wishes:
        release(session, deps, row, "nothing is wanted instead any more")


def held_by(session: Session, row: Return) -> list[Held]:
    """What is kept for a return, by variant."""
    found = session.execute(
        select(Reservation, Variant)
        .join(ReturnItem, ReturnItem.id == Reservation.return_item_id)
        .join(Variant, Variant.id == Reservation.variant_id)
        .where(ReturnItem.return_id == row.id, Reservation.shop_id == row.shop_id, Reservation.state == "held")
        .order_by(Reservation.variant_id, Reservation.id)
        .execution_options(populate_existing=True)
    )
    return [Held(reservation, variant) for reservation, variant in found]


def give_free(session: Session, deps: Deps, held: Held) -> bool:
    """The units are anybody's again. False when they were given free or used before."""
    return _settle(session, deps, held.reservation, "released", stock=0)


def use_up(session: Session, deps: Deps, held: Held) -> bool:
    """The units have left the stock. False when they were given free or used before: stock goes down exactly once."""
    return _settle(session, deps, held.reservation, "used", stock=held.reservation.quantity)


def keep_only(session: Session, deps: Deps, row: Return, units: Mapping[int, int]) -> None:
    """What was announced and did not come, or was turned down, is not exchanged: `units` says by item how many are. The
    rest is anybody's again; where nothing is left, nothing is sent."""
    for held in held_by(session, row):
        left = units.get(held.reservation.return_item_id, 0)
        if left >= held.reservation.quantity:
            continue
        if left <= 0:
            item = session.get_one(ReturnItem, held.reservation.return_item_id)
            item.exchange_sku, item.exchange_minor = None, 0
            give_free(session, deps, held)
            continue
        session.execute(
            update(Variant)
            .where(Variant.id == held.variant.id)
            .values(reserved=Variant.reserved - held.reservation.quantity + left)
            .execution_options(synchronize_session=False)
        )
        held.reservation.quantity = left
    session.flush()
    if row.exchange == "reserved" and not held_by(session, row):
        release(session, deps, row, "nothing came that it was wanted for")


def _settle(session: Session, deps: Deps, reservation: Reservation, state: str, *, stock: int) -> bool:
    ended: Any = session.execute(
        update(Reservation)
        .where(Reservation.id == reservation.id, Reservation.state == "held")
        .values(state=state, settled_at=deps.clock())
        .execution_options(synchronize_session=False)
    )
    if ended.rowcount != 1:
        return False
    session.execute(
        update(Variant)
        .where(Variant.id == reservation.variant_id)
        .values(reserved=Variant.reserved - reservation.quantity, stock=Variant.stock - stock)
        .execution_options(synchronize_session=False)
    )
    session.expire(reservation)
    return True
