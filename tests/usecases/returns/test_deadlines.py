"""Returns that nobody sends: reminded once, warned before the last day, and closed some days after it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from carriers.errors import CarrierError, ErrorKind
from portal.db.tables.messages import OutboxMessage
from portal.db.tables.returns import Return, ReturnEvent
from portal.errors import Conflict
from portal.usecases.compose import Moot, compose
from portal.usecases.deps import Deps
from portal.usecases.returns.deadlines import watch_deadlines
from portal.usecases.returns.effects import run_effects
from portal.usecases.returns.follow_parcel import follow_parcel
from portal.usecases.returns.label_lapse import give_back_unused
from portal.usecases.returns.reopen import reopen
from portal.usecases.returns.rows import return_parcel
from portal.usecases.returns.telling import tell_of_delays
from portal.usecases.staff.people import StaffUser
from tests.support.desk import agent as agent
from tests.support.desk import make_staff as make_staff
from tests.support.doubles import Clock, FakeCarriers
from tests.usecases.returns.conftest import Desk


def told(desk: Desk) -> list[str]:
    return [message.event for message in desk.all(OutboxMessage)]


def set_days(desk: Desk, public_id: str, last_day: date) -> None:
    with desk.deps.sessions.write(desk.shop.id) as session:
        session.scalars(select(Return).where(Return.public_id == public_id)).one().send_back_by = last_day


def scan(desk: Desk, public_id: str, clock: Clock) -> None:
    with desk.deps.sessions.write(desk.shop.id) as session:
        parcel = return_parcel(session, session.scalars(select(Return).where(Return.public_id == public_id)).one())
        assert parcel is not None
        parcel.status = "in_transit"
        follow_parcel(session, desk.deps, desk.shop, parcel, clock.now)


@pytest.fixture
def returned(desk: Desk) -> str:
    """A return with its label, at 7 in the morning in New York; it has to be sent within 14 days."""
    return desk.with_label(desk.order(), 1)


def test_who_does_not_send_it_is_reminded_once_after_a_week(
    deps: Deps, desk: Desk, returned: str, clock: Clock
) -> None:
    clock.advance(days=6)
    watch_deadlines(deps)
    assert "return_reminder" not in told(desk)
    clock.advance(days=1, hours=3)
    watch_deadlines(deps)
    watch_deadlines(deps)
    clock.advance(days=1)
    watch_deadlines(deps)
    assert told(desk).count("return_reminder") == 1


def test_nobody_is_reminded_at_night(deps: Deps, desk: Desk, returned: str, clock: Clock) -> None:
    clock.advance(days=7, hours=14)
    watch_deadlines(deps)
    assert told(desk) == ["return_label_ready"]


def test_what_is_on_its_way_is_neither_reminded_of_nor_closed(
    deps: Deps, desk: Desk, returned: str, clock: Clock
) -> None:
    scan(desk, returned, clock)
    clock.advance(days=40, hours=3)
    watch_deadlines(deps)
    assert told(desk) == ["return_label_ready"]
    assert desk.returned(returned).decision == "approved"


def test_a_reminder_that_was_overtaken_by_a_scan_is_not_sent(
    deps: Deps, desk: Desk, returned: str, clock: Clock
) -> None:
    clock.advance(days=7, hours=3)
    watch_deadlines(deps)
    scan(desk, returned, clock)
    message = next(one for one in desk.all(OutboxMessage) if one.event == "return_reminder")
    with pytest.raises(Moot):
        compose(deps, desk.shop, message.id)


def test_before_the_last_day_there_is_one_warning_and_a_later_day_is_told_of_again(
    deps: Deps, desk: Desk, returned: str, clock: Clock
) -> None:
    last_day = desk.returned(returned).send_back_by
    clock.advance(days=11, hours=3)
    watch_deadlines(deps)
    clock.advance(days=1)
    watch_deadlines(deps)
    assert told(desk).count("return_expiring") == 1
    set_days(desk, returned, last_day + timedelta(days=2))
    watch_deadlines(deps)
    clock.advance(days=1)
    watch_deadlines(deps)
    assert told(desk).count("return_expiring") == 2
    assert "return_reminder" not in told(desk)  # the warning says the same


def test_what_never_comes_is_closed_after_the_days_of_grace_and_its_units_are_free(
    deps: Deps, desk: Desk, clock: Clock
) -> None:
    order = desk.order()
    returned = desk.with_label(order, 1)
    last_day = desk.returned(returned).send_back_by
    clock.advance(days=(last_day - clock.now.date()).days + 7)
    watch_deadlines(deps)
    assert desk.returned(returned).decision == "approved"
    clock.advance(days=1)
    assert watch_deadlines(deps) == 1
    assert watch_deadlines(deps) == 0
    row = desk.returned(returned)
    assert (row.decision, row.money, row.closed_at) == ("expired", "none", clock.now)
    assert desk.line(order).units_returning == 0
    assert told(desk)[-1] == "return_expired"
    give_back_unused(deps)
    assert desk.labels()[0].voided_at is not None
    assert [effect.state for effect in desk.effects("void")] == ["intended"]
    steps = {(step.machine, step.to_state, step.why) for step in desk.all(ReturnEvent)}
    assert ("decision", "expired", "nothing was sent back in time") in steps


def test_a_declaration_in_law_is_never_closed(deps: Deps, desk: Desk, returned: str, clock: Clock) -> None:
    with deps.sessions.write(desk.shop.id) as session:
        session.scalars(select(Return)).one().kind = "withdrawal"
    clock.advance(days=60)
    watch_deadlines(deps)
    assert desk.returned(returned).decision == "approved"


def test_a_label_that_may_have_been_bought_is_settled_before_anything_is_closed(
    deps: Deps, desk: Desk, carriers: FakeCarriers, clock: Clock
) -> None:
    carriers.lose_answer = True
    returned = desk.submit(desk.order(), 1)
    run_effects(deps)
    assert desk.effects()[0].state == "unknown"
    clock.advance(days=60)
    watch_deadlines(deps)
    assert desk.returned(returned).decision == "approved"


def test_one_that_breaks_stops_no_other(deps: Deps, desk: Desk, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (desk.with_label(desk.order(), 1) for _ in range(2))
    broken = desk.returned(first).id
    clock.advance(days=60)
    monkeypatch.setattr(
        "portal.usecases.returns.deadlines.release",
        lambda session, deps, row, why: 1 / 0 if row.id == broken else None,
    )
    assert watch_deadlines(deps) == 1
    assert [desk.returned(one).decision for one in (first, second)] == ["approved", "expired"]


def test_a_label_that_does_not_come_is_told_of_once(
    deps: Deps, desk: Desk, carriers: FakeCarriers, clock: Clock
) -> None:
    carriers.label_error = CarrierError(ErrorKind.SERVER_ERROR, "down", sent=False)
    desk.submit(desk.order(), 1)
    run_effects(deps)
    assert tell_of_delays(deps) == 0
    clock.real += timedelta(minutes=31)
    assert tell_of_delays(deps) == 1
    assert tell_of_delays(deps) == 0
    assert told(desk) == ["label_delayed"]


def test_a_label_that_came_meanwhile_is_not_called_late(
    deps: Deps, desk: Desk, carriers: FakeCarriers, clock: Clock
) -> None:
    carriers.label_error = CarrierError(ErrorKind.SERVER_ERROR, "down", sent=False)
    desk.submit(desk.order(), 1)
    run_effects(deps)
    clock.real += timedelta(minutes=31)
    tell_of_delays(deps)
    message = desk.all(OutboxMessage)[0]
    compose(deps, desk.shop, message.id)  # true so far
    carriers.label_error = None
    clock.real += timedelta(hours=2)
    run_effects(deps)
    with pytest.raises(Moot):
        compose(deps, desk.shop, message.id)


def test_who_came_too_late_is_let_in_again_with_the_units_that_are_still_there(
    deps: Deps, desk: Desk, clock: Clock, agent: StaffUser
) -> None:
    order = desk.order({"quantity": 1})
    returned = desk.with_label(order, 1)
    clock.advance(days=40)
    watch_deadlines(deps)
    give_back_unused(deps)
    reopen(deps, desk.returned(returned).id, agent.id, "the shopper wrote", "form-1")
    row = desk.returned(returned)
    assert (row.decision, row.money, row.parcel) == ("approved", "quoted", "label_lapsed")
    assert row.send_back_by == (clock.now + timedelta(days=14)).date()
    assert desk.line(order).units_returning == 1
    assert watch_deadlines(deps) == 0


def test_units_that_went_into_another_return_meanwhile_cannot_come_back_twice(
    deps: Deps, desk: Desk, clock: Clock, agent: StaffUser
) -> None:
    order = desk.order({"quantity": 1})
    returned = desk.with_label(order, 1)
    set_days(desk, returned, clock.now.date() - timedelta(days=9))
    assert watch_deadlines(deps) == 1
    desk.submit(order, 1)
    with pytest.raises(Conflict):
        reopen(deps, desk.returned(returned).id, agent.id, "the shopper wrote", "form-1")
