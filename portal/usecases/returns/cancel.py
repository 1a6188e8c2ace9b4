"""A shopper calls a return off, until the carrier has the parcel: units are free again, the label goes back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.db.tables.effects import Effect
from portal.db.tables.orders import OrderLine
from portal.db.tables.returns import Return, ReturnItemEntry
from portal.db.tables.shipments import Shipment
from portal.domain.returns.states import DECISION, MONEY, PARCEL, shopper_may_cancel
from portal.errors import Conflict
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns import rows
from portal.usecases.returns.exchange_stock import release
from portal.usecases.returns.label_saved import intend_void
from portal.usecases.returns.parcels import stop_watching
from portal.usecases.staff import audit

CALLED_OFF = frozenset({"cancelled", "withdrawn_by_shopper"})


def cancel(deps: Deps, shop: ShopRef, return_public_id: str, actor: str = "shopper") -> None:
    """Call a return off. A second time changes nothing. Raises NotFound, and Conflict once the parcel is moving, or what
    is sent instead is."""
    now = deps.clock()
    with deps.sessions.write(shop.id) as session:
        named = rows.return_by_public_id(session, return_public_id)
        _order, row = rows.lock_with_parcels(session, named.id)
        if row.decision in CALLED_OFF:
            return
        if not shopper_may_cancel(row.decision, row.parcel, row.money):
            raise Conflict("this return cannot be called off any more: the parcel is on its way, or it is closed")
        call_off(session, deps, row, now, actor, "called off")


def call_off(session: Session, deps: Deps, row: Return, now: datetime, actor: str, why: str) -> None:
    """The same in the caller's transaction, which holds the locks and has made sure that it may be."""
    release(session, deps, row, why)
    free_units(session, row, now, actor)
    give_label_back(session, deps, row, now, why=why)
    if row.parcel != "none":
        rows.move(session, row, PARCEL, "void", now=now, actor=actor, why=why)
    if row.money != "none":
        rows.move(session, row, MONEY, "none", now=now, actor=actor, why=why)
    off = "withdrawn_by_shopper" if row.decision == "submitted" else "cancelled"
    rows.move(session, row, DECISION, off, now=now, actor=actor, why=why)
    row.closed_at = now
    rows.touch_all(session, row, now)
    session.flush()
    audit.record(
        session, deps, actor=actor, action="return.cancel", subject=f"return {row.id}", shop_id=row.shop_id, details={}
    )


def free_units(session: Session, row: Return, now: datetime, actor: str) -> None:
    """Give the units of a return back to their lines, and write it into the item ledger."""
    for item, line in rows.items_of(session, row):
        session.execute(
            update(OrderLine)
            .where(OrderLine.id == line.id)
            .values(units_returning=OrderLine.units_returning - item.quantity)
            .execution_options(synchronize_session=False)
        )
        session.add(
            ReturnItemEntry(
                shop_id=row.shop_id,
                return_item_id=item.id,
                kind="removed",
                quantity=item.quantity,
                at=now,
                actor=actor,
            )
        )


def give_label_back(session: Session, deps: Deps, row: Return, now: datetime, *, why: str) -> None:
    """A label that was bought is voided through the ledger; one that was only intended is never bought. One in doubt
    stays in the ledger: when it turns out to have been bought, it is voided then."""
    label = rows.live_label(session, row)
    if label is not None:
        label.voided_at = now
        intend_void(session, deps, label)
    session.execute(
        update(Effect)
        .where(Effect.kind == "label", Effect.subject == f"return {row.id}", Effect.state == "intended")
        .values(state="voided", settled_at=deps.wall())
        .execution_options(synchronize_session=False)
    )
    for parcel in session.scalars(select(Shipment).where(Shipment.return_id == row.id, Shipment.direction == "return")):
        stop_watching(session, parcel, now, why=why)
