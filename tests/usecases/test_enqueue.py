"""The same fact is told once, to whoever may be told (reliability: I3, D3)."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.db.tables.messages import OutboxMessage
from portal.db.tables.orders import Order
from portal.usecases.deps import Deps
from portal.usecases.enqueue import enqueue
from tests.support.doubles import Clock
from tests.support.factory import Factory


def queue(deps: Deps, make: Factory, order: Order, event: str = "delivered", once: str = "1") -> OutboxMessage | None:
    with deps.sessions.write(make.shop.id) as session:
        return enqueue(session, deps, make.shop, event, order, once=once)


def how_many(deps: Deps) -> int:
    with deps.sessions.read_system() as session:
        return session.scalar(select(func.count()).select_from(OutboxMessage)) or 0


def test_the_same_fact_is_queued_once(deps: Deps, make: Factory) -> None:
    order = make.order()
    assert queue(deps, make, order) is not None
    assert queue(deps, make, order) is None
    assert queue(deps, make, order, once="2") is not None
    assert queue(deps, make, order, "shipped") is not None
    assert how_many(deps) == 3


def test_two_transactions_at_once_queue_one_message_and_both_commit(deps: Deps, make: Factory) -> None:
    order = make.order()
    start, results, errors = threading.Barrier(4), [], []

    def work() -> None:
        try:
            start.wait()
            results.append(queue(deps, make, order) is not None)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert sorted(results) == [False, False, False, True]
    assert how_many(deps) == 1


def test_what_else_the_transaction_did_survives_a_message_that_was_there(deps: Deps, make: Factory) -> None:
    order = make.order()
    queue(deps, make, order)
    with deps.sessions.write(make.shop.id) as session:
        session.get_one(Order, order.id).status = "cancelled"
        assert enqueue(session, deps, make.shop, "delivered", order, once="1") is None
    with deps.sessions.read(make.shop.id) as session:
        assert session.get_one(Order, order.id).status == "cancelled"


@pytest.mark.parametrize(
    ("changes", "event", "state", "reason"),
    [
        ({"email": None}, "delivered", "suppressed", "no address on file"),
        ({"is_history": True}, "delivered", "suppressed", "too old to write about"),
        ({"is_history": True}, "code", "queued", None),
        ({}, "delivered", "queued", None),
    ],
)
def test_who_is_not_written_to_has_a_row_that_says_why(
    changes: dict[str, Any], event: str, state: str, reason: str | None, deps: Deps, make: Factory
) -> None:
    message = queue(deps, make, make.order(**changes), event)
    assert message is not None
    assert (message.state, message.last_error) == (state, reason)


def test_news_has_an_end_to_its_use_and_what_was_asked_for_has_none(deps: Deps, make: Factory, clock: Clock) -> None:
    order = make.order()
    van, refund = queue(deps, make, order, "out_for_delivery"), queue(deps, make, order, "refund")
    assert van is not None
    assert refund is not None
    assert van.useful_until == clock.now + timedelta(hours=10)
    assert refund.useful_until is None


def test_a_message_id_is_decided_once_and_under_the_shops_own_name(deps: Deps, make: Factory) -> None:
    message = queue(deps, make, make.order())
    assert message is not None
    assert message.message_id.endswith("@juniper.example>")


def test_an_event_nobody_knows_is_a_mistake_at_once(deps: Deps, make: Factory) -> None:
    with pytest.raises(KeyError):
        queue(deps, make, make.order(), "birthday")
