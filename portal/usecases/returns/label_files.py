"""Files of labels that were bought: the one that did not come with the purchase, and the one that was lost since.

The purchase stands whatever happens here. A label that its carrier will never print is given back and another bought;
where it cannot be given back, a person has to see to it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session, undefer

from carriers.errors import CarrierError, ErrorKind
from carriers.model import LabelDocument
from portal.db.tables.orders import Order
from portal.db.tables.returns import LabelRow, Return
from portal.domain.returns.labels import wait_before_retry
from portal.domain.returns.states import PARCEL
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns import rows
from portal.usecases.returns.label_saved import ACTOR, bought_label, intend_void, label_is_ready

MOST_ATTEMPTS = 12  # over about six hours
LEASE = timedelta(seconds=60)


def due(wall: datetime) -> ColumnElement[bool]:
    """Labels whose missing file is to be asked for at `wall` (real time)."""
    return and_(LabelRow.fetch_at <= wall, LabelRow.voided_at.is_(None))


def fetch_file(deps: Deps, shop: ShopRef, label_id: int) -> bool:
    """Ask once for a missing file. False when there was nothing to do, or somebody else is at it."""
    with deps.sessions.write(shop.id) as session:
        label = session.scalars(
            select(LabelRow).where(LabelRow.id == label_id, due(deps.wall())).with_for_update()
        ).one_or_none()
        if label is None:
            return False
        label.fetch_attempts += 1
        label.fetch_at = deps.wall() + LEASE
        carrier, bought = label.carrier, bought_label(session, label)
    problem: CarrierError | None = None
    try:
        document = deps.carriers.fetch_label(carrier, bought, shop_id=shop.id)
    except CarrierError as error:
        problem, document = error, LabelDocument(b"")
    with deps.sessions.write(shop.id) as session:
        _keep(session, deps, shop, label_id, document, problem)
    return True


def _keep(
    session: Session, deps: Deps, shop: ShopRef, label_id: int, document: LabelDocument, problem: CarrierError | None
) -> None:
    return_id = session.scalars(select(LabelRow.return_id).where(LabelRow.id == label_id)).one()
    order, row = rows.lock_return(session, return_id)
    label = session.scalars(
        select(LabelRow).where(LabelRow.id == label_id).options(undefer(LabelRow.document)).with_for_update()
    ).one()
    if label.voided_at is not None or label.document:  # given back, or the file came another way
        label.fetch_at = None
        return
    if document.content:
        _printable(session, deps, shop, label, document, order, row)
    elif problem is not None and _hopeless(problem, label.fetch_attempts):
        _give_up(session, deps, label, row, problem)
    else:
        wait = wait_before_retry(label.fetch_attempts, problem.retry_after if problem else None)
        label.fetch_at = deps.wall() + wait


def _printable(
    session: Session, deps: Deps, shop: ShopRef, label: LabelRow, document: LabelDocument, order: Order, row: Return
) -> None:
    label.document, label.format, label.fetch_at = document.content, document.format.value, None
    label.qr_png = label.qr_png or document.qr_png
    if row.decision == "approved" and row.parcel == "label_queued":
        label_is_ready(session, deps, shop, label, order, row)


def _hopeless(problem: CarrierError, attempts: int) -> bool:
    return problem.kind is ErrorKind.NOT_SUPPORTED or attempts >= MOST_ATTEMPTS


def _give_up(session: Session, deps: Deps, label: LabelRow, row: Return, problem: CarrierError) -> None:
    now = deps.clock()
    label.fetch_at = None
    if deps.carriers.info(label.carrier).void:
        label.voided_at = now
        intend_void(session, deps, label, then_buy=True)
        return
    if row.parcel == "label_queued":
        rows.move(session, row, PARCEL, "label_failed", now=now, actor=ACTOR, why=f"bought, no file: {problem.kind}")
