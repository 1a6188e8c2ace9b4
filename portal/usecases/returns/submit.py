"""A shopper sends a return in: judged again, its units taken, its label intended, all in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.db.tables.orders import OrderLine
from portal.db.tables.returns import Return, ReturnItem, ReturnItemEntry
from portal.domain.returns import money
from portal.domain.returns.methods import LABEL
from portal.domain.returns.states import DECISION, MONEY, PARCEL
from portal.errors import Conflict, InvalidInput
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.enqueue import enqueue
from portal.usecases.returns import rows
from portal.usecases.returns.label_again import intend_label
from portal.usecases.returns.offer import (
    MAX_RETURNS_OF_AN_ORDER,
    Judged,
    check,
    judge_order,
    quote_for,
    resolutions,
    returns_so_far,
)
from portal.usecases.returns.offer_views import Choice
from portal.usecases.returns.way_back import way_back
from portal.usecases.staff import audit

AUTO_APPROVE = "rule:auto_approve@1"
ROUTE = "return.submit"


def submit(
    deps: Deps,
    shop: ShopRef,
    order_public_id: str,
    choices: Sequence[Choice],
    resolution: str,
    form_key: str,
    actor: str = "shopper",
) -> str:
    """Make the return and give its public id. The same form again gives the same return and changes nothing.

    Raises NotFound; InvalidInput (422) for a choice that makes no sense; Conflict (409) when an item cannot go back
    any more; `rows.OtherContent` (409) when this form was sent before with other choices: its result names the return.
    """
    asked = rows.request_hash([order_public_id, resolution, [[c.line_id, c.quantity, c.reason] for c in choices]])
    try:
        with deps.sessions.write(shop.id) as session:
            form = rows.claim_form(
                session, shop_id=shop.id, actor=actor, route=ROUTE, key=form_key, asked=asked, now=deps.wall()
            )
            row = _make(session, deps, shop, order_public_id, choices, resolution, actor)
            form.result = {"public_id": row.public_id}
            deps.crash("label.before_intent")
            return row.public_id
    except rows.SentBefore:
        with deps.sessions.read(shop.id) as session:
            earlier = rows.earlier_result(session, shop.id, actor, ROUTE, form_key)
            if earlier is None:
                raise Conflict("this return is being made; look again in a moment") from None
            return str(rows.same_or_conflict(earlier, asked)["public_id"])


def _make(
    session: Session,
    deps: Deps,
    shop: ShopRef,
    order_public_id: str,
    choices: Sequence[Choice],
    resolution: str,
    actor: str,
) -> Return:
    now = deps.clock()
    order = rows.order_by_public_id(session, order_public_id, lock=True)
    judged = judge_order(session, shop, order, now)
    if resolution not in resolutions(judged.config):
        raise InvalidInput("choose what you would like for the items", "resolution")
    check(judged, choices)
    made_before = returns_so_far(session, order)
    if made_before >= MAX_RETURNS_OF_AN_ORDER:
        raise Conflict("this order has had many returns; write to us and we will arrange the next one")
    _take_units(session, choices)
    row = _add_return(session, deps, shop, judged, choices, resolution, made_before + 1, actor)
    _add_items(session, row, judged, choices, now, actor)
    _approve(session, row, now, actor)
    if row.method == LABEL:
        _intend_label(session, deps, shop, row, order.ship_country, now)
    else:
        enqueue(
            session, deps, shop, "return_instructions", order, once=f"return {row.id} instructions", return_id=row.id
        )
    rows.touch(order, now)
    session.flush()
    audit.record(
        session,
        deps,
        actor=actor,
        action=ROUTE,
        subject=f"return {row.id}",
        shop_id=shop.id,
        details={"due_minor": row.due_minor, "currency": row.currency, "resolution": resolution},
    )
    return row


def _take_units(session: Session, choices: Sequence[Choice]) -> None:
    """One open return per unit: of two at once, the second finds nothing left (reliability: D8)."""
    for choice in sorted(choices, key=lambda c: c.line_id):
        taken: Any = session.execute(
            update(OrderLine)
            .where(OrderLine.id == choice.line_id, OrderLine.units_returning + choice.quantity <= OrderLine.quantity)
            .values(units_returning=OrderLine.units_returning + choice.quantity)
            .execution_options(synchronize_session=False)
        )
        if taken.rowcount != 1:
            raise Conflict("an item is already part of another return; look at the list again")


def _add_return(
    session: Session,
    deps: Deps,
    shop: ShopRef,
    judged: Judged,
    choices: Sequence[Choice],
    resolution: str,
    number: int,
    actor: str,
) -> Return:
    now, order = deps.clock(), judged.order
    quote = quote_for(judged, choices, resolution, shop, now)
    row = Return(
        shop_id=shop.id,
        public_id=deps.token(),
        rma=f"{order.number}-R{number}",
        order_id=order.id,
        decision="draft",
        parcel="none",
        money="none",
        filed_by="shopper" if actor == "shopper" else "customer_support",
        method=way_back(deps, shop, order.ship_country).code,
        resolution=resolution,
        currency=order.currency,
        goods_minor=quote.goods_minor,
        fee_minor=quote.fee_minor,
        bonus_minor=quote.bonus_minor,
        due_minor=quote.due_minor,
        policy_version=judged.config_version,
        decision_record=_record(judged, choices, quote, now),
        send_back_by=judged.facts.day(now) + timedelta(days=judged.config.send_back_days),
        submitted_at=now,
        version=1,
    )
    session.add(row)
    session.flush()
    return row


def _record(judged: Judged, choices: Sequence[Choice], quote: money.Quote, now: datetime) -> dict[str, Any]:
    """Everything the decision rests on, so that it can be made again later and come out the same."""
    taken = {line.id: line.units_returning for line in judged.lines}
    return {
        "judged_at": now.isoformat(),
        "config_version": judged.config_version,
        "facts": judged.facts.to_record(),
        "verdicts": [judged.verdicts[choice.line_id].to_record() for choice in choices],
        "choices": [{"line_id": c.line_id, "quantity": c.quantity, "reason": c.reason} for c in choices],
        "units": {
            str(c.line_id): list(money.units_for(judged.worth[c.line_id], taken[c.line_id], c.quantity))
            for c in choices
        },
        "fee_waived": quote.fee_waived,
        "quote": quote.to_record(),
    }


def _add_items(
    session: Session, row: Return, judged: Judged, choices: Sequence[Choice], now: datetime, actor: str
) -> None:
    for choice in choices:
        item = ReturnItem(
            shop_id=row.shop_id,
            return_id=row.id,
            order_line_id=choice.line_id,
            quantity=choice.quantity,
            reason=choice.reason,
            comment=choice.comment.strip() or None,
            unit_refund_minor=row.decision_record["units"][str(choice.line_id)][0],
        )
        session.add(item)
        session.flush()
        session.add(
            ReturnItemEntry(
                shop_id=row.shop_id,
                return_item_id=item.id,
                kind="requested",
                quantity=choice.quantity,
                at=now,
                actor=actor,
            )
        )


def _approve(session: Session, row: Return, now: datetime, actor: str) -> None:
    rows.move(session, row, DECISION, "submitted", now=now, actor=actor, why="sent in")
    rows.move(session, row, DECISION, "approved", now=now, actor=AUTO_APPROVE, why="every policy allows it")
    rows.move(session, row, MONEY, "quoted", now=now, actor=AUTO_APPROVE, why="the sum the shopper was shown")
    row.approved_at = now


def _intend_label(session: Session, deps: Deps, shop: ShopRef, row: Return, country: str | None, now: datetime) -> None:
    """The intent, in the transaction of the return: it exists exactly when the return does (reliability: D1)."""
    rows.move(session, row, PARCEL, "label_queued", now=now, actor=AUTO_APPROVE, why="a label is to be bought")
    intend_label(session, deps, shop, row, country)
