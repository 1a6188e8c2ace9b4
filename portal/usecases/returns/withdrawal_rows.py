"""The rows of the return that carries withdrawn goods home: what they are worth, how they travel, whose units they take."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from portal.db.tables.returns import Return, ReturnItem, ReturnOrder
from portal.domain.returns import money, quoting
from portal.domain.returns.methods import LABEL, OWN_PARCEL
from portal.domain.returns.quoting import QuotedLine
from portal.domain.returns.settlement import Settlement
from portal.domain.returns.withdrawal import postage_back, refund_by, send_back_by
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns import records, rows
from portal.usecases.returns.decide import filed_by
from portal.usecases.returns.submit import log_units
from portal.usecases.returns.way_back import way_back
from portal.usecases.returns.withdrawal_offer import OrderRight, withdrawn_before
from portal.usecases.returns.withdrawal_views import Declaration
from portal.usecases.returns.worth import worth_of

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
    lines, is_whole = _quoted(session, found, declaration)
    settled = quoting.settlement_of(lines, money.REFUND)
    today, country = found.facts.day(now), order.ship_country or shop.config.country
    row = Return(
        shop_id=shop.id,
        public_id=deps.token(),
        rma=rows.next_rma(session, order),
        order_id=order.id,
        customer_id=order.customer_id,
        decision="draft",
        parcel="none",
        money="none",
        kind="withdrawal",
        filed_by=filed_by(actor),
        requested_by=actor if actor.startswith("staff") else None,
        method=_method(deps, shop, found, declaration),
        resolution=money.REFUND,
        currency=order.currency,
        goods_minor=settled.goods_minor,
        shipping_minor=settled.shipping_minor,
        fee_minor=0,
        bonus_minor=0,
        due_minor=settled.due_minor,
        policy_version=found.config_version,
        decision_record=_record(found, lines, settled, now),
        send_back_by=send_back_by(today, found.right.period.arrived_on, law, country),
        refund_by=refund_by(today, law),
        submitted_at=now,
        version=1,
    )
    session.add(row)
    session.flush()
    session.add(ReturnOrder(shop_id=shop.id, return_id=row.id, order_id=order.id, policy_version=found.config_version))
    return row, is_whole


def _quoted(session: Session, found: OrderRight, declaration: Declaration) -> tuple[list[QuotedLine], bool]:
    """What is withdrawn from with what was paid for it, no fee on any of it; and whether that is the whole order."""
    order = found.order
    before, given_back = withdrawn_before(session, order)
    is_whole = all(before.get(line.id, 0) + declaration.units.get(line.id, 0) == line.quantity for line in found.lines)
    postage = postage_back(
        order.shipping_minor, order.service_level, found.config.standard_postage_minor, given_back, whole=is_whole
    )
    worth, taken = worth_of(order, found.lines), {line.id: line.units_returning for line in found.lines}
    lines = [
        QuotedLine(
            line_id=line_id,
            order_id=order.id,
            currency=order.currency,
            units=money.units_for(worth[line_id].units, taken[line_id], units),
            shipping_minor=postage,
        )
        for line_id, units in sorted(declaration.units.items())
    ]
    return lines, is_whole


def _method(deps: Deps, shop: ShopRef, found: OrderRight, declaration: Declaration) -> str:
    """A label where the shop bears the postage, a carrier sells one, and something has left for the consumer at all."""
    left_us = any(
        line.handed_over_at or line.delivered_at for line in found.facts.lines if line.line_id in declaration.units
    )
    if found.config.shopper_pays_postage or not left_us:
        return OWN_PARCEL
    return LABEL if way_back(deps, shop, found.order.ship_country).code == LABEL else OWN_PARCEL


def _record(found: OrderRight, lines: Sequence[QuotedLine], settled: Settlement, now: datetime) -> dict[str, Any]:
    """What it rests on, so that it can be worked out again: no policy had a word in it."""
    last_on = found.right.period.last_on
    return {
        "v": records.VERSION,
        "judged_at": now.isoformat(),
        "config_version": found.config_version,
        "law": LAW,
        "last_on": last_on.isoformat() if last_on else None,
        "orders": [
            {
                "order_id": found.order.id,
                "config_version": found.config_version,
                "facts": found.facts.to_record(),
                "asked": {},
                "verdicts": [],
            }
        ],
        "choices": [{"line_id": line.line_id, "quantity": len(line.units), "reason": REASON} for line in lines],
        "lines": [line.to_record() for line in lines],
        "units": {str(line.line_id): list(line.units) for line in lines},
        "fee_waived": False,
        "quote": {
            "resolution": money.REFUND,
            "goods": settled.goods_minor,
            "shipping": settled.shipping_minor,
            "fee": 0,
            "bonus": 0,
            "due": settled.due_minor,
            "fee_waived": 0,
            "money_on": refund_by(found.facts.day(now), found.config).isoformat(),
        },
        "history": [],
    }


def add_items(session: Session, row: Return, declaration: Declaration, now: datetime, actor: str) -> None:
    """The items, with their first entry in the item ledger."""
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
        log_units(session, item, "requested", units, now, actor)
