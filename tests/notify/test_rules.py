"""When a queued message must not go out any more, and how long a mail server may stay away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carriers.model import Status
from portal.domain.notifications import CATALOGUE, wait_after, why_not

NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)


@given(st.sampled_from(["out_for_delivery", "problem", "shipped"]), st.sampled_from(list(Status)))
def test_nothing_that_a_delivery_has_overtaken_goes_out(event: str, status: Status) -> None:
    assert why_not(CATALOGUE[event], NOON, status=status, delivered=True) == "already delivered"


@pytest.mark.parametrize("event", sorted(CATALOGUE))
def test_the_last_useful_moment_still_counts(event: str) -> None:
    spec = CATALOGUE[event]
    assert why_not(spec, NOON, useful_until=NOON) is None
    assert why_not(spec, NOON, useful_until=NOON - timedelta(seconds=1)) == "no longer useful"
    assert why_not(spec, NOON) is None


def test_a_problem_with_a_parcel_on_its_way_is_told() -> None:
    assert why_not(CATALOGUE["problem"], NOON, status=Status.EXCEPTION) is None


@given(st.integers(1, 10_000))
def test_waits_never_shrink_and_end_after_three_days(attempts: int) -> None:
    wait = wait_after(attempts)
    if wait is None:
        assert wait_after(attempts + 1) is None
        return
    assert timedelta(minutes=1) <= wait <= timedelta(hours=1)
    assert attempts == 1 or wait >= (wait_after(attempts - 1) or wait)
