"""What a shopper keeps is written into the item ledger once nothing of the return is waited for any more: until then it
may still be changed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.db.tables.returns import Return, ReturnItemEntry
from portal.domain.returns.quoting import KEEP
from portal.usecases.returns import rows


def log_kept(session: Session, row: Return, now: datetime, actor: str) -> None:
    """One entry for each item that is kept. A second time changes nothing."""
    items = [item for item, _ in rows.items_of(session, row) if item.outcome == KEEP]
    if not items:
        return
    logged = select(ReturnItemEntry.return_item_id).where(ReturnItemEntry.kind == "kept")
    before = set(session.scalars(logged.where(ReturnItemEntry.return_item_id.in_([item.id for item in items]))))
    for item in items:
        if item.id not in before:
            session.add(
                ReturnItemEntry(
                    shop_id=row.shop_id,
                    return_item_id=item.id,
                    kind="kept",
                    quantity=item.quantity,
                    at=now,
                    actor=actor,
                )
            )
    session.flush()
