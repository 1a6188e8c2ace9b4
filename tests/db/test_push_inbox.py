"""Pushes that come at once are committed together on SQLite; one that cannot be written spoils no other."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import IntegrityError, OperationalError

from portal.db.queries import push_inbox
from portal.db.queries.push_inbox import add_delivery
from portal.db.session import Sessions
from portal.db.tables.messages import InboxDelivery
from tests.support.doubles import NOON

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def values(name: str, **changes: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "source": "ups 1",
        "delivery_id": name,
        "endpoint_id": None,
        "trusted": True,
        "content_type": "application/json",
        "headers": {},
        "body": name.encode(),
        "state": "received",
        "received_at": NOON,
        "attempts": 0,
        "next_attempt_at": NOON,
        "fence": 0,
    }
    return row | changes


@pytest.fixture
def at_once(sessions: Sessions) -> Callable[..., list[Future[bool]]]:
    """Adds rows from a thread each, all of which wait while another commit is under way."""

    def add(*rows: dict[str, Any]) -> list[Future[bool]]:
        inside, go_on = threading.Event(), threading.Event()

        def hold() -> None:
            inside.set()
            go_on.wait(10)

        with ThreadPoolExecutor(max_workers=len(rows) + 1) as pool:
            first = pool.submit(add_delivery, sessions, values("first"), hold)
            inside.wait(10)
            done = [pool.submit(add_delivery, sessions, row, lambda: None) for row in rows]
            together = push_inbox._together[sessions.engine]
            while len(together._waiting) < len(rows):
                threading.Event().wait(0.001)
            go_on.set()
            assert first.result() is True
        return done

    return add


def stored(sessions: Sessions) -> set[str]:
    with sessions.read_system() as session:
        return set(session.scalars(select(InboxDelivery.delivery_id)))


def test_what_waits_is_committed_together(sessions: Sessions, at_once: Callable[..., list[Future[bool]]]) -> None:
    commits: list[int] = []
    event.listen(sessions.engine, "commit", lambda _connection: commits.append(1))
    done = at_once(*(values(f"push {n}") for n in range(6)), values("push 0"))
    assert sorted(one.result() for one in done) == [False, *[True] * 6]  # the same push twice is one row
    assert stored(sessions) == {"first", *(f"push {n}" for n in range(6))}
    assert len(commits) == 2


def test_a_push_that_cannot_be_written_spoils_no_other(
    sessions: Sessions, at_once: Callable[..., list[Future[bool]]]
) -> None:
    bad = values("bad", state="nonsense")
    done = at_once(values("one"), bad, values("two"))
    assert [one.result() for one in (done[0], done[2])] == [True, True]
    with pytest.raises(IntegrityError):
        done[1].result()
    assert stored(sessions) == {"first", "one", "two"}


def test_when_the_database_fails_everybody_who_waits_is_told(
    sessions: Sessions, at_once: Callable[..., list[Future[bool]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    real, tries = push_inbox._write, list[int]()

    def busy(engine: Any, rows: list[Any], before_commit: Callable[[], None]) -> list[bool]:
        tries.append(len(rows))
        if len(rows) > 1:
            raise OperationalError("INSERT", None, RuntimeError("database is locked"))
        return real(engine, rows, before_commit)

    monkeypatch.setattr(push_inbox, "_write", busy)
    done = at_once(values("one"), values("two"), values("three"))
    for one in done:
        with pytest.raises(OperationalError, match="locked"):
            one.result()
    assert tries == [1, 3]
    assert stored(sessions) == {"first"}
