"""What is told to whoever sends a return, beside the news of its label and its money; and what is not true any more."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from portal.db.tables.effects import Effect
from portal.db.tables.messages import OutboxMessage
from portal.db.tables.orders import Order
from portal.db.tables.returns import Return
from portal.domain.returns.methods import NOT_SENT
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.enqueue import enqueue
from portal.usecases.returns import rows
from portal.usecases.shops import find_shop

log = logging.getLogger(__name__)
REMINDER, RUNS_OUT, RUN_OUT, DELAYED = "return_reminder", "return_expiring", "return_expired", "label_delayed"
UNSCANNED = frozenset({"none", "label_queued", "label_failed", "label_ready", "label_lapsed"})
NO_LABEL = frozenset({"label_queued", "label_failed"})
DELAY = timedelta(minutes=30)  # real time: longer than the shopper waits on the page
_AT_ONCE = 200


def still_to_send(row: Return) -> bool:
    """Whether it is the sender's turn: agreed, and neither scanned nor checked in."""
    is_open = row.decision == "approved" and row.parcel in UNSCANNED and row.money == "quoted"
    return is_open and row.method not in NOT_SENT


def tell(
    session: Session,
    deps: Deps,
    shop: ShopRef,
    event: str,
    order: Order,
    row: Return,
    *,
    once: str,
    useful_until: datetime | None = None,
) -> bool:
    """Queue a message about a return to whoever sends it. False when it was queued before."""
    message = enqueue(session, deps, shop, event, order, once=once, return_id=row.id, useful_until=useful_until)
    return message is not None


def is_untrue(event: str, row: Return) -> bool:
    """Whether one of these messages must not go out any more (field: e.6: the condition is checked when it is sent)."""
    if event in (REMINDER, RUNS_OUT):
        return not still_to_send(row)
    if event == DELAYED:
        return row.decision != "approved" or row.parcel not in NO_LABEL
    if event == "return_submitted":
        return row.decision != "submitted"
    if event == "return_registered":
        return row.decision != "approved"
    return event == RUN_OUT and row.decision != "expired"


def tell_of_delays(deps: Deps) -> int:
    """The job: labels that did not come while the shopper waited. Gives how many were written to, once each return."""
    told = exists().where(OutboxMessage.return_id == Return.id, OutboxMessage.event == DELAYED)
    label = exists().where(
        Effect.shop_id == Return.shop_id,
        Effect.kind == "label",
        Effect.request["return_id"].as_integer() == Return.id,
        Effect.state.not_in(("succeeded", "voided")),
        Effect.intended_at <= deps.wall() - DELAY,
    )
    late = select(Return.shop_id, Return.id).where(
        Return.decision == "approved", Return.parcel.in_(NO_LABEL), ~told, label
    )
    with deps.sessions.read_system() as session:
        found = session.execute(late.order_by(Return.id).limit(_AT_ONCE)).all()
    return sum(_tell_of_delay(deps, shop_id, return_id) for shop_id, return_id in found)


def _tell_of_delay(deps: Deps, shop_id: int, return_id: int) -> bool:
    try:
        shop = find_shop(deps, shop_id=shop_id)
        with deps.sessions.write(shop.id) as session:
            order, row = rows.lock_return(session, return_id)
            if is_untrue(DELAYED, row):
                return False
            return tell(session, deps, shop, DELAYED, order, row, once=f"return {row.id} label delayed")
    except Exception:
        log.exception("nobody was told that the label of return %s is late; it is tried again", return_id)
        return False
