"""From a carrier's answer to rows, messages and the next poll; on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

import portal.usecases.tracking.merge
import portal.usecases.tracking.store
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Checkpoint, EstimatedDelivery, Status, TrackingResult
from portal.db.tables.checkpoints import CheckpointRow
from portal.db.tables.messages import OutboxMessage
from portal.db.tables.orders import Order
from portal.db.tables.shipments import PollQueueEntry, Promise, Shipment
from portal.domain.pacing import Stretch
from portal.usecases.deps import Deps
from portal.usecases.tracking.claim import LEASE, MAX_CLAIMS, claim
from portal.usecases.tracking.poll import Answered, poll_due, store
from portal.usecases.tracking.unchanged import store_unchanged
from tests.support.doubles import NOON, Clock, FakeCarriers
from tests.support.factory import Factory


def scan(hours_ago: float, status: Status | None, text: str = "scan", code: str | None = None) -> Checkpoint:
    return Checkpoint(
        NOON - timedelta(hours=hours_ago), status, raw_code=code or text, raw_text=text, city="Albany", country="US"
    )


def moving(
    number: str, *scans: Checkpoint, eta: date | None = None, status: Status = Status.IN_TRANSIT
) -> TrackingResult:
    return TrackingResult(number, status, None, scans, EstimatedDelivery(eta) if eta else None)


def row(deps: Deps, shipment: Shipment) -> Shipment:
    with deps.sessions.read_system() as session:
        return session.get_one(Shipment, shipment.id)


def events(deps: Deps) -> list[str]:
    with deps.sessions.read_system() as session:
        return list(session.scalars(select(OutboxMessage.event).order_by(OutboxMessage.id)))


def test_a_polled_parcel_shows_what_the_carrier_said(deps: Deps, make: Factory, carriers: FakeCarriers) -> None:
    parcel = make.shipment()
    carriers.results[parcel.tracking_number] = moving(
        parcel.tracking_number,
        scan(20, Status.INFO_RECEIVED, "Label"),
        scan(5, Status.IN_TRANSIT, "Departed"),
        eta=date(2026, 11, 20),
    )
    assert poll_due(deps) == 1
    after = row(deps, parcel)
    assert (after.status, after.eta_on, after.polled_at) == ("in_transit", date(2026, 11, 20), NOON)
    with deps.sessions.read(make.shop.id) as session:
        assert [c.raw_text for c in session.scalars(select(CheckpointRow).order_by(CheckpointRow.at))] == [
            "Label",
            "Departed",
        ]
        assert session.get_one(Order, parcel.order_id).version == 2
        promise = session.scalars(select(Promise)).one()
        assert (promise.kind, promise.date, promise.source) == ("estimated", date(2026, 11, 20), "carrier")
        entry = session.get_one(PollQueueEntry, parcel.id)
        assert entry.next_poll_at == NOON + timedelta(hours=4)
        assert entry.lease_until is None
    assert events(deps) == ["shipped"]


@pytest.mark.parametrize(
    ("day", "expected"),
    [(20, 22), (21, 21), (22, 22)],  # a parcel is late after the last day of a window; a date within one stands
)
def test_of_a_window_of_days_the_last_is_promised(
    deps: Deps, make: Factory, carriers: FakeCarriers, day: int, expected: int
) -> None:
    parcel = make.shipment()
    first, last = datetime(2026, 11, 20, 8, tzinfo=UTC), datetime(2026, 11, 22, 20, tzinfo=UTC)
    window = EstimatedDelivery(date(2026, 11, day), first, last)
    told = replace(moving(parcel.tracking_number, scan(5, Status.IN_TRANSIT)), estimated_delivery=window)
    carriers.results[parcel.tracking_number] = told
    assert poll_due(deps) == 1
    assert row(deps, parcel).eta_on == date(2026, 11, expected)


def test_the_same_answer_again_changes_nothing_but_the_time_of_asking(
    deps: Deps, make: Factory, carriers: FakeCarriers, clock: Clock
) -> None:
    parcel = make.shipment()
    carriers.results[parcel.tracking_number] = moving(parcel.tracking_number, scan(5, Status.IN_TRANSIT))
    poll_due(deps)
    before = row(deps, parcel)
    clock.advance(hours=5)
    assert poll_due(deps) == 1
    after = row(deps, parcel)
    assert after.polled_at == clock.now
    assert (after.changed_at, after.status) == (before.changed_at, before.status)
    with deps.sessions.read(make.shop.id) as session:
        assert session.get_one(Order, parcel.order_id).version == 2
    assert events(deps) == ["shipped"]


def test_reworded_and_repeated_scans_are_the_same_scans(
    deps: Deps, make: Factory, carriers: FakeCarriers, clock: Clock
) -> None:
    parcel = make.shipment()
    carriers.results[parcel.tracking_number] = moving(
        parcel.tracking_number, scan(5, Status.IN_TRANSIT, "Departed", "DP")
    )
    poll_due(deps)
    clock.advance(hours=5)
    again = (scan(5, Status.IN_TRANSIT, "Has left the facility", "DP"), scan(5, Status.IN_TRANSIT, "Departed", "DP"))
    carriers.results[parcel.tracking_number] = moving(parcel.tracking_number, *again)
    poll_due(deps)
    with deps.sessions.read(make.shop.id) as session:
        assert len(session.scalars(select(CheckpointRow)).all()) == 1


def test_an_unknown_number_stays_pending_and_is_asked_for_again(deps: Deps, make: Factory) -> None:
    parcel = make.shipment()
    poll_due(deps)
    after = row(deps, parcel)
    assert (after.status, after.last_error, after.not_found_count) == ("pending", "not_found", 1)
    with deps.sessions.read(make.shop.id) as session:
        assert session.get_one(PollQueueEntry, parcel.id).next_poll_at == NOON + timedelta(hours=6)


def test_a_failed_call_changes_only_the_error_and_the_next_poll(
    deps: Deps, make: Factory, carriers: FakeCarriers, clock: Clock
) -> None:
    parcel = make.shipment()
    carriers.results[parcel.tracking_number] = moving(parcel.tracking_number, scan(5, Status.IN_TRANSIT))
    poll_due(deps)
    clock.advance(hours=5)
    carriers.fails["ups"] = CarrierError(ErrorKind.RATE_LIMITED, retry_after=7200)
    poll_due(deps)
    after = row(deps, parcel)
    assert (after.status, after.polled_at, after.last_error, after.error_count) == (
        "in_transit",
        NOON,
        "rate_limited",
        1,
    )
    with deps.sessions.read(make.shop.id) as session:
        assert session.get_one(PollQueueEntry, parcel.id).next_poll_at == clock.now + timedelta(hours=2)


def test_a_delivered_parcel_is_confirmed_once_and_then_left_alone(
    deps: Deps, make: Factory, carriers: FakeCarriers, clock: Clock
) -> None:
    parcel = make.shipment()
    carriers.results[parcel.tracking_number] = moving(
        parcel.tracking_number, scan(5, Status.IN_TRANSIT), scan(1, Status.DELIVERED), status=Status.DELIVERED
    )
    poll_due(deps)
    assert row(deps, parcel).tracking_ended_at is None
    clock.advance(hours=26)
    poll_due(deps)
    assert row(deps, parcel).tracking_ended_at == clock.now
    clock.advance(days=30)
    assert poll_due(deps) == 0
    assert events(deps) == ["delivered"]
    with deps.sessions.read(make.shop.id) as session:
        assert session.get_one(Order, parcel.order_id).delivered_at == NOON - timedelta(hours=1)


def test_a_former_holders_scans_are_kept_but_never_shown(deps: Deps, make: Factory, carriers: FakeCarriers) -> None:
    parcel = make.shipment()
    carriers.results[parcel.tracking_number] = moving(
        parcel.tracking_number, scan(24 * 200, Status.DELIVERED, "Left at the door"), status=Status.DELIVERED
    )
    poll_due(deps)
    assert row(deps, parcel).status == "pending"
    with deps.sessions.read(make.shop.id) as session:
        assert [c.quarantined for c in session.scalars(select(CheckpointRow))] == [True]
    assert events(deps) == []


def test_two_workers_never_poll_the_same_parcel(deps: Deps, make: Factory) -> None:
    make.shipment()
    assert len(claim(deps, "ups", limit=10)) == 1
    assert claim(deps, "ups", limit=10) == []


def test_a_dead_workers_parcel_is_taken_over_and_its_late_result_is_refused(
    deps: Deps, make: Factory, clock: Clock
) -> None:
    parcel = make.shipment()
    (dead,) = claim(deps, "ups", limit=10)
    clock.real += LEASE + timedelta(seconds=1)
    (alive,) = claim(deps, "ups", limit=10)
    assert alive.fence == dead.fence + 1
    late = moving(parcel.tracking_number, scan(1, Status.DELIVERED), status=Status.DELIVERED)
    store(deps, Answered(dead, late, None))
    assert row(deps, parcel).status == "pending"
    store(deps, Answered(alive, late, None))
    assert row(deps, parcel).status == "delivered"


def test_a_late_answer_without_news_does_not_plan_a_parcel_that_another_worker_has(
    deps: Deps, make: Factory, carriers: FakeCarriers, clock: Clock
) -> None:
    parcel = make.shipment()
    answer = moving(parcel.tracking_number, scan(5, Status.IN_TRANSIT))
    carriers.results[parcel.tracking_number] = answer
    poll_due(deps)
    clock.advance(hours=5)
    (dead,) = claim(deps, "ups", limit=10)
    clock.real += LEASE + timedelta(seconds=1)
    (alive,) = claim(deps, "ups", limit=10)
    assert store_unchanged(deps, [Answered(dead, answer, None)], {}, Stretch()) == []
    with deps.sessions.read(make.shop.id) as session:
        assert session.get_one(PollQueueEntry, parcel.id).lease_until is not None
    assert row(deps, parcel).polled_at == NOON
    store_unchanged(deps, [Answered(alive, answer, None)], {}, Stretch())
    assert row(deps, parcel).polled_at == clock.now


def test_one_parcel_that_stumbles_does_not_take_the_others_of_its_round_with_it(
    deps: Deps, make: Factory, carriers: FakeCarriers, monkeypatch: pytest.MonkeyPatch
) -> None:
    parcels = [make.shipment() for _ in range(5)]
    for parcel in parcels:
        carriers.results[parcel.tracking_number] = moving(parcel.tracking_number, scan(5, Status.IN_TRANSIT))
    whole = portal.usecases.tracking.merge.merge_one

    def stumbling(session: Any, ports: Deps, shop: Any, shipment: Shipment, *rest: Any) -> Any:
        change = whole(session, ports, shop, shipment, *rest)
        if shipment.id == parcels[2].id:
            raise ZeroDivisionError
        return change

    monkeypatch.setattr(portal.usecases.tracking.store, "merge_one", stumbling)
    assert poll_due(deps) == 5
    assert [row(deps, p).status for p in parcels] == ["in_transit"] * 2 + ["pending"] + ["in_transit"] * 2
    with deps.sessions.read(make.shop.id) as session:
        entry = session.get_one(PollQueueEntry, parcels[2].id)
        assert (entry.lease_until is not None, entry.next_poll_at) == (True, NOON)
        assert len(session.scalars(select(CheckpointRow)).all()) == 4


def test_a_parcel_whose_poll_kills_its_worker_waits_a_day(deps: Deps, make: Factory, clock: Clock) -> None:
    make.shipment()
    for _ in range(MAX_CLAIMS):
        assert len(claim(deps, "ups", limit=10)) == 1
        clock.real += LEASE + timedelta(seconds=1)
    assert claim(deps, "ups", limit=10) == []
    clock.advance(hours=25)
    assert len(claim(deps, "ups", limit=10)) == 1


def test_batches_are_as_large_as_the_carrier_allows(deps: Deps, make: Factory, carriers: FakeCarriers) -> None:
    carriers.batch = 2
    for _ in range(5):
        make.shipment()
    poll_due(deps)
    assert sorted(len(numbers) for _, numbers in carriers.asked) == [1, 2, 2]


def test_one_carriers_failure_leaves_the_others_alone(deps: Deps, make: Factory, carriers: FakeCarriers) -> None:
    sick, well = make.shipment(), make.shipment(carrier="fedex", tracking_number="449044304137821")
    carriers.fails["ups"] = CarrierError(ErrorKind.SERVER_ERROR)
    carriers.results[well.tracking_number] = moving(
        well.tracking_number, scan(3, Status.OUT_FOR_DELIVERY), status=Status.OUT_FOR_DELIVERY
    )
    poll_due(deps)
    assert row(deps, sick).last_error == "server_error"
    assert row(deps, well).status == "out_for_delivery"


def test_a_moved_estimate_is_a_new_line_in_the_promise_ledger(
    deps: Deps, make: Factory, carriers: FakeCarriers, clock: Clock
) -> None:
    parcel = make.shipment()
    for n, day in enumerate((20, 23, 24)):
        carriers.results[parcel.tracking_number] = moving(
            parcel.tracking_number,
            *(scan(9 - i, Status.IN_TRANSIT, f"s{i}") for i in range(n + 1)),
            eta=date(2026, 11, day),
        )
        poll_due(deps)
        clock.advance(hours=13)
    with deps.sessions.read(make.shop.id) as session:
        assert [p.date.day for p in session.scalars(select(Promise).order_by(Promise.id))] == [20, 23, 24]
    assert row(deps, parcel).first_eta_on == date(2026, 11, 20)


def test_times_are_kept_as_the_carrier_gave_them(deps: Deps, make: Factory, carriers: FakeCarriers) -> None:
    parcel = make.shipment()
    local = Checkpoint(
        datetime.fromisoformat("2026-11-18T03:15:00"), Status.IN_TRANSIT, raw_code="AR", country="US", state="NY"
    )
    carriers.results[parcel.tracking_number] = moving(parcel.tracking_number, local)
    poll_due(deps)
    with deps.sessions.read(make.shop.id) as session:
        stored = session.scalars(select(CheckpointRow)).one()
        assert (stored.local_time, stored.offset_known) == ("2026-11-18T03:15:00", False)
        assert stored.at == datetime(2026, 11, 18, 8, 15, tzinfo=UTC)


def test_a_number_the_carrier_failed_on_is_a_failed_poll_and_not_an_unknown_number(
    deps: Deps, make: Factory, carriers: FakeCarriers
) -> None:
    parcel = make.shipment()
    error = CarrierError(ErrorKind.SERVER_ERROR, "busy")
    carriers.results[parcel.tracking_number] = TrackingResult(parcel.tracking_number, Status.PENDING, error=error)
    poll_due(deps)
    after = row(deps, parcel)
    assert (after.last_error, after.error_count, after.not_found_count) == ("server_error", 1, 0)


def test_a_notice_is_kept_and_moves_nothing(deps: Deps, make: Factory, carriers: FakeCarriers) -> None:
    parcel = make.shipment()
    notice = replace(scan(1, Status.ATTEMPT_FAIL, "Delivery date changed"), notice=True)
    carriers.results[parcel.tracking_number] = moving(parcel.tracking_number, scan(5, Status.IN_TRANSIT), notice)
    poll_due(deps)
    assert row(deps, parcel).status == "in_transit"
    with deps.sessions.read(make.shop.id) as session:
        kept = session.scalars(select(CheckpointRow).where(CheckpointRow.notice)).one()
        assert (kept.raw_text, kept.status) == ("Delivery date changed", None)
