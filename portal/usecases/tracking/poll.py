"""Poll the parcels that are due: claim, close the session, ask the carrier, write each result under its fence."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from carriers.errors import CarrierError, ErrorKind
from carriers.model import Status, TrackingResult
from portal.db.tables.orders import Customer, Order
from portal.db.tables.shipments import Shipment
from portal.domain.polling import PollFacts, PollPlan, next_poll
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns.follow_parcel import follow_parcel
from portal.usecases.shops import find_shop
from portal.usecases.tracking.assess import assess_shipment, has_pressing_case, vip_reason
from portal.usecases.tracking.claim import Claim, claim, due_carriers, finish
from portal.usecases.tracking.feeds import record_polls
from portal.usecases.tracking.ingest import Change, ingest
from portal.usecases.tracking.tell import tell_news, tell_trouble

log = structlog.get_logger()

SLOTS_PER_CARRIER = 8  # one slow carrier holds its own slots and nobody else's
ROUND = 200  # parcels of one carrier claimed at a time


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back for one claim: a result, or the error of the whole call."""

    claim: Claim
    result: TrackingResult | None
    error: CarrierError | None


def poll_due(deps: Deps) -> int:
    """Poll everything that is due, carriers side by side. Returns how many parcels were asked about."""
    carriers = due_carriers(deps, deps.clock())
    if not carriers:
        return 0
    with ThreadPoolExecutor(max_workers=len(carriers), thread_name_prefix="carrier") as pool:
        return sum(pool.map(lambda code: poll_carrier(deps, code), carriers))


def poll_carrier(deps: Deps, carrier: str, *, rounds: int = 5) -> int:
    """Poll at most `rounds` rounds of one carrier's due parcels."""
    asked = 0
    for _ in range(rounds):
        claims = claim(deps, carrier, limit=ROUND)
        asked += len(claims)
        if claims:
            _poll(deps, carrier, claims)
        if len(claims) < ROUND:
            break
    return asked


def _poll(deps: Deps, carrier: str, claims: Sequence[Claim]) -> None:
    batches = list(_batches(claims, max(1, deps.carriers.info(carrier).batch)))
    outcomes: list[CarrierError | None] = []
    shops: dict[int, ShopRef] = {}  # settings are read once a round, not once a parcel
    with ThreadPoolExecutor(max_workers=min(SLOTS_PER_CARRIER, len(batches)), thread_name_prefix=carrier) as pool:
        for answers in pool.map(lambda batch: ask(deps, carrier, batch), batches):
            deps.crash("poll.after_fetch")
            outcomes.extend(a.error or (a.result.error if a.result else None) for a in answers)
            for answered in answers:
                _store_safely(deps, answered, shops)
    record_polls(deps, carrier, outcomes)


def _batches(claims: Sequence[Claim], size: int) -> Iterator[Sequence[Claim]]:
    for start in range(0, len(claims), size):
        yield claims[start : start + size]


def ask(deps: Deps, carrier: str, claims: Sequence[Claim]) -> list[Answered]:
    """One call. No session is open here. A number the answer leaves out counts as malformed."""
    try:
        answers = deps.carriers.track(carrier, [c.tracking_number for c in claims])
    except CarrierError as error:
        return [Answered(c, None, error) for c in claims]
    found = {r.tracking_number: r for _, results in answers for r in results}
    if len(claims) == 1 and len(found) == 1:
        return [_answered(claims[0], next(iter(found.values())))]
    return [_answered(c, found.get(c.tracking_number)) for c in claims]


# What a carrier may say of a number; any other error of a number is a failed poll, and moves nothing.
_ABOUT_THE_NUMBER = frozenset({ErrorKind.NOT_FOUND, ErrorKind.INVALID_NUMBER})


def _answered(claimed: Claim, result: TrackingResult | None) -> Answered:
    if result is None:
        return Answered(claimed, None, CarrierError(ErrorKind.MALFORMED, "the answer leaves this number out"))
    if result.error is not None and not result.checkpoints and result.error.kind not in _ABOUT_THE_NUMBER:
        return Answered(claimed, None, result.error)
    return Answered(claimed, result, None)


def _store_safely(deps: Deps, answered: Answered, shops: dict[int, ShopRef]) -> None:
    shop_id = answered.claim.shop_id
    try:
        if shop_id not in shops:
            shops[shop_id] = find_shop(deps, shop_id=shop_id)
        store(deps, answered, shops[shop_id])
    except Exception:
        # One bad row never spoils a round: its lease runs out, its claims are counted, the others go on.
        log.exception("poll.store_failed", shipment=answered.claim.shipment_id, carrier=answered.claim.carrier)


def fingerprint(result: TrackingResult) -> str:
    """The same for the same facts: then there is nothing to do but to ask again later."""
    error = result.error.kind if result.error else None
    facts = (result.status, result.substatus, result.checkpoints, result.estimated_delivery, result.signed_by, error)
    return hashlib.sha256(repr(facts).encode()).hexdigest()


def store(deps: Deps, answered: Answered, shop: ShopRef | None = None) -> None:
    """One short transaction a parcel: merge, fold, assess, queue messages, plan the next poll."""
    shop = shop or find_shop(deps, shop_id=answered.claim.shop_id)
    now = deps.clock()
    with deps.sessions.write(shop.id) as session:
        shipment = session.scalars(
            select(Shipment).where(Shipment.id == answered.claim.shipment_id).with_for_update()
        ).one()
        # Read once the parcel is ours, not together with it; the customer comes along for the looks that follow.
        order, _customer = session.execute(
            select(Order, Customer)
            .join(Customer, Customer.id == Order.customer_id)
            .where(Order.id == shipment.order_id)
        ).one()
        seen = answered.claim.fingerprint
        if answered.result is None:
            _failed(shipment, answered.error, now)
        else:
            new = fingerprint(answered.result)
            seen, unchanged = (None if answered.result.error else new), new == seen
            if unchanged:
                shipment.polled_at, shipment.error_count, shipment.last_error = now, 0, None
            else:
                change = ingest(session, deps, shop, shipment, order, answered.result, source="poll")
                _after(session, deps, shop, shipment, order, change if change.visible else None)
        plan = _plan(session, deps, shop, shipment, order, answered)
        if plan.tracking_ended:
            shipment.tracking_ended_at = shipment.tracking_ended_at or now
            if plan.silent:
                shipment.status, shipment.substatus = Status.EXPIRED.value, "Expired_001"
        session.flush()
        if not finish(session, answered.claim, next_poll_at=plan.next_poll_at, fingerprint=seen):
            session.rollback()  # the lease ran out and another worker has it: its word counts, not ours


def _failed(shipment: Shipment, error: CarrierError | None, now: datetime) -> None:
    shipment.last_error = error.kind.value if error else ErrorKind.MALFORMED.value
    shipment.last_error_at = now
    shipment.error_count += 1


def _after(
    session: Session, deps: Deps, shop: ShopRef, shipment: Shipment, order: Order, change: Change | None
) -> None:
    """What follows from an answer, in its own transaction: the return moves, cases change, messages are queued."""
    now = deps.clock()
    if change is not None and shipment.direction == "return":
        follow_parcel(session, deps, shop, shipment, now)
    scans, state = (change.scans, change.after) if change is not None else (None, None)
    news = assess_shipment(session, deps, shop, shipment, order, scans, state)
    if change is not None:
        tell_news(session, deps, shop, shipment, order, change)
    tell_trouble(session, deps, shop, shipment, order, news)


def _plan(
    session: Session, deps: Deps, shop: ShopRef, shipment: Shipment, order: Order, answered: Answered
) -> PollPlan:
    customer = session.get_one(Customer, order.customer_id)
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
        retry_after=answered.error.retry_after if answered.error else None,
    )
    return next_poll(facts, deps.clock(), deps.tick_uniform())
