"""Bring the database to the newest revision, and tell whether it is there."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

MIGRATIONS = Path(__file__).resolve().parent.parent.parent / "migrations"
_LOCK = 7_042_300  # of several processes that start at once on PostgreSQL, one migrates


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config


def upgrade(engine: Engine) -> None:
    """Run what is missing; a second process waits for the first and then finds nothing to do."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
            connection.commit()
        _references(connection, "OFF")  # altering a table makes it anew, under everybody who points at it
        try:
            command.upgrade(_config(connection), "head")
            connection.commit()
            _check_references(connection)
        finally:
            connection.rollback()
            _references(connection, "ON")
            if engine.dialect.name == "postgresql":
                connection.rollback()
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK})
                connection.commit()


def _references(connection: Connection, state: str) -> None:
    """SQLite takes this between transactions only, so it goes past SQLAlchemy, which begins one by itself."""
    driver = connection.connection.driver_connection
    if connection.dialect.name == "sqlite" and driver is not None:
        driver.execute(f"PRAGMA foreign_keys={state}")


def _check_references(connection: Connection) -> None:
    """SQLite checks nothing while references are off. Raises RuntimeError for one that leads nowhere."""
    if connection.dialect.name == "sqlite":
        broken = connection.execute(text("PRAGMA foreign_key_check")).all()
        if broken:
            raise RuntimeError(f"after migrating, {len(broken)} rows point at nothing, the first in {broken[0][0]}")


def head() -> str | None:
    """The newest revision that this code knows."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def current(engine: Engine) -> str | None:
    """The revision that the database is at; None for an empty one."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def at_head(engine: Engine) -> bool:
    return current(engine) == head()


def revise(engine: Engine, message: str, revision: str) -> None:
    """Write a new migration from what the tables say and the database lacks (for developers)."""
    with engine.connect() as connection:
        command.revision(_config(connection), message=message, autogenerate=True, rev_id=revision)
