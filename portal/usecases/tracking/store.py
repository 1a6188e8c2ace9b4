"""Write what came back for parcels: in short transactions, each under the fence of its claim or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import structlog
from sqlalchemy.orm import Session

from carriers.errors import CarrierError, ErrorKind
from carriers.model import TrackingResult
from portal.db.tables.checkpoints import CheckpointRow
from portal.db.tables.orders import Order
from portal.db.tables.shipments import Shipment
from portal.domain.pacing import Stretch
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.shops import find_shop
from portal.usecases.tracking.ask import Answered
from portal.usecases.tracking.claim import Finish, finish, ours
from portal.usecases.tracking.ingest import Origin, rows_of_many
from portal.usecases.tracking.merge import locked_many, merge_one
from portal.usecases.tracking.plan import apply, finish_of, plan

log = structlog.get_logger()

TOGETHER = 20  # answers in one transaction: few enough that nobody waits long for a parcel of them


def fingerprint(result: TrackingResult) -> str:
    """Names what an answer says: the same again is nothing to do but to ask again later."""
    error = result.error.kind if result.error else None
    facts = (result.status, result.substatus, result.checkpoints, result.estimated_delivery, result.signed_by, error)
    return hashlib.sha256(repr(facts).encode()).hexdigest()


def store_all(
    deps: Deps, answers: Sequence[Answered], shops: dict[int, ShopRef], origin: Origin, stretched: Stretch
) -> None:
    """Store answers a few at a time, a shop's in one transaction. Where one of them stumbles, each gets its own."""
    by_shop: dict[int, list[Answered]] = {}
    for answered in sorted(answers, key=lambda a: a.claim.shipment_id):
        by_shop.setdefault(answered.claim.shop_id, []).append(answered)
    for shop_id, found in by_shop.items():
        if shop_id not in shops:  # settings are read once a round, not once a parcel
            shops[shop_id] = find_shop(deps, shop_id=shop_id)
        for start in range(0, len(found), TOGETHER):
            _store_some(deps, shops[shop_id], found[start : start + TOGETHER], origin, stretched)


def _store_some(deps: Deps, shop: ShopRef, some: Sequence[Answered], origin: Origin, stretched: Stretch) -> None:
    try:
        _store_together(deps, shop, some, origin, stretched)
        return
    except Exception:
        if len(some) == 1:
            log.exception("poll.store_failed", shipment=some[0].claim.shipment_id, carrier=some[0].claim.carrier)
            return
    for answered in some:  # a fault of ours concerns one parcel, whose lease simply runs out
        _store_some(deps, shop, [answered], origin, stretched)


def store(
    deps: Deps,
    answered: Answered,
    shop: ShopRef | None = None,
    origin: Origin | None = None,
    stretched: Stretch | None = None,
) -> None:
    """One answer in a transaction of its own: merge, fold, assess, queue messages, plan the next poll."""
    shop = shop or find_shop(deps, shop_id=answered.claim.shop_id)
    _store_together(deps, shop, [answered], origin or Origin(answered.claim.carrier, "poll"), stretched or Stretch())


def _store_together(deps: Deps, shop: ShopRef, some: Sequence[Answered], origin: Origin, stretched: Stretch) -> None:
    with deps.sessions.write(shop.id) as session:
        ids = [a.claim.shipment_id for a in some]
        parcels = locked_many(session, ids)
        mine = ours(session, [a.claim for a in some])  # where a lease ran out, another worker's word counts
        scans = rows_of_many(session, [i for i in ids if i in mine])
        done = [
            _write(session, deps, shop, answered, *parcels[answered.claim.shipment_id], scans, origin, stretched)
            for answered in some
            if answered.claim.shipment_id in mine
        ]
        session.flush()
        finish(session, done)


def _write(
    session: Session,
    deps: Deps,
    shop: ShopRef,
    answered: Answered,
    shipment: Shipment,
    order: Order,
    scans: Mapping[int, dict[str, CheckpointRow]],
    origin: Origin,
    stretched: Stretch,
) -> Finish:
    now = deps.clock()
    seen, error = answered.claim.fingerprint, answered.error
    if answered.result is None:
        _failed(shipment, error, deps)
    else:
        new = fingerprint(answered.result)
        seen, unchanged = (None if answered.result.error else new), new == seen
        if unchanged:
            shipment.polled_at, shipment.error_count, shipment.last_error = now, 0, None
        else:
            merge_one(session, deps, shop, shipment, order, answered.result, origin, scans.get(shipment.id, {}))
    retry_after = error.retry_after if error else None
    planned = plan(session, deps, shop, shipment, order, retry_after=retry_after, stretched=stretched)
    apply(shipment, planned, now)
    return finish_of(answered.claim, planned, seen)


def _failed(shipment: Shipment, error: CarrierError | None, deps: Deps) -> None:
    shipment.last_error = error.kind.value if error else ErrorKind.MALFORMED.value
    shipment.last_error_at = deps.clock()
    shipment.error_count += 1
