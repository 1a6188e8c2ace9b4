"""Money goes out once, by as many people as it takes, and never for more than came (reliability: T33, T34, T38, F28)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from portal.db.tables.effects import Effect
from portal.db.tables.messages import OutboxMessage
from portal.db.tables.orders import Order
from portal.db.tables.return_money import ReturnMoneyEntry
from portal.db.tables.returns import Return, ReturnEvent, ReturnItem, ReturnItemEntry
from portal.db.tables.staff import AuditRow
from portal.errors import Conflict
from portal.usecases.deps import Deps
from portal.usecases.returns import rows
from portal.usecases.returns.desk import Receipt, receive
from portal.usecases.returns.payout import AskedYourself, Held, decline, pay
from portal.usecases.returns.risk_release import release_hold as release
from portal.usecases.returns.settle import settle_when_complete
from portal.usecases.shops import apply_config, find_shop
from tests.support.factory import shop_document
from tests.usecases.returns.conftest import Desk
from tests.usecases.returns.test_desk import all_came, scan
from tests.usecases.returns.test_label_races import at_once

ANN, BOB, CAT = 3, 4, 5


def set_shop(deps: Deps, desk: Desk, **returns: Any) -> None:
    apply_config(deps, desk.shop.slug, shop_document(returns=returns))
    desk.shop = find_shop(deps, shop_id=desk.shop.id)


def change(deps: Deps, desk: Desk, public_id: str, **values: Any) -> Return:
    with deps.sessions.write(desk.shop.id) as session:
        row = rows.return_by_public_id(session, public_id)
        for name, value in values.items():
            setattr(row, name, value)
    return row


def due(deps: Deps, desk: Desk, price: int = 4_000, units: int = 2, **values: Any) -> tuple[Order, int]:
    """An order of some units, all of them back: its money is due."""
    order = desk.order(
        {"quantity": units, "unit_price_minor": price},
        total_minor=price * units,
        shipping_minor=0,
        placed_at=deps.clock(),
    )
    return_id = desk.returned(desk.with_label(order, units, **values)).id
    receive(deps, return_id, ANN, all_came(desk, return_id), f"receive {return_id}")
    return order, return_id


def entries(desk: Desk) -> list[tuple[str, int, bool]]:
    return [(entry.kind, entry.amount_minor, entry.undone) for entry in desk.all(ReturnMoneyEntry)]


def inspect(deps: Deps, desk: Desk, return_id: int, **counts: int) -> None:
    """What the desk writes when somebody looks at the goods, and what it calls then."""
    with deps.sessions.write(desk.shop.id) as session:
        _, row = rows.lock_return(session, return_id)
        (pair,) = rows.items_of(session, row)
        for kind, quantity in counts.items():
            session.add(
                ReturnItemEntry(
                    shop_id=row.shop_id,
                    return_item_id=pair[0].id,
                    kind=kind,
                    quantity=quantity,
                    at=deps.clock(),
                    actor=f"staff {ANN}",
                )
            )
        session.flush()
        settle_when_complete(session, deps, desk.shop, row, deps.clock(), f"staff {ANN}")


def test_what_is_paid_stands_in_the_ledger_by_line_with_its_tax(
    deps: Deps, desk: Desk, reload: Callable[[Order], Order]
) -> None:
    set_shop(deps, desk, fee_minor=500)
    order = desk.order(
        {"quantity": 2, "unit_price_minor": 4_000},
        {"quantity": 1, "unit_price_minor": 1_000, "discount_minor": 400},
        total_minor=9_460,
        tax_minor=860,
        tax_included=False,
        shipping_minor=0,
        placed_at=deps.clock(),
    )
    return_id = desk.returned(desk.with_label(order, 1, 1)).id
    receive(deps, return_id, ANN, all_came(desk, return_id), "r")
    assert pay(deps, return_id, ANN, "p").due_minor == 4_400 + 660 - 500
    assert [(e.kind, e.amount_minor, e.tax_minor) for e in desk.all(ReturnMoneyEntry)] == [
        ("fee", 500, 0),
        ("refund", 660, 60),
        ("refund", 4_400, 400),
    ]
    assert [(line.paid_minor, line.given_back_minor) for line in (desk.line(order), desk.line(order, 1))] == [
        (8_800, 4_400),
        (660, 660),
    ]
    assert reload(order).refunded_minor == 4_560
    assert {entry.effect_id for entry in desk.all(ReturnMoneyEntry)} == {desk.effects("refund")[0].id}


def test_above_the_limit_one_person_asks_and_another_pays(deps: Deps, desk: Desk) -> None:
    set_shop(deps, desk, payout={"four_eyes_above_minor": 7_999})
    _, return_id = due(deps, desk)
    asked = pay(deps, return_id, ANN, "1")
    assert (asked.money, desk.all(Return)[0].money_asked_by) == ("due", "staff 3")
    assert desk.effects("refund") == []
    with pytest.raises(AskedYourself):
        pay(deps, return_id, ANN, "2")
    assert pay(deps, return_id, BOB, "3").money == "paid"
    assert [effect.request["by"] for effect in desk.effects("refund")] == ["staff 4"]
    with deps.sessions.read_system() as session:
        told = [
            (row.actor, row.details.get("step"))
            for row in session.scalars(select(AuditRow).where(AuditRow.action == "return.pay").order_by(AuditRow.id))
        ]
    assert told == [("staff 3", "asked"), ("staff 4", "agreed with staff 3")]


def test_below_the_limit_and_without_one_a_person_pays_alone(deps: Deps, desk: Desk) -> None:
    for limit in (8_000, 0):
        set_shop(deps, desk, payout={"four_eyes_above_minor": limit})
        _, return_id = due(deps, desk)
        assert pay(deps, return_id, ANN, f"{limit}").money == "paid"


def test_whoever_made_the_return_does_not_pay_it(deps: Deps, desk: Desk) -> None:
    _, return_id = due(deps, desk)
    change(deps, desk, desk.all(Return)[0].public_id, requested_by=f"staff {ANN}")
    with pytest.raises(AskedYourself):
        pay(deps, return_id, ANN, "1")
    assert pay(deps, return_id, BOB, "2").money == "paid"


def test_another_sum_has_to_be_asked_for_anew(deps: Deps, desk: Desk) -> None:
    set_shop(deps, desk, payout={"four_eyes_above_minor": 3_000})
    _, return_id = due(deps, desk)
    pay(deps, return_id, ANN, "1")
    inspect(deps, desk, return_id, rejected=1)
    assert desk.all(Return)[0].money_asked_by is None
    pay(deps, return_id, BOB, "2")
    assert desk.all(Return)[0].money == "due"
    assert pay(deps, return_id, ANN, "3").due_minor == 4_000


def test_a_sum_that_somebody_declined_is_not_paid(deps: Deps, desk: Desk) -> None:
    set_shop(deps, desk, payout={"four_eyes_above_minor": 10})
    _, return_id = due(deps, desk)
    with pytest.raises(Conflict):
        decline(deps, return_id, BOB, "0")
    pay(deps, return_id, ANN, "1")
    decline(deps, return_id, BOB, "2")
    pay(deps, return_id, BOB, "3")
    assert (desk.all(Return)[0].money_asked_by, desk.effects("refund")) == ("staff 4", [])


def test_what_is_held_waits_for_a_person(deps: Deps, desk: Desk) -> None:
    _, return_id = due(deps, desk)
    public_id = desk.all(Return)[0].public_id
    change(deps, desk, public_id, held_at=deps.clock())
    with pytest.raises(Held):
        pay(deps, return_id, ANN, "1")
    change(deps, desk, public_id, held_at=None)
    assert pay(deps, return_id, ANN, "1").money == "paid"


@pytest.mark.parametrize("when", ["scan", "arrival", "inspection"])
def test_the_policy_says_when_the_money_becomes_due(deps: Deps, desk: Desk, when: str) -> None:
    set_shop(deps, desk, payout={"when": when})
    public_id = desk.with_label(desk.order({"quantity": 2}, placed_at=deps.clock()), 2)
    seen = []
    for status in ("in_transit", "delivered"):
        scan(deps, desk, status)
        seen.append(desk.returned(public_id).money)
    assert seen == {"scan": ["due", "due"], "arrival": ["quoted", "due"], "inspection": ["quoted", "quoted"]}[when]


def test_before_inspection_a_cap_holds_and_risk_holds(deps: Deps, desk: Desk) -> None:
    set_shop(deps, desk, payout={"when": "scan", "early_up_to_minor": 5_000})
    public_id = desk.with_label(desk.order({"quantity": 2}, placed_at=deps.clock()), 2)
    scan(deps, desk, "in_transit")
    assert desk.returned(public_id).money == "quoted"  # 9 410 is more than the shop pays unseen
    set_shop(deps, desk, payout={"when": "scan", "early_up_to_minor": 0})
    change(deps, desk, public_id, parcel="label_ready", held_at=deps.clock())
    scan(deps, desk, "in_transit")
    assert desk.returned(public_id).money == "quoted"


def test_what_a_hold_kept_back_follows_when_it_is_released(deps: Deps, desk: Desk) -> None:
    set_shop(deps, desk, payout={"when": "scan"})
    public_id = desk.with_label(desk.order(placed_at=deps.clock()))
    change(deps, desk, public_id, held_at=deps.clock())
    scan(deps, desk, "in_transit")
    assert desk.returned(public_id).money == "quoted"
    release(deps, desk.returned(public_id).id, BOB, "I spoke with the shopper", "form-release")
    assert desk.returned(public_id).money == "due"


def test_who_withdraws_is_owed_the_money_with_the_proof_of_sending(deps: Deps, desk: Desk) -> None:
    set_shop(deps, desk, payout={"when": "inspection", "early_up_to_minor": 1})
    public_id = desk.with_label(desk.order(placed_at=deps.clock()))
    change(deps, desk, public_id, kind="withdrawal")
    scan(deps, desk, "in_transit")
    assert desk.returned(public_id).money == "due"


def paid_early(deps: Deps, desk: Desk, **values: Any) -> tuple[str, int]:
    set_shop(deps, desk, payout={"when": "scan"}, credit_bonus_percent=10)
    order = desk.order(
        {"quantity": 2, "unit_price_minor": 3_000}, total_minor=6_000, shipping_minor=0, placed_at=deps.clock()
    )
    public_id = desk.with_label(order, 2, **values)
    scan(deps, desk, "in_transit")
    return_id = desk.returned(public_id).id
    assert pay(deps, return_id, ANN, "early").decision == "approved"  # the goods are still to come
    return public_id, return_id


def test_paid_early_and_all_of_it_comes_closes_it(deps: Deps, desk: Desk) -> None:
    public_id, return_id = paid_early(deps, desk)
    inspect(deps, desk, return_id, received=2)
    row = desk.returned(public_id)
    assert (row.decision, row.money, row.flags, row.due_minor) == ("resolved", "paid", ["paid_early"], 6_000)
    assert len(desk.effects("refund")) == 1


@pytest.mark.parametrize(("way", "owed", "over"), [("refund", 3_000, 3_000), ("store_credit", 3_300, 3_300)])
def test_paid_early_and_something_is_missing_is_told_to_the_desk_and_never_taken_back(
    deps: Deps, desk: Desk, reload: Callable[[Order], Order], way: str, owed: int, over: int
) -> None:
    public_id, return_id = paid_early(deps, desk, resolution=way)
    inspect(deps, desk, return_id, received=1, not_received=1)
    row = desk.returned(public_id)
    assert (row.decision, row.money, row.due_minor) == ("resolved", "paid", owed)
    assert row.flags == ["paid_early", "overpaid"]
    assert [e.why for e in desk.all(ReturnEvent) if e.from_state == e.to_state == "paid"] == [
        f"{over} more was given than is owed for what came"
    ]
    assert len(desk.effects("refund" if way == "refund" else "credit")) == 1
    assert sum(amount for kind, amount, _ in entries(desk) if kind in ("refund", "credit")) == 6_000


def test_reopened_for_what_came_late_only_the_rest_is_paid(
    deps: Deps, desk: Desk, reload: Callable[[Order], Order]
) -> None:
    order = desk.order({"quantity": 2, "unit_price_minor": 3_000}, total_minor=6_000, shipping_minor=0)
    public_id = desk.with_label(order, 2)
    return_id = desk.returned(public_id).id
    (item,) = desk.all(ReturnItem)
    receive(deps, return_id, ANN, {item.id: Receipt(received=1, not_received=1)}, "r")
    assert pay(deps, return_id, ANN, "p").decision == "resolved"
    with deps.sessions.write(desk.shop.id) as session:
        _, row = rows.lock_return(session, return_id)
        rows.move(session, row, "decision", "approved", now=deps.clock(), actor="staff 3", why="it came after all")
    inspect(deps, desk, return_id, received=1)
    assert (desk.returned(public_id).money, desk.returned(public_id).due_minor) == ("due", 6_000)
    assert pay(deps, return_id, ANN, "p2").decision == "resolved"
    assert [(e.amount_minor, e.generation) for e in desk.effects("refund")] == [(3_000, 1), (3_000, 2)]
    assert entries(desk) == [("refund", 3_000, False), ("refund", 3_000, False)]
    assert reload(order).refunded_minor == 6_000
    assert len([m for m in desk.all(OutboxMessage) if m.event == "refund"]) == 2


def test_what_an_inspection_rejects_is_not_paid(deps: Deps, desk: Desk) -> None:
    _, return_id = due(deps, desk)
    inspect(deps, desk, return_id, rejected=1, restocked=1)
    assert pay(deps, return_id, ANN, "p").due_minor == 4_000
    _, return_id = due(deps, desk)
    inspect(deps, desk, return_id, rejected=2)
    row = desk.all(Return)[-1]
    assert (row.money, row.decision, row.due_minor) == ("none", "resolved", 0)


def test_what_is_rejected_after_it_was_paid_for_is_told_to_the_desk(deps: Deps, desk: Desk) -> None:
    _, return_id = due(deps, desk)
    pay(deps, return_id, ANN, "p")
    inspect(deps, desk, return_id, rejected=1, restocked=1)
    row = desk.all(Return)[0]
    assert (row.decision, row.money, row.flags, row.due_minor) == ("resolved", "paid", ["overpaid"], 4_000)


def test_the_shop_may_pay_credit_by_itself_but_no_refund_that_nobody_can_make(deps: Deps, desk: Desk) -> None:
    set_shop(deps, desk, payout={"when": "arrival", "automatic": True})
    _, refund = due(deps, desk)
    _, credit = due(deps, desk, resolution="store_credit")
    money = {row.id: (row.money, row.credit_code) for row in desk.all(Return)}
    assert money[refund] == ("due", None)
    assert money[credit][0] == "paid"
    assert money[credit][1] is not None
    assert [effect.request["by"] for effect in desk.effects("credit")] == ["rule:automatic_payout@1"]


@pytest.mark.parametrize(
    "payout",
    [
        {"automatic": True, "when": "inspection"},  # nobody has looked yet
        {"automatic": True, "when": "arrival", "four_eyes_above_minor": 100},
        {"automatic": False, "when": "arrival"},
    ],
)
def test_nothing_is_paid_by_itself_that_a_person_has_to_see(deps: Deps, desk: Desk, payout: dict[str, Any]) -> None:
    set_shop(deps, desk, payout=payout)
    due(deps, desk, resolution="store_credit")
    assert desk.all(Return)[0].money == "due"


def test_credit_by_itself_goes_out_once_the_goods_were_looked_at(deps: Deps, desk: Desk) -> None:
    set_shop(deps, desk, payout={"automatic": True})
    _, return_id = due(deps, desk, resolution="store_credit")
    inspect(deps, desk, return_id, restocked=2)
    assert desk.all(Return)[0].money == "paid"
    inspect(deps, desk, return_id)
    assert len(desk.effects("credit")) == 1


def test_many_who_pay_at_once_pay_once(deps: Deps, desk: Desk, reload: Callable[[Order], Order]) -> None:
    order, return_id = due(deps, desk)
    raised = at_once(lambda n: pay(deps, return_id, n, f"form {n}"))
    assert [type(error) for error in raised] == [Conflict] * 63
    assert len(desk.effects("refund")) == 1
    assert reload(order).refunded_minor == desk.line(order).given_back_minor == 8_000


def test_of_agreeing_and_declining_at_once_one_wins(deps: Deps, desk: Desk) -> None:
    set_shop(deps, desk, payout={"four_eyes_above_minor": 10})
    _, return_id = due(deps, desk)
    pay(deps, return_id, ANN, "ask")
    raised = at_once(
        lambda n: (pay if n % 2 else decline)(deps, return_id, 10 if n % 2 else 11, f"form-{n % 2}"), threads=2
    )
    with deps.sessions.read_system() as session:
        done = session.scalars(
            select(AuditRow.action).where(AuditRow.actor.in_(("staff 10", "staff 11"))).order_by(AuditRow.id)
        ).all()
        effects = session.scalars(select(Effect).where(Effect.kind == "refund")).all()
    row = desk.all(Return)[0]
    if row.money == "paid":
        assert (done, len(effects), len(raised)) == (["return.pay"], 1, 1)
    else:  # declined first: who wanted to agree now asks anew
        assert (done, len(effects), row.money_asked_by) == (["return.decline_pay", "return.pay"], 0, "staff 10")
