"""The real book of carriers over a test's database, and the carrier lab behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from carriers.lab.clock import VirtualClock
from carriers.lab.server import Lab
from carriers.lab.world import World
from portal.bootstrap.carriers import CarrierBook, EnvironmentAccounts
from portal.usecases.carriers.stored import StoredAccounts
from portal.usecases.deps import Deps
from tests.support.doubles import NOON, Clock


@pytest.fixture
def lab(clock: Clock) -> Iterator[Lab]:
    start = NOON - timedelta(days=2)
    with Lab(World(7, start), VirtualClock(lambda: start, start)) as running:
        yield running


@pytest.fixture
def real(deps: Deps) -> Deps:
    """The same dependencies with the real carriers, of which none has an account yet."""
    return with_book(deps, EnvironmentAccounts())


def with_book(deps: Deps, environment: EnvironmentAccounts) -> Deps:
    book = CarrierBook(environment, StoredAccounts(deps.sessions, deps.keyring), secret=deps.secret)
    return replace(deps, carriers=book)
