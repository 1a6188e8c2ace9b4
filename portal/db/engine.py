"""Engines: one URL decides. SQLite for one machine, PostgreSQL when it is outgrown."""

from __future__ import annotations

import sqlite3
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.engine import URL

from portal.errors import ConfigError

# SQLite 3.7.0 to 3.51.2 can corrupt a WAL database that two processes use (the WAL-reset bug, fixed in 3.51.3).
FIRST_SAFE_SQLITE = (3, 51, 3)
BUSY_TIMEOUT_MS = 5_000
LOOK_MS = 3  # a try looks after 0, 1 and 3 ms


def normalise_url(raw: str) -> URL:
    """`postgres://` and `postgresql://` mean psycopg 3. Raises ConfigError for anything but SQLite and PostgreSQL."""
    try:
        url = make_url(raw)
    except Exception as error:
        raise ConfigError("DATABASE_URL is not a database address; try sqlite:///portal.sqlite3") from error
    if url.drivername in {"postgres", "postgresql", "postgresql+psycopg"}:
        return url.set(drivername="postgresql+psycopg")
    if url.drivername.split("+")[0] == "sqlite":
        return url.set(drivername="sqlite")
    raise ConfigError(f"DATABASE_URL names {url.drivername!r}; Doorstep runs on SQLite and PostgreSQL")


def sqlite_driver() -> Any:
    """The SQLite library to use: pysqlite3's own newer one where it is installed, else the system's."""
    try:
        import pysqlite3
    except ImportError:
        return sqlite3
    return pysqlite3


def check_sqlite(version: tuple[int, int, int]) -> None:
    """Refuse a library with the WAL-reset bug. Raises ConfigError that says what to install."""
    if (3, 7, 0) <= version < FIRST_SAFE_SQLITE:
        found = ".".join(map(str, version))
        raise ConfigError(
            f"This SQLite is {found}, which can damage a database that a web and a worker process share "
            "(fixed in 3.51.3). Install the package pysqlite3, or use PostgreSQL."
        )


def make_engine(raw_url: str) -> Engine:
    """An engine ready for both kinds of work. Raises ConfigError for a URL or a library that cannot be used."""
    url = normalise_url(raw_url)
    if url.drivername == "sqlite":
        return _sqlite(url)
    return create_engine(
        url,
        pool_size=20,
        max_overflow=20,
        pool_pre_ping=True,
        hide_parameters=True,  # an error of the database must not carry a shopper's address into a log
        connect_args={"options": "-c idle_in_transaction_session_timeout=30000 -c timezone=UTC"},
    )


def _sqlite(url: URL) -> Engine:
    driver = sqlite_driver()
    check_sqlite(driver.sqlite_version_info)
    engine = create_engine(url, module=driver, hide_parameters=True, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000})

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        # The driver would open transactions by itself, too late and of the wrong kind; `_begin` below does it.
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={BUSY_TIMEOUT_MS}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        # A transaction that will write takes the write lock at once: a reader that turns into a writer half-way
        # through fails with "locked", however long it is willing to wait.
        writes = connection.get_execution_options().get("writes", True)
        if not writes:
            connection.exec_driver_sql("BEGIN")
        elif not _begin_writing(connection.connection.driver_connection, driver):
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # the last try: what goes wrong now is told

    return engine


def _begin_writing(connection: Any, driver: Any) -> bool:
    """Take the write lock, looking for it every millisecond or two. False when it could not be had in time.

    The library itself would look less and less often, up to ten times a second: whoever waits then hardly ever meets
    the short moments in which a worker that writes all the time has let go.
    """
    connection.execute(f"PRAGMA busy_timeout={LOOK_MS}")
    try:
        for _ in range(BUSY_TIMEOUT_MS // LOOK_MS):
            try:
                connection.execute("BEGIN IMMEDIATE")
                return True
            except driver.OperationalError as error:
                if getattr(error, "sqlite_errorcode", driver.SQLITE_BUSY) & 0xFF != driver.SQLITE_BUSY:
                    return False
        return False
    finally:
        connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
