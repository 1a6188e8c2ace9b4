"""Cases: opened by polls and by silence, ranked by who is waiting, closed by what happens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from carriers.errors import CarrierError, ErrorKind
from carriers.model import Status
from portal.db.tables.delivery_exceptions import DeliveryException, ExceptionEvent
from portal.db.tables.messages import OutboxMessage
from portal.db.tables.operations import FeedOutage
from portal.db.tables.shipments import Shipment
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.tracking.poll import poll_due
from portal.usecases.tracking.sweep import sweep
from tests.support.doubles import NOON, Clock, FakeCarriers
from tests.support.factory import Factory
from tests.usecases.tracking.test_poll import moving, scan


def cases(deps: Deps, **where: object) -> list[DeliveryException]:
    with deps.sessions.read_system() as session:
        return list(session.scalars(select(DeliveryException).filter_by(**where).order_by(DeliveryException.id)))


def queue(deps: Deps) -> list[DeliveryException]:
    with deps.sessions.read_system() as session:
        order = (DeliveryException.is_vip.desc(), DeliveryException.due_at, DeliveryException.priority.desc())
        return list(
            session.scalars(select(DeliveryException).where(DeliveryException.state == "open").order_by(*order))
        )


def late_parcel(make: Factory, carriers: FakeCarriers, **order: Any) -> Shipment:
    customer = make.customer(is_vip=bool(order.pop("vip", False)), vip_reason={"key": "value", "inputs": {}})
    parcel = make.shipment(make.order(customer, promised_on=(NOON - timedelta(days=1)).date(), **order))
    carriers.results[parcel.tracking_number] = moving(parcel.tracking_number, scan(6, Status.IN_TRANSIT))
    return parcel


def test_a_late_vip_parcel_rises_to_the_top_and_says_why(deps: Deps, make: Factory, carriers: FakeCarriers) -> None:
    late_parcel(make, carriers)
    vip = late_parcel(make, carriers, vip=True)
    poll_due(deps)
    first, second = queue(deps)
    assert (first.shipment_id, first.rule, first.is_vip) == (vip.id, "R08", True)
    assert first.due_at < second.due_at
    assert {p["key"]: p["value"] for p in first.priority_points} == {"severity": 60, "vip": 25, "late": 5}
    assert first.vip_reason == {"key": "value", "inputs": {}}


def test_express_that_was_paid_for_makes_a_parcel_a_vips(deps: Deps, make: Factory, carriers: FakeCarriers) -> None:
    late_parcel(make, carriers, service_level="express")
    poll_due(deps)
    (case,) = queue(deps)
    assert (case.is_vip, case.vip_reason) == (True, {"key": "express", "inputs": {}})


def test_lateness_is_found_by_the_sweep_although_nobody_answers(
    deps: Deps, make: Factory, carriers: FakeCarriers, clock: Clock
) -> None:
    parcel = make.shipment(make.order(promised_on=NOON.date()))
    carriers.results[parcel.tracking_number] = moving(parcel.tracking_number, scan(6, Status.IN_TRANSIT))
    poll_due(deps)
    assert queue(deps) == []
    clock.now = NOON + timedelta(hours=18)
    assert sweep(deps) == 1
    assert [c.rule for c in queue(deps)] == ["R08"]


def test_a_case_closes_itself_when_the_parcel_arrives(
    deps: Deps, make: Factory, carriers: FakeCarriers, clock: Clock
) -> None:
    parcel = late_parcel(make, carriers)
    poll_due(deps)
    clock.advance(hours=5)
    carriers.results[parcel.tracking_number] = moving(
        parcel.tracking_number, scan(6, Status.IN_TRANSIT), scan(-4, Status.DELIVERED), status=Status.DELIVERED
    )
    poll_due(deps)
    (case,) = cases(deps)
    assert (case.state, case.closed_by) == ("cleared", "delivered")
    with deps.sessions.read_system() as session:
        assert list(session.scalars(select(ExceptionEvent.action).order_by(ExceptionEvent.id))) == ["opened", "cleared"]


def test_assessing_twice_opens_one_case(deps: Deps, make: Factory, carriers: FakeCarriers, clock: Clock) -> None:
    late_parcel(make, carriers)
    poll_due(deps)
    for _ in range(3):
        clock.advance(hours=25)
        poll_due(deps)
        sweep(deps)
    assert len(cases(deps, rule="R08")) == 1


def test_the_shopper_is_told_once_of_trouble(deps: Deps, make: Factory, carriers: FakeCarriers, clock: Clock) -> None:
    late_parcel(make, carriers)
    poll_due(deps)
    clock.advance(hours=3)
    sweep(deps)
    with deps.sessions.read_system() as session:
        told = session.scalars(select(OutboxMessage).where(OutboxMessage.event == "problem")).all()
    assert [m.payload["message_key"] for m in told] == ["R08"]


def test_history_opens_no_cases(deps: Deps, make: Factory, carriers: FakeCarriers) -> None:
    late_parcel(make, carriers, is_history=True)
    poll_due(deps)
    assert queue(deps) == []


def test_a_failing_feed_is_one_case_and_stops_the_clocks_of_its_parcels(
    deps: Deps, make: Factory, carriers: FakeCarriers, clock: Clock
) -> None:
    parcels = [make.shipment(make.order(promised_on=None)) for _ in range(6)]
    for parcel in parcels:
        carriers.results[parcel.tracking_number] = moving(parcel.tracking_number, scan(6, Status.IN_TRANSIT))
    poll_due(deps)
    carriers.fails["ups"] = CarrierError(ErrorKind.SERVER_ERROR)
    for _ in range(40):
        clock.advance(hours=4)
        poll_due(deps)
        sweep(deps)
    assert [(c.rule, c.subject_id, c.shop_id) for c in queue(deps)] == [("R29", "ups", None)]

    carriers.fails.clear()
    for _ in range(3):
        clock.advance(hours=13)
        for parcel in parcels:
            carriers.results[parcel.tracking_number] = moving(
                parcel.tracking_number, scan(6, Status.IN_TRANSIT), scan(-170, Status.IN_TRANSIT, "Moving again")
            )
        poll_due(deps)
        sweep(deps)
    assert queue(deps) == []
    with deps.sessions.read_system() as session:
        (outage,) = session.scalars(select(FeedOutage)).all()
    assert outage.ended_at is not None


def test_cases_of_one_shop_are_not_seen_in_another(
    deps: Deps, make: Factory, carriers: FakeCarriers, other_shop: ShopRef
) -> None:
    late_parcel(make, carriers)
    poll_due(deps)
    with deps.sessions.read(other_shop.id) as session:
        assert session.scalars(select(DeliveryException)).all() == []
