"""A label was bought: its documents, its parcel and the message about it, in one transaction with the ledger."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from carriers.model import BoughtLabel, Label, LabelFormat, Status
from portal.db.tables.effects import Effect
from portal.db.tables.orders import Order
from portal.db.tables.returns import LabelRow, Return
from portal.db.tables.shipments import Shipment
from portal.domain.returns.states import PARCEL
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.enqueue import enqueue
from portal.usecases.returns import rows
from portal.usecases.returns.label_again import wants_label
from portal.usecases.returns.parcels import add_parcel

ACTOR = "worker"


def save_label(
    session: Session, deps: Deps, shop: ShopRef, effect: Effect, label: Label, order: Order, row: Return
) -> None:
    """Write a bought label down. For a return that was called off meanwhile, or goes another way, it is voided at
    once instead of sent.

    A label whose file did not come along is kept and its file asked for (`label_files`); the shopper hears of it when it
    is there. The caller holds the locks of the order, the return and the effect.
    """
    wall, now = deps.wall(), deps.clock()
    effect.state = "succeeded"
    effect.settled_at, effect.lease_until, effect.next_attempt_at, effect.error = wall, None, None, None
    effect.amount_minor, effect.currency = label.cost_minor, label.currency
    effect.result = {"tracking_number": label.tracking_number}
    kept = LabelRow(
        shop_id=shop.id,
        return_id=row.id,
        effect_id=effect.id,
        carrier=label.carrier,
        tracking_number=label.tracking_number,
        document=label.document,
        format=label.format.value,
        qr_png=label.qr_png,
        cost_minor=label.cost_minor,
        currency=label.currency,
        service=label.service,
        expires_on=label.expires_on,
        handle=label.handle,
        fetch_at=None if label.document else wall,
        created_at=now,
        voided_at=None if wants_label(row) else now,
    )
    session.add(kept)
    session.flush()
    if not wants_label(row):
        intend_void(session, deps, kept)
        return
    add_parcel(session, deps, shop, order, row, label.carrier, label.tracking_number, now)
    if row.parcel == "label_failed":
        rows.move(session, row, PARCEL, "label_queued", now=now, actor=ACTOR, why="the carrier had sold it after all")
    if kept.document:
        label_is_ready(session, deps, shop, kept, order, row)
    rows.touch(order, now)


def label_is_ready(session: Session, deps: Deps, shop: ShopRef, label: LabelRow, order: Order, row: Return) -> None:
    """The label can be printed: the return moves on and the shopper is told."""
    now = deps.clock()
    rows.move(session, row, PARCEL, "label_ready", now=now, actor=ACTOR, why="the carrier sold the label")
    rows.touch(order, now)
    once = f"return {row.id} label {label.id}"
    enqueue(session, deps, shop, "return_label_ready", order, once=once, return_id=row.id)


UNSEEN = (Status.PENDING.value, Status.INFO_RECEIVED.value, Status.EXPIRED.value)


def was_seen(session: Session, label: LabelRow) -> bool:
    """Whether the carrier has scanned the parcel of this label."""
    seen = select(Shipment.id).where(
        Shipment.return_id == label.return_id,
        Shipment.carrier == label.carrier,
        Shipment.tracking_number == label.tracking_number,
        Shipment.status.not_in(UNSEEN),
    )
    return session.scalar(seen.limit(1)) is not None


SAME_NUMBER = timedelta(days=180)  # carriers use their numbers again, but not within this time


def number_is_taken(session: Session, carrier: str, number: str, row: Return) -> bool:
    """Whether a number is another parcel's: of this order, or of another return whose label lives."""
    same = and_(Shipment.carrier == carrier, Shipment.tracking_number == number, Shipment.order_id == row.order_id)
    whose = select(Shipment.direction, Shipment.return_id).where(same)
    if any(way != "return" or owner not in (None, row.id) for way, owner in session.execute(whose)):
        return True
    others = select(LabelRow.created_at).where(
        LabelRow.carrier == carrier,
        LabelRow.tracking_number == number,
        LabelRow.return_id != row.id,
        LabelRow.voided_at.is_(None),
    )
    return any(row.approved_at is None or made > row.approved_at - SAME_NUMBER for made in session.scalars(others))


def bought_label(session: Session, label: LabelRow) -> BoughtLabel:
    """What the carrier has to be told of a label to print it again or take it back."""
    effect = session.get(Effect, label.effect_id)
    return BoughtLabel(label.tracking_number, label.handle, LabelFormat(label.format), effect.key if effect else "")


def intend_void(session: Session, deps: Deps, label: LabelRow, *, then_buy: bool = False) -> None:
    """Put the giving back of an unused label into the ledger; `then_buy`: a new one is bought when it is surely gone."""
    session.add(
        Effect(
            shop_id=label.shop_id,
            kind="void",
            subject=f"label {label.id}",
            purpose="unused_label",
            key=deps.token(),
            provider=label.carrier,
            state="intended",
            request={"label_id": label.id, "return_id": label.return_id, "then_buy": then_buy},
            intended_at=deps.wall(),
        )
    )
