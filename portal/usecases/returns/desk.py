"""The returns desk: tick off what came, then record that it was paid. Both are safe to send twice (reliability: T33).

The money itself moves in the shop's own platform, which is not connected yet: staff pay there and confirm it here, so
the ledger's provider is "recorded".
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal.db.queries.return_desk import DeskFilter
from portal.db.tables.effects import Effect
from portal.db.tables.orders import Order
from portal.db.tables.returns import Return, ReturnItem, ReturnItemEntry
from portal.domain.returns import money
from portal.domain.returns.states import DECISION, MONEY, PARCEL
from portal.errors import Conflict, InvalidInput, NotFound
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.enqueue import enqueue
from portal.usecases.returns import rows
from portal.usecases.returns.desk_read import FILTERS, find_return, list_returns, returns_of_order
from portal.usecases.returns.desk_views import DeskItem, DeskPage, DeskReturn, Receipt
from portal.usecases.shops import find_shop
from portal.usecases.staff import audit

__all__ = [
    "FILTERS",
    "DeskFilter",
    "DeskItem",
    "DeskPage",
    "DeskReturn",
    "Receipt",
    "find_return",
    "list_returns",
    "once",
    "pay",
    "receive",
    "returns_of_order",
]

_RECORDED = "recorded"


def receive(deps: Deps, return_id: int, staff_id: int, items: Mapping[int, Receipt], form_key: str) -> DeskReturn:
    """Write down which units came and which surely will not, by return item.

    When every unit is accounted for, the sum is worked out again from what came and becomes due; when nothing came,
    the return closes without money. Raises NotFound, InvalidInput (no units, a strange item, a count below 0) and
    Conflict (another colleague was first, or more units than are open); nothing is changed then.
    """
    asked = {str(item): [receipt.received, receipt.not_received] for item, receipt in sorted(items.items())}

    def act(session: Session, shop: ShopRef, row: Return, order: Order, now: datetime) -> None:
        if row.decision != "approved" or row.money != "quoted":
            raise Conflict("this return has been checked in already, or is closed")
        _write_entries(session, row, items, now, f"staff {staff_id}")
        row.received_at = row.received_at or now
        _arrived(session, row, now, f"staff {staff_id}")
        _settle_when_complete(session, shop, row, now, f"staff {staff_id}")
        enqueue(session, deps, shop, "return_received", order, once=f"return {row.id} received", return_id=row.id)

    return once(deps, return_id, staff_id, "return.receive", form_key, asked, act)


def pay(deps: Deps, return_id: int, staff_id: int, form_key: str) -> DeskReturn:
    """Record that the shopper has the money: a refund that staff made, or a store credit whose code is made here.

    Raises NotFound, and Conflict when it is not due (any more) or is more than the order's total leaves.
    """

    def act(session: Session, shop: ShopRef, row: Return, order: Order, now: datetime) -> None:
        if row.decision != "approved" or row.money != "due":
            raise Conflict("this return is not waiting for its money; somebody may have been faster")
        _count_against_order(session, row)
        credit = row.resolution == money.STORE_CREDIT
        row.credit_code = _credit_code(deps) if credit else None
        _record_effect(session, deps, row, staff_id)
        actor = f"staff {staff_id}"
        rows.move(session, row, MONEY, "paid", now=now, actor=actor, why="paid by staff")
        rows.move(session, row, DECISION, "resolved", now=now, actor=actor, why="paid")
        row.money_at = row.closed_at = now
        enqueue(session, deps, shop, "refund", order, once=f"return {row.id} paid", return_id=row.id)

    return once(deps, return_id, staff_id, "return.pay", form_key, {}, act)


Act = Callable[[Session, ShopRef, Return, Order, datetime], None]


def once(
    deps: Deps,
    return_id: int,
    staff_id: int,
    action: str,
    form_key: str,
    asked: Mapping[str, object],
    act: Act,
    digest_more: object = None,
) -> DeskReturn:
    """Run `act` once for this form, in one transaction with its audit row; the second time change nothing.

    `asked` is written into the audit row; `digest_more` is what else makes this form another one, such as free words.
    """
    shop = _shop_of(deps, return_id)
    now = deps.clock()
    actor = f"staff {staff_id}"
    digest = rows.request_hash([return_id, asked] if digest_more is None else [return_id, asked, digest_more])
    try:
        with deps.sessions.write(shop.id) as session:
            rows.claim_form(
                session, shop_id=shop.id, actor=actor, route=action, key=form_key, asked=digest, now=deps.wall()
            )
            order, row = rows.lock_return(session, return_id)
            act(session, shop, row, order, now)
            rows.touch(order, now)
            session.flush()
            audit.record(
                session,
                deps,
                actor=actor,
                action=action,
                subject=f"return {row.id}",
                shop_id=shop.id,
                details={"money": row.money, "due_minor": row.due_minor, "currency": row.currency, **asked},
            )
    except rows.SentBefore:
        with deps.sessions.read(shop.id) as session:
            earlier = rows.earlier_result(session, shop.id, actor, action, form_key)
            if earlier is not None:
                rows.same_or_conflict(earlier, digest)
    return find_return(deps, return_id)


def _shop_of(deps: Deps, return_id: int) -> ShopRef:
    with deps.sessions.read_system() as session:
        shop_id = session.scalar(select(Return.shop_id).where(Return.id == return_id))
    if shop_id is None:
        raise NotFound("there is no such return")
    return find_shop(deps, shop_id=shop_id)


def _accounted(session: Session, row: Return) -> dict[int, dict[str, int]]:
    """Units by item and by kind of entry."""
    found: dict[int, dict[str, int]] = {}
    for item, kind, quantity in session.execute(
        select(ReturnItemEntry.return_item_id, ReturnItemEntry.kind, func.sum(ReturnItemEntry.quantity))
        .join(ReturnItem, ReturnItem.id == ReturnItemEntry.return_item_id)
        .where(ReturnItem.return_id == row.id)
        .group_by(ReturnItemEntry.return_item_id, ReturnItemEntry.kind)
    ):
        found.setdefault(item, {})[kind] = int(quantity)
    return found


def _write_entries(session: Session, row: Return, items: Mapping[int, Receipt], now: datetime, actor: str) -> None:
    if not any(receipt.received or receipt.not_received for receipt in items.values()):
        raise InvalidInput("say of at least one unit whether it came")
    known = {item.id: item for item, _ in rows.items_of(session, row)}
    accounted = _accounted(session, row)
    for item_id, receipt in items.items():
        if item_id not in known or receipt.received < 0 or receipt.not_received < 0:
            raise InvalidInput("this item is not part of the return, or a count is below zero")
        gone = accounted.get(item_id, {})
        still_open = known[item_id].quantity - gone.get("received", 0) - gone.get("not_received", 0)
        if receipt.received + receipt.not_received > still_open:
            raise Conflict("more units than are still open; the page shows the present state")
        for kind, quantity in (("received", receipt.received), ("not_received", receipt.not_received)):
            if quantity:
                session.add(
                    ReturnItemEntry(
                        shop_id=row.shop_id, return_item_id=item_id, kind=kind, quantity=quantity, at=now, actor=actor
                    )
                )
    session.flush()


def _arrived(session: Session, row: Return, now: datetime, actor: str) -> None:
    """What stands on the desk has arrived, whatever the carrier scanned."""
    if row.parcel in ("none", "label_ready", "label_lapsed", "lost"):
        rows.move(session, row, PARCEL, "in_transit", now=now, actor=actor, why="it came without a scan")
    if row.parcel == "in_transit":
        rows.move(session, row, PARCEL, "delivered_to_us", now=now, actor=actor, why="checked in")


def _settle_when_complete(session: Session, shop: ShopRef, row: Return, now: datetime, actor: str) -> None:
    accounted = _accounted(session, row)
    items = [item for item, _ in rows.items_of(session, row)]
    received = {item.id: accounted.get(item.id, {}).get("received", 0) for item in items}
    given_up = {item.id: accounted.get(item.id, {}).get("not_received", 0) for item in items}
    if any(received[item.id] + given_up[item.id] < item.quantity for item in items):
        return
    if not any(received.values()):
        rows.move(session, row, MONEY, "none", now=now, actor=actor, why="nothing arrived")
        rows.move(session, row, DECISION, "resolved", now=now, actor=actor, why="nothing arrived")
        row.closed_at = now
        return
    worth = row.decision_record["units"]
    goods = sum(sum(worth[str(item.order_line_id)][: received[item.id]]) for item in items)
    config = rows.config_of_version(session, shop.id, row.policy_version)
    waived = bool(row.decision_record["fee_waived"])
    fee, bonus = money.sums(goods, row.resolution, 0 if waived else config.fee_minor, config.credit_bonus_percent)
    row.goods_minor, row.fee_minor, row.bonus_minor, row.due_minor = goods, fee, bonus, goods - fee + bonus
    rows.move(session, row, MONEY, "due", now=now, actor=actor, why="received")


def _count_against_order(session: Session, row: Return) -> None:
    """Money back never exceeds the order's total, whoever pays at the same time. A bonus is a gift and not counted."""
    amount = row.goods_minor - row.fee_minor
    column = Order.credited_minor if row.resolution == money.STORE_CREDIT else Order.refunded_minor
    done: Any = session.execute(
        update(Order)
        .where(Order.id == row.order_id, Order.refunded_minor + Order.credited_minor + amount <= Order.total_minor)
        .values({column: column + amount})
        .execution_options(synchronize_session=False)
    )
    if done.rowcount != 1:
        raise Conflict("this is more than the order's total leaves; look at earlier refunds of this order")


def _record_effect(session: Session, deps: Deps, row: Return, staff_id: int) -> None:
    now = deps.wall()
    credit = row.resolution == money.STORE_CREDIT
    session.add(
        Effect(
            shop_id=row.shop_id,
            kind="credit" if credit else "refund",
            subject=f"return {row.id}",
            purpose="return",
            key=deps.token(),
            provider=_RECORDED,
            state="succeeded",
            amount_minor=row.due_minor,
            currency=row.currency,
            request={"return_id": row.id, "staff_id": staff_id},
            attempts=1,
            intended_at=now,
            submitted_at=now,
            settled_at=now,
        )
    )
    session.flush()


def _credit_code(deps: Deps) -> str:
    """A code that can be read out over the phone and not guessed: sixty bits in letters and digits."""
    text = base64.b32encode(hashlib.sha256(deps.token().encode()).digest()).decode()[:12]
    return "-".join((text[:4], text[4:8], text[8:]))
