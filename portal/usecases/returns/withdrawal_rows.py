"""The rows of the return that carries withdrawn goods home: what they are worth, how they travel, whose units they take."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.db.tables.orders import OrderLine
from portal.db.tables.returns import Return, ReturnItem, ReturnItemEntry, ReturnOrder
from portal.domain.returns import money
from portal.domain.returns.methods import LABEL, OWN_PARCEL
from portal.domain.returns.money import PricedLine
from portal.domain.returns.withdrawal import postage_back, refund_by, send_back_by
from portal.errors import Conflict
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns.way_back import way_back
from portal.usecases.returns.withdrawal_offer import OrderRight, returns_made, withdrawn_before
from portal.usecases.returns.withdrawal_views import Declaration

LAW = "law:withdrawal"
REASON = "withdrawal_eu"


def add_return(
    session: Session,
    deps: Deps,
    shop: ShopRef,
    found: OrderRight,
    declaration: Declaration,
    now: datetime,
    actor: str,
) -> tuple[Return, bool]:
    """The return, and whether the whole order is withdrawn from with it."""
    order, law = found.order, found.config
    before, postage_before = withdrawn_before(session, order)
    is_whole = all(before.get(line.id, 0) + declaration.units.get(line.id, 0) == line.quantity for line in found.lines)
    shipping = postage_back(
        order.shipping_minor, order.service_level, law.standard_postage_minor, postage_before, whole=is_whole
    )
    worth = _worth(found, declaration)
    goods = sum(sum(units) for units in worth.values())
    today, country = found.facts.day(now), order.ship_country or shop.config.country
    row = Return(
        shop_id=shop.id,
        public_id=deps.token(),
        rma=f"{order.number}-R{returns_made(session, order) + 1}",
        order_id=order.id,
        decision="draft",
        parcel="none",
        money="none",
        kind="withdrawal",
        filed_by="shopper" if actor == "shopper" else "customer_support",
        requested_by=None if actor == "shopper" else actor,
        method=_method(deps, shop, found, declaration),
        resolution=money.REFUND,
        currency=order.currency,
        goods_minor=goods,
        shipping_minor=shipping,
        fee_minor=0,
        bonus_minor=0,
        due_minor=goods + shipping,
        policy_version=found.config_version,
        decision_record=_record(found, declaration, worth, goods, shipping, now),
        send_back_by=send_back_by(today, found.right.period.arrived_on, law, country),
        refund_by=refund_by(today, law),
        submitted_at=now,
        version=1,
    )
    session.add(row)
    session.flush()
    session.add(ReturnOrder(shop_id=shop.id, return_id=row.id, order_id=order.id, policy_version=found.config_version))
    return row, is_whole


def _worth(found: OrderRight, declaration: Declaration) -> dict[int, tuple[int, ...]]:
    """What each unit was paid with, in minor units."""
    order = found.order
    worth = money.unit_refunds(
        [PricedLine(line.id, line.quantity, line.unit_price_minor) for line in found.lines],
        total_minor=order.total_minor,
        shipping_minor=order.shipping_minor,
    )
    taken = {line.id: line.units_returning for line in found.lines}
    return {
        line_id: money.units_for(worth[line_id], taken[line_id], units)
        for line_id, units in sorted(declaration.units.items())
    }


def _method(deps: Deps, shop: ShopRef, found: OrderRight, declaration: Declaration) -> str:
    """A label where the shop bears the postage, a carrier sells one, and something has left for the consumer at all."""
    left_us = any(
        line.handed_over_at or line.delivered_at for line in found.facts.lines if line.line_id in declaration.units
    )
    if found.config.shopper_pays_postage or not left_us:
        return OWN_PARCEL
    return LABEL if way_back(deps, shop, found.order.ship_country).code == LABEL else OWN_PARCEL


def _record(
    found: OrderRight,
    declaration: Declaration,
    worth: dict[int, tuple[int, ...]],
    goods: int,
    shipping: int,
    now: datetime,
) -> dict[str, Any]:
    """What it rests on, so that it can be worked out again: no policy had a word in it."""
    day = found.facts.day(now)
    period = found.right.period
    return {
        "judged_at": now.isoformat(),
        "config_version": found.config_version,
        "facts": found.facts.to_record(),
        "verdicts": [],
        "law": LAW,
        "last_on": period.last_on.isoformat() if period.last_on else None,
        "choices": [
            {"line_id": line_id, "quantity": units, "reason": REASON}
            for line_id, units in sorted(declaration.units.items())
        ],
        "units": {str(line_id): list(units) for line_id, units in worth.items()},
        "fee_waived": False,
        "quote": {
            "resolution": money.REFUND,
            "goods": goods,
            "shipping": shipping,
            "fee": 0,
            "bonus": 0,
            "due": goods + shipping,
            "fee_waived": 0,
            "money_on": refund_by(day, found.config).isoformat(),
        },
    }


def take_units(session: Session, declaration: Declaration) -> None:
    """One open return per unit: of two at once, the second finds nothing left (reliability: D8)."""
    for line_id, units in sorted(declaration.units.items()):
        taken: Any = session.execute(
            update(OrderLine)
            .where(OrderLine.id == line_id, OrderLine.units_returning + units <= OrderLine.quantity)
            .values(units_returning=OrderLine.units_returning + units)
            .execution_options(synchronize_session=False)
        )
        if taken.rowcount != 1:
            raise Conflict("an item is already part of another return; look at the list again")


def add_items(session: Session, row: Return, declaration: Declaration, now: datetime, actor: str) -> None:
    for line_id, units in sorted(declaration.units.items()):
        item = ReturnItem(
            shop_id=row.shop_id,
            return_id=row.id,
            order_line_id=line_id,
            quantity=units,
            reason=REASON,
            unit_refund_minor=row.decision_record["units"][str(line_id)][0],
        )
        session.add(item)
        session.flush()
        session.add(
            ReturnItemEntry(
                shop_id=row.shop_id, return_item_id=item.id, kind="requested", quantity=units, at=now, actor=actor
            )
        )
