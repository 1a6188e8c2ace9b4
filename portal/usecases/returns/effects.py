"""The job that carries out what the ledger intends, and clears up what was left in doubt."""

from __future__ import annotations

import logging

from sqlalchemy import and_, or_, select

from portal.db.tables.effects import Effect
from portal.db.tables.returns import LabelRow
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns import label_effects, label_files, refund_effects, void_effects
from portal.usecases.returns.paying import KINDS
from portal.usecases.shops import find_shop

log = logging.getLogger(__name__)


def run_effects(deps: Deps, limit: int = 50) -> int:
    """Try what is due, the longest waiting first; gives how many were tried. One that breaks stops no other."""
    wall = deps.wall()
    refused = and_(Effect.state == "rejected", Effect.next_attempt_at <= wall)
    with deps.sessions.read_system() as session:
        waiting = [
            (effect_id, shop_id, kind, state)
            for effect_id, shop_id, kind, state in session.execute(
                select(Effect.id, Effect.shop_id, Effect.kind, Effect.state)
                .where(
                    or_(
                        and_(Effect.kind == "label", or_(label_effects.due(wall), refused)),
                        and_(Effect.kind == "void", void_effects.due(wall)),
                        and_(Effect.kind.in_(KINDS), refund_effects.due(wall)),
                    )
                )
                .order_by(Effect.intended_at, Effect.id)
                .limit(limit)
            )
        ]
        files = session.execute(
            select(LabelRow.id, LabelRow.shop_id).where(label_files.due(wall)).order_by(LabelRow.fetch_at).limit(limit)
        )
        waiting += [(label_id, shop_id, "file", "") for label_id, shop_id in files]
    shops = {shop_id: find_shop(deps, shop_id=shop_id) for shop_id in {shop_id for _, shop_id, _, _ in waiting}}
    return sum(_try(deps, shops[shop_id], effect_id, kind, state) for effect_id, shop_id, kind, state in waiting)


def _try(deps: Deps, shop: ShopRef, effect_id: int, kind: str, state: str) -> bool:
    try:
        if kind == "file":
            return label_files.fetch_file(deps, shop, effect_id)
        if kind == "void":
            return void_effects.run_void(deps, shop, effect_id)
        if kind in KINDS:
            return refund_effects.run_refund(deps, shop, effect_id)
        if state == "rejected":
            label_effects.try_refused_again(deps, shop, effect_id)
            return True
        return label_effects.run_label(deps, shop, effect_id)
    except Exception:
        log.exception("%s %s could not be carried out; it is tried again when its lease has ended", kind, effect_id)
        return False
