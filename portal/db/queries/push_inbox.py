"""The two statements a push costs. Made once and sent without the ORM: pushes come in by the hundred a second.

Both tables belong to the installation, so no shop's scope is passed by.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, Insert, Row, Table, bindparam, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import OperationalError

from portal.db.session import Sessions
from portal.db.tables.messages import InboxDelivery
from portal.db.tables.pushes import PushEndpoint

_endpoints: Table = PushEndpoint.__table__  # type: ignore[assignment]
_inbox: Table = InboxDelivery.__table__  # type: ignore[assignment]

_LOOKED_AT = ("id", "carrier", "path_hash", "proof", "kid", "sealed", "former_until")
_FIND = select(*(_endpoints.c[name] for name in _LOOKED_AT)).where(
    _endpoints.c.path_hash == bindparam("path_hash"), _endpoints.c.state == "open"
)
_STORED = (
    *("source", "delivery_id", "endpoint_id", "trusted", "content_type", "headers", "body", "state", "received_at"),
    *("attempts", "next_attempt_at", "fence"),
)


def _adding(insert: Callable[[Table], Any]) -> Insert:
    values = {name: bindparam(name, type_=_inbox.c[name].type) for name in _STORED}
    adding: Insert = insert(_inbox).values(values).on_conflict_do_nothing(index_elements=["source", "delivery_id"])
    return adding.returning(_inbox.c.id)


_ADD = {"sqlite": _adding(sqlite_insert), "postgresql": _adding(postgres_insert)}


def open_endpoint(sessions: Sessions, path_hash: str) -> Row[Any] | None:
    """The open endpoint of an address, None when there is none."""
    with sessions.reader.connect() as connection:
        return connection.execute(_FIND, {"path_hash": path_hash}).one_or_none()


def add_delivery(sessions: Sessions, values: Mapping[str, Any], before_commit: Callable[[], None]) -> bool:
    """Store a push; when this returns, it is committed. False when the same one was there already."""
    engine = sessions.engine
    if engine.dialect.name != "sqlite":  # PostgreSQL commits side by side, and flushes together what comes together
        return _write(engine, [values], before_commit)[0]
    with _first:
        together = _together.setdefault(engine, _Together())
    return together.add(engine, values, before_commit)


def _write(engine: Engine, rows: Sequence[Mapping[str, Any]], before_commit: Callable[[], None]) -> list[bool]:
    with engine.begin() as connection:
        adding = _ADD[connection.dialect.name]
        added = [connection.execute(adding, dict(row)).scalar_one_or_none() is not None for row in rows]
        before_commit()
    return added


@dataclass(slots=True, eq=False)
class _Waiting:
    """A push that some thread waits for: written (`added`), failed with the whole batch (`error`), or neither yet."""

    values: Mapping[str, Any]
    added: bool | None = None
    error: OperationalError | None = None


class _Together:
    """Commits together what comes while another commit is under way.

    SQLite has one writer, and flushes the disk for each commit. Threads that ask it for the lock in turns sleep longer
    and longer between their tries; here they wait for each other, and the next one takes everybody's rows along.
    """

    def __init__(self) -> None:
        self._writing = threading.Lock()
        self._list = threading.Lock()
        self._waiting: list[_Waiting] = []

    def add(self, engine: Engine, values: Mapping[str, Any], before_commit: Callable[[], None]) -> bool:
        mine = _Waiting(values)
        with self._list:
            self._waiting.append(mine)
        with self._writing:
            if mine.added is None and mine.error is None:
                self._write_all(engine, mine, before_commit)
        if mine.error is not None:
            raise OperationalError(mine.error.statement, None, mine.error.orig or mine.error)
        assert mine.added is not None
        return mine.added

    def _write_all(self, engine: Engine, mine: _Waiting, before_commit: Callable[[], None]) -> None:
        with self._list:
            batch, self._waiting = self._waiting, []
        if mine not in batch:  # it was in a batch that one bad row spoilt
            batch.append(mine)
        try:
            found = _write(engine, [one.values for one in batch], before_commit)
        except OperationalError as error:  # the database is busy, or full: nobody needs to try once more
            for one in batch:
                one.error = error
            return
        except Exception:
            if len(batch) == 1:
                raise
            batch, found = [mine], _write(engine, [mine.values], before_commit)
        for one, added in zip(batch, found, strict=True):
            one.added = added


_together: WeakKeyDictionary[Engine, _Together] = WeakKeyDictionary()
_first = threading.Lock()
