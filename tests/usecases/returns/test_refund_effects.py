"""Refunds through the shop's platform: each at most once, whatever becomes of the answer (reliability: D1, F04)."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import update

from carriers.errors import CarrierError, ErrorKind
from portal.db.tables.effects import Effect
from portal.db.tables.messages import OutboxMessage
from portal.db.tables.orders import Order
from portal.db.tables.return_money import ReturnMoneyEntry
from portal.db.tables.returns import Return
from portal.errors import Conflict
from portal.platforms.refunds import MoneyRecovery
from portal.usecases.deps import Deps
from portal.usecases.returns.desk import receive
from portal.usecases.returns.effects import run_effects
from portal.usecases.returns.offer import offer
from portal.usecases.returns.offer_views import Choice, ReturnRequest
from portal.usecases.returns.paying import KINDS
from portal.usecases.returns.payout import pay, was_not_paid, was_paid
from portal.usecases.returns.refund_effects import CANNOT_LOOK, MOST_LOOK_UPS, OTHER_ACCOUNT, OTHER_SUM, run_refund
from portal.usecases.returns.submit import submit
from tests.support.doubles import Clock, FakeRefunds
from tests.support.factory import Factory
from tests.usecases.returns.conftest import Desk
from tests.usecases.returns.test_desk import all_came
from tests.usecases.returns.test_label_races import at_once
from tests.usecases.returns.test_payout import ANN, BOB, change, due, entries, inspect, set_shop

ROUNDS = 100 if os.environ.get("DOORSTEP_LONG") else 5


@pytest.fixture
def platform() -> FakeRefunds:
    return FakeRefunds()


@pytest.fixture
def connected(deps: Deps, platform: FakeRefunds) -> Deps:
    return replace(deps, refunds=platform)


@pytest.fixture
def desk(connected: Deps, shop: object) -> Desk:
    return Desk(connected, Factory(connected, shop))  # type: ignore[arg-type]


def sold(desk: Desk, **values: object) -> int:
    """A return whose order the platform knows: its money is due."""
    order, return_id = due(desk.deps, desk, **values)  # type: ignore[arg-type]
    with desk.deps.sessions.write(desk.shop.id) as session:
        session.execute(update(Order).where(Order.id == order.id).values(external_id=f"90{order.id}"))
    return return_id


def state(desk: Desk) -> tuple[str, str, list[str]]:
    row = desk.all(Return)[-1]
    return row.decision, row.money, [effect.state for effect in desk.all(Effect) if effect.kind in KINDS]


def later(desk: Desk, clock: Clock, hours: float = 2) -> None:
    clock.advance(hours=hours)
    run_effects(desk.deps)


def test_what_is_paid_goes_through_the_platform_and_is_told_once_it_has_arrived(
    desk: Desk, platform: FakeRefunds, reload: Callable[[Order], Order]
) -> None:
    return_id = sold(desk)
    assert pay(desk.deps, return_id, ANN, "p").money == "due"
    assert [m.event for m in desk.all(OutboxMessage)].count("refund") == 0
    with pytest.raises(Conflict):
        pay(desk.deps, return_id, BOB, "again")
    run_effects(desk.deps)
    assert state(desk) == ("resolved", "paid", ["succeeded"])
    assert [m.event for m in desk.all(OutboxMessage)].count("refund") == 1
    (ask,) = platform.asks
    row, effect = desk.all(Return)[0], desk.effects("refund")[0]
    assert (ask.amount_minor, ask.currency, ask.note, ask.key) == (8_000, "USD", row.rma, effect.key)
    assert reload(desk.all(Order)[0]).refunded_minor == 8_000


def test_without_an_id_at_the_platform_a_person_pays_and_confirms(desk: Desk, platform: FakeRefunds) -> None:
    _, return_id = due(desk.deps, desk)
    assert pay(desk.deps, return_id, ANN, "p").money == "paid"
    assert [effect.provider for effect in desk.effects("refund")] == ["recorded"]
    assert platform.asks == []


@pytest.mark.parametrize("how", [MoneyRecovery.NATIVE_KEY, MoneyRecovery.LIST_FIRST])
def test_a_lost_answer_is_looked_up_and_not_paid_again(
    desk: Desk, platform: FakeRefunds, clock: Clock, how: MoneyRecovery
) -> None:
    platform.how, platform.lose_answer = how, True
    pay(desk.deps, sold(desk), ANN, "p")
    run_effects(desk.deps)
    platform.lose_answer = False
    assert state(desk) == ("approved", "due", ["unknown"])
    run_effects(desk.deps)  # at once: what is in doubt is not asked about before it has settled
    assert len(platform.paid) == 1
    later(desk, clock)
    assert state(desk) == ("resolved", "paid", ["succeeded"])
    assert len(platform.paid) == len(platform.asks) == 1


def test_a_request_that_never_arrived_is_asked_again_with_the_same_key(
    desk: Desk, platform: FakeRefunds, clock: Clock
) -> None:
    platform.pay_error = CarrierError(ErrorKind.SERVER_ERROR, "no answer", sent=True)
    pay(desk.deps, sold(desk), ANN, "p")
    run_effects(desk.deps)
    platform.pay_error = None
    later(desk, clock)  # looked up: it is not there
    later(desk, clock)
    assert state(desk) == ("resolved", "paid", ["succeeded"])
    assert len({ask.key for ask in platform.asks}) == 1
    assert len(platform.paid) == 1


def test_throttling_is_waited_for(desk: Desk, platform: FakeRefunds, clock: Clock) -> None:
    platform.pay_error = CarrierError(ErrorKind.RATE_LIMITED, "slow down", retry_after=90)
    pay(desk.deps, sold(desk), ANN, "p")
    run_effects(desk.deps)
    assert state(desk) == ("approved", "due", ["intended"])
    run_effects(desk.deps)
    assert len(platform.asks) == 1
    platform.pay_error = None
    later(desk, clock, hours=0.1)
    assert state(desk)[1] == "paid"


def test_a_refusal_fails_the_money_and_a_person_tries_again(
    desk: Desk, platform: FakeRefunds, reload: Callable[[Order], Order]
) -> None:
    platform.pay_error = CarrierError(ErrorKind.BAD_REQUEST, "The card is closed.", sent=True)
    return_id = sold(desk)
    pay(desk.deps, return_id, ANN, "p")
    run_effects(desk.deps)
    assert state(desk) == ("approved", "failed", ["rejected"])
    run_effects(desk.deps)
    assert len(platform.asks) == 1
    platform.pay_error = None
    assert pay(desk.deps, return_id, BOB, "p2").money == "due"
    run_effects(desk.deps)
    assert state(desk) == ("resolved", "paid", ["rejected", "succeeded"])
    assert entries(desk) == [("refund", 8_000, False)]
    assert reload(desk.all(Order)[0]).refunded_minor == 8_000


def test_less_is_owed_after_a_refusal_and_the_ledger_takes_back_what_never_went_out(
    desk: Desk, platform: FakeRefunds, reload: Callable[[Order], Order]
) -> None:
    platform.pay_error = CarrierError(ErrorKind.BAD_REQUEST, "no", sent=True)
    return_id = sold(desk)
    pay(desk.deps, return_id, ANN, "p")
    run_effects(desk.deps)
    platform.pay_error = None
    inspect(desk.deps, desk, return_id, rejected=1, restocked=1)
    pay(desk.deps, return_id, ANN, "p2")
    run_effects(desk.deps)
    assert platform.paid[-1][1] == 4_000
    assert entries(desk) == [("refund", 8_000, False), ("refund", 4_000, True)]
    order = reload(desk.all(Order)[0])
    assert (order.refunded_minor, desk.line(order).given_back_minor) == (4_000, 4_000)


def test_nothing_is_owed_after_a_refusal_and_nothing_stays_in_the_ledger(desk: Desk, platform: FakeRefunds) -> None:
    platform.pay_error = CarrierError(ErrorKind.BAD_REQUEST, "no", sent=True)
    return_id = sold(desk)
    pay(desk.deps, return_id, ANN, "p")
    run_effects(desk.deps)
    inspect(desk.deps, desk, return_id, rejected=2)
    assert state(desk) == ("resolved", "none", ["rejected"])
    assert entries(desk) == [("refund", 8_000, False), ("refund", 8_000, True)]
    assert desk.line(desk.all(Order)[0]).given_back_minor == 0


def in_doubt(desk: Desk, platform: FakeRefunds, clock: Clock) -> int:
    """The answer was lost, at a platform that cannot be asked."""
    platform.how, platform.lose_answer = MoneyRecovery.NONE, True
    return_id = sold(desk)
    pay(desk.deps, return_id, ANN, "p")
    run_effects(desk.deps)
    platform.lose_answer = False
    later(desk, clock)
    assert desk.effects("refund")[-1].error == CANNOT_LOOK
    return return_id


def test_where_nobody_can_be_asked_a_person_says_that_it_was_paid(
    desk: Desk, platform: FakeRefunds, clock: Clock
) -> None:
    return_id = in_doubt(desk, platform, clock)
    with pytest.raises(Conflict):
        pay(desk.deps, return_id, BOB, "again")
    assert was_paid(desk.deps, return_id, BOB, "yes").decision == "resolved"
    with pytest.raises(Conflict):
        was_not_paid(desk.deps, return_id, BOB, "no")
    later(desk, clock)
    assert (state(desk), len(platform.asks)) == (("resolved", "paid", ["succeeded"]), 1)


def test_or_that_it_was_not_and_it_is_paid_again(desk: Desk, platform: FakeRefunds, clock: Clock) -> None:
    return_id = in_doubt(desk, platform, clock)
    assert was_not_paid(desk.deps, return_id, BOB, "no").money == "failed"
    pay(desk.deps, return_id, ANN, "p2")
    run_effects(desk.deps)
    assert state(desk) == ("resolved", "paid", ["rejected", "succeeded"])


def test_another_account_knows_nothing_of_what_was_paid_with_the_one_before(
    desk: Desk, platform: FakeRefunds, clock: Clock
) -> None:
    platform.lose_answer = True
    pay(desk.deps, sold(desk), ANN, "p")
    run_effects(desk.deps)
    platform.mark = "2"
    later(desk, clock)
    assert [(effect.state, effect.error) for effect in desk.effects("refund")] == [("manual", OTHER_ACCOUNT)]


def test_another_sum_than_was_asked_for_goes_to_a_person(desk: Desk, platform: FakeRefunds) -> None:
    platform.short_by = 1
    pay(desk.deps, sold(desk), ANN, "p")
    run_effects(desk.deps)
    assert [(effect.state, effect.error) for effect in desk.effects("refund")] == [("manual", OTHER_SUM)]


def test_a_look_up_that_fails_for_a_day_goes_to_a_person(desk: Desk, platform: FakeRefunds, clock: Clock) -> None:
    platform.lose_answer = True
    pay(desk.deps, sold(desk), ANN, "p")
    run_effects(desk.deps)
    platform.find_error = CarrierError(ErrorKind.SERVER_ERROR, "down")
    for _ in range(MOST_LOOK_UPS):
        assert desk.effects("refund")[0].state == "unknown"
        later(desk, clock)
    assert (desk.effects("refund")[0].state, len(platform.paid)) == ("manual", 1)


def test_what_is_held_after_it_was_intended_does_not_leave(desk: Desk, platform: FakeRefunds, clock: Clock) -> None:
    return_id = sold(desk)
    pay(desk.deps, return_id, ANN, "p")
    public_id = desk.all(Return)[0].public_id
    change(desk.deps, desk, public_id, held_at=clock.now)
    later(desk, clock)
    assert platform.asks == []
    change(desk.deps, desk, public_id, held_at=None)
    later(desk, clock)
    assert state(desk)[1] == "paid"


def test_the_shop_may_let_its_platform_pay_by_itself(desk: Desk, platform: FakeRefunds) -> None:
    set_shop(desk.deps, desk, payout={"automatic": True})
    return_id = sold(desk)
    inspect(desk.deps, desk, return_id, restocked=2)
    run_effects(desk.deps)
    assert (state(desk)[1], platform.paid[0][1]) == ("paid", 8_000)


def test_store_credit_is_issued_where_the_platform_can_and_its_code_is_shown_then(
    desk: Desk, platform: FakeRefunds
) -> None:
    platform.kinds = ("refund", "credit")
    pay(desk.deps, sold(desk, resolution="store_credit"), ANN, "p")
    assert desk.all(Return)[0].credit_code is None
    run_effects(desk.deps)
    row = desk.all(Return)[0]
    assert (row.money, row.credit_code, len(platform.asks[0].code)) == ("paid", platform.asks[0].code, 12)
    assert row.credit_code not in repr(platform.asks[0])


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_many_workers_and_many_people_at_once_make_one_refund(
    desk: Desk, platform: FakeRefunds, round_: int, reload: Callable[[Order], Order]
) -> None:
    return_id = sold(desk)

    def act(n: int) -> object:
        if n % 2:
            return pay(desk.deps, return_id, n, f"form {n}")
        return [run_refund(desk.deps, desk.shop, effect.id) for effect in desk.effects("refund")]

    raised = at_once(act)
    assert {type(error) for error in raised} <= {Conflict}
    run_effects(desk.deps)
    assert len(platform.paid) == len(platform.asks) == len(desk.effects("refund")) == 1
    order = reload(desk.all(Order)[0])
    assert order.refunded_minor == desk.line(order).given_back_minor == 8_000
    assert len(desk.all(ReturnMoneyEntry)) == 1


def test_some_say_that_it_was_paid_and_some_that_it_was_not_and_one_is_heard(
    desk: Desk, platform: FakeRefunds, clock: Clock
) -> None:
    return_id = in_doubt(desk, platform, clock)
    raised = at_once(lambda n: (was_paid if n % 2 else was_not_paid)(desk.deps, return_id, n, f"form {n}"))
    assert [type(error) for error in raised] == [Conflict] * 63
    assert desk.all(Return)[0].money in ("paid", "failed")


def test_a_return_of_two_orders_is_paid_order_by_order(
    desk: Desk, platform: FakeRefunds, clock: Clock, reload: Callable[[Order], Order]
) -> None:
    """The fee is borne by both, in proportion; one that fails holds up the story, not the other's money."""
    set_shop(desk.deps, desk, fee_minor=601)
    customer = desk.make.customer()
    orders = [
        desk.order(
            {"unit_price_minor": price},
            customer=customer,
            total_minor=price,
            shipping_minor=0,
            placed_at=clock.now,
            external_id=f"{price}",
        )
        for price in (4_000, 2_000)
    ]
    given = offer(desk.deps, desk.shop, [order.public_id for order in orders])
    choices = tuple(Choice(desk.line_ids(order)[0], 1, "changed_mind") for order in orders)
    public_id = submit(desk.deps, desk.shop, ReturnRequest(orders[0].public_id, choices, "refund"), given.form_key)
    return_id = desk.returned(public_id).id
    receive(desk.deps, return_id, ANN, all_came(desk, return_id), "r")
    pay(desk.deps, return_id, ANN, "p")
    platform.lose_answer = True
    run_effects(desk.deps)
    assert state(desk) == ("approved", "due", ["unknown", "unknown"])
    platform.lose_answer = False
    later(desk, clock)
    assert state(desk) == ("resolved", "paid", ["succeeded", "succeeded"])
    assert [(ask.order, ask.amount_minor) for ask in platform.asks] == [("4000", 3_599), ("2000", 1_800)]
    assert [reload(order).refunded_minor for order in orders] == [3_599, 1_800]
    assert [m.event for m in desk.all(OutboxMessage)].count("refund") == 1
