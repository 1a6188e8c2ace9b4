"""The one try while the shopper waits; what does not come of it, the worker finishes."""

from __future__ import annotations

import logging

from sqlalchemy import select

from portal.db.tables.effects import Effect
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns import rows
from portal.usecases.returns.label_effects import run_label

log = logging.getLogger(__name__)


def buy_label_now(deps: Deps, shop: ShopRef, return_public_id: str) -> None:
    """Try to buy the label of a return that was just made. Never raises for a carrier: the return stands without."""
    with deps.sessions.read(shop.id) as session:
        row = rows.return_by_public_id(session, return_public_id)
        effect_id = session.scalar(
            select(Effect.id)
            .where(Effect.kind == "label", Effect.subject == f"return {row.id}", Effect.state == "intended")
            .order_by(Effect.id.desc())
            .limit(1)
        )
    if effect_id is None:
        return
    try:
        run_label(deps, shop, effect_id)
    except Exception:
        log.exception("the label of effect %s is left to the worker", effect_id)
