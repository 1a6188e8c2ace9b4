"""Codes that no table knows: gathered, explained once by a person, applied to history, taken back, handed on."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from carriers.model import Checkpoint, Status
from portal.db.tables.checkpoints import CheckpointRow
from portal.db.tables.raw_answers import CodeMapping
from portal.db.tables.shipments import Shipment
from portal.db.tables.staff import AuditRow
from portal.errors import Conflict, InvalidInput, NotFound
from portal.usecases.carriers.codes import (
    Unmapped,
    export,
    list_mappings,
    list_unmapped,
    map_code,
    set_aside,
    undo_mapping,
)
from portal.usecases.deps import Deps
from portal.usecases.tracking.poll import poll_due
from portal.usecases.tracking.remap import apply_mappings
from portal.usecases.tracking.replay import Wanted, replay
from tests.support.doubles import NOON, Clock, FakeCarriers
from tests.support.factory import Factory
from tests.usecases.tracking.test_poll import events, moving, row, scan


def strange(hours_ago: float, code: str | None = "ZZ", text: str = "Vermerk 17") -> Checkpoint:
    """A scan that no table knows."""
    return replace(scan(hours_ago, None, text), raw_code=code)


def parcel_with(
    make: Factory, carriers: FakeCarriers, *scans: Checkpoint, status: Status = Status.IN_TRANSIT
) -> Shipment:
    """A parcel polled with these scans; as an adapter does, an unknown newest scan keeps the status before it."""
    parcel = make.shipment()
    carriers.results[parcel.tracking_number] = moving(parcel.tracking_number, *scans, status=status)
    return parcel


def inbox(deps: Deps) -> list[Unmapped]:
    return list_unmapped(deps)


def stored(deps: Deps, parcel: Shipment) -> list[tuple[str | None, str | None, bool]]:
    with deps.sessions.read_system() as session:
        rows = session.scalars(
            select(CheckpointRow).where(CheckpointRow.shipment_id == parcel.id).order_by(CheckpointRow.at)
        )
        return [(r.status, r.substatus, r.mapping_id is not None) for r in rows]


def test_an_unknown_code_is_gathered_with_counts_and_examples(
    deps: Deps, make: Factory, carriers: FakeCarriers, clock: Clock
) -> None:
    parcels = [parcel_with(make, carriers, scan(9, Status.IN_TRANSIT), strange(3 + n)) for n in range(7)]
    poll_due(deps)
    clock.advance(hours=5)
    carriers.results[parcels[0].tracking_number] = moving(
        parcels[0].tracking_number, scan(9, Status.IN_TRANSIT), strange(3), strange(-4, text="Vermerk 18")
    )
    poll_due(deps)
    (code,) = inbox(deps)
    assert (code.carrier, code.raw_code, code.count, len(code.shipments)) == ("ups", "ZZ", 8, 5)
    assert (code.first_seen_at, code.last_seen_at) == (NOON, clock.now)
    assert row(deps, parcels[0]).status == "in_transit"


def test_where_there_is_no_code_the_words_are_the_key_and_numbers_in_them_do_not_count(
    deps: Deps, make: Factory, carriers: FakeCarriers
) -> None:
    for n in range(3):
        parcel_with(make, carriers, strange(3, None, f"Rückfrage  Nr. {n}4711 an ada@mail.example"))
    poll_due(deps)
    (code,) = inbox(deps)
    assert (code.raw_code, code.text_key, code.count) == ("", "rückfrage nr. # an @", 3)


def test_notices_and_a_former_holders_scans_are_not_gathered(deps: Deps, make: Factory, carriers: FakeCarriers) -> None:
    parcel_with(make, carriers, scan(9, Status.IN_TRANSIT), replace(strange(3), notice=True), strange(24 * 60, "OLD"))
    poll_due(deps)
    assert inbox(deps) == []


def test_mapping_a_code_once_corrects_history_and_what_comes_later(
    deps: Deps, make: Factory, carriers: FakeCarriers, clock: Clock
) -> None:
    old = parcel_with(make, carriers, scan(30, Status.IN_TRANSIT), strange(20))
    other = parcel_with(make, carriers, scan(30, Status.IN_TRANSIT), strange(20, "YY"))
    poll_due(deps)
    code = next(c for c in inbox(deps) if c.raw_code == "ZZ")
    map_code(deps, code.id, "Delivered_005", actor="staff 1")
    assert apply_mappings(deps) == 1
    after = row(deps, old)
    assert (after.status, after.substatus, after.delivered_at) == (
        "delivered",
        "Delivered_005",
        NOON - timedelta(hours=20),
    )
    assert stored(deps, old)[-1] == ("delivered", "Delivered_005", True)
    assert row(deps, other).status == "in_transit"
    new = parcel_with(make, carriers, scan(9, Status.IN_TRANSIT), strange(1))
    poll_due(deps)
    assert row(deps, new).status == "delivered"
    assert [c.raw_code for c in inbox(deps)] == ["YY"]
    assert apply_mappings(deps) == 0


def test_messages_about_what_happened_long_ago_are_not_sent(deps: Deps, make: Factory, carriers: FakeCarriers) -> None:
    for hours_ago in (20, 3):
        parcel_with(make, carriers, scan(30, Status.IN_TRANSIT), strange(hours_ago))
    poll_due(deps)
    before = events(deps)
    map_code(deps, inbox(deps)[0].id, "Delivered_001", actor="cli")
    apply_mappings(deps)
    assert events(deps)[len(before) :] == ["delivered"]  # of the one that has arrived just now


def test_the_carriers_own_present_status_is_not_overruled_by_what_a_person_said_of_a_scan(
    deps: Deps, make: Factory, carriers: FakeCarriers, clock: Clock
) -> None:
    parcel = parcel_with(make, carriers, scan(9, Status.IN_TRANSIT), strange(3), status=Status.EXCEPTION)
    poll_due(deps)
    map_code(deps, inbox(deps)[0].id, "OutForDelivery_001", actor="cli")
    apply_mappings(deps)
    assert row(deps, parcel).status == "exception"
    assert stored(deps, parcel)[-1][0] == "out_for_delivery"
    clock.advance(hours=5)
    scans = (scan(9, Status.IN_TRANSIT), scan(8, Status.IN_TRANSIT, "more"), strange(3))
    carriers.results[parcel.tracking_number] = moving(parcel.tracking_number, *scans, status=Status.EXCEPTION)
    poll_due(deps)
    assert row(deps, parcel).status == "exception"


def test_what_a_person_said_stays_when_a_table_learns_the_code_and_answers_are_read_again(
    deps: Deps, make: Factory, carriers: FakeCarriers
) -> None:
    parcel = parcel_with(make, carriers, scan(9, Status.IN_TRANSIT), strange(3))
    poll_due(deps)
    map_code(deps, inbox(deps)[0].id, "Exception_012", actor="cli")
    apply_mappings(deps)
    for body, (result,) in carriers.retold.items():
        *before, newest = result.checkpoints
        learnt = replace(newest, status=Status.EXCEPTION, substatus="Exception_005")
        carriers.retold[body] = [replace(result, checkpoints=(*before, learnt), status=Status.EXCEPTION)]
    replay(deps, Wanted())
    assert stored(deps, parcel)[-1] == ("exception", "Exception_012", True)


def test_the_next_answer_does_not_take_back_what_a_person_said(
    deps: Deps, make: Factory, carriers: FakeCarriers, clock: Clock
) -> None:
    parcel = parcel_with(make, carriers, scan(9, Status.IN_TRANSIT), strange(3))
    poll_due(deps)
    map_code(deps, inbox(deps)[0].id, "AvailableForPickup_001", actor="cli")
    apply_mappings(deps)
    clock.advance(hours=5)
    again = moving(parcel.tracking_number, scan(9, Status.IN_TRANSIT), scan(8, Status.IN_TRANSIT, "more"), strange(3))
    carriers.results[parcel.tracking_number] = again
    poll_due(deps)
    assert row(deps, parcel).status == "available_for_pickup"


def test_a_mapping_can_be_taken_back(deps: Deps, make: Factory, carriers: FakeCarriers) -> None:
    parcel = parcel_with(make, carriers, scan(9, Status.IN_TRANSIT), strange(3))
    poll_due(deps)
    mapping = map_code(deps, inbox(deps)[0].id, "Exception_012", actor="staff 1")
    apply_mappings(deps)
    assert row(deps, parcel).status == "exception"
    undo_mapping(deps, mapping, actor="staff 2")
    apply_mappings(deps)
    assert (row(deps, parcel).status, stored(deps, parcel)[-1]) == ("in_transit", (None, None, False))
    assert [c.state for c in inbox(deps)] == ["open"]
    assert list_mappings(deps) == []
    with pytest.raises(NotFound):
        undo_mapping(deps, mapping, actor="staff 2")
    with deps.sessions.read_system() as session:
        done = session.execute(select(AuditRow.action, AuditRow.actor).where(AuditRow.action.like("code_%"))).all()
    assert [tuple(one) for one in done] == [("code_mapped", "staff 1"), ("code_unmapped", "staff 2")]


def test_where_one_code_means_several_things_a_part_of_its_text_narrows_the_mapping(
    deps: Deps, make: Factory, carriers: FakeCarriers
) -> None:
    hurt = parcel_with(make, carriers, scan(9, Status.IN_TRANSIT), strange(3, text="Event: Carton DAMAGED"))
    late = parcel_with(make, carriers, scan(9, Status.IN_TRANSIT), strange(3, text="Event: behind schedule"))
    poll_due(deps)
    (code,) = inbox(deps)
    map_code(deps, code.id, "Exception_005", actor="cli")
    narrow = map_code(deps, code.id, "Exception_012", pattern="carton damaged", actor="cli")
    apply_mappings(deps)
    assert [row(deps, p).substatus for p in (hurt, late)] == ["Exception_012", "Exception_005"]
    undo_mapping(deps, narrow, actor="cli")
    apply_mappings(deps)
    assert [row(deps, p).substatus for p in (hurt, late)] == ["Exception_005", "Exception_005"]
    with pytest.raises(InvalidInput):
        map_code(deps, code.id, "Exception_012", pattern="nowhere to be found", actor="cli")


def test_correcting_history_may_stop_anywhere_and_goes_on(deps: Deps, make: Factory, carriers: FakeCarriers) -> None:
    parcels = [parcel_with(make, carriers, scan(9, Status.IN_TRANSIT), strange(3)) for _ in range(5)]
    poll_due(deps)
    map_code(deps, inbox(deps)[0].id, "Exception_005", actor="cli")
    assert apply_mappings(deps, limit=2) == 2
    assert [m.pending for m in list_mappings(deps)] == [True]
    assert apply_mappings(deps) == 3
    assert [m.pending for m in list_mappings(deps)] == [False]
    assert {row(deps, parcel).status for parcel in parcels} == {"exception"}


def test_an_aggregators_codes_are_gathered_and_mapped_as_the_aggregators(
    deps: Deps, make: Factory, carriers: FakeCarriers
) -> None:
    carriers.more_accounts = [carriers.account("easypost", key="8", shop_id=make.shop.id, aggregator=True)]
    theirs = make.shipment(carrier="japan_post", tracking_number="RR123456785JP")
    carriers.results[theirs.tracking_number] = moving(theirs.tracking_number, scan(9, Status.IN_TRANSIT), strange(3))
    own = parcel_with(make, carriers, scan(9, Status.IN_TRANSIT), strange(3))
    poll_due(deps)
    assert sorted((c.carrier, c.count) for c in inbox(deps)) == [("easypost", 1), ("ups", 1)]
    map_code(deps, next(c.id for c in inbox(deps) if c.carrier == "easypost"), "Exception_013", actor="cli")
    apply_mappings(deps)
    assert (row(deps, theirs).substatus, row(deps, own).status) == ("Exception_013", "in_transit")


def test_a_code_is_mapped_once_and_must_mean_something(deps: Deps, make: Factory, carriers: FakeCarriers) -> None:
    parcel_with(make, carriers, strange(3))
    poll_due(deps)
    (code,) = inbox(deps)
    for word in ("", "Expired_001", "Pending_001", "Nonsense"):
        with pytest.raises(InvalidInput):
            map_code(deps, code.id, word, actor="cli")
    map_code(deps, code.id, "InTransit", actor="cli")
    with pytest.raises(Conflict):
        map_code(deps, code.id, "Exception_005", actor="cli")
    with pytest.raises(Conflict):
        set_aside(deps, code.id, actor="cli")
    with pytest.raises(NotFound):
        map_code(deps, 999, "InTransit", actor="cli")
    with deps.sessions.read_system() as session:
        assert len(session.scalars(select(CodeMapping)).all()) == 1


def test_a_code_can_be_passed_over(deps: Deps, make: Factory, carriers: FakeCarriers) -> None:
    parcel_with(make, carriers, strange(3))
    poll_due(deps)
    (code,) = inbox(deps)
    set_aside(deps, code.id, actor="staff 1")
    assert inbox(deps) == []
    assert [c.id for c in list_unmapped(deps, state="ignored")] == [code.id]
    set_aside(deps, code.id, actor="staff 1", ignored=False)
    assert len(inbox(deps)) == 1


def test_beside_a_code_stands_what_its_words_seem_to_say(deps: Deps, make: Factory, carriers: FakeCarriers) -> None:
    parcel_with(make, carriers, strange(3, "Q1", "Delivered, left with a neighbour"))
    parcel_with(make, carriers, strange(3, "Q2", "Vermerk 17"))
    poll_due(deps)
    said = {c.raw_code: c.suggestion for c in inbox(deps)}
    assert said == {"Q1": "Delivered_005", "Q2": None}


def test_what_was_mapped_can_be_handed_on_as_lines_of_a_code_table(
    deps: Deps, make: Factory, carriers: FakeCarriers
) -> None:
    for code in ("ZZ", "YY", "A B"):
        parcel_with(make, carriers, strange(3, code))
    parcel_with(make, carriers, strange(3, None, "Rückfrage"))
    poll_due(deps)
    words = {"ZZ": "Exception_005", "YY": "Exception_005", "A B": "InTransit", "": "AttemptFail_002"}
    for one in inbox(deps):
        map_code(deps, one.id, words[one.raw_code], actor="cli")
    assert export(deps, "ups").splitlines() == [
        "# carriers/adapters/ups",
        '"Exception_005": "YY ZZ",',
        "# text 'rückfrage': AttemptFail_002",
        "# code 'A B': InTransit",
    ]
    assert export(deps, "fedex") == ""


def test_what_a_carrier_calls_a_code_is_no_program(deps: Deps, make: Factory, carriers: FakeCarriers) -> None:
    nasty = ('X",});import os#', "Y\nimport os", 'Z"')
    for code in (*nasty, "GOOD"):
        parcel_with(make, carriers, strange(3, code))
    poll_due(deps)
    for one in inbox(deps):
        map_code(deps, one.id, "InTransit", actor="cli")
    assert sorted(export(deps, "ups").splitlines()) == sorted(
        ["# carriers/adapters/ups", '"InTransit": "GOOD",', *(f"# code {code!r}: InTransit" for code in nasty)]
    )


def test_a_carrier_that_calls_everything_by_a_new_name_fills_no_disk(
    deps: Deps, make: Factory, carriers: FakeCarriers, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.usecases.carriers.unmapped.MOST_OPEN", 5)
    for code in ("ZZ", "ZZ", "MAPPED"):
        parcel_with(make, carriers, strange(3, code))
    poll_due(deps)
    map_code(deps, next(c.id for c in inbox(deps) if c.raw_code == "MAPPED"), "InTransit", actor="cli")
    for n in range(12):
        parcel_with(make, carriers, strange(3, f"NEW{n}"))
        poll_due(deps)
        clock.advance(minutes=1)
    assert [c.raw_code for c in inbox(deps)] == ["ZZ", "NEW8", "NEW9", "NEW10", "NEW11"]
    assert [c.raw_code for c in list_unmapped(deps, state="mapped")] == ["MAPPED"]
