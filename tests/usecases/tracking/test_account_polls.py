"""Polls by account: whose it is, its pace and quota, the breaker, refused credentials; on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from carriers.errors import CarrierError, ErrorKind
from carriers.model import Status
from portal.db.tables.carrier_accounts import AccountState
from portal.db.tables.shipments import PollQueueEntry, Shipment
from portal.db.tables.staff import AuditRow
from portal.domain.carrier_accounts import AccountRef
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.tracking.claim import Group, groups_of, take
from portal.usecases.tracking.poll import poll_due
from tests.support.doubles import NOON, Clock, FakeCarriers
from tests.support.factory import Factory
from tests.usecases.tracking.test_poll import moving, row, scan


def state(deps: Deps, key: str = "env:ups") -> AccountState:
    with deps.sessions.read_system() as session:
        return session.get_one(AccountState, key)


def parcels(make: Factory, carriers: FakeCarriers, count: int, **changes: Any) -> list[Shipment]:
    made = [make.shipment(**changes) for _ in range(count)]
    for parcel in made:
        carriers.results[parcel.tracking_number] = moving(parcel.tracking_number, scan(5, Status.IN_TRANSIT))
    return made


def next_polls(deps: Deps) -> list[datetime]:
    with deps.sessions.read_system() as session:
        return list(session.scalars(select(PollQueueEntry.next_poll_at).order_by(PollQueueEntry.shipment_id)))


def fails(kind: ErrorKind, **more: Any) -> CarrierError:
    return CarrierError(kind, "no", **more)


# whose account


def test_a_batch_never_mixes_the_parcels_of_two_accounts(
    deps: Deps, make: Factory, carriers: FakeCarriers, other_shop: ShopRef, make_in: Callable[[ShopRef], Factory]
) -> None:
    carriers.batch = 10
    carriers.more_accounts = [carriers.account("ups", key="7", shop_id=other_shop.id)]
    mine = {p.tracking_number for p in parcels(make, carriers, 3)}
    theirs = {p.tracking_number for p in parcels(make_in(other_shop), carriers, 2)}
    assert poll_due(deps) == 5
    asked = {key: set(numbers) for key, (_, numbers) in zip(carriers.used, carriers.asked, strict=True)}
    assert asked == {"env:ups": mine, "7": theirs}


def test_a_carrier_without_an_account_is_asked_about_through_the_shops_aggregator(
    deps: Deps, make: Factory, carriers: FakeCarriers
) -> None:
    carriers.more_accounts = [carriers.account("easypost", key="8", shop_id=make.shop.id, aggregator=True)]
    (parcel,) = parcels(make, carriers, 1, carrier="japan_post", tracking_number="RR123456785JP")
    poll_due(deps)
    assert (carriers.used, carriers.asked) == (["8"], [("japan_post", ("RR123456785JP",))])
    assert row(deps, parcel).status == "in_transit"


def test_without_any_account_a_parcel_says_so_and_is_looked_at_again_later(
    deps: Deps, make: Factory, carriers: FakeCarriers
) -> None:
    (parcel,) = parcels(make, carriers, 1, carrier="evri_uk")
    poll_due(deps)
    assert (carriers.asked, row(deps, parcel).last_error) == ([], "auth")
    assert next_polls(deps) == [NOON + timedelta(minutes=15)]


def test_shops_are_named_only_where_some_shop_has_an_account() -> None:
    own = AccountRef(key="env:ups", adapter="ups", name="UPS")
    assert groups_of([own], [("ups", 1), ("ups", 2)]) == [Group(own, "ups", None)]
    theirs = AccountRef(key="3", adapter="fedex", name="FedEx", shop_id=2)
    assert groups_of([own, theirs], [("ups", 1), ("ups", 2)]) == [Group(own, "ups", frozenset({1, 2}))]


def test_a_batch_that_goes_anyway_takes_along_what_falls_due_in_a_moment(
    deps: Deps, make: Factory, carriers: FakeCarriers
) -> None:
    carriers.batch = 4
    made = parcels(make, carriers, 6)
    with deps.sessions.write_system() as session:
        for parcel, minutes in zip(made, (0, 3, 9, 11, -5, 60), strict=True):
            session.get_one(PollQueueEntry, parcel.id).next_poll_at = NOON + timedelta(minutes=minutes)
    assert poll_due(deps) == 4
    (asked,) = [set(numbers) for _, numbers in carriers.asked]
    assert asked == {made[n].tracking_number for n in (0, 1, 2, 4)}
    assert poll_due(deps) == 0  # nothing goes only for what is not due


# pace


def test_all_workers_together_keep_an_accounts_pace(
    deps: Deps, make: Factory, carriers: FakeCarriers, clock: Clock
) -> None:
    carriers.calls_per_second = 2
    parcels(make, carriers, 30)
    group = Group(carriers.account("ups"), "ups")
    first = take(deps, group, limit=200)
    assert (len(first.claims), first.full) == (10, True)  # five seconds' worth
    assert take(deps, group, limit=200).grant.why_not == "pace"  # another worker, at the same moment
    clock.real += timedelta(seconds=4)
    assert len(take(deps, group, limit=200).claims) == 10
    assert take(deps, group, limit=200).grant.why_not == "pace"


def test_what_is_not_needed_of_a_block_is_not_taken(
    deps: Deps, make: Factory, carriers: FakeCarriers, clock: Clock
) -> None:
    carriers.calls_per_second = 2
    parcels(make, carriers, 2)
    poll_due(deps)
    assert state(deps).next_call_at == NOON + timedelta(seconds=1)
    assert (state(deps).calls, state(deps).parcels) == (2, 2)


@pytest.mark.parametrize("kind", [ErrorKind.RATE_LIMITED, ErrorKind.SERVER_ERROR])
def test_before_the_moment_the_carrier_named_nobody_calls_the_account(
    deps: Deps, make: Factory, carriers: FakeCarriers, clock: Clock, kind: ErrorKind
) -> None:
    parcels(make, carriers, 20)
    other = parcels(make, carriers, 1, carrier="fedex", tracking_number="449044304137821")[0]
    carriers.fails["ups"] = fails(kind, retry_after=600)
    poll_due(deps)
    asked = carriers.used.count("env:ups")
    assert asked <= 8  # those that were under way side by side
    assert row(deps, other).status == "in_transit"
    carriers.fails.clear()
    clock.advance(seconds=599)
    poll_due(deps)
    assert carriers.used.count("env:ups") == asked
    clock.advance(seconds=1)
    poll_due(deps)
    assert carriers.used.count("env:ups") > asked


def test_parcels_that_were_not_asked_about_keep_their_place(
    deps: Deps, make: Factory, carriers: FakeCarriers, clock: Clock
) -> None:
    parcels(make, carriers, 30)
    carriers.fails["ups"] = fails(ErrorKind.RATE_LIMITED, retry_after=600)
    poll_due(deps)
    kept = [moment for moment in next_polls(deps) if moment == NOON]
    assert len(kept) >= 22
    carriers.fails.clear()
    clock.advance(seconds=601)
    assert poll_due(deps) >= 22


def test_too_many_requests_halves_the_pace_and_quiet_gives_it_back(
    deps: Deps, make: Factory, carriers: FakeCarriers, clock: Clock
) -> None:
    parcels(make, carriers, 1)
    carriers.fails["ups"] = fails(ErrorKind.RATE_LIMITED)
    poll_due(deps)
    assert (state(deps).slowdown, state(deps).retry_at) == (2, NOON + timedelta(seconds=30))
    carriers.fails.clear()
    clock.advance(minutes=20)
    poll_due(deps)
    assert state(deps).slowdown == 1


# quota


def test_a_days_calls_are_never_exceeded_and_begin_anew_at_midnight(
    deps: Deps, make: Factory, carriers: FakeCarriers, clock: Clock
) -> None:
    carriers.calls_per_day = 10
    parcels(make, carriers, 30)
    poll_due(deps)
    assert len(carriers.asked) == 9  # one is kept for what is urgent
    clock.advance(hours=11)
    poll_due(deps)
    assert len(carriers.asked) == 9
    clock.advance(hours=2)
    poll_due(deps)
    assert len(carriers.asked) == 18


def test_the_reserve_is_for_urgent_parcels(deps: Deps, make: Factory, carriers: FakeCarriers, clock: Clock) -> None:
    carriers.calls_per_day = 10
    out = parcels(make, carriers, 1)[0]
    carriers.results[out.tracking_number] = moving(
        out.tracking_number, scan(1, Status.OUT_FOR_DELIVERY), status=Status.OUT_FOR_DELIVERY
    )
    poll_due(deps)
    parcels(make, carriers, 15)
    clock.advance(hours=2)
    carriers.asked.clear()
    poll_due(deps)
    # Others had waited longer, but the last call of the day was not for them.
    assert (len(carriers.asked), carriers.asked[-1]) == (9, ("ups", (out.tracking_number,)))
    clock.advance(hours=2)
    assert poll_due(deps) == 0


def test_intervals_are_stretched_so_that_250_calls_serve_40_parcels_all_day(
    deps: Deps, make: Factory, carriers: FakeCarriers, clock: Clock
) -> None:
    carriers.calls_per_day = 250
    clock.now = clock.real = NOON.replace(hour=0)
    vip = make.customer(is_vip=True)
    made = [make.shipment(make.order(vip)) for _ in range(40)]  # each is worth a look every two hours
    for parcel in made:
        carriers.results[parcel.tracking_number] = moving(parcel.tracking_number, scan(15, Status.IN_TRANSIT))
    asked: list[int] = []
    for _ in range(24 * 4):
        before = len(carriers.asked)
        poll_due(deps)
        asked.append(len(carriers.asked) - before)
        clock.advance(minutes=15)
    assert 150 < sum(asked) <= 250
    last = [n for n, count in enumerate(asked) if count]
    assert last[-1] >= 80  # not used up by the afternoon
    found = state(deps)
    assert (found.open_parcels, found.usual_seconds) == (40, 7200)
    assert found.stretch_urgent > 1.5


# circuit breaker


def test_after_failures_in_a_row_the_account_is_left_alone_and_then_tried_with_one_call(
    deps: Deps, make: Factory, carriers: FakeCarriers, clock: Clock
) -> None:
    parcels(make, carriers, 40)
    carriers.fails["ups"] = fails(ErrorKind.SERVER_ERROR)
    poll_due(deps)
    asked = len(carriers.asked)
    assert asked <= 13  # five failures, and what was under way beside them
    assert (state(deps).breaker, state(deps).probe_at) == ("open", NOON + timedelta(minutes=1))
    clock.advance(seconds=59)
    poll_due(deps)
    assert len(carriers.asked) == asked
    clock.advance(seconds=1)
    poll_due(deps)
    assert len(carriers.asked) == asked + 1
    assert (state(deps).breaker, state(deps).probe_at) == ("open", NOON + timedelta(minutes=3))
    carriers.fails.clear()
    clock.advance(minutes=3)
    poll_due(deps)
    assert state(deps).breaker == "closed"
    assert len(carriers.asked) >= asked + 20  # the one that was tried, and at once the rest


def test_two_workers_do_not_both_try_a_broken_account(
    deps: Deps, make: Factory, carriers: FakeCarriers, clock: Clock
) -> None:
    parcels(make, carriers, 40)
    carriers.fails["ups"] = fails(ErrorKind.SERVER_ERROR)
    poll_due(deps)
    clock.advance(minutes=2)
    group = Group(carriers.account("ups"), "ups")
    assert len(take(deps, group, limit=200).claims) == 1
    assert take(deps, group, limit=200).grant.why_not == "open"


def test_one_accounts_breaker_leaves_the_others_alone(
    deps: Deps, make: Factory, carriers: FakeCarriers, other_shop: ShopRef, make_in: Callable[[ShopRef], Factory]
) -> None:
    carriers.more_accounts = [carriers.account("ups", key="7", shop_id=other_shop.id)]
    parcels(make, carriers, 10)
    theirs = parcels(make_in(other_shop), carriers, 10)
    carriers.fails["env:ups"] = fails(ErrorKind.SERVER_ERROR)
    poll_due(deps)
    assert state(deps).breaker == "open"
    assert state(deps, "7").breaker == "closed"
    assert all(row(deps, parcel).status == "in_transit" for parcel in theirs)


# refused credentials


def refused_once(deps: Deps) -> int:
    with deps.sessions.read_system() as session:
        return len(session.scalars(select(AuditRow).where(AuditRow.action == "account_paused")).all())


def test_refused_credentials_pause_the_account_once_with_one_alert(
    deps: Deps, make: Factory, carriers: FakeCarriers, clock: Clock
) -> None:
    made = parcels(make, carriers, 30)
    carriers.fails["ups"] = fails(ErrorKind.AUTH)
    for _ in range(4):
        poll_due(deps)
        clock.advance(hours=7)
    assert (state(deps).paused_reason, refused_once(deps), len(carriers.asked) <= 8) == ("auth", 1, True)
    assert set(next_polls(deps)) == {NOON}  # all of them keep their place
    assert {row(deps, parcel).error_count for parcel in made} == {0}


def test_new_credentials_end_the_pause_and_the_parcels_go_on_where_they_were(
    deps: Deps, make: Factory, carriers: FakeCarriers, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = parcels(make, carriers, 5)
    carriers.fails["ups"] = fails(ErrorKind.AUTH)
    poll_due(deps)
    carriers.fails.clear()
    clock.advance(hours=1)
    assert poll_due(deps) == 0
    renewed = [carriers.account(code, mark="2") for code in carriers.codes]
    monkeypatch.setattr(carriers, "accounts", lambda: renewed)
    assert poll_due(deps) == 5
    assert state(deps).paused_at is None
    assert {row(deps, parcel).status for parcel in made} == {"in_transit"}


def test_a_refusal_beside_answers_is_about_one_number(
    deps: Deps, make: Factory, carriers: FakeCarriers, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd, *others = parcels(make, carriers, 4)
    whole = carriers.track

    def track(account: AccountRef, carrier: str, numbers: Any) -> Any:
        asked = whole(account, carrier, numbers)
        if odd.tracking_number in numbers:
            return type(asked)([], fails(ErrorKind.AUTH))
        return asked

    monkeypatch.setattr(carriers, "track", track)
    monkeypatch.setattr("portal.usecases.tracking.ask.SLOTS", 1)
    carriers.results[odd.tracking_number] = carriers.results[others[0].tracking_number]
    with deps.sessions.write_system() as session:  # it is asked about last, so that the others have answered
        session.get_one(PollQueueEntry, odd.id).next_poll_at = NOON
        for other in others:
            session.get_one(PollQueueEntry, other.id).next_poll_at = NOON - timedelta(hours=1)
    poll_due(deps)
    assert state(deps).paused_at is None
    assert (row(deps, odd).last_error, row(deps, odd).error_count) == ("auth", 1)
