"""Sums that were promised while other returns held less: never more than was paid, and never money that cannot go out."""

from __future__ import annotations

from portal.db.tables.return_money import ReturnMoneyEntry
from portal.db.tables.returns import Return
from portal.usecases.deps import Deps
from portal.usecases.returns.approve import reject
from portal.usecases.returns.desk import receive
from portal.usecases.returns.offer_views import Choice
from portal.usecases.returns.payout import pay
from portal.usecases.returns.reopen import reopen
from tests.usecases.returns.asking import placed_now, policy, request, sent_in
from tests.usecases.returns.conftest import Desk
from tests.usecases.returns.test_desk import all_came
from tests.usecases.returns.waiting import waiting

ANN, BOB = 3, 4


def paid(deps: Deps, desk: Desk, row: Return) -> list[tuple[str, int]]:
    """All of it came, and its money went out: the entries of the return."""
    with deps.sessions.write(desk.shop.id) as session:
        session.get_one(Return, row.id).parcel = "label_ready"
    receive(deps, row.id, ANN, all_came(desk, row.id), f"receive {row.id}")
    pay(deps, row.id, BOB, f"pay {row.id}")
    return sorted((one.kind, one.amount_minor) for one in desk.all(ReturnMoneyEntry) if one.return_id == row.id)


def test_postage_goes_back_once_though_a_return_that_had_it_promised_is_opened_again(deps: Deps, desk: Desk) -> None:
    policy(desk, rules=[{"id": "ours", "when": {"return_reason": ["defective"]}, "then": {"refund_shipping": True}}])
    line = {"quantity": 1, "unit_price_minor": 3_000}
    order = placed_now(desk, line, line, line, total_minor=9_590, shipping_minor=590)
    first = waiting(deps, desk, order, 1, reason="defective")
    reject(deps, first.id, ANN, "used", "", "no")
    other = Choice(desk.line_ids(order)[1], 1, "defective")
    second = desk.returned(sent_in(desk, request(other, begun=order)))
    reopen(deps, first.id, BOB, "We were wrong.", "again")
    assert first.shipping_minor == second.shipping_minor == 590  # promised one after the other
    assert paid(deps, desk, second) == [("refund", 3_000), ("shipping", 590)]
    assert paid(deps, desk, first) == [("refund", 3_000)]
    assert desk.returned(first.public_id).due_minor == 3_000


def test_a_unit_that_was_promised_the_odd_cent_twice_is_paid_with_what_is_left(deps: Deps, desk: Desk) -> None:
    order = desk.order({"quantity": 3, "unit_price_minor": 40}, total_minor=100, shipping_minor=0)
    first = waiting(deps, desk, order, 1)
    reject(deps, first.id, ANN, "used", "", "no")
    second = desk.returned(desk.submit(order, 1))
    reopen(deps, first.id, BOB, "We were wrong.", "again")
    third = desk.returned(desk.submit(order, 1))
    assert [one.due_minor for one in (first, second, third)] == [34, 34, 33]
    given = [paid(deps, desk, one) for one in (first, second, third)]
    assert given == [[("refund", 34)], [("refund", 34)], [("refund", 32)]]
    assert desk.line(order).given_back_minor == 100
