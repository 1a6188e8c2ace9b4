"""Sixty-four at once: limits hold, and whoever asks for the same thing gets it once (reliability: T33, T35)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from carriers.base import Recovery
from portal.db.tables.effects import IdempotencyKey
from portal.db.tables.returns import ReturnItemEntry
from portal.domain.shop_config import LabelConfig
from portal.errors import Conflict
from portal.usecases.deps import Deps
from portal.usecases.returns.cancel import cancel
from portal.usecases.returns.effects import run_effects
from portal.usecases.returns.label_desk import was_bought, was_not_bought
from portal.usecases.returns.label_effects import run_label
from portal.usecases.returns.label_lapse import give_back_unused, renew_label
from portal.usecases.returns.label_limits import OF_CUSTOMER, OF_DAY
from portal.usecases.returns.label_now import buy_label_now
from tests.support.doubles import Clock, FakeCarriers
from tests.usecases.returns.conftest import Desk

THREADS = 64


def at_once(act: Callable[[int], object], threads: int = THREADS) -> list[BaseException]:
    """Run `act` in that many threads that begin at the same moment. Returns what they raised."""
    barrier, raised = threading.Barrier(threads), list[BaseException]()

    def begin(n: int) -> None:
        barrier.wait()
        try:
            act(n)
        except BaseException as error:
            raised.append(error)

    running = [threading.Thread(target=begin, args=(n,)) for n in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return raised


def limited(desk: Desk, **changes: Any) -> None:
    config = replace(desk.shop.config, labels=LabelConfig(**changes))
    desk.shop = replace(desk.shop, config=config)


@pytest.mark.parametrize(
    ("limits", "why"),
    [({"per_day": 5, "per_customer": 999}, OF_DAY), ({"per_day": 999, "per_customer": 5}, OF_CUSTOMER)],
)
def test_labels_asked_for_at_the_same_moment_stay_within_the_limits(
    deps: Deps, desk: Desk, carriers: FakeCarriers, limits: dict[str, int], why: str
) -> None:
    limited(desk, **limits)
    customer = desk.make.customer()
    for _ in range(THREADS):
        desk.submit(desk.order(customer=customer))
    effects = [effect.id for effect in desk.effects()]
    assert at_once(lambda n: run_label(deps, desk.shop, effects[n])) == []
    assert len(carriers.bought) == len(desk.labels()) == 5
    held = [effect for effect in desk.effects() if effect.state == "manual"]
    assert {effect.error for effect in held} == {why}
    assert len(held) == THREADS - 5


def test_one_effect_that_many_carry_out_at_once_buys_once(deps: Deps, desk: Desk, carriers: FakeCarriers) -> None:
    desk.submit(desk.order())
    effect = desk.effects()[0].id
    calls: list[str] = []
    buy = carriers.create_label

    def counted(code: str, request: object, *, key: str, shop_id: int | None = None) -> object:
        calls.append(key)
        return buy(code, request, key=key)  # type: ignore[arg-type]

    carriers.create_label = counted  # type: ignore[method-assign, assignment]
    assert at_once(lambda _n: run_label(deps, desk.shop, effect)) == []
    assert len(calls) == len(desk.labels()) == 1


@pytest.fixture
def in_doubt(deps: Deps, desk: Desk, carriers: FakeCarriers, clock: Clock) -> int:
    """The id of a return whose answer was lost at a carrier that cannot be asked."""
    carriers.recovery, carriers.lose_answer = Recovery.NONE, True
    public_id = desk.submit(desk.order())
    run_effects(deps)
    carriers.lose_answer = False
    clock.advance(hours=1)
    run_effects(deps)
    return desk.returned(public_id).id


def test_many_who_say_that_it_was_not_bought_buy_one(
    deps: Deps, desk: Desk, carriers: FakeCarriers, in_doubt: int
) -> None:
    carriers.bought.clear()
    raised = at_once(lambda n: was_not_bought(deps, in_doubt, n, f"form-key-of-the-desk-{n}"))
    assert [type(error) for error in raised] == [Conflict] * (THREADS - 1)
    assert [effect.state for effect in desk.effects()] == ["rejected", "intended"]
    run_effects(deps)
    assert len(carriers.bought) == len(desk.labels()) == 1


def test_some_say_it_was_bought_and_some_that_it_was_not_and_one_is_heard(
    deps: Deps, desk: Desk, carriers: FakeCarriers, in_doubt: int
) -> None:
    def say(n: int) -> object:
        if n % 2:
            return was_not_bought(deps, in_doubt, n, f"form-key-of-the-desk-{n}")
        return was_bought(deps, in_doubt, n, "9400100000000000000000", None, f"form-key-of-the-desk-{n}")

    raised = at_once(say)
    assert [type(error) for error in raised] == [Conflict] * (THREADS - 1)
    run_effects(deps)
    run_effects(deps)
    assert len([label for label in desk.labels() if label.voided_at is None]) == 1


def test_many_who_ask_for_another_label_get_one(deps: Deps, desk: Desk, carriers: FakeCarriers, clock: Clock) -> None:
    public_id = desk.with_label(desk.order())
    clock.advance(days=30)
    give_back_unused(deps)

    def ask(_n: int) -> None:
        renew_label(deps, desk.shop, public_id)
        buy_label_now(deps, desk.shop, public_id)

    assert at_once(ask) == []
    run_effects(deps)
    run_effects(deps)
    assert (len(carriers.voided), len(carriers.bought)) == (1, 2)
    assert len([label for label in desk.labels() if label.voided_at is None]) == 1


def test_whoever_counts_against_a_limit_waits_for_nobody_who_writes_in_the_shop(deps: Deps, desk: Desk) -> None:
    """Else both could wait for each other: a form's key is put down before its order is locked."""
    if deps.sessions.engine.dialect.name != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    desk.submit(desk.order())
    effect = desk.effects()[0].id
    worker = threading.Thread(target=run_label, args=(deps, desk.shop, effect))
    with deps.sessions.write(desk.shop.id) as session:
        session.add(
            IdempotencyKey(
                shop_id=desk.shop.id, actor="a", route="r", key="k", request_hash="h", created_at=deps.wall()
            )
        )
        session.flush()
        worker.start()
        worker.join(5)
        assert not worker.is_alive()
    assert len(desk.labels()) == 1


def test_many_who_call_it_off_free_its_units_and_give_its_label_back_once(
    deps: Deps, desk: Desk, carriers: FakeCarriers
) -> None:
    order = desk.order({"quantity": 3})
    public_id = desk.with_label(order, 2)
    assert at_once(lambda _n: cancel(deps, desk.shop, public_id)) == []
    assert desk.line(order).units_returning == 0
    assert [entry.kind for entry in desk.all(ReturnItemEntry)] == ["requested", "removed"]
    assert len(desk.effects("void")) == 1
