"""Virtual time: speed, jumps, pauses, and going on after a stop."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol

import pytest

from carriers.lab.clock import VirtualClock

START = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)


class Hands(Protocol):
    def __call__(self) -> datetime: ...

    def move(self, **by: float) -> None: ...


def test_at_speed_thirty_a_real_minute_is_half_an_hour(hands: Hands) -> None:
    clock = VirtualClock(hands, START, speed=30)
    hands.move(minutes=1)
    assert clock.now() == START + timedelta(minutes=30)


def test_a_change_of_speed_does_not_move_the_present(hands: Hands) -> None:
    clock = VirtualClock(hands, START, speed=60)
    hands.move(minutes=1)
    clock.set_speed(1)
    assert clock.now() == START + timedelta(hours=1)
    hands.move(minutes=1)
    assert clock.now() == START + timedelta(hours=1, minutes=1)


def test_a_jump_moves_a_day_at_once(hands: Hands) -> None:
    clock = VirtualClock(hands, START)
    clock.jump(timedelta(days=1))
    assert clock.now() == START + timedelta(days=1)


def test_a_paused_clock_stands(hands: Hands) -> None:
    clock = VirtualClock(hands, START, speed=5)
    clock.pause()
    hands.move(hours=3)
    assert clock.now() == START


def test_time_stands_still_while_nothing_runs(hands: Hands) -> None:
    clock = VirtualClock(hands, START, speed=10)
    hands.move(minutes=6)
    saved = clock.to_dict()
    hands.move(days=2)
    again = VirtualClock.from_dict(saved, hands)
    assert again.now() == START + timedelta(hours=1)
    assert again.speed == 10


def test_time_does_not_run_back_when_the_real_clock_is_set_back(hands: Hands) -> None:
    clock = VirtualClock(hands, START)
    hands.move(hours=-1)
    assert clock.now() == START


def test_the_clock_refuses_to_go_back(hands: Hands) -> None:
    clock = VirtualClock(hands, START)
    with pytest.raises(ValueError, match="forward"):
        clock.jump(timedelta(hours=-1))
    with pytest.raises(ValueError, match="speed"):
        clock.set_speed(-1)
    with pytest.raises(ValueError, match="speed"):
        clock.set_speed(float("nan"))
