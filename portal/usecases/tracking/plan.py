"""When each parcel is asked about next, planned from what its rows say after an answer."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from carriers.model import Status
from portal.db.tables.orders import Customer, Order
from portal.db.tables.shipments import Shipment
from portal.domain.pacing import Stretch
from portal.domain.polling import PollFacts, PollPlan, next_poll
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.tracking.assess import has_pressing_case, vip_reason
from portal.usecases.tracking.claim import Claim, Finish


def plan(
    session: Session,
    deps: Deps,
    shop: ShopRef,
    shipment: Shipment,
    order: Order,
    *,
    retry_after: float | None = None,
    stretched: Stretch | None = None,
) -> PollPlan:
    """The next poll of one parcel, from its own rows."""
    customer = session.get_one(Customer, order.customer_id)
    stretched = stretched or Stretch()
    facts = PollFacts(
        status=Status(shipment.status),
        substatus=shipment.substatus,
        created_at=shipment.created_at,
        status_at=shipment.status_at,
        last_scan_at=shipment.last_scan_at,
        delivered_at=shipment.delivered_at,
        eta_latest=shipment.eta_on,
        is_vip=vip_reason(shop, customer, order) is not None,
        pressing_case=has_pressing_case(session, shipment.id),
        errors=shipment.error_count,
        pushed_at=shipment.pushed_at,
        retry_after=retry_after,
        stretch=stretched.usual,
        stretch_urgent=stretched.urgent,
    )
    return next_poll(facts, deps.clock(), deps.tick_uniform())


def apply(shipment: Shipment, planned: PollPlan, now: datetime) -> None:
    """What the end of tracking leaves on the parcel."""
    if planned.tracking_ended:
        shipment.tracking_ended_at = shipment.tracking_ended_at or now
        if planned.silent:
            shipment.status, shipment.substatus = Status.EXPIRED.value, "Expired_001"


def finish_of(claim: Claim, planned: PollPlan, fingerprint: str | None) -> Finish:
    """How a claim is given back under a plan."""
    every = int(planned.every.total_seconds()) if planned.every is not None else None
    return Finish(claim, planned.next_poll_at, fingerprint, every, planned.urgent)
