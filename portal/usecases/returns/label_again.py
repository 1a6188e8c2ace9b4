"""The intent to buy a label: the first of a return, the same again after a refusal, or another when the one before is
surely gone. At most one of a return is alive: the ledger's unique index says so (reliability: D1, I1)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.db.tables.effects import Effect
from portal.db.tables.orders import Order
from portal.db.tables.returns import Return
from portal.domain.returns.methods import LABELLED
from portal.domain.returns.states import PARCEL
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns import rows
from portal.usecases.returns.way_back import label_carrier

PURPOSE = "return_label"


def intend_label(
    session: Session,
    deps: Deps,
    shop: ShopRef,
    row: Return,
    country: str | None,
    *,
    after: Effect | None = None,
    generation: int = 1,
    **known: Any,
) -> Effect:
    """Put the intent down, with a key of its own. `after`: the refused one that it replaces, whose count of attempts goes
    on. `country`: the sender's. `known`: what a person said to it (ids, no personal data)."""
    effect = Effect(
        shop_id=shop.id,
        kind="label",
        subject=f"return {row.id}",
        purpose=PURPOSE,
        generation=after.generation if after else generation,
        key=f"rl-{deps.token()}",
        provider=label_carrier(shop, (row.sender or {}).get("country") or country) or (after.provider if after else ""),
        state="intended",
        request={**(after.request if after else {}), "return_id": row.id, **known},
        error=after.error if after else None,
        attempts=after.attempts if after else 0,
        intended_at=deps.wall(),
    )
    session.add(effect)
    return effect


def wants_label(row: Return) -> bool:
    """Whether a label is still of use: the return stands, and goes back with one."""
    return row.decision == "approved" and row.method in LABELLED


def next_generation(session: Session, row: Return) -> int:
    """The number of the next label of a return."""
    made = select(func.max(Effect.generation)).where(Effect.kind == "label", Effect.subject == f"return {row.id}")
    return (session.scalar(made) or 0) + 1


def another_label(
    session: Session, deps: Deps, shop: ShopRef, return_id: int, *, why: str, actor: str = "worker"
) -> bool:
    """Intend another label for a return that has none (any more). False when the return needs none.

    The caller has made sure that the one before was never bought or is given back.
    """
    order, row = rows.lock_return(session, return_id)
    if row.decision != "approved" or row.parcel not in ("label_queued", "label_failed", "label_lapsed"):
        return False
    intend_label(session, deps, shop, row, order.ship_country, generation=next_generation(session, row))
    if row.parcel != "label_queued":
        rows.move(session, row, PARCEL, "label_queued", now=deps.clock(), actor=actor, why=why)
    return True


def hold_another(session: Session, deps: Deps, shop: ShopRef, order: Order, row: Return, *, why: str) -> None:
    """Put down that another label is wanted, and that only a person may say so. The caller holds the return's lock."""
    effect = intend_label(session, deps, shop, row, order.ship_country, generation=next_generation(session, row))
    effect.state, effect.error = "manual", why
    rows.move(session, row, PARCEL, "label_failed", now=deps.clock(), actor="worker", why="a person has to decide")
    rows.touch(order, deps.clock())
