"""Fixtures for the whole suite. A test that takes `deps` runs on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from hypothesis import HealthCheck, settings
from sqlalchemy import Engine, create_engine, text

import portal.db.tables  # noqa: F401  the metadata is complete
from portal.db.base import Base
from portal.db.engine import make_engine
from portal.db.session import Sessions
from portal.logs import configure as configure_logs
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.shops import create_shop
from portal.usecases.staff import passwords
from tests.support.doubles import Clock, FakeCarriers, MailBin, make_deps
from tests.support.factory import Factory, shop_document

configure_logs("WARNING")
# The same examples in every run, however slow the machine; a new search is a run of its own (`make test-long`).
settings.register_profile(
    "doorstep", max_examples=50, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("long", settings.get_profile("doorstep"), derandomize=False, max_examples=2_000)
settings.load_profile("long" if os.environ.get("DOORSTEP_LONG") else "doorstep")


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """pytest-flask would push one request context around every test, and state would leak between requests."""


@pytest.fixture(scope="session", autouse=True)
def _cheap_passwords() -> None:
    """Hashing is slow on purpose, and says nothing more for being slow a thousand times."""
    passwords.set_cost(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("db") / "template.sqlite3"
    engine = make_engine(f"sqlite:///{path}")
    Base.metadata.create_all(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def postgres_admin() -> Iterator[Engine]:
    """A real PostgreSQL from a wheel, one a test process, with a template database that has every table."""
    from tests.support.postgres import start

    server = start()
    admin = create_engine(server.url("postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        # What a power cut would do is not tried here, so nothing waits for the disk.
        for setting in ("fsync = off", "synchronous_commit = off", "full_page_writes = off", "autovacuum = off"):
            connection.execute(text(f"ALTER SYSTEM SET {setting}"))
        connection.execute(text("SELECT pg_reload_conf()"))
        connection.execute(text("CREATE DATABASE template_doorstep"))
    engine = make_engine(server.url("template_doorstep"))
    Base.metadata.create_all(engine)
    engine.dispose()
    yield admin
    admin.dispose()
    server.stop()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database with every table, on each of the two kinds."""
    if request.param == "sqlite":
        path = tmp_path / "portal.sqlite3"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    admin: Engine = request.getfixturevalue("postgres_admin")
    name = f"t{abs(hash(request.node.nodeid)):x}"
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template_doorstep STRATEGY FILE_COPY"))
    yield admin.url.set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def sessions(engine: Engine) -> Sessions:
    return Sessions(engine)


@pytest.fixture
def clock() -> Clock:
    """Business time and real time of a test: both stand still until moved."""
    return Clock()


@pytest.fixture
def carriers() -> FakeCarriers:
    return FakeCarriers()


@pytest.fixture
def mail() -> MailBin:
    return MailBin()


@pytest.fixture
def deps(sessions: Sessions, clock: Clock, carriers: FakeCarriers, mail: MailBin) -> Deps:
    return make_deps(sessions, clock, carriers, mail)


@pytest.fixture
def shop(deps: Deps) -> ShopRef:
    return create_shop(deps, "juniper", shop_document())


@pytest.fixture
def other_shop(deps: Deps) -> ShopRef:
    return create_shop(deps, "nordlicht", shop_document(name="Nordlicht", currency="EUR", country="DE"))


@pytest.fixture
def make(deps: Deps, shop: ShopRef) -> Factory:
    """Makes customers, orders and shipments in `shop`."""
    return Factory(deps, shop)


@pytest.fixture
def make_in(deps: Deps) -> Callable[[ShopRef], Factory]:
    return lambda shop: Factory(deps, shop)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """End with what ran and what was skipped, and why."""
    counts = {k: len(v) for k, v in terminalreporter.stats.items() if k in {"passed", "failed", "error", "skipped"}}
    reasons: dict[str, int] = {}
    for report in terminalreporter.stats.get("skipped", []):
        reason = str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reasons[reason] = reasons.get(reason, 0) + 1
    terminalreporter.write_sep("-", "what ran")
    terminalreporter.write_line(", ".join(f"{n} {k}" for k, n in sorted(counts.items())) or "nothing ran")
    for reason, n in sorted(reasons.items()):
        terminalreporter.write_line(f"  {n} skipped: {reason.removeprefix('Skipped: ')}")
