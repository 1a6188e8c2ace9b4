"""What came is looked at unit by unit; what was found decides what is paid and what becomes of it."""

from __future__ import annotations

import os
from typing import Any

import pytest
from sqlalchemy import select

from portal.db.tables.returns import Return, ReturnItem, ReturnItemEntry
from portal.db.tables.staff import AuditRow
from portal.domain.returns.inspection import Look
from portal.errors import Conflict, InvalidInput
from portal.usecases.deps import Deps
from portal.usecases.returns.desk import Receipt, find_return, list_returns, receive
from portal.usecases.returns.desk_page import desk_detail
from portal.usecases.returns.inspect import inspect
from portal.usecases.returns.payout import pay
from portal.usecases.returns.reopen import reopen
from portal.usecases.staff import audit
from tests.support.desk import MakeStaff
from tests.usecases.returns.conftest import Desk
from tests.usecases.returns.test_label_races import at_once
from tests.usecases.returns.test_risk_check import FEEDS, arrive

ANN, BOB = 3, 4
ROUNDS = 100 if os.environ.get("DOORSTEP_LONG") else 5
GOOD: dict[str, Any] = {"acceptance": "accepted", "grade": "a", "next": "restock"}


@pytest.fixture
def row(deps: Deps, desk: Desk) -> Return:
    """Three shirts that stand on the desk."""
    order = desk.order({"quantity": 3, "unit_price_minor": 1_000}, total_minor=3_000, shipping_minor=0)
    row = desk.returned(desk.with_label(order, 3, reason="defective"))
    receive(deps, row.id, ANN, {item_of(desk, row): Receipt(3)}, "they came")
    return row


def item_of(desk: Desk, row: Return) -> int:
    return next(int(item.id) for item in desk.all(ReturnItem) if item.return_id == row.id)


def test_each_unit_has_its_grade_and_only_what_is_accepted_is_paid_for(deps: Deps, desk: Desk, row: Return) -> None:
    item = item_of(desk, row)
    assert list_returns(deps).counts["to_inspect"] == 1
    looks = [
        Look(item, 1, "accepted", "a", "nothing_wrong", "restock"),
        Look(item, 1, "accepted", "d", "defective", "dispose", "The seam is open."),
        Look(item, 1, "rejected", "c", "worn", "", "It smells of smoke."),
    ]
    done = inspect(deps, row.id, ANN, looks, "a form's key")
    assert (done.money, done.due_minor) == ("due", 2_000)
    found = [(e.kind, e.grade, e.found_reason, e.note) for e in desk.all(ReturnItemEntry)][-3:]
    assert found == [
        ("restocked", "a", "nothing_wrong", None),
        ("disposed", "d", "defective", "The seam is open."),
        ("rejected", "c", "worn", "It smells of smoke."),
    ]
    assert desk.all(ReturnItem)[0].reason == "defective", "what the shopper said stays beside it"
    assert list_returns(deps).counts["to_inspect"] == 0
    assert pay(deps, row.id, BOB, "p").decision == "resolved"
    detail = desk_detail(deps, row.id)
    assert [look.entry for look in detail.looked] == ["restocked", "disposed", "rejected"]
    assert detail.to_inspect == {}
    assert {step.machine for step in detail.history} == {"decision", "parcel", "money"}


def test_another_item_in_its_place_is_not_paid_for(deps: Deps, desk: Desk, row: Return) -> None:
    item = item_of(desk, row)
    done = inspect(deps, row.id, ANN, [Look(item, 3, "wrong_item")], "a form's key")
    assert (done.decision, done.money) == ("resolved", "none")
    assert desk.all(ReturnItemEntry)[-1].found_reason == "other_item"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"units": 0}, "units"),
        ({"acceptance": "perhaps"}, "acceptance"),
        ({"grade": "e"}, "grade"),
        ({"grade": ""}, "grade"),
        ({"found": "dust"}, "found"),
        ({"next": ""}, "next"),
        ({"acceptance": "rejected", "note": " "}, "note"),
        ({"note": "x" * 601}, "note"),
    ],
)
def test_what_is_not_filled_in_is_asked_for(
    deps: Deps, desk: Desk, row: Return, changes: dict[str, Any], field: str
) -> None:
    item = item_of(desk, row)
    with pytest.raises(InvalidInput) as refused:
        inspect(deps, row.id, ANN, [Look(item, **(GOOD | changes))], "a form's key")
    assert refused.value.field == f"{field}-{item}"
    assert len(desk.all(ReturnItemEntry)) == 2


def test_nobody_inspects_more_than_came_or_what_is_not_part_of_it(deps: Deps, desk: Desk, row: Return) -> None:
    item = item_of(desk, row)
    with pytest.raises(Conflict):
        inspect(deps, row.id, ANN, [Look(item, 2, **GOOD), Look(item, 2, **GOOD)], "four")
    for wrong in ([], [Look(item + 99, 1, **GOOD)]):
        with pytest.raises(InvalidInput):
            inspect(deps, row.id, ANN, wrong, "none")
    inspect(deps, row.id, ANN, [Look(item, 2, **GOOD)], "two")
    assert inspect(deps, row.id, ANN, [Look(item, 2, **GOOD)], "two").money == "due", "the same form once more"
    with pytest.raises(Conflict):
        inspect(deps, row.id, BOB, [Look(item, 2, **GOOD)], "two more")
    assert desk_detail(deps, row.id).to_inspect == {item: 1}


def test_what_was_given_up_may_come_after_all_and_is_paid_then(deps: Deps, desk: Desk, make_staff: MakeStaff) -> None:
    order = desk.order({"quantity": 2, "unit_price_minor": 1_000}, total_minor=2_000, shipping_minor=0)
    row = desk.returned(desk.with_label(order, 2))
    item, admin = item_of(desk, row), make_staff(role="admin")
    receive(deps, row.id, ANN, {item: Receipt(1, 1)}, "one of two")
    assert pay(deps, row.id, ANN, "the one").decision == "resolved"
    reopen(deps, row.id, admin.id, "The second came in another parcel.", "again")
    done = receive(deps, row.id, ANN, {item: Receipt(1)}, "the other")
    assert (done.money, done.due_minor) == ("due", 2_000)
    assert pay(deps, row.id, ANN, "the rest").decision == "resolved"
    assert [effect.amount_minor for effect in desk.effects("refund")] == [1_000, 1_000]
    with pytest.raises(Conflict):
        receive(deps, row.id, ANN, {item: Receipt(1)}, "a third")


def test_an_inspection_that_finds_everything_answers_what_the_parcel_made_suspicious(deps: Deps, desk: Desk) -> None:
    well, ill = (desk.returned(desk.with_label(desk.order({"weight_grams": 400}))) for _ in range(2))
    for one in (well, ill):
        arrive(deps, desk, one, FEEDS[1][1])
        assert desk.returned(one.public_id).held_at is not None
        receive(deps, one.id, ANN, {item_of(desk, one): Receipt(1)}, f"came {one.id}")
    inspect(deps, well.id, ANN, [Look(item_of(desk, well), 1, **GOOD)], "all is well")
    inspect(deps, ill.id, ANN, [Look(item_of(desk, ill), 1, "rejected", note="An empty box.")], "it is not")
    assert desk.returned(well.public_id).held_at is None
    assert pay(deps, well.id, ANN, "p").money == "paid"
    assert desk.returned(ill.public_id).money == "none"


def test_without_its_audit_row_nothing_is_inspected(
    deps: Deps, desk: Desk, row: Return, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: object, **__: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(audit, "record", lost)
    with pytest.raises(OSError, match="disk"):
        inspect(deps, row.id, ANN, [Look(item_of(desk, row), 3, **GOOD)], "a form's key")
    assert len(desk.all(ReturnItemEntry)) == 2


@pytest.mark.parametrize("action", ["receive", "inspect"])
def test_of_many_who_check_in_or_inspect_at_once_one_does(deps: Deps, desk: Desk, action: str) -> None:
    for turn in range(ROUNDS):
        row = desk.returned(desk.with_label(desk.order({"quantity": 2, "unit_price_minor": 1_000}), 2))
        item = item_of(desk, row)
        if action == "inspect":
            receive(deps, row.id, ANN, {item: Receipt(2)}, f"came {turn}")

        def act(n: int, row: Return = row, item: int = item, turn: int = turn) -> object:
            if action == "receive":
                return receive(deps, row.id, n, {item: Receipt(2)}, f"form {turn} {n}")
            return inspect(deps, row.id, n, [Look(item, 2, **GOOD)], f"form {turn} {n}")

        raised = at_once(act)
        assert [type(error) for error in raised] == [Conflict] * 63
        assert find_return(deps, row.id).due_minor == 2_000
    with deps.sessions.read_system() as session:
        mine = select(AuditRow).where(AuditRow.action == f"return.{action}", AuditRow.details["money"].is_not(None))
        assert len(session.scalars(mine).all()) == ROUNDS
