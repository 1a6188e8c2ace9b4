"""Pushes hold personal data, so they go; those that wait for something stay."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.db.tables.messages import InboxDelivery
from portal.usecases.deps import Deps
from portal.usecases.housekeeping import tidy
from portal.usecases.pushes import forget
from portal.usecases.pushes.receive import receive
from tests.support.doubles import Clock
from tests.support.pushes import hook_for


def stored(deps: Deps, *states: str) -> None:
    hook = hook_for(deps, "ups")
    for n, state in enumerate(states):
        receive(deps, "ups", hook.token, hook.push(f"{n}".encode()))
        with deps.sessions.write_system() as session:
            session.scalars(select(InboxDelivery).order_by(InboxDelivery.id.desc()).limit(1)).one().state = state


def states(deps: Deps) -> list[str]:
    with deps.sessions.read_system() as session:
        return list(session.scalars(select(InboxDelivery.state).order_by(InboxDelivery.id)))


def test_what_was_read_goes_after_its_time_and_what_waits_stays(deps: Deps, clock: Clock) -> None:
    deps = replace(deps, keep_pushes=timedelta(days=3))
    stored(deps, "processed", "dropped", "failed", "parked", "received")
    clock.advance(days=2)
    tidy(deps)
    assert len(states(deps)) == 5
    clock.advance(days=2)
    assert tidy(deps) == 2
    assert states(deps) == ["failed", "parked", "received"]
    clock.advance(days=90)
    tidy(deps)
    assert states(deps) == ["parked", "received"]


def test_many_go_a_few_at_a_time(deps: Deps, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    stored(deps, *["processed"] * 5)
    clock.advance(days=31)
    monkeypatch.setattr(forget, "AT_ONCE", 2)
    assert forget.forget_old(deps) == 5
    assert states(deps) == []
