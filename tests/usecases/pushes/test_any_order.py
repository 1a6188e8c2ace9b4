"""Pushes in any order, twice, between polls or alone end in the state that one poll of the same events gives (F17)."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from carriers.base import RawAnswer
from carriers.registry import get
from portal.db.tables.checkpoints import CheckpointRow
from portal.db.tables.shipments import PollQueueEntry, Shipment
from portal.usecases.deps import Deps
from portal.usecases.pushes.inbox import work_inbox
from portal.usecases.pushes.receive import receive
from portal.usecases.tracking.poll import poll_due
from tests.support.doubles import Clock
from tests.support.factory import Factory
from tests.support.pushes import PushCarriers, hook_for

# (type, code, three digits, words, city, postal code that only the push has)
STORY = [
    ("M", "MP", "003", "Shipper created a label", "", ""),
    ("I", "OR", "005", "Origin Scan", "Syracuse", ""),
    ("I", "DP", "005", "Departed from Facility", "Syracuse", ""),
    ("I", "AR", "005", "Arrived at Facility", "Albany", ""),
    ("X", "A1", "052", "The address is incorrect", "Albany", ""),
    ("I", "OT", "021", "Out For Delivery Today", "Albany", ""),
    ("D", "FS", "011", "DELIVERED", "Albany", "12207"),
]
_numbers = itertools.count(1)


def _times(clock: Clock, n: int) -> dict[str, str]:
    utc = clock.business().astimezone(UTC) - timedelta(hours=40) + timedelta(hours=4 * n)
    local = utc - timedelta(hours=5)
    return {
        "day": f"{local:%Y%m%d}",
        "at": f"{local:%H%M%S}",
        "utc_day": f"{utc:%Y%m%d}",
        "utc_at": f"{utc:%H%M%S}",
    }


def pushed(number: str, clock: Clock, n: int) -> bytes:
    kind, code, digits, words, city, postal = STORY[n]
    at = _times(clock, n)
    return json.dumps(
        {
            "trackingNumber": number,
            "localActivityDate": at["day"],
            "localActivityTime": at["at"],
            "gmtActivityDate": at["utc_day"],
            "gmtActivityTime": at["utc_at"],
            "activityLocation": {"city": city.upper(), "stateProvince": "NY", "postalCode": postal, "country": "US"},
            "activityStatus": {"type": kind, "code": code, "description": words, "descriptionCode": digits},
            "scheduledDeliveryDate": f"202611{18 + n % 3}",
        }
    ).encode()


def polled(number: str, clock: Clock, last: int) -> RawAnswer:
    """What UPS answers after so many events."""
    activity = []
    for n in range(last, -1, -1):
        kind, code, digits, words, city, _ = STORY[n]
        at = _times(clock, n)
        place = {"city": city, "stateProvince": "NY", "countryCode": "US", "country": "US"}
        activity.append(
            {
                "location": {"address": place},
                "status": {"type": kind, "code": code, "statusCode": digits, "description": words},
                "date": at["day"],
                "time": at["at"],
                "gmtDate": at["utc_day"],
                "gmtTime": at["utc_at"],
                "gmtOffset": "-05:00",
            }
        )
    package = {
        "trackingNumber": number,
        "activity": activity,
        "currentStatus": {"code": STORY[last][2], "description": STORY[last][3]},
        "deliveryDate": [{"type": "SDD", "date": f"202611{18 + last % 3}"}],
    }
    body = {"trackResponse": {"shipment": [{"inquiryNumber": number, "package": [package]}]}}
    return RawAnswer(200, "application/json", json.dumps(body).encode())


def state_of(deps: Deps, shipment: Shipment) -> dict[str, Any]:
    """Everything that does not say how we came to know it."""
    with deps.sessions.read_system() as session:
        row = session.get_one(Shipment, shipment.id)
        scans = session.scalars(select(CheckpointRow).where(CheckpointRow.shipment_id == shipment.id))
        told = sorted(
            (s.at, s.raw_code or "", s.status or "", s.substatus or "", (s.city or "").upper()) for s in scans
        )
        names = ("status", "substatus", "status_at", "last_scan_at", "delivered_at", "shipped_at", "eta_on")
        return {name: getattr(row, name) for name in names} | {"scans": told}


def poll(deps: Deps, carriers: PushCarriers, shipment: Shipment, clock: Clock, last: int) -> None:
    number = shipment.tracking_number
    carriers.results[number] = get("ups").parse(polled(number, clock, last), [number])[0]
    with deps.sessions.write_system() as session:
        entry = session.get(PollQueueEntry, shipment.id)
        if entry is not None:
            entry.next_poll_at = datetime(2026, 1, 1, tzinfo=UTC)
    poll_due(deps)


# Every example works through a dozen transactions for each push: few of them, and none for making a failure shorter.
@settings(
    max_examples=10,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(
    order=st.permutations(range(len(STORY))),
    twice=st.lists(st.integers(0, len(STORY) - 1), max_size=3),
    polls=st.lists(st.tuples(st.integers(0, 9), st.integers(0, len(STORY) - 1)), max_size=2),
)
def test_any_order_of_pushes_ends_where_a_poll_does(
    deps: Deps,
    make: Factory,
    carriers: PushCarriers,
    clock: Clock,
    order: list[int],
    twice: list[int],
    polls: list[tuple[int, int]],
) -> None:
    hook = hook_for(deps, "ups")
    by_poll, by_push = (make.shipment(tracking_number=f"1Z999AA1{next(_numbers):010d}") for _ in range(2))
    poll(deps, carriers, by_poll, clock, len(STORY) - 1)
    for place, n in enumerate([*order, *twice]):
        for when, last in sorted(polls):
            if when == place:
                poll(deps, carriers, by_push, clock, last)
        # The last event again in other bytes, so that it is not known at the door.
        receive(deps, "ups", hook.token, hook.push(pushed(by_push.tracking_number, clock, n) + b" " * place))
        work_inbox(deps)
    assert state_of(deps, by_push) == state_of(deps, by_poll)
