"""How many labels may be bought before a person has to agree: for a return, a customer, and the shop in a day
(reliability: T35). Counted are labels that were asked for and not refused, in real time."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.db.tables.effects import Effect
from portal.db.tables.orders import Order
from portal.db.tables.returns import Return
from portal.db.tables.shops import Shop
from portal.domain.words import N_
from portal.usecases.deps import Deps, ShopRef

OF_RETURN = N_("This return has had as many labels as the shop allows.")
OF_CUSTOMER = N_("This customer has had as many labels as the shop allows in this time.")
OF_DAY = N_("The shop has bought as many labels today as it allows.")


def over_a_limit(session: Session, deps: Deps, shop: ShopRef, effect: Effect, order: Order) -> str | None:
    """Why this label must not be bought without a person, or None. A person's word (`released_by`) lifts every limit.

    The shop's row is held until the intent is written down as submitted, so that two workers count one after the other.
    """
    if effect.request.get("released_by") or effect.submitted_at is not None:
        return None  # agreed to, or counted already
    limits, wall = shop.config.labels, deps.wall()
    # No key of the row changes: whoever writes rows of the shop need not wait, and cannot wait in a ring with us.
    session.scalars(select(Shop.id).where(Shop.id == shop.id).with_for_update(key_share=True)).one()
    asked = (
        select(func.count())
        .select_from(Effect)
        .where(Effect.kind == "label", Effect.submitted_at.is_not(None), Effect.state != "rejected")
    )
    if (session.scalar(asked.where(Effect.subject == effect.subject)) or 0) >= limits.per_return:
        return OF_RETURN
    theirs = select(Return.id).join(Order, Order.id == Return.order_id).where(Order.customer_id == order.customer_id)
    subjects = [f"return {return_id}" for return_id in session.scalars(theirs)]
    lately = Effect.submitted_at > wall - timedelta(days=limits.customer_days)
    if (session.scalar(asked.where(lately, Effect.subject.in_(subjects))) or 0) >= limits.per_customer:
        return OF_CUSTOMER
    today = Effect.submitted_at > wall - timedelta(days=1)
    return OF_DAY if (session.scalar(asked.where(today)) or 0) >= limits.per_day else None
