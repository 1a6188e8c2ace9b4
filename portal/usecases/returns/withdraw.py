"""A consumer in the EU withdraws from the contract: a declaration and not a request, so nobody approves it (field: e.14).

One transaction: the declaration with its receipt, the return that carries the goods home, the label that is intended for
it, and the mail. Nothing of the shop's policy is asked, but the law's own conditions (`portal.domain.returns.withdrawal`).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from portal.db.tables.return_flow import Withdrawal
from portal.db.tables.returns import Return
from portal.domain.returns.methods import LABEL
from portal.domain.returns.states import DECISION, MONEY, PARCEL
from portal.errors import Conflict, InvalidInput
from portal.i18n import Speaker
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.enqueue import enqueue
from portal.usecases.returns import rows
from portal.usecases.returns.decide import take_units
from portal.usecases.returns.label_again import intend_label
from portal.usecases.returns.withdrawal_offer import OrderRight, right_for
from portal.usecases.returns.withdrawal_over import held_units, lock_all, make_room
from portal.usecases.returns.withdrawal_receipt import (
    EMAIL,
    NAME,
    ReceiptFacts,
    one_line,
    receipt_text,
    sha256,
)
from portal.usecases.returns.withdrawal_rows import LAW, add_items, add_return
from portal.usecases.returns.withdrawal_views import Declaration
from portal.usecases.staff import audit

ROUTE = "return.withdraw"
ARTICLE = "the consumer withdraws; no approval is needed (Directive 2011/83/EU, Art. 9)"


def withdraw(
    deps: Deps,
    shop: ShopRef,
    order_public_id: str,
    declaration: Declaration,
    form_key: str,
    actor: str = "shopper",
) -> str:
    """Receive a declaration and give its public id. The same form again gives the same one and changes nothing.

    Raises NotFound; InvalidInput (422) with the field "name", "email" or "items"; Conflict (409) when the period is over,
    or the goods are withdrawn from or in another return already; `rows.OtherContent` (409) when this form was sent before
    with something else in it: its result names the declaration.
    """
    declaration = checked(declaration)
    units = sorted(declaration.units.items())
    asked = rows.request_hash([order_public_id, declaration.name, declaration.email, units])
    try:
        with deps.sessions.write(shop.id) as session:
            form = rows.claim_form(
                session, shop_id=shop.id, actor=actor, route=ROUTE, key=form_key, asked=asked, now=deps.wall()
            )
            form.result = {"public_id": _declare(session, deps, shop, order_public_id, declaration, actor)}
            return str(form.result["public_id"])
    except rows.SentBefore:
        with deps.sessions.read(shop.id) as session:
            earlier = rows.earlier_result(session, shop.id, actor, ROUTE, form_key)
            if earlier is None:
                raise Conflict("this withdrawal is being received; look again in a moment") from None
            return str(rows.same_or_conflict(earlier, asked)["public_id"])


def checked(declaration: Declaration) -> Declaration:
    """With its texts as they are kept. Raises InvalidInput: a name and an address for the receipt are all it needs."""
    name, email = one_line(declaration.name, NAME), declaration.email.strip()
    if not name:
        raise InvalidInput("say who withdraws", "name")
    before, _, host = email.rpartition("@")
    if not before or "." not in host.strip(".") or len(email) > EMAIL or not email.isprintable() or " " in email:
        raise InvalidInput("give an e-mail address for the receipt", "email")
    units = {line: n for line, n in declaration.units.items() if n > 0}
    if not units:
        raise InvalidInput("choose at least one item", "items")
    return replace(declaration, name=name, email=email, units=units)


def _declare(
    session: Session, deps: Deps, shop: ShopRef, order_public_id: str, declaration: Declaration, actor: str
) -> str:
    now = deps.clock()
    order, replaced = lock_all(session, order_public_id)
    _check(right_for(session, shop, order, now, held_units(session, replaced)), declaration)
    gone = make_room(session, deps, order, replaced, declaration.units, now, actor)
    found = right_for(session, shop, order, now)
    row, is_whole = add_return(session, deps, shop, found, declaration, now, actor)
    take_units(session, declaration.units)
    add_items(session, row, declaration, now, actor)
    _approve(session, row, now, actor)
    facts = _facts(found, row, declaration, is_whole, gone)
    declared = _keep(session, deps, shop, found, row, facts, declaration.language)
    _send_receipt(session, deps, shop, found, row, declared, declaration)
    rows.touch(order, now)
    session.flush()
    details = {"due_minor": row.due_minor, "currency": row.currency, "withdrawal": declared.id}
    audit.record(session, deps, actor=actor, action=ROUTE, subject=f"return {row.id}", shop_id=shop.id, details=details)
    return declared.public_id


def _check(found: OrderRight, declaration: Declaration) -> None:
    """Raises Conflict where the law gives nothing to withdraw from, InvalidInput for what no form of ours sends."""
    if not found.right.is_open:
        raise Conflict("there is nothing of this order left to withdraw from")
    open_units = {line.line_id: line.units for line in found.right.lines if line.is_open}
    if not set(declaration.units) <= {line.line_id for line in found.right.lines}:
        raise InvalidInput("choose from the items of this order", "items")
    if any(units > open_units.get(line_id, 0) for line_id, units in declaration.units.items()):
        raise Conflict("an item was withdrawn from before, is in a return, or has no right of withdrawal")


def _approve(session: Session, row: Return, now: datetime, actor: str) -> None:
    """Approved by the law in the transaction of the declaration: it never waits for a person."""
    rows.move(session, row, DECISION, "submitted", now=now, actor=actor, why="declared")
    rows.move(session, row, DECISION, "approved", now=now, actor=LAW, why=ARTICLE)
    rows.move(session, row, MONEY, "quoted", now=now, actor=LAW, why="what was paid for the goods and their delivery")
    row.approved_at = now
    if row.method == LABEL:
        rows.move(session, row, PARCEL, "label_queued", now=now, actor=LAW, why="a label is to be bought")


def _facts(
    found: OrderRight, row: Return, declaration: Declaration, is_whole: bool, gone: tuple[str, ...]
) -> ReceiptFacts:
    """What the receipt says, all of it on one line each."""
    items = tuple(
        (declaration.units[line.id], one_line(line.title), one_line(line.variant or ""))
        for line in found.lines
        if line.id in declaration.units
    )
    return ReceiptFacts(
        declared_at=row.submitted_at,
        name=declaration.name,
        email=declaration.email,
        order_number=one_line(found.order.number),
        placed_on=found.facts.day(found.order.placed_at),
        rma=one_line(row.rma),
        items=items,
        is_whole=is_whole,
        due_minor=row.due_minor,
        shipping_minor=row.shipping_minor,
        currency=row.currency,
        send_back_by=row.send_back_by,
        refund_by=row.refund_by or row.send_back_by,
        method=row.method,
        awaits_goods=found.right.period.arrived_on is None,
        pays_postage=found.config.shopper_pays_postage,
        called_off=tuple(one_line(rma) for rma in gone),
    )


def _keep(
    session: Session, deps: Deps, shop: ShopRef, found: OrderRight, row: Return, facts: ReceiptFacts, language: str
) -> Withdrawal:
    """The declaration and its receipt, for good: a trigger refuses every change."""
    text = receipt_text(shop, facts, Speaker(language, found.order.timezone))
    declared = Withdrawal(
        shop_id=shop.id,
        public_id=deps.token(),
        order_id=found.order.id,
        return_id=row.id,
        declared_at=row.submitted_at,
        receipt=text,
        receipt_sha256=sha256(text),
        content={
            "name": facts.name,
            "email": facts.email,
            "order": facts.order_number,
            "items": [list(item) for item in facts.items],
            "is_whole": facts.is_whole,
            "awaits_goods": facts.awaits_goods,
            "pays_postage": facts.pays_postage,
            "language": language,
        },
        send_back_by=facts.send_back_by,
        refund_by=facts.refund_by,
    )
    session.add(declared)
    session.flush()
    return declared


def _send_receipt(
    session: Session,
    deps: Deps,
    shop: ShopRef,
    found: OrderRight,
    row: Return,
    declared: Withdrawal,
    declaration: Declaration,
) -> None:
    """To the address that was given, and to the one on file where that is another: its owner learns of it."""
    order = found.order
    if row.method == LABEL:
        intend_label(session, deps, shop, row, order.ship_country)
    for address in dict.fromkeys((declaration.email.lower(), order.email or declaration.email.lower())):
        enqueue(
            session,
            deps,
            shop,
            "withdrawal_receipt",
            order,
            once=f"withdrawal {declared.id} receipt",
            payload={"withdrawal_id": declared.id},
            return_id=row.id,
            recipient=address,
            locale=declaration.language,
        )
