"""What happens when a return is approved, by a rule or by a person: the sum is promised, its way back is arranged."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.db.tables.orders import Order
from portal.db.tables.returns import Return
from portal.domain.returns import quoting
from portal.domain.returns.methods import LABELLED, OWN_PARCEL
from portal.domain.returns.states import MONEY, PARCEL
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.enqueue import enqueue
from portal.usecases.returns import rows
from portal.usecases.returns.label_again import intend_label, next_generation
from portal.usecases.returns.settle import settle_when_complete


def set_off(session: Session, deps: Deps, shop: ShopRef, row: Return, order: Order, now: datetime, actor: str) -> None:
    """Promise the sum, and intend the label or send the instructions; where nothing has to be sent, the money is due at
    once. What was done before is left as it is. The caller holds the locks and has moved the decision to approved."""
    if row.money == "none":
        rows.move(session, row, MONEY, "quoted", now=now, actor=actor, why="the sum the shopper was shown")
    if must_be_sent(session, row):
        arrange(session, deps, shop, row, order, now, actor)
    else:
        nothing_to_send(session, deps, shop, row, now, actor)
        enqueue(session, deps, shop, "return_registered", order, once=f"return {row.id} registered", return_id=row.id)


def must_be_sent(session: Session, row: Return) -> bool:
    """Whether a parcel is expected."""
    return any(item.outcome == quoting.SEND_BACK for item, _ in rows.items_of(session, row))


def nothing_to_send(session: Session, deps: Deps, shop: ShopRef, row: Return, now: datetime, actor: str) -> None:
    """The money is due at once. A part that is still to be sent keeps a return without money open."""
    if row.money != "quoted":
        return
    items = [item for item, _ in rows.items_of(session, row)]
    if row.due_minor > 0 or all(item.outcome == quoting.KEEP for item in items):
        session.flush()
        settle_when_complete(session, deps, shop, row, now, actor)


def arrange(session: Session, deps: Deps, shop: ShopRef, row: Return, order: Order, now: datetime, actor: str) -> None:
    """The label of the way back, or the words about it. The intent is in the transaction of the return: it exists exactly
    when the return does (reliability: D1)."""
    if row.method not in LABELLED:
        event = "return_instructions" if row.method == OWN_PARCEL else "return_registered"
        changes = len(row.decision_record.get("history", ()))
        once = f"return {row.id} {row.method} {changes}"
        enqueue(session, deps, shop, event, order, once=once, return_id=row.id)
    elif row.parcel == "none":
        rows.move(session, row, PARCEL, "label_queued", now=now, actor=actor, why="a label is to be bought")
        country = (row.sender or {}).get("country") or order.ship_country
        intend_label(session, deps, shop, row, country, generation=next_generation(session, row))
