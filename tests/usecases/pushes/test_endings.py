"""Pushes that would end too many parcels at once, and what reading a push again leaves alone."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.db.tables.raw_answers import HeldBatch
from portal.db.tables.shipments import PollQueueEntry, Shipment
from portal.usecases.deps import Deps
from portal.usecases.pushes.inbox import work_inbox
from portal.usecases.pushes.receive import receive
from portal.usecases.pushes.replay import replay_pushes
from tests.support.doubles import NOON, Clock
from tests.support.factory import Factory
from tests.support.pushes import Hook, PushCarriers, body_of, hook_for, ups_event

DELIVERED = {"type": "D", "code": "FS", "description": "DELIVERED", "descriptionCode": "011"}


@pytest.fixture
def hook(deps: Deps) -> Hook:
    return hook_for(deps, "ups")


@pytest.fixture
def parcels(deps: Deps, make: Factory) -> list[Shipment]:
    """Thirty parcels on their way."""
    numbers = [f"1Z999AA1{n:010d}" for n in range(30)]
    return [make.shipment(tracking_number=n, status="in_transit", last_scan_at=NOON, polled_at=NOON) for n in numbers]


def deliver(deps: Deps, hook: Hook, parcels: list[Shipment]) -> None:
    for parcel in parcels:
        body = body_of(ups_event(parcel.tracking_number, activityStatus=DELIVERED))
        receive(deps, "ups", hook.token, hook.push(body))
    work_inbox(deps)


def delivered(deps: Deps) -> int:
    with deps.sessions.read_system() as session:
        return len(session.scalars(select(Shipment.id).where(Shipment.status == "delivered")).all())


def test_pushes_that_would_end_over_a_fifth_of_an_accounts_parcels_are_asked_about(
    deps: Deps, hook: Hook, parcels: list[Shipment], carriers: PushCarriers, clock: Clock
) -> None:
    carriers.guarded = True
    clock.advance(hours=5)
    deliver(deps, hook, parcels)
    assert delivered(deps) == 6
    with deps.sessions.read_system() as session:
        due = select(PollQueueEntry.shipment_id).where(PollQueueEntry.next_poll_at <= clock.now)
        assert set(session.scalars(due)) >= {parcel.id for parcel in parcels[6:]}


def test_a_fifth_is_a_normal_day(deps: Deps, hook: Hook, parcels: list[Shipment], carriers: PushCarriers) -> None:
    carriers.guarded = True
    deliver(deps, hook, parcels[:6])
    assert delivered(deps) == 6


def test_while_answers_are_held_no_push_ends_a_parcel_either(
    deps: Deps, hook: Hook, parcels: list[Shipment], carriers: PushCarriers
) -> None:
    carriers.guarded = True
    with deps.sessions.write_system() as session:
        session.add(HeldBatch(account="env:ups", carrier="ups", held_at=NOON, open_parcels=30))
    deliver(deps, hook, parcels[:1])
    assert delivered(deps) == 0


def test_where_nobody_can_be_asked_pushes_are_the_only_word(
    deps: Deps, hook: Hook, parcels: list[Shipment], carriers: PushCarriers
) -> None:
    carriers.codes = ()
    deliver(deps, hook, parcels)
    assert delivered(deps) == 30


def test_the_first_word_about_a_parcel_may_find_it_at_its_end(
    deps: Deps, hook: Hook, make: Factory, carriers: PushCarriers
) -> None:
    carriers.guarded = True
    deliver(deps, hook, [make.shipment(tracking_number=f"1Z999AA1{n:010d}") for n in range(10)])
    assert delivered(deps) == 10


def test_a_push_that_is_read_again_is_no_newer_for_it(
    deps: Deps, hook: Hook, parcels: list[Shipment], clock: Clock
) -> None:
    deliver(deps, hook, parcels[:1])
    came = clock.business()
    clock.advance(days=3)
    assert replay_pushes(deps, "ups").changed == 0
    with deps.sessions.read_system() as session:
        assert session.get_one(Shipment, parcels[0].id).pushed_at == came
