"""Look at a parcel with every rule, and write what that changes in its cases."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from carriers.errors import ErrorKind
from portal.db.tables.delivery_exceptions import DeliveryException
from portal.db.tables.messages import OutboxMessage
from portal.db.tables.orders import Customer, Order
from portal.db.tables.returns import ReturnOrder
from portal.db.tables.shipments import Promise, Shipment
from portal.domain.delivery_exceptions.assess import Assessment, Thresholds, assess
from portal.domain.delivery_exceptions.base import Facts, Unknown
from portal.domain.delivery_exceptions.changes import changes
from portal.domain.scans import Scan
from portal.domain.shipments import ShipmentState, fold
from portal.domain.triage import days_late
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.shops import desk_of
from portal.usecases.tracking.cases import Subject, apply, cases_of, record_of
from portal.usecases.tracking.feeds import outages
from portal.usecases.tracking.ingest import current_status, scans_of

BAD_BEFORE = timedelta(days=90)
RERANK = timedelta(hours=24)  # days late count towards the priority, so an open case is looked at daily
CANCELLED = frozenset({"cancelled", "canceled", "voided"})


_known: dict[tuple[int, str], Thresholds] = {}


def thresholds(deps: Deps, shop: ShopRef) -> Thresholds:
    """The thresholds in force for a shop: its own over the installation's. Worked out once for the same settings."""
    key = (id(deps.exception_rules), json.dumps(shop.config.exceptions, sort_keys=True))
    if key not in _known:
        if len(_known) > 500:
            _known.clear()
        _known[key] = Thresholds.from_mapping(deps.exception_rules).merged(shop.config.exceptions)
    return _known[key]


def assess_shipment(
    session: Session,
    deps: Deps,
    shop: ShopRef,
    shipment: Shipment,
    order: Order,
    scans: tuple[Scan, ...] | None = None,
    state: ShipmentState | None = None,
) -> list[DeliveryException]:
    """Assess one parcel in the caller's transaction. Returns the cases that were opened, reopened or made worse."""
    now = deps.clock()
    if order.is_history:
        shipment.next_check_at = None
        return []
    customer = session.get_one(Customer, order.customer_id)
    vip = vip_reason(shop, customer, order)
    scans = scans_of(session, shipment) if scans is None else scans
    state = fold(scans, current_status(shipment)) if state is None else state
    facts = _facts(session, deps, shipment, order, scans, state, is_vip=vip is not None)
    found = assess(facts, thresholds(deps, shop), now)
    cases = cases_of(session, "shipment", str(shipment.id))
    news = []
    if cases or found.findings:
        subject = _subject(session, shop, shipment, order, vip, now)
        news = apply(session, subject, cases, changes(map(record_of, cases), found, now), now)
    shipment.next_check_at = _next_check(found, any(c.state == "open" for c in (*cases, *news)), now)
    return news


def _next_check(found: Assessment, any_open: bool, now: datetime) -> datetime | None:
    checks = [t for t in (found.next_check_at, now + RERANK if any_open else None) if t is not None]
    return min(checks, default=None)


def vip_reason(shop: ShopRef, customer: Customer, order: Order) -> dict[str, Any] | None:
    """Why this order counts as a VIP's: the customer's own reason, or express paid on this order."""
    if customer.is_vip:
        return customer.vip_reason or {"key": "pinned", "inputs": {}}
    if order.service_level == "express" and shop.config.vip.express_paid:
        return {"key": "express", "inputs": {}}
    return None


def has_pressing_case(session: Session, shipment_id: int) -> bool:
    """Whether an open case of high or critical severity asks for closer watching."""
    return bool(
        session.scalar(
            select(func.count())
            .select_from(DeliveryException)
            .where(
                DeliveryException.subject_kind == "shipment",
                DeliveryException.subject_id == str(shipment_id),
                DeliveryException.state == "open",
                DeliveryException.severity.in_(("high", "critical")),
            )
        )
    )


def _facts(
    session: Session,
    deps: Deps,
    shipment: Shipment,
    order: Order,
    scans: tuple[Scan, ...],
    state: ShipmentState,
    *,
    is_vip: bool,
) -> Facts:
    return Facts(
        shipment_id=str(shipment.id),
        carrier=shipment.carrier,
        state=state,
        scans=scans,
        created_at=shipment.created_at,
        direction=shipment.direction,
        origin_country=shipment.origin_country,
        destination_country=shipment.destination_country,
        destination_postal=shipment.destination_postal_code,
        destination_tz=ZoneInfo(shipment.timezone),
        promised_on=shipment.promised_on,
        eta_first=shipment.first_eta_on,
        eta_latest=shipment.eta_on,
        eta_changed_at=_eta_changed_at(session, shipment),
        is_vip=is_vip,
        express=shipment.service_level == "express",
        unknown=Unknown(shipment.not_found_count, shipment.not_found_since, shipment.not_found_last_at),
        number_valid=_number_valid(deps, shipment),
        outages=outages(session, shipment.carrier, shipment.created_at),
        order_cancelled=order.status.lower() in CANCELLED,
        has_return=session.scalar(select(ReturnOrder.return_id).where(ReturnOrder.order_id == order.id).limit(1))
        is not None,
    )


def _number_valid(deps: Deps, shipment: Shipment) -> bool | None:
    if shipment.last_error == ErrorKind.INVALID_NUMBER.value:
        return False
    return deps.carriers.number_is_valid(shipment.carrier, shipment.tracking_number)


def _eta_changed_at(session: Session, shipment: Shipment) -> datetime | None:
    if shipment.eta_on == shipment.first_eta_on:
        return None
    return session.scalar(
        select(func.max(Promise.recorded_at)).where(Promise.shipment_id == shipment.id, Promise.kind == "estimated")
    )


def _subject(
    session: Session, shop: ShopRef, shipment: Shipment, order: Order, vip: dict[str, Any] | None, now: datetime
) -> Subject:
    # What has arrived is no longer getting later.
    late = 0 if shipment.delivered_at else days_late(shipment.promised_on, ZoneInfo(shipment.timezone), now)
    return Subject(
        kind="shipment",
        id=str(shipment.id),
        shop_id=shop.id,
        desk=desk_of(shop),
        shipment_id=shipment.id,
        order_id=order.id,
        customer_id=order.customer_id,
        return_id=shipment.return_id,
        carrier=shipment.carrier,
        vip_reason=vip,
        express=order.service_level == "express",
        days_late=late,
        bad_before=_bad_before(session, shipment, order, now),
        contacted_us=order.contacted_at is not None,
        informed_today=_informed(session, shipment, now),
    )


def _bad_before(session: Session, shipment: Shipment, order: Order, now: datetime) -> bool:
    return bool(
        session.scalar(
            select(DeliveryException.id)
            .where(
                DeliveryException.customer_id == order.customer_id,
                DeliveryException.opened_at > now - BAD_BEFORE,
                DeliveryException.severity.in_(("high", "critical")),
                or_(DeliveryException.shipment_id != shipment.id, DeliveryException.shipment_id.is_(None)),
                or_(DeliveryException.outcome.is_(None), DeliveryException.outcome != "false_alarm"),
            )
            .limit(1)
        )
    )


def _informed(session: Session, shipment: Shipment, now: datetime) -> bool:
    return bool(
        session.scalar(
            select(OutboxMessage.id)
            .where(
                OutboxMessage.shipment_id == shipment.id,
                OutboxMessage.event == "problem",
                OutboxMessage.state == "sent",
                OutboxMessage.created_at > now - timedelta(hours=24),
            )
            .limit(1)
        )
    )
