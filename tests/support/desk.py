"""Fixtures: members of staff, and cases for them to work on."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from portal.db.tables.delivery_exceptions import DeliveryException
from portal.db.tables.shipments import Shipment
from portal.db.tables.staff import Staff
from portal.usecases.deps import Deps
from portal.usecases.staff.people import StaffUser, user_of
from tests.support.factory import Factory

MakeStaff = Callable[..., StaffUser]
MakeCase = Callable[..., int]


@pytest.fixture
def make_staff(deps: Deps) -> MakeStaff:
    """Puts an account straight into the table; one with a password comes from `create_staff`."""
    count = itertools.count(1)

    def make(**changes: Any) -> StaffUser:
        n = next(count)
        values: dict[str, Any] = {
            "email": f"agent{n}@staff.example",
            "name": f"Agent {n}",
            "role": "agent",
            "password_hash": "-",
            "created_at": deps.wall(),
        }
        row = Staff(**(values | changes))
        with deps.sessions.write_system() as session:
            session.add(row)
            session.flush()
            return user_of(row)

    return make


@pytest.fixture
def agent(make_staff: MakeStaff) -> StaffUser:
    return make_staff()


@pytest.fixture
def make_case(deps: Deps, make: Factory) -> MakeCase:
    """An open case about a parcel; returns its id."""

    def build(shipment: Shipment | None = None, **changes: Any) -> int:
        shipment = shipment or make.shipment()
        now = deps.clock()
        values: dict[str, Any] = {
            "shop_id": shipment.shop_id,
            "subject_kind": "shipment",
            "subject_id": str(shipment.id),
            "shipment_id": shipment.id,
            "order_id": shipment.order_id,
            "customer_id": _customer_of(deps, shipment),
            "carrier": shipment.carrier,
            "rule": "R08",
            "rule_version": 1,
            "severity": "high",
            "inputs": {"promised_on": "2026-11-16", "eta_on": None, "carrier": shipment.carrier},
            "limits": {"extra_days": 0, "predicted": False},
            "message_key": "R08",
            "cause": "promise:2026-11-16",
            "since": now - timedelta(hours=10),
            "priority": 60,
            "priority_points": [],
            "due_at": now + timedelta(hours=4),
            "opened_at": now - timedelta(hours=1),
        }
        case = DeliveryException(**(values | changes))
        with deps.sessions.write_system() as session:
            session.add(case)
            session.flush()
            return case.id

    return build


def _customer_of(deps: Deps, shipment: Shipment) -> int:
    from portal.db.tables.orders import Order

    with deps.sessions.read_system() as session:
        return session.get_one(Order, shipment.order_id).customer_id
