"""The money ledger only grows, and what it gives back stays within what was paid, whatever the code does (D8, T33, T34)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import delete, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from portal.db.tables.orders import Order, OrderLine
from portal.db.tables.return_money import ReturnMoneyEntry
from portal.db.tables.returns import Return
from portal.domain.returns.settlement import OtherCurrency
from portal.usecases.deps import Deps
from portal.usecases.returns import ledger, rows
from portal.usecases.returns.ledger import MoreThanPaid
from portal.usecases.returns.payout import pay
from tests.usecases.returns.conftest import Desk
from tests.usecases.returns.test_label_races import at_once
from tests.usecases.returns.test_payout import ANN, change, due

Reload = Callable[[Order], Order]


@pytest.fixture
def open_line(deps: Deps, desk: Desk) -> tuple[int, OrderLine]:
    """A return and its line, of which 8 000 were paid and nothing is given back yet."""
    order, return_id = due(deps, desk)
    with deps.sessions.write(desk.shop.id) as session:
        locked, row = rows.lock_return(session, return_id)
        ledger.open_lines(session, locked, row.currency)
    return return_id, desk.line(order)


def put(deps: Deps, desk: Desk, return_id: int, line: OrderLine, amount: int, key: str, **values: Any) -> None:
    """An entry as code could write it that asks nobody."""
    with deps.sessions.write(desk.shop.id) as session:
        session.add(
            ReturnMoneyEntry(
                **{
                    "shop_id": desk.shop.id,
                    "return_id": return_id,
                    "order_id": line.order_id,
                    "order_line_id": line.id,
                    "kind": "refund",
                    "amount_minor": amount,
                    "currency": "USD",
                    "key": key,
                    "at": deps.clock(),
                    "actor": "nobody",
                    "why": "a mistake",
                    **values,
                }
            )
        )


def given(desk: Desk, line: OrderLine) -> int:
    with desk.deps.sessions.read(desk.shop.id) as session:
        return session.get_one(OrderLine, line.id).given_back_minor


def test_the_database_refuses_more_than_was_paid_and_less_than_nothing(
    deps: Deps, desk: Desk, open_line: tuple[int, OrderLine]
) -> None:
    return_id, line = open_line
    put(deps, desk, return_id, line, 8_000, "1")
    with pytest.raises(IntegrityError):
        put(deps, desk, return_id, line, 1, "2")
    put(deps, desk, return_id, line, 500, "3", kind="bonus")  # a gift does not count
    put(deps, desk, return_id, line, 8_000, "4", undone=True)
    with pytest.raises(IntegrityError):
        put(deps, desk, return_id, line, 1, "5", undone=True)
    with pytest.raises(IntegrityError):
        put(deps, desk, return_id, line, 0, "6")
    with pytest.raises(IntegrityError):
        put(deps, desk, return_id, line, -5, "7")
    assert given(desk, line) == 0


def test_the_same_fact_is_written_once_and_never_changed(
    deps: Deps, desk: Desk, open_line: tuple[int, OrderLine]
) -> None:
    return_id, line = open_line
    put(deps, desk, return_id, line, 100, "1")
    with pytest.raises(IntegrityError):
        put(deps, desk, return_id, line, 100, "1")
    for change_it in (update(ReturnMoneyEntry).values(amount_minor=1), delete(ReturnMoneyEntry)):
        with pytest.raises(DBAPIError), deps.sessions.write(desk.shop.id) as session:
            session.execute(change_it)
    assert given(desk, line) == 100


@pytest.mark.parametrize("guarded", [True, False])
def test_many_who_ask_nobody_stay_within_what_was_paid_as_long_as_the_database_counts(
    deps: Deps, desk: Desk, open_line: tuple[int, OrderLine], guarded: bool
) -> None:
    """Without the trigger the same race gives back eight times what was paid: this test can see it."""
    return_id, line = open_line
    if not guarded:
        with deps.sessions.engine.begin() as connection:
            on = " ON return_money_entries" if connection.dialect.name == "postgresql" else ""
            connection.execute(text(f"DROP TRIGGER return_money_counts{on}"))
    at_once(lambda n: put(deps, desk, return_id, line, 1_000, f"{n}"))
    total = sum(entry.amount_minor for entry in desk.all(ReturnMoneyEntry))
    assert total == (8_000 if guarded else 64_000)
    assert given(desk, line) == (8_000 if guarded else 0)


def test_a_line_that_was_given_back_elsewhere_is_not_paid_again(
    deps: Deps, desk: Desk, open_line: tuple[int, OrderLine], reload: Reload
) -> None:
    return_id, line = open_line
    _, another = due(deps, desk)
    put(deps, desk, another, line, 1, "by mistake")
    pay(deps, return_id, ANN, "p")
    assert desk.all(Return)[0].money == "paid"
    assert given(desk, line) == 8_000
    assert reload(desk.all(Order)[0]).refunded_minor == 7_999
    with pytest.raises(MoreThanPaid):
        ledger.check_room(8_000, 8_000, 1)


def test_what_was_paid_for_a_line_is_fixed_by_the_first_entry(deps: Deps, desk: Desk) -> None:
    order, return_id = due(deps, desk)
    pay(deps, return_id, ANN, "p")
    with deps.sessions.write(desk.shop.id) as session:
        session.execute(update(Order).where(Order.id == order.id).values(total_minor=90_000))
        session.execute(update(OrderLine).where(OrderLine.order_id == order.id).values(unit_price_minor=40_000))
        locked, row = rows.lock_return(session, return_id)
        ledger.open_lines(session, locked, row.currency)
    assert (desk.line(order).paid_minor, desk.line(order).given_back_minor) == (8_000, 8_000)


def test_a_return_in_another_currency_than_its_order_is_not_paid(deps: Deps, desk: Desk) -> None:
    _, return_id = due(deps, desk)
    change(deps, desk, desk.all(Return)[0].public_id, currency="EUR")
    with pytest.raises(OtherCurrency):
        pay(deps, return_id, ANN, "p")
    assert desk.all(ReturnMoneyEntry) == []
