"""When pushes stop coming somebody is told once, and parcels are polled as without pushes until they come again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from carriers.base import Subscribes
from portal.db.queries.staff_queue import QueueFilter
from portal.db.tables.delivery_exceptions import DeliveryException
from portal.db.tables.pushes import PushEndpoint
from portal.db.tables.shipments import PollQueueEntry, Shipment
from portal.usecases.deps import Deps
from portal.usecases.pushes.endpoints import close_endpoint
from portal.usecases.pushes.inbox import work_inbox
from portal.usecases.pushes.overview import list_endpoints
from portal.usecases.pushes.receive import receive
from portal.usecases.pushes.silence import notice_silence
from portal.usecases.pushes.subscriptions import subscribe_due
from portal.usecases.staff.queue import list_queue
from tests.support.doubles import Clock
from tests.support.factory import Factory
from tests.support.pushes import Hook, PushCarriers, body_of, hook_for, ups_event


@pytest.fixture
def hook(deps: Deps) -> Hook:
    return hook_for(deps, "ups")


def subscribed(deps: Deps, make: Factory, clock: Clock, count: int = 5) -> list[Shipment]:
    """Parcels whose pushes the carrier was asked for, a while ago."""
    order = make.order()
    parcels = [make.shipment(order, tracking_number=f"1ZSILENT{n}") for n in range(count)]
    clock.advance(minutes=1)
    subscribe_due(deps)
    return parcels


def moved(deps: Deps, clock: Clock, parcels: list[Shipment], *, pushed: bool = False) -> None:
    """Polls found a scan of each of them that was made just now."""
    now = clock.business()
    with deps.sessions.write_system() as session:
        session.execute(
            update(Shipment)
            .where(Shipment.id.in_([p.id for p in parcels]))
            .values(last_scan_at=now, pushed_at=now if pushed else Shipment.pushed_at)
        )


def cases(deps: Deps) -> list[tuple[str, str]]:
    with deps.sessions.read_system() as session:
        rows = session.scalars(select(DeliveryException).where(DeliveryException.rule == "R32"))
        return [(row.subject_id, row.state) for row in rows]


def test_five_parcels_that_move_for_a_day_without_a_push_are_silence(
    deps: Deps, hook: Hook, make: Factory, clock: Clock
) -> None:
    parcels = subscribed(deps, make, clock)
    clock.advance(hours=10)
    moved(deps, clock, parcels)
    clock.advance(hours=13)
    assert notice_silence(deps) == 0
    clock.advance(hours=1)
    assert notice_silence(deps) == 1
    assert notice_silence(deps) == 1
    assert cases(deps) == [(f"push {hook.endpoint.id}", "open")]  # once
    (view,) = list_endpoints(deps)
    assert view.silent_since == view.created_at


def test_four_parcels_may_be_chance(deps: Deps, hook: Hook, make: Factory, clock: Clock) -> None:
    parcels = subscribed(deps, make, clock, count=4)
    clock.advance(hours=10)
    moved(deps, clock, parcels)
    clock.advance(days=3)
    assert notice_silence(deps) == 0


def test_parcels_that_do_not_move_are_no_silence(deps: Deps, hook: Hook, make: Factory, clock: Clock) -> None:
    subscribed(deps, make, clock)
    clock.advance(days=3)
    assert notice_silence(deps) == 0


def test_a_push_that_is_a_little_late_is_not_missed(deps: Deps, hook: Hook, make: Factory, clock: Clock) -> None:
    parcels = subscribed(deps, make, clock)
    clock.advance(days=3)
    moved(deps, clock, parcels)
    clock.advance(hours=1)
    assert notice_silence(deps) == 0
    clock.advance(hours=1)
    assert notice_silence(deps) == 1


def test_parcels_that_are_pushed_are_not_missed(deps: Deps, hook: Hook, make: Factory, clock: Clock) -> None:
    parcels = subscribed(deps, make, clock)
    clock.advance(days=1)
    moved(deps, clock, parcels, pushed=True)
    clock.advance(days=2)
    assert notice_silence(deps) == 0


def test_scans_from_before_the_subscription_are_not_missed(deps: Deps, hook: Hook, make: Factory, clock: Clock) -> None:
    clock.advance(hours=30)
    order = make.order()
    parcels = [make.shipment(order, tracking_number=f"1ZOLD{n}") for n in range(6)]
    moved(deps, clock, parcels)
    clock.advance(hours=3)
    subscribe_due(deps)
    assert notice_silence(deps) == 0


def test_when_pushes_come_again_the_case_closes(deps: Deps, hook: Hook, make: Factory, clock: Clock) -> None:
    parcels = subscribed(deps, make, clock)
    clock.advance(hours=1)
    moved(deps, clock, parcels)
    clock.advance(days=1)
    assert notice_silence(deps) == 1
    receive(deps, "ups", hook.token, hook.push(body_of(ups_event(parcels[0].tracking_number))))
    work_inbox(deps)
    assert notice_silence(deps) == 0
    assert cases(deps) == [(f"push {hook.endpoint.id}", "cleared")]
    (view,) = list_endpoints(deps)
    assert view.silent_since is None


def test_while_pushes_are_silent_parcels_are_polled_as_usual(
    deps: Deps, hook: Hook, make: Factory, clock: Clock
) -> None:
    parcels = subscribed(deps, make, clock)
    moved(deps, clock, parcels, pushed=True)
    clock.advance(hours=1)
    moved(deps, clock, parcels)
    clock.advance(days=1)
    later = clock.business() + timedelta(hours=11)
    with deps.sessions.write_system() as session:
        session.execute(update(PollQueueEntry).values(next_poll_at=later))
    assert notice_silence(deps) == 1
    with deps.sessions.read_system() as session:
        assert set(session.scalars(select(Shipment.pushed_at))) == {None}
        assert set(session.scalars(select(PollQueueEntry.next_poll_at))) == {clock.business() + timedelta(hours=2)}


def test_an_address_that_was_never_subscribed_is_no_silence(
    deps: Deps, hook: Hook, make: Factory, clock: Clock
) -> None:
    order = make.order()
    parcels = [make.shipment(order, tracking_number=f"1ZNEVER{n}") for n in range(6)]
    clock.advance(hours=1)
    moved(deps, clock, parcels)
    clock.advance(days=2)
    assert notice_silence(deps) == 0


def test_the_case_of_a_closed_address_closes(deps: Deps, hook: Hook, make: Factory, clock: Clock) -> None:
    parcels = subscribed(deps, make, clock)
    clock.advance(hours=1)
    moved(deps, clock, parcels)
    clock.advance(days=1)
    notice_silence(deps)
    close_endpoint(deps, hook.endpoint.id)
    assert notice_silence(deps) == 0
    assert cases(deps) == [(f"push {hook.endpoint.id}", "cleared")]


@pytest.mark.parametrize("subscribes", [None, Subscribes.ACCOUNT])
def test_an_address_for_all_parcels_is_watched_from_its_beginning(
    deps: Deps, make: Factory, clock: Clock, carriers: PushCarriers, subscribes: Subscribes | None
) -> None:
    carriers.infos["dhl_unified"] = replace(carriers.info("dhl_unified"), subscribes=subscribes)
    hook_for(deps, "dhl_unified", secret="")
    clock.advance(minutes=1)
    subscribe_due(deps)
    order = make.order()
    parcels = [make.shipment(order, carrier="dhl_unified", tracking_number=f"00340{n}") for n in range(5)]
    others = [make.shipment(order, carrier="ups", tracking_number=f"1Z{n}") for n in range(5)]
    clock.advance(hours=1)
    moved(deps, clock, others)
    clock.advance(days=2)
    assert notice_silence(deps) == 0
    moved(deps, clock, parcels)
    clock.advance(hours=7)  # and a look at the subscription in between says nothing of pushes
    subscribe_due(deps)
    assert notice_silence(deps) == 1


def test_staff_see_which_pushes_are_silent(deps: Deps, hook: Hook, make: Factory, clock: Clock) -> None:
    parcels = subscribed(deps, make, clock)
    clock.advance(hours=1)
    moved(deps, clock, parcels)
    clock.advance(days=1)
    notice_silence(deps)
    with deps.sessions.read_system() as session:
        created = session.scalars(select(PushEndpoint.created_at)).one()
    page = list_queue(deps, QueueFilter(), staff_id=0)
    assert [(feed.carrier, feed.rule, feed.since) for feed in page.feeds] == [("ups", "R32", created)]
