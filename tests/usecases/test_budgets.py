"""Budgets hold over windows, processes and wrong arithmetic (reliability: G7)."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.db.tables.operations import Budget
from portal.errors import TooManyAttempts
from portal.usecases.budgets import check, network_key, peek, spend
from portal.usecases.deps import Deps
from tests.support.doubles import Clock


def _spend(deps: Deps, key: str = "k", amount: int = 1) -> None:
    spend(deps, "lookup", key, limit=5, seconds=900, amount=amount)


def test_the_sixth_attempt_is_refused_and_says_how_long_to_wait(deps: Deps) -> None:
    for _ in range(5):
        _spend(deps)
    with pytest.raises(TooManyAttempts) as refused:
        _spend(deps)
    assert 1 <= refused.value.retry_after <= 900
    assert peek(deps, "lookup", "k", seconds=900) == 6  # a refused attempt is counted too


def test_no_moment_is_found_at_which_the_window_starts_afresh(deps: Deps, clock: Clock) -> None:
    for minute in range(0, 15, 3):
        _spend(deps)
        clock.advance(minutes=3) if minute < 12 else None
    clock.advance(minutes=2, seconds=30)
    with pytest.raises(TooManyAttempts):
        _spend(deps)


def test_after_the_window_attempts_are_possible_again(deps: Deps, clock: Clock) -> None:
    for _ in range(5):
        _spend(deps)
    clock.advance(minutes=20)
    _spend(deps)
    assert peek(deps, "lookup", "k", seconds=900) == 1


def test_budgets_count_in_real_time_not_in_business_time(deps: Deps, clock: Clock) -> None:
    for _ in range(5):
        _spend(deps)
    clock.now = clock.now.replace(year=2027)
    with pytest.raises(TooManyAttempts):
        _spend(deps)


def test_each_key_has_its_own_budget(deps: Deps) -> None:
    for _ in range(5):
        _spend(deps, "one")
    _spend(deps, "other")
    assert peek(deps, "lookup", "other", seconds=900) == 1


def test_what_was_no_wrong_attempt_is_given_back(deps: Deps) -> None:
    for _ in range(20):
        _spend(deps)
        _spend(deps, amount=-1)
    assert peek(deps, "lookup", "k", seconds=900) == 0


def test_checking_counts_nothing(deps: Deps) -> None:
    for _ in range(5):
        check(deps, "lookup", "k", limit=5, seconds=900)
        _spend(deps)
    with pytest.raises(TooManyAttempts):
        check(deps, "lookup", "k", limit=5, seconds=900)
    assert peek(deps, "lookup", "k", seconds=900) == 5


def test_the_table_holds_no_address(deps: Deps) -> None:
    spend(deps, "lookup.network", "203.0.113.7", limit=5, seconds=900)
    with deps.sessions.read_system() as session:
        stored = session.scalars(select(Budget)).one()
    assert "203.0.113" not in stored.key_hash
    assert len(stored.key_hash) == 64


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2:bbbb::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("203.0.113.7", "203.0.113.8", False),
        ("::ffff:203.0.113.7", "203.0.113.7", True),
        ("not an address", "", True),
    ],
)
def test_ipv6_is_counted_by_its_64_and_ipv4_whole(one: str, other: str, same: bool) -> None:
    assert (network_key(one) == network_key(other)) is same
