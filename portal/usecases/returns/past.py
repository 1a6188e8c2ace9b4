"""What has been decided, and what could be: past returns from their records, and orders as they are now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from portal.db.tables.orders import Customer, Order, OrderLine
from portal.db.tables.returns import Return
from portal.domain.returns.case import OrderFacts, RequestFacts
from portal.domain.returns.config import ReturnPolicyConfig
from portal.domain.returns.money import units_for
from portal.domain.returns.quoting import QuotedLine
from portal.domain.returns.shapes import fold
from portal.domain.returns.trial import ORDER, RETURN, Past, PastLine
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns.facts import order_facts
from portal.usecases.returns.records import OrderRecord, lines_in, orders_in
from portal.usecases.returns.worth import worth_of

BATCH = 200
Policies = tuple[ReturnPolicyConfig, ReturnPolicyConfig]  # the old and the new one
# A declaration by law is no decision of a policy, and a return that staff typed in was judged by a person.
_OF_POLICY = Return.kind.in_(("return", "gift"))


def count_past(deps: Deps, shop: ShopRef, since: datetime) -> int:
    """How many decisions there are to look at: for showing how far it has come."""
    with deps.sessions.read(shop.id) as session:
        returns = session.scalar(
            select(func.count()).select_from(Return).where(_OF_POLICY, Return.submitted_at >= since)
        )
        orders = session.scalar(select(func.count()).select_from(Order).where(*_open_orders(since)))
    return int(returns or 0) + int(orders or 0)


def past_returns(deps: Deps, shop: ShopRef, policies: Policies, since: datetime) -> Iterator[Sequence[Past]]:
    """Returns that were sent in since then, in batches: as they were judged, from their records."""
    last = 0
    while True:
        with deps.sessions.read(shop.id) as session:
            found = session.execute(
                select(Return, Order.email, Customer)
                .join(Order, Order.id == Return.order_id)
                .join(Customer, Customer.id == Order.customer_id)
                .where(_OF_POLICY, Return.submitted_at >= since, Return.id > last)
                .order_by(Return.id)
                .limit(BATCH)
            ).all()
            if not found:
                return
            last = found[-1][0].id
            batch = [
                past
                for row, email, customer in found
                for past in _of_return(row, {email, customer.email}, customer, policies)
            ]
        yield batch


def _of_return(row: Return, emails: set[str | None], customer: Customer, policies: Policies) -> Iterator[Past]:
    """One for each order that a return takes items of: each was judged for itself."""
    quoted = lines_in(row)
    judged_at = datetime.fromisoformat(row.decision_record["judged_at"])
    for kept in orders_in(row):
        lines = [line for line in quoted if line.order_id == kept.order_id] or _of_old_record(row, kept)
        reasons = _reasons(row)
        yield Past(
            kind=RETURN,
            name=row.rma,
            customer=customer.id,
            is_vip=customer.is_vip,
            currency=row.currency,
            facts=OrderFacts.from_record(kept.facts),
            asked=RequestFacts.from_record(kept.asked),
            moment=judged_at,
            lines=tuple(PastLine(line.line_id, reasons.get(line.line_id, ""), line) for line in lines),
            lists=_lists(emails, policies),
            resolution=row.resolution,
            fallback=row.fallback or "",
        )


def _lists(emails: set[str | None], policies: Policies) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The lists of either policy that mean this customer."""
    known = {fold(email) for email in emails if email}
    old, new = (
        tuple(
            name
            for name in ("allow_emails", "block_emails")
            if not known.isdisjoint(map(fold, getattr(policy.lists, name)))
        )
        for policy in policies
    )
    return old, new


def _reasons(row: Return) -> Mapping[int, str]:
    return {choice["line_id"]: choice["reason"] for choice in row.decision_record["choices"]}


def _of_old_record(row: Return, kept: OrderRecord) -> list[QuotedLine]:
    """A record of version 1 has units only."""
    return [
        QuotedLine(int(line_id), kept.order_id, row.currency, tuple(units))
        for line_id, units in row.decision_record.get("units", {}).items()
    ]


def _open_orders(since: datetime) -> tuple[ColumnElement[bool], ...]:
    return (Order.placed_at >= since, Order.source != "blind")


def past_orders(
    deps: Deps, shop: ShopRef, policies: Policies, since: datetime, now: datetime
) -> Iterator[Sequence[Past]]:
    """Orders that were placed since then, in batches, as they stand now: what of them could still go back?"""
    last = 0
    while True:
        with deps.sessions.read(shop.id) as session:
            orders = session.execute(
                select(Order, Customer)
                .join(Customer, Customer.id == Order.customer_id)
                .where(*_open_orders(since), Order.id > last)
                .order_by(Order.id)
                .limit(BATCH)
            ).all()
            if not orders:
                return
            last = orders[-1][0].id
            batch = [_of_order(session, order, customer, policies, now) for order, customer in orders]
        yield batch


def _of_order(session: Session, order: Order, customer: Customer, policies: Policies, now: datetime) -> Past:
    rows = session.scalars(select(OrderLine).where(OrderLine.order_id == order.id).order_by(OrderLine.position)).all()
    worth = worth_of(order, rows)
    lines = []
    for line in rows:
        left = line.quantity - line.units_returning
        units = tuple(units_for(worth[line.id].units, line.units_returning, left))
        lines.append(PastLine(line.id, "", QuotedLine(line.id, order.id, order.currency, units)))
    return Past(
        kind=ORDER,
        name=order.number,
        customer=customer.id,
        is_vip=customer.is_vip,
        currency=order.currency,
        facts=order_facts(session, order, rows, policies[1], now),
        asked=RequestFacts(),
        moment=now,
        lines=tuple(lines),
        lists=_lists({order.email, customer.email}, policies),
    )
