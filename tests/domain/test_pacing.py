"""Blocks of calls, quotas and how far intervals are stretched for them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.pacing import LONGEST_STRETCH, Demand, Quota, Stretch, block, break_for, stretch, takes


@pytest.mark.parametrize(
    ("pace", "slowdown", "wanted", "calls"),
    [(5, 1, 200, 25), (5, 1, 3, 3), (5, 4, 200, 6), (0.2, 1, 200, 1), (0.01, 64, 200, 1), (140, 1, 7, 7)],
)
def test_a_block_lasts_five_seconds_and_is_never_empty(pace: float, slowdown: int, wanted: int, calls: int) -> None:
    assert block(pace, slowdown, wanted) == calls


def test_a_block_takes_as_long_as_its_calls_do_at_the_accounts_pace() -> None:
    assert takes(5, 1, 25) == timedelta(seconds=5)
    assert takes(5, 2, 10) == timedelta(seconds=4)
    assert takes(0.1, 1, 1) == timedelta(seconds=10)


@pytest.mark.parametrize(
    ("used", "wanted", "allowed"),
    [
        (0, 200, (200, False)),
        (0, 400, (225, False)),
        (224, 10, (1, False)),
        (225, 10, (10, True)),
        (250, 10, (0, True)),
    ],
)
def test_the_last_tenth_of_a_quota_is_for_urgent_parcels(used: int, wanted: int, allowed: tuple[int, bool]) -> None:
    assert Quota(250, used).allows(wanted) == allowed


def test_without_a_quota_everything_is_allowed() -> None:
    assert Quota(None, 10**9).allows(200) == (200, False)


def test_forty_parcels_asked_every_two_hours_fit_into_250_calls_a_day() -> None:
    demand = Demand(usual=40 * 12, urgent=0)
    found = stretch(demand, Quota(250, 0), 1.0)
    assert found.usual == pytest.approx(480 / 225)
    assert 2 * found.usual == pytest.approx(4.27, abs=0.01)  # hours


def test_nothing_is_stretched_while_the_quota_is_large_enough() -> None:
    assert stretch(Demand(200, 20), Quota(250, 0), 1.0) == Stretch()
    assert stretch(Demand(10**6, 10**6), Quota(None, 0), 1.0) == Stretch()


def test_urgent_parcels_come_first_with_half_of_the_quota() -> None:
    found = stretch(Demand(usual=500, urgent=100), Quota(250, 0), 1.0)
    assert found.urgent == 1.0
    assert found.usual == pytest.approx(500 / 125)
    only = stretch(Demand(usual=0, urgent=450), Quota(250, 0), 1.0)
    assert only.urgent == pytest.approx(2.0)


def test_a_morning_that_used_too_much_makes_the_afternoon_slower() -> None:
    calm = stretch(Demand(480, 0), Quota(250, 112), 0.5)
    hasty = stretch(Demand(480, 0), Quota(250, 180), 0.5)
    assert hasty.usual > calm.usual > 1


@given(
    usual=st.floats(0, 1e6),
    urgent=st.floats(0, 1e6),
    quota=st.integers(1, 100_000),
    used=st.floats(0, 2),
    day_left=st.floats(0, 1),
)
def test_what_is_planned_fits_what_is_left_of_the_quota(
    usual: float, urgent: float, quota: int, used: float, day_left: float
) -> None:
    spent = int(used * quota)
    found = stretch(Demand(usual, urgent), Quota(quota, spent), day_left)
    assert 1 <= found.usual <= LONGEST_STRETCH
    assert 1 <= found.urgent <= LONGEST_STRETCH
    planned = usual / found.usual + urgent / found.urgent
    left = quota * 0.9 - spent
    supply = left / day_left if left > 0 and day_left > 0.05 else quota * 0.9
    capped = LONGEST_STRETCH in (found.usual, found.urgent)
    assert planned <= supply * (1 + 1e-6) or capped


def test_a_breaker_stays_open_twice_as_long_each_time_up_to_half_an_hour() -> None:
    assert [int(break_for(n).total_seconds()) for n in range(1, 8)] == [60, 120, 240, 480, 960, 1800, 1800]
