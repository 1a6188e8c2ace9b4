"""Fixtures: carriers whose pushes are read for real."""

from __future__ import annotations

import pytest

from tests.support.pushes import PushCarriers


@pytest.fixture
def carriers() -> PushCarriers:
    return PushCarriers()
