"""The parcel of a return is watched like any other; here its scans move the return."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from carriers.model import Status
from portal.db.tables.shipments import Shipment
from portal.domain.returns.states import PARCEL
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns import risk_check, rows
from portal.usecases.returns.settle import ARRIVAL, SCAN, money_may_follow

_LOST = "Exception_013"
_UNSEEN = frozenset({Status.PENDING.value, Status.INFO_RECEIVED.value, Status.EXPIRED.value})
# The way to each state, from wherever the parcel of the return stands: no step is left out of the history.
_WAY: dict[str, dict[str, tuple[str, ...]]] = {
    "in_transit": dict.fromkeys(("none", "label_ready", "label_lapsed", "lost"), ("in_transit",)),
    "lost": dict.fromkeys(("none", "label_ready", "label_lapsed"), ("in_transit", "lost")) | {"in_transit": ("lost",)},
    "delivered_to_us": {
        **dict.fromkeys(("none", "label_ready", "label_lapsed", "lost"), ("in_transit", "delivered_to_us")),
        "in_transit": ("delivered_to_us",),
    },
}

# What the money of a return may wait for.
_MONEY = {"in_transit": SCAN, "delivered_to_us": ARRIVAL}


def follow_parcel(session: Session, deps: Deps, shop: ShopRef, shipment: Shipment, now: datetime) -> None:
    """Move the return of this parcel as far as its present status says, in the caller's transaction.

    A return that was called off, or whose parcel has no further step, stays as it is: a late scan changes nothing.
    """
    target = _where(shipment)
    if shipment.return_id is None or target is None:
        return
    order, row = rows.lock_return(session, shipment.return_id)  # its money may follow
    steps = () if row.decision == "cancelled" else _WAY[target].get(row.parcel, ())
    for state in steps:
        rows.move(session, row, PARCEL, state, now=now, actor="scan", why=f"{shipment.status} at the carrier")
        rows.touch(order, now)
    if row.decision != "approved":
        return
    risk_check.look(session, deps, shop, row, now)  # before any money: it may hold it
    for state in steps:
        if state in _MONEY:
            money_may_follow(session, deps, shop, row, _MONEY[state], now)


def _where(shipment: Shipment) -> str | None:
    if shipment.substatus == _LOST:
        return "lost"
    if shipment.status == Status.DELIVERED.value:
        return "delivered_to_us"
    return None if shipment.status in _UNSEEN else "in_transit"
