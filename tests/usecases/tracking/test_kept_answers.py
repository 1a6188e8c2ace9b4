"""Answers are kept and can be read again; those that end too many parcels at once wait for a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from carriers.base import RawAnswer as Answer
from carriers.errors import CarrierError, ErrorKind
from carriers.model import EstimatedDelivery, Status, TrackingResult
from portal.db.tables.checkpoints import CheckpointRow
from portal.db.tables.raw_answers import HeldBatch, RawAnswer, RawAnswerParcel
from portal.db.tables.shipments import PollQueueEntry, Shipment
from portal.db.tables.staff import AuditRow
from portal.errors import Conflict, NotFound
from portal.usecases.carriers.raw import LARGEST, answer_of
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.housekeeping import tidy
from portal.usecases.tracking import holds, merge
from portal.usecases.tracking.holds import discard, list_held, release
from portal.usecases.tracking.poll import poll_due
from portal.usecases.tracking.replay import Wanted, replay
from tests.support.doubles import NOON, Clock, FakeCarriers
from tests.support.factory import Factory
from tests.usecases.tracking.test_poll import events, moving, row, scan


def kept(deps: Deps) -> list[RawAnswer]:
    with deps.sessions.read_system() as session:
        return list(session.scalars(select(RawAnswer).order_by(RawAnswer.id)))


def moves(carriers: FakeCarriers, *parcels: Shipment) -> None:
    for parcel in parcels:
        carriers.results[parcel.tracking_number] = moving(parcel.tracking_number, scan(20, Status.IN_TRANSIT, "Moving"))


def arrives(carriers: FakeCarriers, *parcels: Shipment, hours_ago: float = -4) -> None:
    for parcel in parcels:
        scans = (scan(20, Status.IN_TRANSIT, "Moving"), scan(hours_ago, Status.DELIVERED, "Delivered"))
        carriers.results[parcel.tracking_number] = moving(parcel.tracking_number, *scans, status=Status.DELIVERED)


# kept


def test_an_answer_that_says_something_new_is_kept_with_the_parcels_it_is_about(
    deps: Deps, make: Factory, carriers: FakeCarriers, clock: Clock
) -> None:
    carriers.batch = 10
    parcels = [make.shipment() for _ in range(3)]
    moves(carriers, *parcels)
    poll_due(deps)
    clock.advance(hours=5)
    poll_due(deps)  # the same again
    (answer,) = kept(deps)
    assert (answer.account, answer.carrier, answer.kept_for, answer.source) == ("env:ups", "ups", "changed", "poll")
    assert sorted(answer.numbers) == sorted(p.tracking_number for p in parcels)
    assert answer_of(answer).body in carriers.retold
    with deps.sessions.read_system() as session:
        about = session.scalars(select(RawAnswerParcel.shipment_id)).all()
    assert sorted(about) == sorted(p.id for p in parcels)


def test_that_a_number_is_unknown_is_not_kept(deps: Deps, make: Factory) -> None:
    make.shipment()
    poll_due(deps)
    assert kept(deps) == []


def test_an_answer_that_cannot_be_read_is_kept_but_not_each_time(
    deps: Deps, make: Factory, carriers: FakeCarriers, clock: Clock
) -> None:
    for _ in range(3):
        make.shipment()
    carriers.fails["ups"] = CarrierError(ErrorKind.MALFORMED)
    poll_due(deps)
    clock.advance(minutes=5)
    make.shipment()
    poll_due(deps)
    assert len(kept(deps)) == 1
    clock.advance(minutes=25)
    poll_due(deps)
    assert [(a.kept_for, answer_of(a).body) for a in kept(deps)] == [("unread", b"<h1>Sorry</h1>")] * 2


def test_of_a_huge_answer_only_the_beginning_is_kept(
    deps: Deps, make: Factory, carriers: FakeCarriers, monkeypatch: pytest.MonkeyPatch
) -> None:
    parcel = make.shipment()
    moves(carriers, parcel)
    whole = carriers.track

    def track(*given: Any) -> Any:
        asked = whole(*given)
        answers = [(Answer(200, "application/json", b"x" * (LARGEST + 1)), results) for _, results in asked.answers]
        return type(asked)(answers)

    monkeypatch.setattr(carriers, "track", track)
    poll_due(deps)
    (answer,) = kept(deps)
    assert (answer.size, answer.truncated, len(answer_of(answer).body)) == (LARGEST + 1, True, LARGEST)
    assert len(answer.body) < 2_000
    assert replay(deps, Wanted()).unreadable == 1


def test_answers_are_kept_for_a_week(deps: Deps, make: Factory, carriers: FakeCarriers, clock: Clock) -> None:
    parcel = make.shipment()
    moves(carriers, parcel)
    poll_due(deps)
    clock.advance(days=6, hours=23)
    tidy(deps)
    assert len(kept(deps)) == 1
    clock.advance(hours=2)
    tidy(deps)
    assert kept(deps) == []
    with deps.sessions.read_system() as session:
        assert session.scalar(select(func.count()).select_from(RawAnswerParcel)) == 0


# read again


def mend(carriers: FakeCarriers, status: Status | None, substatus: str | None = None) -> None:
    """As if a table had been corrected: the newest scan of every kept answer means something else now."""
    for body, results in carriers.retold.items():
        carriers.retold[body] = [mended(result, status, substatus) for result in results]


def mended(result: TrackingResult, status: Status | None, substatus: str | None) -> TrackingResult:
    from dataclasses import replace

    *before, newest = result.checkpoints
    said = status or (before[-1].status if before else None) or Status.PENDING
    again = (*before, replace(newest, status=status, substatus=substatus))
    return replace(result, checkpoints=again, status=said, substatus=substatus)


def test_a_corrected_table_corrects_what_was_read_before(deps: Deps, make: Factory, carriers: FakeCarriers) -> None:
    parcel = make.shipment()
    carriers.results[parcel.tracking_number] = moving(
        parcel.tracking_number,
        scan(20, Status.IN_TRANSIT),
        scan(15, Status.IN_TRANSIT, "Handed over"),
        status=Status.IN_TRANSIT,
    )
    poll_due(deps)
    mend(carriers, Status.DELIVERED, "Delivered_001")
    done = replay(deps, Wanted())
    assert (done.answers, done.parcels, done.changed) == (1, {parcel.id}, {parcel.id})
    assert dict(done.statuses) == {("in_transit", "delivered"): 1}
    after = row(deps, parcel)
    assert (after.status, after.substatus, after.delivered_at) == (
        "delivered",
        "Delivered_001",
        NOON - timedelta(hours=15),
    )
    with deps.sessions.read_system() as session:
        newest = session.scalars(select(CheckpointRow).order_by(CheckpointRow.at.desc())).first()
        assert newest is not None
        assert (newest.status, newest.substatus) == ("delivered", "Delivered_001")
    assert events(deps) == ["shipped"]  # what happened long ago is told to nobody


def test_reading_again_twice_changes_nothing_more(deps: Deps, make: Factory, carriers: FakeCarriers) -> None:
    parcel = make.shipment()
    moves(carriers, parcel)
    poll_due(deps)
    assert replay(deps, Wanted()).changed == set()
    mend(carriers, Status.EXCEPTION, "Exception_012")
    assert replay(deps, Wanted()).changed == {parcel.id}
    assert replay(deps, Wanted()).changed == set()
    with deps.sessions.read_system() as session:
        assert len(session.scalars(select(CheckpointRow)).all()) == 1


def test_a_dry_run_tells_and_changes_nothing(deps: Deps, make: Factory, carriers: FakeCarriers) -> None:
    parcel = make.shipment()
    moves(carriers, parcel)
    poll_due(deps)
    before = row(deps, parcel)
    mend(carriers, Status.DELIVERED)
    assert replay(deps, Wanted(), dry_run=True).changed == {parcel.id}
    after = row(deps, parcel)
    assert (after.status, after.changed_at) == ("in_transit", before.changed_at)


def test_an_older_answer_read_again_does_not_overrule_a_newer_one(
    deps: Deps, make: Factory, carriers: FakeCarriers, clock: Clock
) -> None:
    parcel = make.shipment()
    moves(carriers, parcel)
    poll_due(deps)
    clock.advance(hours=5)
    arrives(carriers, parcel)
    poll_due(deps)
    assert row(deps, parcel).status == "delivered"
    assert replay(deps, Wanted(since=NOON - timedelta(hours=1))).changed == set()
    assert row(deps, parcel).status == "delivered"


def test_only_what_was_asked_for_is_read_again(deps: Deps, make: Factory, carriers: FakeCarriers, clock: Clock) -> None:
    one, other = make.shipment(), make.shipment()
    third = make.shipment(carrier="fedex", tracking_number="449044304137821")
    moves(carriers, one, other, third)
    poll_due(deps)
    assert replay(deps, Wanted(shipment=one.id)).parcels == {one.id}
    assert replay(deps, Wanted(carrier="fedex")).parcels == {third.id}
    assert replay(deps, Wanted(since=NOON + timedelta(seconds=1))).answers == 0


# held


@pytest.fixture
def guarded(carriers: FakeCarriers) -> FakeCarriers:
    carriers.guarded = True
    return carriers


def polled(deps: Deps, make: Factory, carriers: FakeCarriers, clock: Clock, count: int) -> list[Shipment]:
    """Parcels on their way that the carrier has told us of once, due again."""
    parcels = [make.shipment() for _ in range(count)]
    moves(carriers, *parcels)
    poll_due(deps)
    clock.advance(hours=5)
    return parcels


def statuses(deps: Deps, parcels: Sequence[Shipment]) -> list[str]:
    return sorted(row(deps, parcel).status for parcel in parcels)


def audited(deps: Deps) -> list[str]:
    with deps.sessions.read_system() as session:
        actions = session.scalars(select(AuditRow.action).order_by(AuditRow.id))
        return [action for action in actions if action.startswith("answers_")]


def test_answers_that_would_end_over_a_fifth_of_an_accounts_parcels_wait_for_a_person(
    deps: Deps, make: Factory, guarded: FakeCarriers, clock: Clock
) -> None:
    parcels = polled(deps, make, guarded, clock, 25)
    arrives(guarded, *parcels[:6])
    poll_due(deps)
    assert statuses(deps, parcels) == ["in_transit"] * 25
    (held,) = list_held(deps)
    assert (held.account, held.carrier, held.parcels, held.open_parcels) == ("env:ups", "ups", 6, 25)
    assert len(held.examples) == 5
    assert (audited(deps), events(deps).count("delivered")) == (["answers_held"], 0)


@pytest.mark.parametrize(("count", "ending"), [(25, 5), (10, 4)])
def test_a_fifth_and_a_handful_are_a_normal_day(
    deps: Deps, make: Factory, guarded: FakeCarriers, clock: Clock, count: int, ending: int
) -> None:
    parcels = polled(deps, make, guarded, clock, count)
    arrives(guarded, *parcels[:ending])
    poll_due(deps)
    assert (statuses(deps, parcels).count("delivered"), list_held(deps)) == (ending, [])


def test_the_first_answer_about_a_parcel_may_find_it_at_its_end(
    deps: Deps, make: Factory, guarded: FakeCarriers
) -> None:
    parcels = [make.shipment() for _ in range(20)]
    arrives(guarded, *parcels, hours_ago=2)
    poll_due(deps)
    assert (statuses(deps, parcels), list_held(deps)) == (["delivered"] * 20, [])


def test_while_a_batch_is_held_further_endings_join_it_and_other_news_goes_on(
    deps: Deps, make: Factory, guarded: FakeCarriers, clock: Clock
) -> None:
    parcels = polled(deps, make, guarded, clock, 25)
    arrives(guarded, *parcels[:10])
    poll_due(deps)
    clock.advance(hours=5)
    arrives(guarded, parcels[10])
    out = parcels[11].tracking_number
    guarded.results[out] = moving(out, scan(-6, Status.OUT_FOR_DELIVERY), status=Status.OUT_FOR_DELIVERY)
    poll_due(deps)
    assert [held.parcels for held in list_held(deps)] == [11]
    assert statuses(deps, parcels) == ["in_transit"] * 24 + ["out_for_delivery"]
    assert audited(deps) == ["answers_held"]


def test_released_answers_are_merged_and_told(deps: Deps, make: Factory, guarded: FakeCarriers, clock: Clock) -> None:
    parcels = polled(deps, make, guarded, clock, 10)
    arrives(guarded, *parcels[:6])
    poll_due(deps)
    (held,) = list_held(deps)
    assert release(deps, held.id, actor="staff 1") == 6
    assert statuses(deps, parcels) == ["delivered"] * 6 + ["in_transit"] * 4
    assert events(deps).count("delivered") == 6
    assert (list_held(deps), audited(deps)) == ([], ["answers_held", "answers_released"])
    with pytest.raises(Conflict):
        discard(deps, held.id, actor="staff 2")


def test_discarded_answers_are_forgotten_and_their_parcels_asked_about_again(
    deps: Deps, make: Factory, guarded: FakeCarriers, clock: Clock
) -> None:
    parcels = polled(deps, make, guarded, clock, 10)
    arrives(guarded, *parcels)
    poll_due(deps)
    (held,) = list_held(deps)
    moves(guarded, *parcels)
    clock.advance(minutes=5)
    assert discard(deps, held.id, actor="cli") == 10
    assert poll_due(deps) == 10
    assert (statuses(deps, parcels), list_held(deps)) == (["in_transit"] * 10, [])
    assert events(deps).count("delivered") == 0


def test_a_held_answer_that_cannot_be_read_again_is_asked_for_again(
    deps: Deps, make: Factory, guarded: FakeCarriers, clock: Clock
) -> None:
    parcels = polled(deps, make, guarded, clock, 10)
    arrives(guarded, *parcels)
    poll_due(deps)
    guarded.retold.clear()
    clock.advance(minutes=5)
    assert release(deps, list_held(deps)[0].id, actor="cli") == 0
    with deps.sessions.read_system() as session:
        assert set(session.scalars(select(PollQueueEntry.next_poll_at))) == {clock.now}


def test_held_answers_are_neither_thrown_away_nor_read_again_before_somebody_decides(
    deps: Deps, make: Factory, guarded: FakeCarriers, clock: Clock
) -> None:
    parcels = polled(deps, make, guarded, clock, 10)
    arrives(guarded, *parcels)
    poll_due(deps)
    assert replay(deps, Wanted()).changed == set()
    clock.advance(days=20)
    tidy(deps)
    assert len(kept(deps)) == 10
    release(deps, list_held(deps)[0].id, actor="cli")
    tidy(deps)
    assert kept(deps) == []


def test_there_is_nothing_to_decide_on_a_batch_that_is_not_there(deps: Deps) -> None:
    with pytest.raises(NotFound):
        release(deps, 99, actor="cli")
    with deps.sessions.read_system() as session:
        assert session.scalars(select(HeldBatch)).all() == []


def test_a_parcel_that_stumbles_holds_up_none_of_the_others_of_its_batch(
    deps: Deps, make: Factory, guarded: FakeCarriers, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    parcels = polled(deps, make, guarded, clock, 10)
    arrives(guarded, *parcels[:6])
    poll_due(deps)
    (held,) = list_held(deps)
    whole = merge.merge_told

    def stumbling(deps: Deps, shop: ShopRef, shipment_id: int, *rest: Any) -> bool:
        if shipment_id == parcels[0].id:
            raise KeyError(shipment_id)
        return whole(deps, shop, shipment_id, *rest)

    monkeypatch.setattr(holds, "merge_told", stumbling)
    assert release(deps, held.id, actor="staff 1") == 5
    assert statuses(deps, parcels) == ["delivered"] * 5 + ["in_transit"] * 5
    with deps.sessions.read_system() as session:
        assert session.get_one(PollQueueEntry, parcels[0].id).next_poll_at == clock.now


@pytest.mark.parametrize("day", [date(1, 1, 1), date(9999, 12, 31)])
def test_an_estimate_that_cannot_be_meant_is_none(deps: Deps, make: Factory, carriers: FakeCarriers, day: date) -> None:
    parcel = make.shipment()
    told = moving(parcel.tracking_number, scan(20, Status.IN_TRANSIT, "Moving"))
    carriers.results[parcel.tracking_number] = replace(told, estimated_delivery=EstimatedDelivery(date=day))
    poll_due(deps)
    assert (row(deps, parcel).status, row(deps, parcel).eta_on) == ("in_transit", None)
