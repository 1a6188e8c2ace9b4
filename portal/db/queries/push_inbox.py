"""The two statements a push costs. Made once and sent without the ORM: pushes come in by the hundred a second.

Both tables belong to the installation, so no shop's scope is passed by.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Insert, Row, Table, bindparam, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

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
    with sessions.engine.execution_options(writes=False).connect() as connection:
        return connection.execute(_FIND, {"path_hash": path_hash}).one_or_none()


def add_delivery(sessions: Sessions, values: Mapping[str, Any], before_commit: Callable[[], None]) -> bool:
    """Store a push, in a transaction of its own. False when the same one is there already."""
    with sessions.engine.begin() as connection:
        added = connection.execute(_ADD[connection.dialect.name], dict(values)).scalar_one_or_none()
        before_commit()
    return added is not None
