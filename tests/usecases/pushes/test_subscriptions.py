"""Carriers are asked for pushes once for each open parcel, or once for the account, and again before they stop."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select, update

from carriers.base import Subscribes
from carriers.errors import CarrierError, ErrorKind
from portal.db.tables.carrier_accounts import AccountState
from portal.db.tables.pushes import PushEndpoint, PushSubscription
from portal.db.tables.shipments import PollQueueEntry, Shipment
from portal.usecases.carriers.accounts import pause_account
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.pushes import subscriptions
from portal.usecases.pushes.endpoints import change_secret, close_endpoint, create_endpoint
from portal.usecases.pushes.overview import list_endpoints
from portal.usecases.pushes.subscriptions import subscribe_due
from tests.support.doubles import Clock
from tests.support.factory import Factory
from tests.support.pushes import Hook, PushCarriers, hook_for


@pytest.fixture
def hook(deps: Deps) -> Hook:
    return hook_for(deps, "ups")


def asked(carriers: PushCarriers) -> list[tuple[str, ...]]:
    return [numbers for _, numbers, _ in carriers.subscribed]


def run(deps: Deps, clock: Clock, **later: float) -> int:
    clock.advance(**(later or {"minutes": 1}))
    return subscribe_due(deps)


def states(deps: Deps) -> list[str]:
    with deps.sessions.read_system() as session:
        return list(session.scalars(select(PushSubscription.state).order_by(PushSubscription.shipment_id)))


def test_open_parcels_are_subscribed_once(
    deps: Deps, hook: Hook, make: Factory, carriers: PushCarriers, clock: Clock
) -> None:
    first, second = make.shipment(), make.shipment()
    make.shipment(carrier="fedex")
    make.shipment(status="delivered")
    make.shipment(queued=False)
    assert run(deps, clock) == 2
    assert asked(carriers) == [(first.tracking_number, second.tracking_number)]
    (_, _, target) = carriers.subscribed[0]
    assert (target.url, target.secret) == (hook.endpoint.url, hook.secret)
    assert run(deps, clock) == 0
    third = make.shipment()
    assert run(deps, clock) == 1
    assert asked(carriers)[1:] == [(third.tracking_number,)]
    (view,) = list_endpoints(deps)
    assert (view.subscribed, view.subscribe_error) == (3, None)


def test_a_subscription_is_renewed_before_it_ends(
    deps: Deps, hook: Hook, make: Factory, carriers: PushCarriers, clock: Clock
) -> None:
    parcel = make.shipment()
    run(deps, clock)
    assert run(deps, clock, days=11, hours=23) == 0
    assert run(deps, clock, hours=1) == 1
    assert asked(carriers) == [(parcel.tracking_number,)] * 2
    assert run(deps, clock, days=11) == 0


def test_a_subscription_ends_with_its_parcel_and_begins_again_with_it(
    deps: Deps, hook: Hook, make: Factory, carriers: PushCarriers, clock: Clock
) -> None:
    parcel = make.shipment()
    run(deps, clock)
    with deps.sessions.write_system() as session:
        session.delete(session.get_one(PollQueueEntry, parcel.id))
    assert run(deps, clock, days=13) == 0
    assert states(deps) == ["ended"]
    with deps.sessions.write_system() as session:
        session.add(
            PollQueueEntry(shop_id=parcel.shop_id, shipment_id=parcel.id, carrier="ups", next_poll_at=clock.business())
        )
    assert run(deps, clock) == 1
    assert states(deps) == ["active"]


def test_a_delivered_parcel_is_not_renewed(
    deps: Deps, hook: Hook, make: Factory, carriers: PushCarriers, clock: Clock
) -> None:
    parcel = make.shipment()
    run(deps, clock)
    with deps.sessions.write_system() as session:
        session.execute(update(Shipment).where(Shipment.id == parcel.id).values(status="delivered"))
    assert run(deps, clock, days=13) == 0


def test_numbers_that_the_carrier_will_not_push_are_not_asked_for_again(
    deps: Deps, hook: Hook, make: Factory, carriers: PushCarriers, clock: Clock
) -> None:
    good, bad = make.shipment(), make.shipment(tracking_number="92055900000000000000000000")
    carriers.not_pushed.add(bad.tracking_number)
    run(deps, clock)
    assert states(deps) == ["active", "refused"]
    run(deps, clock, days=13)
    assert asked(carriers)[1:] == [(good.tracking_number,)]


def test_many_numbers_go_in_batches_of_the_carriers_size(
    deps: Deps, hook: Hook, make: Factory, carriers: PushCarriers, clock: Clock
) -> None:
    carriers.infos["ups"] = replace(carriers.info("ups"), subscription_batch=2)
    order = make.order()
    for n in range(5):
        make.shipment(order, tracking_number=f"1Z{n}")
    shared = make.shipment(tracking_number="1Z4")
    assert run(deps, clock) == 6
    assert [len(numbers) for numbers in asked(carriers)] == [2, 2, 1]  # a number that two orders share is asked once
    assert len(states(deps)) == 6
    assert shared.id


def test_a_failure_is_shown_and_tried_again_later_and_later(
    deps: Deps, hook: Hook, make: Factory, carriers: PushCarriers, clock: Clock
) -> None:
    make.shipment()
    carriers.subscribe_error = CarrierError(ErrorKind.SERVER_ERROR, "down")
    run(deps, clock)
    (view,) = list_endpoints(deps)
    assert view.subscribe_error == "server_error"
    run(deps, clock, minutes=4)
    assert len(carriers.subscribed) == 1
    run(deps, clock, minutes=1)
    assert len(carriers.subscribed) == 2
    run(deps, clock, minutes=9)
    assert len(carriers.subscribed) == 2
    carriers.subscribe_error = None
    assert run(deps, clock, minutes=1) == 1
    (view,) = list_endpoints(deps)
    assert view.subscribe_error is None


def test_the_carriers_own_wait_is_a_minimum(
    deps: Deps, hook: Hook, make: Factory, carriers: PushCarriers, clock: Clock
) -> None:
    make.shipment()
    carriers.subscribe_error = CarrierError(ErrorKind.RATE_LIMITED, "slow down", retry_after=3600)
    run(deps, clock)
    run(deps, clock, minutes=59)
    assert len(carriers.subscribed) == 1
    run(deps, clock, minutes=2)
    assert len(carriers.subscribed) == 2


def test_an_account_that_may_not_subscribe_goes_on_being_asked_with(
    deps: Deps, hook: Hook, make: Factory, carriers: PushCarriers, clock: Clock
) -> None:
    make.shipment()
    carriers.subscribe_error = CarrierError(ErrorKind.AUTH, "not for this product")
    run(deps, clock)
    with deps.sessions.read_system() as session:
        state = session.get_one(AccountState, "env:ups")
    assert (state.paused_at, state.failures, state.calls) == (None, 0, 1)


def test_a_paused_account_is_left_alone(
    deps: Deps, hook: Hook, make: Factory, carriers: PushCarriers, clock: Clock
) -> None:
    make.shipment()
    pause_account(deps, "env:ups", actor="staff 1")
    run(deps, clock)
    assert carriers.subscribed == []
    (view,) = list_endpoints(deps)
    assert view.subscribe_error is None


def test_calls_count_for_the_accounts_quota(
    deps: Deps, hook: Hook, make: Factory, carriers: PushCarriers, clock: Clock
) -> None:
    carriers.calls_per_day = 1
    carriers.infos["ups"] = replace(carriers.info("ups"), subscription_batch=1)
    make.shipment()
    make.shipment()
    run(deps, clock)
    assert len(carriers.subscribed) <= 1


def test_the_whole_account_is_subscribed_once_and_looked_after(
    deps: Deps, make: Factory, carriers: PushCarriers, clock: Clock
) -> None:
    carriers.infos["ups"] = replace(carriers.info("ups"), subscribes=Subscribes.ACCOUNT, subscription_days=None)
    made = create_endpoint(deps, "ups")
    make.shipment()
    assert run(deps, clock) == 1
    assert asked(carriers) == [()]
    assert run(deps, clock, hours=5) == 0
    assert len(asked(carriers)) == 1
    assert run(deps, clock, hours=1) == 0
    assert len(asked(carriers)) == 2  # it still stands
    with deps.sessions.read_system() as session:
        assert session.get_one(PushEndpoint, made.id).handle == "hook-1"
    change_secret(deps, made.id, "a new secret")
    assert run(deps, clock) == 1  # the carrier has to be told
    assert carriers.subscribed[-1][2].secret == "a new secret"


def test_a_shops_own_account_subscribes_for_its_own_parcels(
    deps: Deps, make: Factory, carriers: PushCarriers, clock: Clock, shop: ShopRef, other_shop: ShopRef
) -> None:
    carriers.more_accounts.append(carriers.account("ups", key="7", shop_id=shop.id))
    hook_for(deps, "ups", shop)
    hook_for(deps, "ups")
    mine, theirs = make.shipment(), Factory(deps, other_shop).shipment()
    run(deps, clock)
    assert {(key, numbers) for key, numbers, _ in carriers.subscribed} == {
        ("7", (mine.tracking_number,)),
        ("env:ups", (theirs.tracking_number,)),
    }


def test_nothing_is_asked_for_an_address_that_is_closed_or_has_no_account(
    deps: Deps, hook: Hook, make: Factory, carriers: PushCarriers, clock: Clock
) -> None:
    make.shipment()
    close_endpoint(deps, hook.endpoint.id)
    run(deps, clock)
    hook_for(deps, "ups")
    carriers.codes = ()
    run(deps, clock)
    assert carriers.subscribed == []


def test_two_workers_do_not_ask_at_once(
    deps: Deps, hook: Hook, make: Factory, carriers: PushCarriers, clock: Clock
) -> None:
    make.shipment()
    accounts = carriers.accounts()
    assert len(subscriptions._due(deps, accounts)) == 1
    assert subscriptions._due(deps, accounts) == []
    clock.advance(minutes=10)
    assert len(subscriptions._due(deps, accounts)) == 1  # that worker has died
