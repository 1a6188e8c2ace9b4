"""A list of returns as a table to take along: for administrators, so many rows at most, so often a day, and written down
(reliability: T38)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import func, select

from portal.db.queries.return_desk import DeskFilter
from portal.db.tables.staff import AuditRow
from portal.errors import TooManyAttempts
from portal.usecases.deps import Deps
from portal.usecases.returns.authority import check_role
from portal.usecases.returns.desk_read import list_returns
from portal.usecases.returns.desk_views import DeskReturn
from portal.usecases.staff import audit
from portal.usecases.staff.people import actor_of

MOST_ROWS = 10_000
A_DAY = 20  # exports of one person
_ACTION = "return.export"
_PAGE = 500
COLUMNS = (
    "rma", "order", "shop", "customer", "email", "decision", "parcel", "money", "exchange", "method", "resolution",
    "currency", "goods_minor", "shipping_minor", "fee_minor", "bonus_minor", "exchange_minor", "due_minor",
    "items", "reasons", "flags", "carrier", "tracking_number", "submitted_at", "received_at", "paid_at", "closed_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Export:
    """The rows, as text in the order of COLUMNS. `cut`: there were more than MOST_ROWS."""

    rows: tuple[tuple[str, ...], ...] = field(repr=False)
    cut: bool


def export_returns(deps: Deps, staff_id: int, wanted: DeskFilter, state: str | None) -> Export:
    """The returns of one list under one filter. Raises Forbidden, NotFound for a list that there is not, and
    TooManyAttempts."""
    total = list_returns(deps, wanted=wanted, state=state, size=1).total
    with deps.sessions.write_system() as session:
        check_role(session, staff_id, _ACTION)
        since = deps.wall() - timedelta(days=1)
        mine = (AuditRow.actor == actor_of(staff_id), AuditRow.action == _ACTION, AuditRow.at > since)
        if (session.scalar(select(func.count()).select_from(AuditRow).where(*mine)) or 0) >= A_DAY:
            raise TooManyAttempts("you have exported many lists today", 24 * 3600)
        audit.record(
            session,
            deps,
            actor=actor_of(staff_id),
            action=_ACTION,
            subject=f"returns {state or 'all'}",
            shop_id=wanted.shop_id,
            details={"rows": min(total, MOST_ROWS), "searched": int(bool(wanted.text))},
        )
    rows = tuple(_row(item) for item in _all(deps, wanted, state))
    return Export(rows, total > MOST_ROWS)


def _all(deps: Deps, wanted: DeskFilter, state: str | None) -> Iterator[DeskReturn]:
    for number in range(1, MOST_ROWS // _PAGE + 1):
        page = list_returns(deps, wanted=wanted, state=state, page=number, size=_PAGE)
        yield from page.returns
        if number >= page.pages:
            return


def _row(item: DeskReturn) -> tuple[str, ...]:
    values = (
        item.rma, item.order_number, item.shop_slug, item.customer_name, item.customer_email, item.decision, item.parcel,
        item.money, item.exchange, item.method, item.resolution, item.currency, item.goods_minor, item.shipping_minor,
        item.fee_minor, item.bonus_minor, item.exchange_minor, item.due_minor,
        "; ".join(f"{one.quantity} x {one.sku}" for one in item.items), "; ".join(one.reason for one in item.items),
        "; ".join(item.flags), item.carrier, item.tracking_number,
        *(moment and moment.isoformat() for moment in (item.submitted_at, item.received_at, item.paid_at, item.closed_at)),
    )  # fmt: skip
    return tuple("" if value is None else str(value) for value in values)
