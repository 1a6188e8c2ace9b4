"""Returns that staff make: for a shopper, against the policy, without an order, and again (reliability: T37, T38)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal.db.tables.messages import OutboxMessage
from portal.db.tables.orders import Customer, Order, OrderLine
from portal.db.tables.returns import Return, ReturnItemEntry
from portal.db.tables.staff import AuditRow
from portal.errors import Conflict, Forbidden, InvalidInput, NotFound
from portal.usecases.customer_values import recompute_values
from portal.usecases.deps import Deps
from portal.usecases.returns import rows
from portal.usecases.returns.approve import approve, reject
from portal.usecases.returns.authority import SamePerson
from portal.usecases.returns.blind import MOST_MINOR, BlindItem, BlindReturn, create_blind
from portal.usecases.returns.create import create, offer_to_staff
from portal.usecases.returns.deadlines import _expire
from portal.usecases.returns.desk import find_return
from portal.usecases.returns.offer_views import ReturnRequest
from portal.usecases.returns.reopen import reopen
from portal.usecases.returns.staff_made import override_of
from portal.usecases.returns.submit import submit
from portal.usecases.staff import audit
from tests.support.desk import MakeStaff
from tests.support.doubles import Clock
from tests.usecases.returns.conftest import Desk
from tests.usecases.returns.test_label_races import at_once
from tests.usecases.returns.waiting import waiting

ANN, BOB = 3, 4


def wants(desk: Desk, order: Order, *units: int, override: str = "", **more: Any) -> ReturnRequest:
    return ReturnRequest(order.public_id, tuple(desk.choices(order, *units)), "refund", override=override, **more)


def actions(deps: Deps) -> list[tuple[str, str]]:
    with deps.sessions.read_system() as session:
        return [(row.actor, row.action) for row in session.scalars(select(AuditRow).order_by(AuditRow.id))]


def row_of(deps: Deps, return_id: int) -> Return:
    with deps.sessions.read_system() as session:
        return session.get_one(Return, return_id)


@pytest.fixture
def old(deps: Deps, desk: Desk) -> Order:
    """An order whose window has closed."""
    now = deps.clock()
    return desk.order(delivered_at=now - timedelta(days=90), handed_over_at=now - timedelta(days=94))


def test_staff_send_a_return_in_for_a_shopper_once(deps: Deps, desk: Desk) -> None:
    order = desk.order()
    made = create(deps, order.id, ANN, wants(desk, order), "a form's key")
    assert create(deps, order.id, ANN, wants(desk, order), "a form's key") == made
    row = row_of(deps, made)
    assert (row.decision, row.filed_by, row.requested_by) == ("approved", "customer_support", "staff 3")
    assert override_of(row) is None
    assert actions(deps) == [("staff 3", "return.submit")]
    with pytest.raises(NotFound):
        create(deps, 999, ANN, wants(desk, order), "another key")


def test_what_the_policy_says_no_to_needs_an_administrator_and_a_reason(
    deps: Deps, desk: Desk, old: Order, make_staff: MakeStaff
) -> None:
    agent, admin, gone = make_staff(), make_staff(role="admin"), make_staff(role="admin", active=False)
    assert offer_to_staff(deps, old.id).offer.eligible == ()
    with pytest.raises(Conflict):
        create(deps, old.id, admin.id, wants(desk, old), "without a reason")
    for refused in (agent, gone):
        with pytest.raises(Forbidden):
            create(deps, old.id, refused.id, wants(desk, old, override="Goodwill."), f"key of {refused.id}")
    assert desk.line(old).units_returning == 0
    row = row_of(deps, create(deps, old.id, admin.id, wants(desk, old, override=" Goodwill.\n"), "with a reason"))
    kept = override_of(row)
    assert kept is not None
    assert (kept["by"], kept["why"]) == (admin.actor, "Goodwill.")
    assert kept["against"] == {str(desk.line_ids(old)[0]): ["window.over"]}
    assert row.flags == ["overridden"]
    assert (admin.actor, "return.override") in actions(deps)


def test_no_shopper_sets_a_policy_aside(deps: Deps, desk: Desk, old: Order) -> None:
    for actor in ("shopper", "gift", "staff"):
        with pytest.raises(Conflict):
            submit(deps, desk.shop, wants(desk, old, override="I am staff 1."), f"key {actor}", actor=actor)


def test_not_even_an_administrator_takes_back_more_units_than_were_bought(
    deps: Deps, desk: Desk, make_staff: MakeStaff
) -> None:
    order, admin = desk.order({"quantity": 1}), make_staff(role="admin")
    with pytest.raises(Conflict):
        create(deps, order.id, admin.id, wants(desk, order, 2, override="They insist."), "a form's key")


def test_an_override_without_its_audit_row_does_not_happen(
    deps: Deps, desk: Desk, old: Order, make_staff: MakeStaff, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin, record = make_staff(role="admin"), audit.record

    def loses(*args: Any, action: str, **more: Any) -> None:
        if action == "return.override":
            raise OSError("the disk is full")
        record(*args, action=action, **more)

    monkeypatch.setattr(audit, "record", loses)
    with pytest.raises(OSError, match="disk"):
        create(deps, old.id, admin.id, wants(desk, old, override="Goodwill."), "a form's key")
    assert desk.all(Return) == []


SHIRT = BlindItem("Linen shirt", 2, 4_900, "SKU-1", "defective")


def came(desk: Desk, *items: BlindItem, **more: Any) -> BlindReturn:
    return BlindReturn(desk.shop.slug, items or (SHIRT,), **more)


def test_what_came_without_an_order_is_written_down_and_counts_for_nobody(deps: Deps, desk: Desk) -> None:
    made = create_blind(deps, ANN, came(desk, email="Ada@Mail.example", name="Ada"), "a form's key")
    assert create_blind(deps, ANN, came(desk, email="Ada@Mail.example", name="Ada"), "a form's key") == made
    found = find_return(deps, made)
    assert (found.kind, found.decision, found.money, found.due_minor) == ("blind", "approved", "quoted", 9_800)
    (order,) = desk.all(Order)
    assert (order.source, order.is_history, order.email) == ("blind", True, "ada@mail.example")
    assert desk.all(OrderLine)[0].paid_minor == 9_800
    assert desk.all(OutboxMessage) == [], "nobody is told to send what is here already"
    recompute_values(deps, desk.shop, now=deps.clock() + timedelta(days=1))
    assert [(c.orders_count, c.ltv_minor) for c in desk.all(Customer)] == [(0, 0)]
    assert actions(deps) == [("staff 3", "return.blind")]
    with pytest.raises(Conflict):
        create_blind(deps, ANN, came(desk), "a form's key")


def test_a_blind_return_of_much_worth_needs_a_second_person(deps: Deps, desk: Desk) -> None:
    made = create_blind(deps, ANN, came(desk, BlindItem("Coat", 1, 90_000)), "a form's key")
    assert (find_return(deps, made).decision, find_return(deps, made).flags) == ("submitted", ("review",))
    with pytest.raises(SamePerson):
        approve(deps, made, ANN, "mine")
    done = approve(deps, made, BOB, "yours")
    assert (done.decision, done.money, done.parcel) == ("approved", "quoted", "none")
    assert desk.effects() == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"items": ()},
        {"items": (BlindItem(" ", 1, 100),)},
        {"items": (BlindItem("Cup", 0, 100),)},
        {"items": (BlindItem("Cup", 1, 0),)},
        {"items": (BlindItem("Cup", 1, -5),)},
        {"items": (BlindItem("Cup", 1, MOST_MINOR + 1),)},
        {"items": (BlindItem("Cup", 1, 100, reason="because"),)},
        {"items": (BlindItem("Cup", 1, 100),) * 51},
        {"resolution": "exchange"},
        {"email": "nobody"},
    ],
)
def test_a_blind_return_that_makes_no_sense_is_not_taken(deps: Deps, desk: Desk, wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        create_blind(
            deps, ANN, BlindReturn(**({"shop_slug": desk.shop.slug, "items": (SHIRT,)} | wrong)), "a form's key"
        )
    with pytest.raises(NotFound):
        create_blind(deps, ANN, BlindReturn("nowhere", (SHIRT,)), "a form's key")
    assert desk.all(Order) == []


def test_a_blind_form_sent_many_times_at_once_makes_one_return(deps: Deps, desk: Desk) -> None:
    assert at_once(lambda _n: create_blind(deps, ANN, came(desk), "the one form")) == []
    assert len(desk.all(Return)) == len(desk.all(Order)) == 1


def test_what_was_turned_down_is_opened_again_and_takes_its_units(deps: Deps, desk: Desk) -> None:
    order = desk.order({"quantity": 2})
    row = waiting(deps, desk, order, 2)
    reject(deps, row.id, ANN, "used", "", "no")
    with pytest.raises(InvalidInput):
        reopen(deps, row.id, ANN, " ", "nothing said")
    done = reopen(deps, row.id, ANN, "The photos came late.", "again")
    assert (done.decision, done.money, done.parcel, done.reject_code) == ("approved", "quoted", "label_queued", None)
    assert desk.line(order).units_returning == 2
    assert done.flags == ("reopened",)
    assert [entry.kind for entry in desk.all(ReturnItemEntry)] == ["requested"]
    assert reopen(deps, row.id, ANN, "The photos came late.", "again").decision == "approved"
    with pytest.raises(Conflict):
        reopen(deps, row.id, BOB, "Once more.", "third")


def test_units_that_are_in_another_return_by_now_stay_there(deps: Deps, desk: Desk) -> None:
    order = desk.order({"quantity": 1})
    row = waiting(deps, desk, order)
    reject(deps, row.id, ANN, "used", "", "no")
    desk.submit(order)
    with pytest.raises(Conflict):
        reopen(deps, row.id, ANN, "We were wrong.", "again")
    assert find_return(deps, row.id).decision == "rejected"
    assert desk.line(order).units_returning == 1


def test_what_is_done_with_is_opened_by_administrators_alone(deps: Deps, desk: Desk, make_staff: MakeStaff) -> None:
    agent, admin = make_staff(), make_staff(role="admin")
    row = desk.returned(desk.submit(desk.order()))
    with deps.sessions.write(desk.shop.id) as session:
        found = session.get_one(Return, row.id)
        found.decision, found.money = "resolved", "none"
    with pytest.raises(Forbidden):
        reopen(deps, row.id, agent.id, "It came after all.", "a")
    done = reopen(deps, row.id, admin.id, "It came after all.", "b")
    assert (done.decision, done.money) == ("approved", "quoted")


def test_what_was_called_off_stays_so(deps: Deps, desk: Desk) -> None:
    row = desk.returned(desk.submit(desk.order()))
    with pytest.raises(Conflict):
        reopen(deps, row.id, ANN, "It is open.", "a")


def test_of_many_who_open_it_again_at_once_one_does(deps: Deps, desk: Desk) -> None:
    order = desk.order({"quantity": 3})
    row = waiting(deps, desk, order, 2)
    reject(deps, row.id, ANN, "used", "", "no")
    raised = at_once(lambda n: reopen(deps, row.id, n, "We were wrong.", f"form {n}"))
    assert [type(error) for error in raised] == [Conflict] * 63
    assert desk.line(order).units_returning == 2
    assert len(desk.effects()) == 1


def test_a_sum_that_needs_two_people_waits_for_the_second(deps: Deps, desk: Desk) -> None:
    order = desk.order({"unit_price_minor": 90_000}, total_minor=90_000, shipping_minor=0)
    made = create(deps, order.id, ANN, wants(desk, order), "a form's key")
    assert find_return(deps, made).decision == "submitted"
    with pytest.raises(SamePerson):
        approve(deps, made, ANN, "mine")
    assert approve(deps, made, BOB, "yours").decision == "approved"


def test_what_ran_out_is_opened_again_and_waits_for_its_units(deps: Deps, desk: Desk, clock: Clock) -> None:
    order = desk.order({"quantity": 2})
    row = desk.returned(desk.with_label(order, 2))
    clock.advance(days=40)
    with deps.sessions.write(desk.shop.id) as session:
        locked, found = rows.lock_return(session, row.id)
        assert _expire(session, deps, desk.shop, locked, found)
    assert (find_return(deps, row.id).decision, desk.line(order).units_returning) == ("expired", 0)
    done = reopen(deps, row.id, ANN, "They were ill.", "again")
    assert (done.decision, done.money, done.can_receive) == ("approved", "quoted", True)
    assert done.items[0].open_units == 2
    assert desk.line(order).units_returning == 2
    assert done.send_back_by > row.send_back_by
