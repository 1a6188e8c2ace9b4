"""SQLite's one write lock: asked for often, for as long as one is willing to wait, and told when it cannot be had."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from portal.db import engine as engines
from portal.db.engine import BUSY_TIMEOUT_MS, make_engine


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    engine = make_engine(f"sqlite:///{tmp_path / 'lock.sqlite3'}")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (n INTEGER)")
    return engine


def test_a_writer_waits_until_the_other_one_is_done(engine: Engine) -> None:
    waiting, done = threading.Event(), threading.Event()

    def write() -> None:
        waiting.set()
        with engine.begin() as connection:
            connection.exec_driver_sql("INSERT INTO t VALUES (2)")
        done.set()

    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO t VALUES (1)")
        thread = threading.Thread(target=write)
        thread.start()
        waiting.wait()
        assert not done.wait(0.05)
    assert done.wait(5)
    thread.join()
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT n FROM t").scalars().all() == [1, 2]


def test_who_cannot_have_the_lock_in_time_is_told_so(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "BUSY_TIMEOUT_MS", 12)
    with engine.begin(), pytest.raises(OperationalError, match="locked"), engine.begin():
        pass
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO t VALUES (1)")


def test_readers_wait_as_long_as_ever(engine: Engine) -> None:
    with engine.begin() as connection:
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == BUSY_TIMEOUT_MS
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == BUSY_TIMEOUT_MS


def test_what_is_not_about_the_lock_is_told_at_once(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
        driver = connection.connection.driver_connection
        assert not engines._begin_writing(driver, engines.sqlite_driver())  # it is in a transaction already
