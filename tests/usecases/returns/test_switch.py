"""While there is no label, it can go back another way; no label is bought for nothing, and none twice."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from carriers.base import Recovery
from carriers.errors import CarrierError, ErrorKind
from portal.db.tables.messages import OutboxMessage
from portal.db.tables.returns import Return
from portal.errors import Conflict, InvalidInput
from portal.usecases.deps import Deps
from portal.usecases.returns import label_desk
from portal.usecases.returns.effects import run_effects
from portal.usecases.returns.own_parcel import may_name
from portal.usecases.returns.switch import switch_method
from portal.usecases.returns.view import view_return
from portal.usecases.staff.people import StaffUser
from tests.support.desk import agent as agent
from tests.support.desk import make_staff as make_staff
from tests.support.doubles import Clock, FakeCarriers
from tests.usecases.returns.conftest import Desk

DOWN = CarrierError(ErrorKind.SERVER_ERROR, "down", sent=False)


def own(desk: Desk, public_id: str, key: str | None = None) -> None:
    key = key or view_return(desk.deps, desk.shop, public_id).switch_key
    switch_method(desk.deps, desk.shop, public_id, "own_parcel", "", key)


@pytest.fixture
def waiting(deps: Deps, desk: Desk, carriers: FakeCarriers) -> str:
    """A return whose carrier does not answer."""
    carriers.label_error = DOWN
    public_id = desk.submit(desk.order(), 1)
    run_effects(deps)
    return public_id


def test_who_does_not_want_to_wait_sends_it_with_a_carrier_of_their_own(
    deps: Deps, desk: Desk, carriers: FakeCarriers, clock: Clock, waiting: str
) -> None:
    due = desk.returned(waiting).due_minor
    assert [way.code for way in view_return(deps, desk.shop, waiting).others] == ["own_parcel"]
    own(desk, waiting)
    row = desk.returned(waiting)
    assert (row.method, row.parcel, row.decision, row.due_minor) == ("own_parcel", "none", "approved", due)
    assert may_name(row)
    assert [message.event for message in desk.all(OutboxMessage)] == ["return_instructions"]
    carriers.label_error = None
    clock.real += timedelta(days=1)
    run_effects(deps)
    assert desk.labels() == []
    assert [effect.state for effect in desk.effects()] == ["voided"]


def test_the_same_form_twice_switches_once_and_an_old_one_changes_nothing(deps: Deps, desk: Desk, waiting: str) -> None:
    key = view_return(deps, desk.shop, waiting).switch_key
    own(desk, waiting, key)
    version = desk.returned(waiting).version
    own(desk, waiting, key)
    assert desk.returned(waiting).version == version
    with pytest.raises(Conflict):
        own(desk, waiting, "another form")


def test_of_many_at_once_one_switches(deps: Deps, desk: Desk, waiting: str) -> None:
    key = view_return(deps, desk.shop, waiting).switch_key
    failed: list[Exception] = []

    def one(n: int) -> None:
        try:
            own(desk, waiting, key if n % 2 else f"{key} {n}")
        except Conflict:
            pass
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=one, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert desk.returned(waiting).method == "own_parcel"
    assert [message.event for message in desk.all(OutboxMessage)] == ["return_instructions"]


def test_a_label_that_was_bought_unnoticed_is_given_back_and_never_printed(
    deps: Deps, desk: Desk, carriers: FakeCarriers, clock: Clock
) -> None:
    carriers.lose_answer = True
    public_id = desk.submit(desk.order(), 1)
    run_effects(deps)
    assert desk.effects()[0].state == "unknown"
    own(desk, public_id)
    carriers.lose_answer = False
    for _ in range(4):
        clock.real += timedelta(hours=1)
        run_effects(deps)
    assert len(carriers.bought) == 1
    assert len(carriers.voided) == 1
    assert [label.voided_at is not None for label in desk.labels()] == [True]
    assert desk.returned(public_id).parcel == "none"
    assert "return_label_ready" not in [message.event for message in desk.all(OutboxMessage)]


def test_a_doubt_that_only_a_person_can_clear_stays_with_that_person(
    deps: Deps, desk: Desk, carriers: FakeCarriers, clock: Clock, agent: StaffUser
) -> None:
    carriers.recovery, carriers.lose_answer = Recovery.NONE, True
    public_id = desk.submit(desk.order(), 1)
    run_effects(deps)
    carriers.lose_answer = False
    clock.real += timedelta(minutes=5)
    run_effects(deps)
    assert desk.effects()[0].state == "manual"
    own(desk, public_id)
    return_id = desk.returned(public_id).id
    case = label_desk.label_case(deps, return_id)
    assert case is not None
    assert case.kind == "in_doubt"
    label_desk.was_not_bought(deps, return_id, agent.id, "form-1")
    run_effects(deps)
    assert len(carriers.bought) == 1
    assert desk.returned(public_id).parcel == "none"
    assert label_desk.label_case(deps, return_id) is None


def test_once_the_label_is_there_it_is_too_late(
    deps: Deps, desk: Desk, carriers: FakeCarriers, clock: Clock, waiting: str
) -> None:
    key = view_return(deps, desk.shop, waiting).switch_key
    carriers.label_error = None
    clock.real += timedelta(hours=2)
    run_effects(deps)
    assert view_return(deps, desk.shop, waiting).others == ()
    with pytest.raises(Conflict):
        own(desk, waiting, key)
    assert desk.returned(waiting).method == "label"


def test_only_what_is_offered_can_be_chosen(deps: Deps, desk: Desk, waiting: str) -> None:
    key = view_return(deps, desk.shop, waiting).switch_key
    for method, store in (("in_store", "Nowhere"), ("keep", ""), ("own_parcel", "Nowhere"), ("", "")):
        with pytest.raises(InvalidInput):
            switch_method(deps, desk.shop, waiting, method, store, key)


def test_a_lapsed_label_can_be_replaced_by_another_way_too(deps: Deps, desk: Desk) -> None:
    public_id = desk.with_label(desk.order(), 1)
    with deps.sessions.write(desk.shop.id) as session:
        row = session.scalars(select(Return)).one()
        row.parcel = "label_lapsed"
    own(desk, public_id)
    assert desk.returned(public_id).parcel == "none"
    assert [effect.state for effect in desk.effects("void")] == ["intended"]
