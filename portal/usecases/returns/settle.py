"""When a return's money becomes due: when everything is accounted for, or earlier where the policy says so.

Called with the return and its orders locked, in the caller's transaction.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.db.tables.orders import Order
from portal.db.tables.returns import Return, ReturnOrder
from portal.domain.returns.config import REFUND
from portal.domain.returns.settlement import Settlement
from portal.domain.returns.states import MONEY
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns import ledger, records, risk_check, rows
from portal.usecases.returns.exchange_stock import keep_only
from portal.usecases.returns.kept import log_kept
from portal.usecases.returns.owed import is_complete, is_looked_at, owed, paid_as, paid_units, write_sums
from portal.usecases.returns.paying import close_when_complete, is_under_way, payment, start

SCAN, ARRIVAL, INSPECTION = "scan", "arrival", "inspection"
_LATER = {SCAN: 0, ARRIVAL: 1, INSPECTION: 2}
AUTOMATIC = "rule:automatic_payout@1"
EARLY = "paid_early"  # a flag of the return: the money became due before anybody looked into the parcel


def settle_when_complete(session: Session, deps: Deps, shop: ShopRef, row: Return, now: datetime, actor: str) -> None:
    """Work the sum out again from what really came, once nothing more is waited for, and let it become due.

    A second time changes nothing. Nothing is paid for a return of which nothing came; what was paid early is compared
    with what came (`paying.close_when_complete`). Called again after an inspection, it corrects what is due.
    """
    if row.decision == "resolved":  # looked at late
        close_when_complete(session, row, now, actor)
    if row.decision != "approved" or not is_complete(session, row):
        return
    keep_only(session, deps, row, paid_units(session, row))
    log_kept(session, row, now, actor)
    if row.money in ("paid", "none"):
        close_when_complete(session, row, now, actor)
    elif row.money in ("quoted", "due", "failed") and not is_under_way(session, row):
        _becomes_due(session, deps, shop, row, now, actor)


def _becomes_due(session: Session, deps: Deps, shop: ShopRef, row: Return, now: datetime, actor: str) -> None:
    settlement = owed(session, row)
    if settlement.due_minor != row.due_minor:
        row.money_asked_by = None  # whoever asked for it asked for another sum
    write_sums(row, settlement)
    left = payment(session, row).total_minor
    if not left and not settlement.due_minor and not settlement.exchange_minor:
        _nothing_owed(session, row, now, actor)
        return
    if row.money == "quoted":
        rows.move(session, row, MONEY, "due", now=now, actor=actor, why="received")
    if not left:
        start(session, deps, shop, row, now, actor, "settled in goods")
    elif is_looked_at(session, row) or _when(session, row) != INSPECTION:
        pay_automatically(session, deps, shop, row, now)


def _nothing_owed(session: Session, row: Return, now: datetime, actor: str) -> None:
    why = "nothing is owed for what came"
    if row.money == "failed":  # it was entered to be paid, and has surely not gone out
        ledger.enter(session, row, owed(session, row), paid_as(row), now=now, actor=actor, why=why)
        rows.move(session, row, MONEY, "due", now=now, actor=actor, why="worked out again")
    rows.move(session, row, MONEY, "none", now=now, actor=actor, why=why)
    close_when_complete(session, row, now, actor)


def money_may_follow(session: Session, deps: Deps, shop: ShopRef, row: Return, event: str, now: datetime) -> None:
    """The parcel of a return was scanned ("scan") or has arrived ("arrival"): where the policy pays then, the money
    becomes due, up to the shop's limit for what nobody has looked into. What is held waits for a person.

    A consumer who withdraws has a right to the money once the goods are received or proof of sending them is there
    (directive 2011/83/EU, article 13(3)): the first scan is that proof, whatever the policy says.
    """
    if row.decision != "approved" or row.money != "quoted" or row.held_at is not None:
        return
    lawful = row.kind == "withdrawal"
    if not lawful and _LATER[event] < _LATER[_when(session, row)]:
        return
    settlement = owed(session, row)
    limit = shop.config.returns.payout.early_up_to_minor
    if settlement.due_minor <= 0 or (not lawful and 0 < limit < _early(session, row, settlement)):
        return
    write_sums(row, settlement)
    row.flags = [*row.flags, EARLY]
    rows.move(session, row, MONEY, "due", now=now, actor=f"rule:refund_on_{event}@1", why="the policy pays by then")
    pay_automatically(session, deps, shop, row, now)


def money_after_release(session: Session, deps: Deps, shop: ShopRef, row: Return, now: datetime) -> None:
    """A person has released what was held: what the hold kept back follows now."""
    event = {"in_transit": SCAN, "lost": SCAN, "delivered_to_us": ARRIVAL}.get(row.parcel)
    if event is not None:
        money_may_follow(session, deps, shop, row, event, now)
    settle_when_complete(session, deps, shop, row, now, AUTOMATIC)


def _early(session: Session, row: Return, settlement: Settlement) -> int:
    """What would be given before anybody has looked into the parcel, in money and in goods."""
    return settlement.due_minor + settlement.exchange_minor


def _when(session: Session, row: Return) -> str:
    """When the money of a return goes out: the latest of what its lines' terms say, as they were recorded."""
    told = [str(terms["refund_when"]) for terms in records.terms_in(row).values()]
    if not told:
        told = [rows.config_of_version(session, row.shop_id, row.policy_version).payout.when]
    return max(told, key=lambda when: _LATER.get(when, 2))


def pay_automatically(session: Session, deps: Deps, shop: ShopRef, row: Return, now: datetime) -> None:
    """Pay what is due without a person, where the shop wants that and nothing speaks against it: no hold, no sum that
    needs two people, and a way to pay that needs nobody."""
    payout = shop.config.returns.payout
    if not payout.automatic or row.money != "due" or row.held_at is not None or row.requested_by is not None:
        return
    if 0 < payout.four_eyes_above_minor < payment(session, row).total_minor:
        return
    if paid_as(row) == REFUND and not _all_connected(session, deps, shop, row):
        return
    risk_check.look(session, deps, shop, row, now)
    if not _is_held(row):
        start(session, deps, shop, row, now, AUTOMATIC, "due")


def _is_held(row: Return) -> bool:
    return row.held_at is not None


def _all_connected(session: Session, deps: Deps, shop: ShopRef, row: Return) -> bool:
    """Whether every order of a return can be refunded through the shop's platform."""
    joined = select(ReturnOrder.order_id).where(ReturnOrder.return_id == row.id)
    orders = session.scalars(select(Order).where((Order.id == row.order_id) | Order.id.in_(joined)))
    return all(deps.refunds.provider(shop, "refund", order.external_id) for order in orders)
