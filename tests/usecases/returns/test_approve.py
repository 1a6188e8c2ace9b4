"""A return that waits for a person: yes, no, and two at once (reliability: F28, T38)."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from portal.db.tables.effects import Effect
from portal.db.tables.messages import OutboxMessage
from portal.db.tables.returns import Return, ReturnEvent, ReturnItemEntry
from portal.db.tables.staff import AuditRow
from portal.errors import Conflict, InvalidInput, NotFound
from portal.usecases.deps import Deps
from portal.usecases.returns import approve as module
from portal.usecases.returns.approve import approve, approve_many, reject
from portal.usecases.returns.authority import SamePerson
from portal.usecases.returns.desk import find_return, list_returns
from portal.usecases.returns.offer import offer
from portal.usecases.staff import audit
from tests.support.doubles import Clock
from tests.usecases.returns.conftest import Desk
from tests.usecases.returns.test_label_races import at_once
from tests.usecases.returns.waiting import waiting

ANN, BOB = 3, 4
ROUNDS = 100 if os.environ.get("DOORSTEP_LONG") else 5


def audited(deps: Deps, *actions: str) -> list[tuple[str, str]]:
    with deps.sessions.read_system() as session:
        found = session.scalars(select(AuditRow).where(AuditRow.action.in_(actions)).order_by(AuditRow.id))
        return [(row.actor, row.action) for row in found]


def test_a_yes_quotes_the_money_and_intends_the_label(deps: Deps, desk: Desk) -> None:
    row = waiting(deps, desk, desk.order())
    done = approve(deps, row.id, ANN, "a form's key")
    assert (done.decision, done.money, done.parcel, done.flags) == ("approved", "quoted", "label_queued", ())
    assert [effect.state for effect in desk.effects()] == ["intended"]
    steps = [(e.machine, e.to_state, e.actor) for e in desk.all(ReturnEvent)][-3:]
    assert steps == [
        (m, s, "staff 3") for m, s in (("decision", "approved"), ("money", "quoted"), ("parcel", "label_queued"))
    ]
    assert audited(deps, "return.approve") == [("staff 3", "return.approve")]


def test_the_days_to_send_it_back_run_from_the_yes(deps: Deps, desk: Desk, clock: Clock) -> None:
    row = waiting(deps, desk, desk.order())
    clock.advance(days=6)
    done = approve(deps, row.id, ANN, "a form's key")
    assert (done.send_back_by - row.send_back_by).days == 6


def test_a_no_frees_the_units_and_tells_the_shopper_why(deps: Deps, desk: Desk) -> None:
    order = desk.order({"quantity": 2})
    row = waiting(deps, desk, order, 2)
    done = reject(deps, row.id, ANN, "other", "  It was\nopened. ", "a form's key")
    assert (done.decision, done.money, done.reject_code, done.reject_words) == (
        "rejected",
        "none",
        "other",
        "It was opened.",
    )
    assert desk.line(order).units_returning == 0
    assert [entry.kind for entry in desk.all(ReturnItemEntry)] == ["requested"], "it can be opened again"
    assert [message.event for message in desk.all(OutboxMessage)] == ["return_rejected"]
    assert desk.effects() == []
    assert offer(deps, desk.shop, order.public_id).lines[0].units_left == 2


@pytest.mark.parametrize(
    ("code", "words", "field"),
    [("", "", "code"), ("no", "", "code"), ("other", " ", "words"), ("used", "x" * 601, "words")],
)
def test_a_no_without_a_reason_is_not_taken(deps: Deps, desk: Desk, code: str, words: str, field: str) -> None:
    row = waiting(deps, desk, desk.order())
    with pytest.raises(InvalidInput) as refused:
        reject(deps, row.id, ANN, code, words, "a form's key")
    assert refused.value.field == field
    assert find_return(deps, row.id).decision == "submitted"


def test_the_same_form_twice_decides_once(deps: Deps, desk: Desk) -> None:
    yes, no = waiting(deps, desk, desk.order()), waiting(deps, desk, desk.order())
    assert approve(deps, yes.id, ANN, "yes") == approve(deps, yes.id, ANN, "yes")
    assert reject(deps, no.id, ANN, "used", "", "no") == reject(deps, no.id, ANN, "used", "", "no")
    assert len(audited(deps, "return.approve", "return.reject")) == 2
    with pytest.raises(Conflict):
        reject(deps, no.id, ANN, "used", "Other words.", "no")


def _no(deps: Deps, return_id: int, staff_id: int, key: str) -> object:
    return reject(deps, return_id, staff_id, "used", "", key)


@pytest.mark.parametrize("decided", [approve, _no])
def test_what_is_decided_is_decided(deps: Deps, desk: Desk, decided: Callable[..., Any]) -> None:
    row = waiting(deps, desk, desk.order())
    decided(deps, row.id, ANN, "first")
    for late in (approve, _no):
        with pytest.raises(Conflict):
            late(deps, row.id, BOB, f"late {late.__name__}")
    with pytest.raises(NotFound):
        approve(deps, 999, ANN, "fourth")


def test_nobody_approves_what_they_asked_for_above_the_shops_limit(deps: Deps, desk: Desk) -> None:
    row = waiting(
        deps, desk, desk.order({"unit_price_minor": 90_000}, total_minor=90_000, shipping_minor=0), asked_by=ANN
    )
    with pytest.raises(SamePerson):
        approve(deps, row.id, ANN, "mine")
    assert find_return(deps, row.id).decision == "submitted"
    assert approve(deps, row.id, BOB, "yours").decision == "approved"
    small = waiting(deps, desk, desk.order(), asked_by=ANN)
    assert approve(deps, small.id, ANN, "small").decision == "approved"


def test_without_its_audit_row_nothing_is_decided(deps: Deps, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    row = waiting(deps, desk, desk.order())

    def lost(*_: object, **__: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(audit, "record", lost)
    for act in (approve, _no):
        with pytest.raises(OSError, match="disk"):
            act(deps, row.id, ANN, "a form's key")
    assert find_return(deps, row.id).decision == "submitted"
    assert desk.effects() == []


def test_many_are_approved_at_once_and_those_decided_before_are_named(deps: Deps, desk: Desk) -> None:
    ids = [waiting(deps, desk, desk.order()).id for _ in range(3)]
    reject(deps, ids[1], BOB, "used", "", "before")
    bulk = approve_many(deps, [*ids, ids[0], 999], ANN, "bulk")
    assert (bulk.done, bulk.left) == ((ids[0], ids[2]), (ids[1], 999))
    assert list_returns(deps).counts["to_approve"] == 0
    for none in ([], list(range(module.MANY + 1))):
        with pytest.raises(InvalidInput):
            approve_many(deps, none, ANN, "more")


def test_of_many_who_say_yes_and_no_at_once_one_is_heard(deps: Deps, desk: Desk) -> None:
    for turn in range(ROUNDS):
        order = desk.order()
        row = waiting(deps, desk, order)

        def say(n: int, row: Return = row, turn: int = turn) -> object:
            if n % 2:
                return approve(deps, row.id, n, f"form {turn} {n}")
            return reject(deps, row.id, n, "used", "", f"form {turn} {n}")

        raised = at_once(say)
        assert [type(error) for error in raised] == [Conflict] * 63
        found = find_return(deps, row.id)
        with deps.sessions.read(desk.shop.id) as session:
            labels = session.scalars(select(Effect).where(Effect.subject == f"return {row.id}")).all()
        yes = found.decision == "approved"
        assert len(labels) == (1 if yes else 0)
        assert desk.line(order).units_returning == (1 if yes else 0)
    assert len(audited(deps, "return.approve", "return.reject")) == ROUNDS


def test_one_form_sent_many_times_at_once_decides_once(deps: Deps, desk: Desk) -> None:
    row = waiting(deps, desk, desk.order())
    assert at_once(lambda _n: approve(deps, row.id, ANN, "the one form")) == []
    assert len(desk.effects()) == len(audited(deps, "return.approve")) == 1
