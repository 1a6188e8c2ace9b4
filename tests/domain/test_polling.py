"""When the carrier is asked again, and when asking ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carriers.model import Status
from portal.domain.polling import PollFacts, PollPlan, next_poll

NOW = datetime(2026, 10, 5, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def facts(status: Status, **more: Any) -> PollFacts:
    known: dict[str, Any] = {"created_at": NOW - 24 * HOUR} | more
    return PollFacts(status=status, **known)


def wait(known: PollFacts, jitter: float = 0.0) -> timedelta:
    moment = next_poll(known, NOW, jitter).next_poll_at
    assert moment is not None
    return moment - NOW


@pytest.mark.parametrize(
    ("known", "hours"),
    [
        (facts(Status.OUT_FOR_DELIVERY), 0.5),
        (facts(Status.ATTEMPT_FAIL), 3),
        (facts(Status.AVAILABLE_FOR_PICKUP), 3),
        (facts(Status.IN_TRANSIT), 4),
        (facts(Status.IN_TRANSIT, eta_latest=NOW.date() + timedelta(days=3)), 4),
        (facts(Status.IN_TRANSIT, eta_latest=NOW.date() + timedelta(days=4)), 12),
        (facts(Status.IN_TRANSIT, eta_latest=NOW.date() + timedelta(days=4), is_vip=True), 2),
        (facts(Status.IN_TRANSIT, pressing_case=True), 2),
        (facts(Status.OUT_FOR_DELIVERY, is_vip=True), 0.5),
        (facts(Status.INFO_RECEIVED), 6),
        (facts(Status.PENDING), 6),
        (facts(Status.PENDING, created_at=NOW - 72 * HOUR), 24),
        (facts(Status.EXCEPTION), 4),
    ],
)
def test_each_state_has_its_interval(known: PollFacts, hours: float) -> None:
    assert wait(known) == hours * HOUR


def test_a_parcel_that_is_pushed_is_asked_about_less_often_but_twice_a_day() -> None:
    pushed = NOW - HOUR
    out = next_poll(facts(Status.OUT_FOR_DELIVERY, pushed_at=pushed), NOW)
    assert (out.next_poll_at, out.every) == (NOW + 2 * HOUR, 2 * HOUR)
    assert next_poll(facts(Status.IN_TRANSIT, pushed_at=pushed), NOW).next_poll_at == NOW + 12 * HOUR
    late = facts(Status.PENDING, created_at=NOW - 96 * HOUR, pushed_at=pushed)
    assert next_poll(late, NOW).next_poll_at == NOW + 24 * HOUR  # no more often than without pushes
    lapsed = facts(Status.OUT_FOR_DELIVERY, pushed_at=NOW - 96 * HOUR)
    assert next_poll(lapsed, NOW).next_poll_at == NOW + HOUR / 2


def test_a_delivery_is_confirmed_once_a_day_later_and_then_asking_ends() -> None:
    fresh = facts(Status.DELIVERED, delivered_at=NOW - HOUR)
    assert next_poll(fresh, NOW) == PollPlan(NOW + 23 * HOUR, every=24 * HOUR)
    assert next_poll(fresh, NOW + 23 * HOUR) == PollPlan(None, tracking_ended=True)


def test_a_failed_confirmation_is_tried_again_for_three_days() -> None:
    failing = facts(Status.DELIVERED, delivered_at=NOW - 25 * HOUR, errors=1)
    assert next_poll(failing, NOW) == PollPlan(NOW + HOUR / 4, every=24 * HOUR)
    assert next_poll(failing, NOW + 48 * HOUR).tracking_ended


def test_a_parcel_back_at_the_sender_is_confirmed_and_then_asking_ends() -> None:
    back = facts(Status.EXCEPTION, substatus="Exception_011", last_scan_at=NOW - HOUR)
    assert next_poll(back, NOW) == PollPlan(NOW + 23 * HOUR, every=24 * HOUR)
    assert next_poll(back, NOW + 23 * HOUR).tracking_ended


def test_thirty_silent_days_end_the_asking() -> None:
    almost = facts(Status.IN_TRANSIT, created_at=NOW - 90 * 24 * HOUR, last_scan_at=NOW - timedelta(days=29, hours=23))
    assert next_poll(almost, NOW).tracking_ended is False
    assert next_poll(almost, NOW + HOUR) == PollPlan(None, tracking_ended=True, silent=True)
    assert next_poll(facts(Status.PENDING, created_at=NOW - timedelta(days=30)), NOW).silent
    assert not next_poll(facts(Status.PENDING, created_at=NOW - timedelta(days=30), silence_days=60), NOW).silent


@pytest.mark.parametrize(("errors", "minutes"), [(1, 15), (2, 30), (3, 60), (6, 480), (7, 720), (50, 720)])
def test_errors_back_off_by_doubling_up_to_half_a_day(errors: int, minutes: int) -> None:
    assert wait(facts(Status.OUT_FOR_DELIVERY, errors=errors)) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("retry_after", "seconds"), [(None, 900), (60.0, 900), (3600.0, 3600), (1e9, 86_400), (-5.0, 900)]
)
def test_what_the_carrier_asks_for_is_a_minimum(retry_after: float | None, seconds: float) -> None:
    known = facts(Status.IN_TRANSIT, errors=1, retry_after=retry_after)
    assert wait(known) == timedelta(seconds=seconds)
    assert wait(known, -1.0) >= timedelta(seconds=seconds)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(list(Status)), st.integers(0, 800), st.floats(-1, 1), st.integers(0, 60), st.booleans())
def test_jitter_stays_within_a_tenth_and_a_plan_either_asks_or_ends(
    status: Status, age: int, jitter: float, errors: int, vip: bool
) -> None:
    known = facts(status, created_at=NOW - age * HOUR, status_at=NOW - age * HOUR, errors=errors, is_vip=vip)
    plain, spread = next_poll(known, NOW), next_poll(known, NOW, jitter)
    assert plain.tracking_ended == spread.tracking_ended == (spread.next_poll_at is None)
    if plain.next_poll_at is not None and spread.next_poll_at is not None:
        assert plain.next_poll_at > NOW
        assert abs(spread.next_poll_at - plain.next_poll_at) <= timedelta(hours=2.4) + timedelta(seconds=1)
        assert spread.next_poll_at >= NOW + (plain.next_poll_at - NOW) * 0.9 - timedelta(seconds=1)
