"""A return that waits for a person's decision."""

from __future__ import annotations

from sqlalchemy import delete

from portal.db.tables.effects import Effect
from portal.db.tables.orders import Order
from portal.db.tables.returns import Return
from portal.usecases.deps import Deps
from tests.usecases.returns.conftest import Desk


def waiting(
    deps: Deps, desk: Desk, order: Order, *quantities: int, asked_by: int | None = None, **values: str
) -> Return:
    """One that a policy left to a person, with nothing done for it yet."""
    public_id = desk.submit(order, *quantities, **values)
    with deps.sessions.write(desk.shop.id) as session:
        row = session.merge(desk.returned(public_id))
        if row.decision == "approved":
            row.decision, row.parcel, row.money, row.approved_at = "submitted", "none", "none", None
            session.execute(delete(Effect).where(Effect.subject == f"return {row.id}"))
        row.flags = ["review"]
        row.requested_by = f"staff {asked_by}" if asked_by else None
    return desk.returned(public_id)
