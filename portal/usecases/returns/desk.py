"""The returns desk: tick off what came. Safe to send twice (reliability: T33). The money follows (`settle.py`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.db.queries.return_desk import DeskFilter
from portal.db.tables.orders import Order
from portal.db.tables.returns import Return, ReturnItem, ReturnItemEntry
from portal.domain.returns.states import PARCEL
from portal.errors import Conflict, InvalidInput, NotFound
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.enqueue import enqueue
from portal.usecases.returns import risk_check, rows
from portal.usecases.returns.desk_read import FILTERS, find_return, list_returns, returns_of_order
from portal.usecases.returns.desk_views import DeskItem, DeskPage, DeskReturn, Receipt
from portal.usecases.returns.owed import counts_of
from portal.usecases.returns.settle import settle_when_complete
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
    "receive",
    "returns_of_order",
]


def receive(deps: Deps, return_id: int, staff_id: int, items: Mapping[int, Receipt], form_key: str) -> DeskReturn:
    """Write down which units came and which surely will not, by return item. What was given up may come after all.

    When every unit is accounted for, the sum is worked out again from what came and becomes due; when nothing came,
    the return closes without money. Raises NotFound, InvalidInput (no units, a strange item, a count below 0) and
    Conflict (another colleague was first, or more units than are open); nothing is changed then.
    """
    asked = {str(item): [receipt.received, receipt.not_received] for item, receipt in sorted(items.items())}

    def act(session: Session, shop: ShopRef, row: Return, order: Order, now: datetime) -> None:
        if row.decision != "approved":
            raise Conflict("this return is closed, or waits for a decision")
        _write_entries(session, row, items, now, f"staff {staff_id}")
        row.received_at = row.received_at or now
        _arrived(session, row, now, f"staff {staff_id}")
        risk_check.look(session, deps, shop, row, now)  # before any money: it may hold it
        settle_when_complete(session, deps, shop, row, now, f"staff {staff_id}")
        enqueue(session, deps, shop, "return_received", order, once=f"return {row.id} received", return_id=row.id)

    return once(deps, return_id, staff_id, "return.receive", form_key, asked, act)


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


def _write_entries(session: Session, row: Return, items: Mapping[int, Receipt], now: datetime, actor: str) -> None:
    if not any(receipt.received or receipt.not_received for receipt in items.values()):
        raise InvalidInput("say of at least one unit whether it came")
    known = {item.id: item for item, _ in rows.items_of(session, row)}
    accounted = counts_of(session, row)
    for item_id, receipt in items.items():
        if item_id not in known or receipt.received < 0 or receipt.not_received < 0:
            raise InvalidInput("this item is not part of the return, or a count is below zero")
        still_open, late = _room(known[item_id], accounted.get(item_id, {}))
        if receipt.not_received > still_open or receipt.received + receipt.not_received > still_open + late:
            raise Conflict("more units than are still open; the page shows the present state")
        for kind, quantity in (("received", receipt.received), ("not_received", receipt.not_received)):
            if quantity:
                session.add(
                    ReturnItemEntry(
                        shop_id=row.shop_id, return_item_id=item_id, kind=kind, quantity=quantity, at=now, actor=actor
                    )
                )
    session.flush()


def _room(item: ReturnItem, counts: Mapping[str, int]) -> tuple[int, int]:
    """Units of which nothing is known yet, and those that were given up and may come after all."""
    came = sum(counts.get(kind, 0) for kind in ("received", "wrong_item", "removed", "kept"))
    late = max(0, min(counts.get("not_received", 0), item.quantity - came))
    return item.quantity - came - late, late


def _arrived(session: Session, row: Return, now: datetime, actor: str) -> None:
    """What stands on the desk has arrived, whatever the carrier scanned."""
    if row.parcel in ("none", "label_ready", "label_lapsed", "lost"):
        rows.move(session, row, PARCEL, "in_transit", now=now, actor=actor, why="it came without a scan")
    if row.parcel == "in_transit":
        rows.move(session, row, PARCEL, "delivered_to_us", now=now, actor=actor, why="checked in")
