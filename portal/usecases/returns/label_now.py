"""The one try while the shopper waits; what does not come of it, the worker finishes."""

from __future__ import annotations

import logging

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from portal.db.tables.effects import Effect
from portal.db.tables.returns import LabelRow
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns import rows
from portal.usecases.returns.label_effects import run_label
from portal.usecases.returns.void_effects import run_void

log = logging.getLogger(__name__)


def buy_label_now(deps: Deps, shop: ShopRef, return_public_id: str) -> None:
    """Try to buy the label of a return that was just made. Never raises for a carrier: the return stands without."""
    with deps.sessions.read(shop.id) as session:
        row = rows.return_by_public_id(session, return_public_id)
        subject = f"return {row.id}"
        labels = [f"label {one}" for one in session.scalars(select(LabelRow.id).where(LabelRow.return_id == row.id))]
        void_id = _intended(session, Effect.kind == "void", Effect.subject.in_(labels))
    try:
        if void_id is not None:  # another is bought when the one before is given back
            run_void(deps, shop, void_id)
        with deps.sessions.read(shop.id) as session:
            effect_id = _intended(session, Effect.kind == "label", Effect.subject == subject)
        if effect_id is not None:
            run_label(deps, shop, effect_id)
    except Exception:
        log.exception("the label of %s is left to the worker", subject)


def _intended(session: Session, *which: ColumnElement[bool]) -> int | None:
    newest = select(Effect.id).where(Effect.state == "intended", *which).order_by(Effect.id.desc()).limit(1)
    return session.scalar(newest)
