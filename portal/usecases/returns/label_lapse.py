"""Labels that nobody used are given back while their carrier still takes them (field: c 13).

The return stays open: who comes back late gets another label, within the shop's limits.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from carriers.errors import CarrierError
from portal.db.tables.effects import Effect
from portal.db.tables.orders import Order
from portal.db.tables.returns import LabelRow, Return
from portal.db.tables.shipments import Shipment
from portal.domain.returns.labels import Unused, lapses_at
from portal.domain.returns.states import PARCEL
from portal.errors import Conflict
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns import rows
from portal.usecases.returns.label_again import another_label
from portal.usecases.returns.label_saved import ACTOR, UNSEEN, intend_void, was_seen
from portal.usecases.shops import find_shop
from portal.usecases.staff import audit

log = logging.getLogger(__name__)
AT_ONCE = 500
OLD_ENOUGH = timedelta(hours=12)  # no carrier's last day is nearer than that
_SENT = ("in_transit", "lost", "delivered_to_us")
_ASKED = ("intended", "submitted", "unknown")


def give_back_unused(deps: Deps) -> int:
    """Give back every unused label whose time has come. Returns how many. One that breaks stops no other."""
    waiting = (
        select(LabelRow.shop_id, LabelRow.id)
        .join(Return, Return.id == LabelRow.return_id)
        .where(
            LabelRow.voided_at.is_(None),
            Return.decision.in_(("approved", "resolved", "expired")),
            Return.parcel.in_(("label_ready", *_SENT)),
            LabelRow.created_at <= deps.clock() - OLD_ENOUGH,
        )
        .order_by(LabelRow.id)
    )
    given, shops, last = 0, dict[int, ShopRef](), 0
    while True:
        with deps.sessions.read_system() as session:
            some = session.execute(waiting.where(LabelRow.id > last).limit(AT_ONCE)).all()
        for shop_id, label_id in some:
            if shop_id not in shops:
                shops[shop_id] = find_shop(deps, shop_id=shop_id)
            given += _safely(deps, shops[shop_id], label_id)
            last = label_id
        if len(some) < AT_ONCE:
            return given


def _safely(deps: Deps, shop: ShopRef, label_id: int) -> bool:
    try:
        with deps.sessions.write(shop.id) as session:
            return _give_back(session, deps, shop, label_id, deps.clock())
    except Exception:
        log.exception("label %s could not be given back", label_id)
        return False


def _give_back(session: Session, deps: Deps, shop: ShopRef, label_id: int, now: datetime) -> bool:
    return_id = session.scalars(select(LabelRow.return_id).where(LabelRow.id == label_id)).one()
    order, row = rows.lock_return(session, return_id)
    label = session.scalars(select(LabelRow).where(LabelRow.id == label_id).with_for_update()).one()
    if label.voided_at is not None or was_seen(session, label) or not _is_not_needed(session, row):
        return False
    can_void = _can_void(deps, label.carrier) and _void(session, [label.id], ("rejected",)) is None
    lapses = lapses_at(_unused(deps, label, row, can_void), shop.config.labels.unused_days, ZoneInfo(order.timezone))
    if lapses is None or lapses > now:
        return False
    label.voided_at = now
    if can_void:
        intend_void(session, deps, label)
    if row.parcel == "label_ready":
        rows.move(session, row, PARCEL, "label_lapsed", now=now, actor=ACTOR, why="nobody used the label in its time")
    rows.touch(order, now)
    return True


def _is_not_needed(session: Session, row: Return) -> bool:
    """Whether the goods wait for a label, or came under another number: an earlier label of the return, that was used after
    all. Goods that came without a scan say nothing: their label may have been used."""
    if row.parcel == "label_ready":
        return True
    parcels = session.scalars(
        select(Shipment.status).where(Shipment.return_id == row.id, Shipment.direction == "return")
    )
    return row.parcel in _SENT and any(status not in UNSEEN for status in parcels)


def _void(session: Session, label_ids: Iterable[int], states: Sequence[str]) -> Effect | None:
    """The newest giving back of one of these labels that stands in one of these states, locked."""
    named = select(Effect).where(Effect.kind == "void", Effect.subject.in_([f"label {one}" for one in label_ids]))
    return session.scalars(
        named.where(Effect.state.in_(states)).order_by(Effect.id.desc()).limit(1).with_for_update()
    ).one_or_none()


def _can_void(deps: Deps, carrier: str) -> bool:
    try:
        return deps.carriers.info(carrier).void
    except CarrierError:  # a carrier that is no longer connected: its labels stay good
        return False


def _unused(deps: Deps, label: LabelRow, row: Return, can_void: bool) -> Unused:
    days = deps.carriers.info(label.carrier).void_days if can_void else None
    return Unused(label.created_at, row.send_back_by, label.expires_on, days, can_void)


def renew_label(deps: Deps, shop: ShopRef, return_public_id: str, actor: str = "shopper") -> None:
    """Another label for a return whose label has lapsed, at once or when the one before is surely given back; and new
    days to use it where they are over. The same again changes nothing.

    Raises NotFound, and Conflict when the return has no lapsed label.
    """
    with deps.sessions.write(shop.id) as session:
        named = rows.return_by_public_id(session, return_public_id)
        order, row = rows.lock_return(session, named.id)
        if row.parcel in ("label_queued", "label_ready"):
            return
        if row.parcel != "label_lapsed" or row.decision != "approved":
            raise Conflict("this return needs no other label")
        today = deps.clock().astimezone(ZoneInfo(order.timezone)).date()
        if today > row.send_back_by:  # or the new label would be given back at once
            row.send_back_by = today + timedelta(days=shop.config.returns.send_back_days)
        why = "asked for after the last one had lapsed"
        labels = session.scalars(select(LabelRow.id).where(LabelRow.return_id == row.id)).all()
        under_way = _void(session, labels, _ASKED)
        if under_way is None:
            another_label(session, deps, shop, row.id, why=why, actor=actor)
        else:
            under_way.request = {**under_way.request, "then_buy": True}
            rows.move(session, row, PARCEL, "label_queued", now=deps.clock(), actor=actor, why=why)
        _touch_and_note(session, deps, shop, order, row, actor)


def _touch_and_note(session: Session, deps: Deps, shop: ShopRef, order: Order, row: Return, actor: str) -> None:
    rows.touch(order, deps.clock())
    session.flush()
    audit.record(
        session, deps, actor=actor, action="return.new_label", subject=f"return {row.id}", shop_id=shop.id, details={}
    )
