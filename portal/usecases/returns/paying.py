"""Money on its way: the entries, the effects that move it, and what follows when it has arrived.

Everything here runs in the caller's transaction, with the return and its orders locked. One effect an order and return
at a time; the amounts are what is owed less what has gone out.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal.db.tables.effects import Effect
from portal.db.tables.orders import Order
from portal.db.tables.return_money import ReturnMoneyEntry
from portal.db.tables.returns import Return, ReturnEvent
from portal.domain.returns.config import STORE_CREDIT
from portal.domain.returns.quoting import PART
from portal.domain.returns.settlement import Settlement
from portal.domain.returns.states import DECISION, MONEY
from portal.errors import Conflict
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.enqueue import enqueue
from portal.usecases.returns import ledger, rows
from portal.usecases.returns.exchange_stock import PART as MISSING_PART
from portal.usecases.returns.exchange_stock import sending
from portal.usecases.returns.owed import is_complete, owed, paid_as, write_sums

RECORDED = "recorded"  # the provider of what a person paid and wrote down here
KINDS = ("refund", "credit")
UNDER_WAY = ("intended", "submitted", "unknown", "manual")
OVERPAID = "overpaid"  # a flag of the return: more went out than is owed


@dataclass(frozen=True, slots=True)
class Payment:
    """What is to be moved: a sum an order, in minor units."""

    settlement: Settlement  # of the orders that something is moved for, or swapped
    amounts: Mapping[int, int]

    @property
    def total_minor(self) -> int:
        return sum(self.amounts.values())


def effects_of(session: Session, row: Return) -> list[Effect]:
    """Every refund and credit of a return, oldest first."""
    return list(
        session.scalars(
            select(Effect)
            .where(Effect.kind.in_(KINDS), Effect.subject == f"return {row.id}")
            .order_by(Effect.id)
            .execution_options(populate_existing=True)
        )
    )


def moved(session: Session, row: Return) -> dict[int, int]:
    """What has gone out, by order."""
    found: dict[int, int] = {}
    for effect in effects_of(session, row):
        if effect.state == "succeeded":
            for order_id, amount in amounts_in(effect, row).items():
                found[order_id] = found.get(order_id, 0) + amount
    return found


def amounts_in(effect: Effect, row: Return) -> dict[int, int]:
    """What an effect moves, by order. One of an older version is all of the order that its return was begun from."""
    told = effect.request.get("orders")
    if told is None:
        return {row.order_id: effect.amount_minor or 0}
    return {int(order_id): int(amount) for order_id, amount in told.items()}


def is_under_way(session: Session, row: Return) -> bool:
    return any(effect.state in UNDER_WAY for effect in effects_of(session, row))


def payment(session: Session, row: Return) -> Payment:
    """What is to be moved now. Of an order that has had more than it is owed, nothing is touched."""
    settlement, out = owed(session, row), moved(session, row)
    shares = tuple(share for share in settlement.shares if share.due_minor >= out.get(share.order_id, 0))
    amounts = {share.order_id: share.due_minor - out.get(share.order_id, 0) for share in shares}
    return Payment(Settlement(shares), {order_id: amount for order_id, amount in amounts.items() if amount})


def start(session: Session, deps: Deps, shop: ShopRef, row: Return, now: datetime, actor: str, why: str) -> None:
    """Enter what is owed and intend its payment; what a person paid, and what is owed in goods alone, is paid with it.

    Raises Conflict when the money is on its way already, MoreThanPaid when there is no room for it.
    """
    if is_under_way(session, row):
        raise Conflict("this money is on its way already")
    if row.money == "failed":
        rows.move(session, row, MONEY, "due", now=now, actor=actor, why="tried again")
    pay = payment(session, row)
    way = paid_as(row)
    ledger.enter(session, row, pay.settlement, way, now=now, actor=actor, why=why)
    if way == STORE_CREDIT and pay.amounts:
        _intend(session, deps, shop, row, pay.amounts, actor)
    else:
        for order_id, amount in pay.amounts.items():
            _intend(session, deps, shop, row, {order_id: amount}, actor)
    session.flush()
    if not is_under_way(session, row):
        finish(session, deps, shop, row, now, actor)


def _intend(session: Session, deps: Deps, shop: ShopRef, row: Return, amounts: Mapping[int, int], actor: str) -> None:
    credit = paid_as(row) == STORE_CREDIT
    order = session.get_one(Order, row.order_id if credit else next(iter(amounts)))
    kind, purpose = "credit" if credit else "refund", f"order {order.id}"
    provider = deps.refunds.provider(shop, kind, order.external_id) or RECORDED
    recorded, wall = provider == RECORDED, deps.wall()
    code = credit_code(deps) if credit else None
    effect = Effect(
        shop_id=row.shop_id,
        kind=kind,
        subject=f"return {row.id}",
        purpose=purpose,
        generation=_generation(session, row, kind, purpose),
        key=deps.token(),
        provider=provider,
        state="succeeded" if recorded else "intended",
        amount_minor=sum(amounts.values()),
        currency=row.currency,
        request={"return_id": row.id, "by": actor, "orders": {str(one): amount for one, amount in amounts.items()}},
        attempts=1 if recorded else 0,
        intended_at=wall,
        submitted_at=wall if recorded else None,
        settled_at=wall if recorded else None,
    )
    if code is not None:
        effect.request = {**effect.request, "code": code if recorded else code.replace("-", "")}
    if recorded:
        note_code(effect, row)
    session.add(effect)
    session.flush()
    session.execute(
        update(ReturnMoneyEntry)
        .where(
            ReturnMoneyEntry.return_id == row.id,
            ReturnMoneyEntry.order_id.in_(amounts),
            ReturnMoneyEntry.effect_id.is_(None),
        )
        .values(effect_id=effect.id)
        .execution_options(synchronize_session=False)
    )


def _generation(session: Session, row: Return, kind: str, purpose: str) -> int:
    """Another one only after one that has gone out: what was refused, or surely never sent, is the same again."""
    done = session.scalar(
        select(func.count())
        .select_from(Effect)
        .where(
            Effect.kind == kind,
            Effect.subject == f"return {row.id}",
            Effect.purpose == purpose,
            Effect.state == "succeeded",
        )
    )
    return 1 + (done or 0)


def finish(session: Session, deps: Deps, shop: ShopRef, row: Return, now: datetime, actor: str) -> None:
    """All of it has gone out: the shopper is told, and a return of which nothing is waited for is done with."""
    why = "paid by staff" if actor.startswith("staff") else "paid"
    rows.move(session, row, MONEY, "paid", now=now, actor=actor, why=why)
    row.money_at, row.money_asked_by = now, None
    order = session.get_one(Order, row.order_id)
    if row.due_minor:
        times = sum(effect.state == "succeeded" for effect in effects_of(session, row))
        once = f"return {row.id} paid" if times <= 1 else f"return {row.id} paid {times}"
        enqueue(session, deps, shop, "refund", order, once=once, return_id=row.id)
    close_when_complete(session, row, now, actor)


def close_when_complete(session: Session, row: Return, now: datetime, actor: str) -> None:
    """A return whose money is settled, and of which nothing is waited for, is compared with what came. More that is owed
    becomes due; of what was given too much a person is told, and nothing is taken back. Then it is resolved, unless
    something is still to be sent. What is resolved already is compared again, after a late inspection say."""
    open_, settled = row.decision == "approved", row.money in ("paid", "none")
    if not settled or not (open_ or row.decision == "resolved") or not is_complete(session, row):
        return
    settlement, out = owed(session, row), moved(session, row)
    write_sums(row, settlement)
    over = sum(max(0, out.get(share.order_id, 0) - share.due_minor) for share in settlement.shares)
    over += sent_too_much(session, row, settlement)
    if over and OVERPAID not in row.flags:
        _flag_overpaid(session, row, over, now, actor)
    if not open_:
        return
    if row.money == "paid" and any(share.due_minor > out.get(share.order_id, 0) for share in settlement.shares):
        rows.move(session, row, MONEY, "due", now=now, actor=actor, why="more is owed than was given")
    elif not is_to_be_sent(session, row):
        rows.move(session, row, DECISION, "resolved", now=now, actor=actor, why="settled")
        row.closed_at = now


def _flag_overpaid(session: Session, row: Return, over: int, now: datetime, actor: str) -> None:
    row.flags = [*row.flags, OVERPAID]
    session.add(
        ReturnEvent(
            shop_id=row.shop_id,
            return_id=row.id,
            machine=MONEY,
            from_state=row.money,
            to_state=row.money,
            at=now,
            actor=actor,
            why=f"{over} more was given than is owed for what came",
        )
    )


def sent_too_much(session: Session, row: Return, settlement: Settlement) -> int:
    """What was sent instead counts for all that was to come back, also where less came."""
    if row.exchange not in ("ordered", "shipped"):
        return 0
    return sum(item.exchange_minor for item, _ in rows.items_of(session, row)) - settlement.exchange_minor


def is_to_be_sent(session: Session, row: Return) -> bool:
    """Whether the shopper still waits for goods: for what is wanted instead, or for a missing part."""
    if row.exchange in ("reserved", "ordered"):
        return True
    if not any(item.outcome == PART for item, _ in rows.items_of(session, row)):
        return False
    effect = sending(session, row, MISSING_PART)
    return effect is None or not effect.result.get("sent")


def after(session: Session, deps: Deps, shop: ShopRef, row: Return, now: datetime, actor: str) -> None:
    """One payment of a return has ended: when none is under way any more, the return is paid, or its money has failed."""
    if is_under_way(session, row) or row.money not in ("due", "failed"):
        return
    if payment(session, row).total_minor == 0:
        if row.money == "failed":
            rows.move(session, row, MONEY, "due", now=now, actor=actor, why="it had gone out after all")
        finish(session, deps, shop, row, now, actor)
    elif row.money == "due":
        rows.move(session, row, MONEY, "failed", now=now, actor=actor, why="the platform did not pay")


def note_code(effect: Effect, row: Return) -> None:
    """A credit that was given: the shopper may see its code."""
    code = effect.request.get("code")
    if code and code not in (row.credit_code or "").split():
        row.credit_code = f"{row.credit_code} {code}" if row.credit_code else str(code)


def credit_code(deps: Deps) -> str:
    """A code that can be read out over the phone and not guessed: sixty bits in letters and digits."""
    text = base64.b32encode(hashlib.sha256(deps.token().encode()).digest()).decode()[:12]
    return "-".join((text[:4], text[4:8], text[8:]))
