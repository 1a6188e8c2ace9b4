"""What may go back, of one order or of several of one shopper, before anything is decided."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from portal.db.tables.orders import Order, OrderLine
from portal.db.tables.returns import Return
from portal.domain.returns import money
from portal.domain.returns.config import EXCHANGE, REFUND, STORE_CREDIT, ReturnPolicyConfig
from portal.errors import Conflict, NotFound
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns import rows
from portal.usecases.returns.judged import Asked, Judged, judge_change, judge_orders
from portal.usecases.returns.offer_views import (
    EarlierReturn,
    OfferLine,
    OfferOrder,
    ReturnOffer,
    ShopperOrder,
    ShopperOrders,
)
from portal.usecases.returns.way_back import way_back

MOST_ORDERS = 10  # in one return
ORDERS_A_PAGE = 5
# Orders that are looked at for one page: a customer of many years does not make it slow.
ORDERS_LOOKED_AT = 40
_GIVEN = frozenset({REFUND, STORE_CREDIT, EXCHANGE})


def offer(
    deps: Deps, shop: ShopRef, order_public_ids: str | Sequence[str], *, editing: str | None = None
) -> ReturnOffer:
    """Each line of the orders, with every reason for those that cannot go back. The first order is the one that the
    return is begun from; all have to be of one shopper, in one currency.

    `editing`: the public id of a return that is to be changed; what it holds counts as free, and its orders are taken.
    Raises NotFound (also for an order of somebody else) and Conflict (other currency, too many orders).
    """
    wanted = [order_public_ids] if isinstance(order_public_ids, str) else list(order_public_ids)
    with deps.sessions.read(shop.id) as session:
        changed = rows.return_by_public_id(session, editing) if editing is not None else None
        held = rows.held_units(session, changed) if changed is not None else None
        if changed is not None:
            wanted = [order.public_id for order in rows.orders_of(session, changed)]
        orders = orders_together(session, wanted)
        first = orders[0]
        asked = Asked(held=held)
        judged = judge_orders(session, shop, orders, deps.clock(), asked)
        if changed is not None:
            judged = [judge_change(one, asked, changed.submitted_at) for one in judged]
        offered = tuple(_offer_order(one) for one in judged)
        earlier = session.scalars(select(Return).where(rows.of_orders([first.id])).order_by(Return.id)).all()
        return ReturnOffer(
            order_public_id=first.public_id,
            order_number=first.number,
            timezone=first.timezone,
            locale=first.locale,
            currency=first.currency,
            lines=tuple(line for order in offered for line in order.lines),
            resolutions=resolutions([one.config for one in judged]),
            earlier=tuple(EarlierReturn(row.public_id, row.rma, row.decision) for row in earlier if row.kind != "gift"),
            method=way_back(deps, shop, first.ship_country),
            form_key=edit_key(changed) if changed is not None else f"{first.public_id}:{len(earlier)}",
            orders=offered,
            has_other_orders=changed is None and _has_others(session, first),
        )


def edit_key(row: Return) -> str:
    """The key of the form that changes a return: another one after each change, so that of two pages the second is told."""
    return f"edit:{row.public_id}:{len(row.decision_record.get('history', ()))}"


def orders_together(session: Session, public_ids: Sequence[str]) -> list[Order]:
    """Orders that may be in one return, in the given order. Raises NotFound and Conflict."""
    distinct = list(dict.fromkeys(public_ids))
    if not distinct:
        raise NotFound("there is no such order")
    if len(distinct) > MOST_ORDERS:
        raise Conflict("send back items of at most 10 orders at once")
    found = {order.public_id: order for order in session.scalars(select(Order).where(Order.public_id.in_(distinct)))}
    if len(found) != len(distinct) or len({order.customer_id for order in found.values()}) != 1:
        raise NotFound("there is no such order")
    if len({order.currency for order in found.values()}) != 1:
        raise Conflict("these orders were paid in different currencies; return them one by one")
    return [found[public_id] for public_id in distinct]


def orders_of_shopper(deps: Deps, shop: ShopRef, order_public_id: str, page: int = 1) -> ShopperOrders:
    """Other orders of the shopper of this order that have something to return, newest first.

    For whoever has proved to be the customer: a number and an e-mail address prove one order only. Raises NotFound.
    """
    page = max(1, page)
    with deps.sessions.read(shop.id) as session:
        order = rows.order_by_public_id(session, order_public_id)
        found: list[ShopperOrder] = []
        others = session.scalars(_others(order).limit(ORDERS_LOOKED_AT)).all()
        for judged in judge_orders(session, shop, others, deps.clock()):
            if len(found) > page * ORDERS_A_PAGE:
                break
            other = judged.order
            units = {line.id: judged.verdicts[line.id].units_left for line in judged.lines if _open(judged, line)}
            if units:
                titles = tuple(line.title for line in judged.lines if line.id in units)
                found.append(
                    ShopperOrder(
                        other.public_id, other.number, other.placed_at, other.timezone, titles, sum(units.values())
                    )
                )
    shown = found[(page - 1) * ORDERS_A_PAGE : page * ORDERS_A_PAGE]
    return ShopperOrders(tuple(shown), page, page + 1 if len(found) > page * ORDERS_A_PAGE else None)


def _open(judged: Judged, line: OrderLine) -> bool:
    return judged.verdicts[line.id].eligible and not judged.terms(line.id).hidden


def _others(order: Order) -> Select[Order]:
    return (
        select(Order)
        .where(Order.customer_id == order.customer_id, Order.id != order.id, Order.currency == order.currency)
        .order_by(Order.placed_at.desc(), Order.id.desc())
    )


def _has_others(session: Session, order: Order) -> bool:
    return session.scalar(_others(order).with_only_columns(Order.id).limit(1)) is not None


def _offer_order(judged: Judged) -> OfferOrder:
    order = judged.order
    shown = [line for line in judged.lines if not judged.terms(line.id).hidden]
    return OfferOrder(
        public_id=order.public_id,
        number=order.number,
        placed_at=order.placed_at,
        currency=order.currency,
        lines=tuple(_offer_line(line, judged) for line in shown),
    )


def _offer_line(line: OrderLine, judged: Judged) -> OfferLine:
    verdict = judged.verdicts[line.id]
    taken = next(facts.units_returning for facts in judged.facts.lines if facts.line_id == line.id)
    left = money.units_for(judged.worth[line.id], taken, 1)
    return OfferLine(
        line_id=line.id,
        title=line.title,
        variant=line.variant,
        quantity=line.quantity,
        units_left=verdict.units_left,
        worth_minor=left[0] if left else judged.worth[line.id][0],
        eligible=verdict.eligible,
        against=verdict.against,
        window=verdict.window,
        last_day=verdict.last_day,
        order_public_id=judged.order.public_id,
        order_number=judged.order.number,
        sku=line.sku,
        product_type=line.product_type,
        product_ref=line.product_ref,
        terms=verdict.terms,
        may_open=verdict.may_open,
    )


def resolutions(configs: Sequence[ReturnPolicyConfig]) -> tuple[str, ...]:
    """What the shop offers for all of these orders, as far as it can be given here."""
    first, *rest = configs
    names = [name for name in first.resolutions if name in _GIVEN and all(name in one.resolutions for one in rest)]
    return tuple(names) or (REFUND,)
