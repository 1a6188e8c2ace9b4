"""A row that two workers make at the same moment is made once."""

from __future__ import annotations

import threading

import pytest

from portal.db.rows import locked_or_made
from portal.db.tables.carrier_accounts import AccountState
from portal.usecases.deps import Deps

WORKERS = 6


def fresh() -> AccountState:
    return AccountState(account="env:ups", carrier="ups", breaker="closed", day="", mark="", calls=0)


def test_workers_that_make_the_same_row_at_once_all_get_it_and_count_in_turn(deps: Deps) -> None:
    together = threading.Barrier(WORKERS)
    failed: list[BaseException] = []

    def work() -> None:
        together.wait(20)
        try:
            with deps.sessions.write_system() as session:
                locked_or_made(session, fresh(), "env:ups").calls += 1
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failed == []
    with deps.sessions.read_system() as session:
        assert session.get_one(AccountState, "env:ups").calls == WORKERS


def test_a_row_that_is_there_stays_as_it_is(deps: Deps) -> None:
    with deps.sessions.write_system() as session:
        locked_or_made(session, fresh(), "env:ups").parcels = 7
    with deps.sessions.write_system() as session:
        assert locked_or_made(session, fresh(), "env:ups").parcels == 7
    with pytest.raises(Exception, match="breaker"), deps.sessions.write_system() as session:
        locked_or_made(session, AccountState(account="x", carrier="ups", breaker="melted", day="", mark=""), "x")
