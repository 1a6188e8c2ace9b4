"""Looks at what speaks for holding a return's money: when its parcel is scanned or arrives, and before money goes out.

What holds it, holds it for a person. A person releases it with a reason; what was released does not hold it again.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.db.tables.checkpoints import CheckpointRow
from portal.db.tables.orders import Customer, Order
from portal.db.tables.returns import LabelRow, Return, ReturnEvent, ReturnItem
from portal.db.tables.shipments import Shipment
from portal.domain.returns.config import ReturnPolicyConfig
from portal.domain.returns.methods import LABELLED
from portal.domain.returns.risk import Place, RiskFacts, RiskScore, score, trips
from portal.domain.returns.weights import grams_in
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns import rows
from portal.usecases.returns.facts_past import past_of

ACTOR = "rule:risk@1"
OF_THE_PARCEL = (
    "other_number",
    "wrong_place",
    "other_postal_code",
    "far_too_light",
    "too_light",
    "label_reused",
)
HARD_FLAGS = ("other_number", "wrong_place", "far_too_light", "label_reused")


def look(session: Session, deps: Deps, shop: ShopRef, row: Return, now: datetime) -> RiskScore:
    """Work the score out again and hold the money where it says so, in the caller's transaction.

    The caller holds the return. What is held stays held until a person releases it; money that has gone out is flagged.
    """
    config = shop.config.returns
    found = score(facts_of(session, shop, row, config, now))
    released = tuple((row.risk or {}).get("released", {}).get("codes", ()))
    record = found.to_record()
    if released:
        record["released"] = (row.risk or {})["released"]
    if record != row.risk:
        row.risk = record
    flags = [flag for flag in row.flags if flag not in HARD_FLAGS]
    flags += [code for code in found.codes if code in HARD_FLAGS]
    if flags != row.flags:
        row.flags = flags
    # A legal right is not held up by a customer's history; a parcel that cannot be the goods proves no sending.
    limit = 0 if row.kind == "withdrawal" else config.payout.hold_at_score
    if row.held_at is None and found.holds(limit, released):
        row.held_at = now
        log_hold(session, row, "none", "held", now, ACTOR, ", ".join(found.codes))
    return found


def facts_of(session: Session, shop: ShopRef, row: Return, config: ReturnPolicyConfig, now: datetime) -> RiskFacts:
    """What the score may know of a return: a fixed number of questions, however much its customer has bought."""
    order = session.get_one(Order, row.order_id)
    customer = session.get(Customer, order.customer_id)
    past = past_of(session, order.customer_id, (), config.limits.customer_days, now)
    parcels = session.scalars(select(Shipment).where(Shipment.return_id == row.id).order_by(Shipment.id)).all()
    scans = _scans(session, [parcel.id for parcel in parcels])
    moved = {scan.shipment_id for scan in scans if scan.status in ("in_transit", "out_for_delivery", "delivered")}
    wanted = shop.config.place_of(row.destination)
    return RiskFacts(
        worth_minor=row.due_minor + row.exchange_minor,
        high_worth_minor=config.payout.four_eyes_above_minor,
        expected_grams=_expected(session, row),
        carrier_grams=next((g for scan in scans if (g := grams_in(scan.body)) is not None), None),
        place=_delivered_in(scans),
        expected_place=Place() if row.store else Place(wanted.city, wanted.postal_code, wanted.country),
        other_number=_other_number(session, row, [parcel for parcel in parcels if parcel.id in moved]),
        trips=max((_trips(scans, parcel.id) for parcel in parcels), default=1),
        orders_placed=customer.orders_count if customer else 0,
        returns_placed=past.placed,
        missing_claims=past.wrong + _said_missing(session, row),
        customer_since=customer.first_order_at if customer else None,
        address_changed=_sent_from_elsewhere(row, order),
        now=now,
    )


def _scans(session: Session, parcels: list[int]) -> list[CheckpointRow]:
    query = select(CheckpointRow).where(CheckpointRow.shipment_id.in_(parcels), ~CheckpointRow.quarantined)
    return list(session.scalars(query.order_by(CheckpointRow.at, CheckpointRow.id))) if parcels else []


def _trips(scans: list[CheckpointRow], parcel: int) -> int:
    return trips([(scan.at, scan.status) for scan in scans if scan.shipment_id == parcel and scan.status])


def _delivered_in(scans: list[CheckpointRow]) -> Place:
    last = next((scan for scan in reversed(scans) if scan.status == "delivered"), None)
    return Place(last.city or "", last.postal_code or "", last.country or "") if last is not None else Place()


def _expected(session: Session, row: Return) -> int | None:
    """What the goods weigh that should be in the parcel; None where that of any of them is not known."""
    weights = [(item.quantity, line.weight_grams) for item, line in rows.items_of(session, row) if _is_sent(item)]
    if not weights or any(grams is None for _, grams in weights):
        return None
    return sum(quantity * (grams or 0) for quantity, grams in weights)


def _is_sent(item: ReturnItem) -> bool:
    return item.outcome == "send_back"


def _other_number(session: Session, row: Return, came: list[Shipment]) -> bool:
    """Whether a parcel moves for this return that no label of ours is on."""
    if row.method not in LABELLED or not came:
        return False
    labels = set(session.scalars(select(LabelRow.tracking_number).where(LabelRow.return_id == row.id)))
    return any(parcel.tracking_number not in labels for parcel in came)


def _said_missing(session: Session, row: Return) -> int:
    """Earlier returns of the customer for something that was said to be missing."""
    earlier = (
        select(func.count(func.distinct(Return.id)))
        .join(ReturnItem, ReturnItem.return_id == Return.id)
        .where(Return.customer_id == row.customer_id, Return.id != row.id, ReturnItem.reason == "missing_parts")
    )
    return session.scalar(earlier) or 0 if row.customer_id is not None else 0


def _sent_from_elsewhere(row: Return, order: Order) -> bool:
    """A present's new owner lives elsewhere; a customer who does so suddenly is worth a look."""
    given = (row.sender or {}).get("postal_code")
    return row.kind == "return" and bool(given) and given != order.ship_postal_code


def settled_by_looking(session: Session, row: Return, config: ReturnPolicyConfig, now: datetime, actor: str) -> None:
    """Everything came and was accepted, so what the parcel made suspicious is answered: the warehouse's word releases
    it (reliability: T36). What the customer's history says holds on where it is enough by itself."""
    points = (row.risk or {}).get("points", [])
    of_parcel = [point["code"] for point in points if point["code"] in OF_THE_PARCEL]
    rest = sum(point["points"] for point in points if point["code"] not in OF_THE_PARCEL)
    if row.held_at is None or not of_parcel or 0 < config.payout.hold_at_score <= rest:
        return
    why = "everything came and was accepted"
    released = {"by": actor, "at": now.isoformat(), "why": why, "codes": [point["code"] for point in points]}
    row.risk, row.held_at = {**(row.risk or {}), "released": released}, None
    log_hold(session, row, "held", "released", now, actor, why)


def log_hold(session: Session, row: Return, at: str, to: str, now: datetime, actor: str, why: str) -> None:
    """A step of the hold, in the return's history."""
    session.add(
        ReturnEvent(
            shop_id=row.shop_id,
            return_id=row.id,
            machine="hold",
            from_state=at,
            to_state=to,
            at=now,
            actor=actor,
            why=why,
        )
    )
    row.version += 1
