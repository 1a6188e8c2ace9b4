"""Whether an order can be withdrawn from, until when, and which of its goods: before anything is declared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.db.tables.orders import Order, OrderLine
from portal.db.tables.return_flow import Withdrawal
from portal.db.tables.returns import Return, ReturnItem
from portal.domain.returns.config import WithdrawalConfig
from portal.domain.returns.model import OrderFacts
from portal.domain.returns.withdrawal import LineRight, Right, right_of
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns import rows
from portal.usecases.returns.facts import order_facts
from portal.usecases.returns.records import shipping_of
from portal.usecases.returns.withdrawal_over import held_units, replaceable
from portal.usecases.returns.withdrawal_views import EarlierWithdrawal, WithdrawalLine, WithdrawalOffer

NOTHING: Mapping[int, int] = MappingProxyType({})
_NOT_GOING_BACK = ("rejected", "withdrawn_by_shopper", "cancelled", "expired")


@dataclass(frozen=True, slots=True)
class OrderRight:
    """An order with its right of withdrawal, and the settings of the order's date that it rests on."""

    order: Order
    lines: Sequence[OrderLine]
    facts: OrderFacts
    config_version: int
    config: WithdrawalConfig
    right: Right


def right_for(
    session: Session, shop: ShopRef, order: Order, now: datetime, held: Mapping[int, int] = NOTHING
) -> OrderRight:
    """The right of one order now, by the settings that were in force when it was placed. `held`: units by line that are
    in returns which the withdrawal would replace."""
    lines = rows.lines_of(session, order)
    version, config = rows.config_of_date(session, shop, order.placed_at)
    facts = order_facts(session, order, lines, config, now)
    free = (replace(line, units_returning=line.units_returning - held.get(line.line_id, 0)) for line in facts.lines)
    facts = replace(facts, lines=tuple(free))
    law = config.withdrawal
    return OrderRight(order, lines, facts, version, law, right_of(facts, law, shop.config.country, now))


def withdrawal_offer(deps: Deps, shop: ShopRef, order_public_id: str, *, full: bool) -> WithdrawalOffer:
    """What may be withdrawn from. `full`: the visitor has proved to be the shopper, and sees what is on file.

    Raises NotFound.
    """
    with deps.sessions.read(shop.id) as session:
        order = rows.order_by_public_id(session, order_public_id)
        replaced = replaceable(session, order)
        found = right_for(session, shop, order, deps.clock(), held_units(session, replaced))
        right = found.right
        elsewhere = _open_returns(session, order, {row.id for row in replaced})
        pairs = zip(found.lines, right.lines, strict=True)
        return WithdrawalOffer(
            order_public_id=order.public_id,
            order_number=order.number,
            placed_on=found.facts.day(order.placed_at),
            timezone=order.timezone,
            locale=order.locale,
            against=right.against,
            arrived_on=right.period.arrived_on,
            due_on=right.period.due_on,
            last_on=right.period.last_on,
            days=found.config.days,
            lines=tuple(_line(line, one, elsewhere.get(line.id, "")) for line, one in pairs),
            earlier=_earlier(session, order),
            replaces=tuple((row.rma, tuple(rows.held_units(session, row))) for row in replaced),
            form_key=f"{order.public_id}:w{returns_made(session, order)}",
            name=(order.ship_name or "") if full else "",
            email=(order.email or "") if full else "",
        )


def _line(line: OrderLine, right: LineRight, elsewhere: str) -> WithdrawalLine:
    return WithdrawalLine(
        line_id=line.id,
        title=line.title,
        variant=line.variant,
        quantity=line.quantity,
        units=right.units,
        is_open=right.is_open,
        exemption=right.exemption.words if right.exemption else "",
        elsewhere=elsewhere,
    )


def _open_returns(session: Session, order: Order, replaced: set[int]) -> dict[int, str]:
    """By line, the newest return that has units of it and that a withdrawal does not replace."""
    found = session.execute(
        select(ReturnItem.order_line_id, Return.public_id)
        .join(Return, Return.id == ReturnItem.return_id)
        .join(OrderLine, OrderLine.id == ReturnItem.order_line_id)
        .where(
            OrderLine.order_id == order.id,
            Return.decision.not_in(_NOT_GOING_BACK),
            Return.kind != "gift",
            Return.id.not_in(replaced),
        )
        .order_by(Return.id)
    )
    return {line_id: str(public_id) for line_id, public_id in found}


def _earlier(session: Session, order: Order) -> tuple[EarlierWithdrawal, ...]:
    found = select(Withdrawal.public_id, Withdrawal.declared_at).where(Withdrawal.order_id == order.id)
    return tuple(EarlierWithdrawal(*row) for row in session.execute(found.order_by(Withdrawal.id)))


def returns_made(session: Session, order: Order) -> int:
    """How many returns have had items of an order, called off or not."""
    return session.scalar(select(func.count()).select_from(Return).where(rows.of_orders([order.id]))) or 0


def withdrawn_before(session: Session, order: Order) -> tuple[dict[int, int], int]:
    """Units by line that earlier withdrawals took, and the postage that any return has brought back, in minor units."""
    going_back = session.scalars(
        select(Return).where(rows.of_orders([order.id]), Return.decision.not_in(_NOT_GOING_BACK))
    ).all()
    withdrawn = [row.id for row in going_back if row.kind == "withdrawal"]
    units = session.execute(
        select(ReturnItem.order_line_id, func.sum(ReturnItem.quantity))
        .where(ReturnItem.return_id.in_(withdrawn))
        .group_by(ReturnItem.order_line_id)
    )
    postage = sum(shipping_of(row, order.id) for row in going_back)
    return {line_id: int(taken) for line_id, taken in units}, postage
