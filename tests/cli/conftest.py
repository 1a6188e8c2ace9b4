"""Commands over a test's dependencies."""

from __future__ import annotations

import pytest

from portal.settings import load
from portal.usecases.deps import Deps
from tests.cli.support import Commands


@pytest.fixture
def commands(deps: Deps, database_url: str) -> Commands:
    return Commands(deps, load(database_url=database_url, public_url="https://portal.example"))
