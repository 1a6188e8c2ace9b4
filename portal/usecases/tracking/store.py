"""Write what came back for a parcel: one short transaction, under the fence of its claim or not at all."""

from __future__ import annotations

import hashlib

import structlog

from carriers.errors import CarrierError, ErrorKind
from carriers.model import TrackingResult
from portal.db.tables.shipments import Shipment
from portal.domain.pacing import Stretch
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.shops import find_shop
from portal.usecases.tracking.ask import Answered
from portal.usecases.tracking.claim import finish, ours
from portal.usecases.tracking.ingest import Origin
from portal.usecases.tracking.merge import locked, merge_one
from portal.usecases.tracking.plan import apply, finish_of, plan

log = structlog.get_logger()


def fingerprint(result: TrackingResult) -> str:
    """Names what an answer says: the same again is nothing to do but to ask again later."""
    error = result.error.kind if result.error else None
    facts = (result.status, result.substatus, result.checkpoints, result.estimated_delivery, result.signed_by, error)
    return hashlib.sha256(repr(facts).encode()).hexdigest()


def store_safely(deps: Deps, answered: Answered, shops: dict[int, ShopRef], origin: Origin, stretched: Stretch) -> None:
    """Store one answer; a fault of ours concerns this parcel alone, whose lease simply runs out."""
    shop_id = answered.claim.shop_id
    try:
        if shop_id not in shops:  # settings are read once a round, not once a parcel
            shops[shop_id] = find_shop(deps, shop_id=shop_id)
        store(deps, answered, shops[shop_id], origin, stretched)
    except Exception:
        log.exception("poll.store_failed", shipment=answered.claim.shipment_id, carrier=answered.claim.carrier)


def store(
    deps: Deps,
    answered: Answered,
    shop: ShopRef | None = None,
    origin: Origin | None = None,
    stretched: Stretch | None = None,
) -> None:
    """One short transaction a parcel: merge, fold, assess, queue messages, plan the next poll."""
    shop = shop or find_shop(deps, shop_id=answered.claim.shop_id)
    origin = origin or Origin(answered.claim.carrier, "poll")
    now = deps.clock()
    with deps.sessions.write(shop.id) as session:
        shipment, order = locked(session, answered.claim.shipment_id)
        seen, error = answered.claim.fingerprint, answered.error
        if answered.result is None:
            _failed(shipment, error, deps)
        else:
            new = fingerprint(answered.result)
            seen, unchanged = (None if answered.result.error else new), new == seen
            if unchanged:
                shipment.polled_at, shipment.error_count, shipment.last_error = now, 0, None
            else:
                merge_one(session, deps, shop, shipment, order, answered.result, origin)
        planned = plan(
            session, deps, shop, shipment, order, retry_after=error.retry_after if error else None, stretched=stretched
        )
        apply(shipment, planned, now)
        session.flush()
        if ours(session, [answered.claim]):
            finish(session, [finish_of(answered.claim, planned, seen)])
        else:
            session.rollback()  # the lease ran out and another worker has it: its word counts, not ours


def _failed(shipment: Shipment, error: CarrierError | None, deps: Deps) -> None:
    shipment.last_error = error.kind.value if error else ErrorKind.MALFORMED.value
    shipment.last_error_at = deps.clock()
    shipment.error_count += 1
