"""Sessions with a scope. A statement on a shop's rows without one raises: forgetting the shop is not possible.

    with sessions.write(shop_id) as s: ...     one shop, commits at the end
    with sessions.read(shop_id) as s: ...      one shop, read only
    with sessions.write_system() as s: ...     the installation: staff, claims across shops, feeds, audit
    with sessions.read_system() as s: ...

Shopper pages never use the system scope (an import contract and a test see to it).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, Table, event, inspect
from sqlalchemy.orm import ORMExecuteState, Session, sessionmaker, with_loader_criteria
from sqlalchemy.sql import visitors

from portal.db.base import Base, ShopOwned
from portal.db.tables.checkpoints import CheckpointRow
from portal.db.tables.delivery_exceptions import DeliveryException

SYSTEM = "system"
_SCOPED_TABLES = frozenset(
    str(table) for m in Base.registry.mappers if issubclass(m.class_, ShopOwned) for table in m.tables
) | {DeliveryException.__tablename__}


class ScopeError(RuntimeError):
    """A programming error: a shop's rows were asked for without saying whose, or for another shop."""


class ScopedSession(Session):
    """A session that knows whose rows it may touch (`info["scope"]`: a shop's id, or SYSTEM)."""


class Sessions:
    """Opens sessions. The only thing above this package that knows there is an engine."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.reader = engine.execution_options(writes=False)  # the same connections, for transactions that only read
        self._writing = sessionmaker(engine, class_=ScopedSession, expire_on_commit=False)
        self._reading = sessionmaker(self.reader, class_=ScopedSession, expire_on_commit=False, autoflush=False)

    @contextmanager
    def write(self, shop_id: int) -> Iterator[Session]:
        with self._writing(info={"scope": shop_id}) as session, session.begin():
            yield session

    @contextmanager
    def read(self, shop_id: int) -> Iterator[Session]:
        with self._reading(info={"scope": shop_id}) as session:
            yield session

    @contextmanager
    def write_system(self) -> Iterator[Session]:
        with self._writing(info={"scope": SYSTEM}) as session, session.begin():
            yield session

    @contextmanager
    def read_system(self) -> Iterator[Session]:
        with self._reading(info={"scope": SYSTEM}) as session:
            yield session


def _scoped_tables_in(statement: Any) -> bool:
    return any(isinstance(e, Table) and e.name in _SCOPED_TABLES for e in visitors.iterate(statement))


@event.listens_for(ScopedSession, "do_orm_execute")
def _apply_scope(state: ORMExecuteState) -> None:
    scope = state.session.info.get("scope")
    if scope == SYSTEM:
        return
    if isinstance(scope, int) and state.is_orm_statement:
        state.statement = state.statement.options(
            with_loader_criteria(ShopOwned, lambda cls: cls.shop_id == scope, include_aliases=True),
            with_loader_criteria(DeliveryException, DeliveryException.shop_id == scope, include_aliases=True),
        )
        return
    if not state.is_orm_statement and not _scoped_tables_in(state.statement):
        return
    raise ScopeError("this statement reads a shop's rows outside any shop's scope")


@event.listens_for(ScopedSession, "before_flush")
def _check_writes(session: Session, _context: Any, _instances: Any) -> None:
    scope = session.info.get("scope")
    for row in session.dirty:
        if isinstance(row, CheckpointRow):
            _check_append_only(row)
    if scope == SYSTEM:
        return
    for row in (*session.new, *session.dirty, *session.deleted):
        if isinstance(row, (ShopOwned, DeliveryException)) and row.shop_id != scope:
            raise ScopeError(f"a row of {type(row).__name__} belongs to another shop than this session")


_CORRECTABLE = {"status", "substatus", "notice", "mapping_id", "quarantined"}


def _check_append_only(row: CheckpointRow) -> None:
    changed = {a.key for a in inspect(row).attrs if a.history.has_changes()}
    if changed - _CORRECTABLE:
        raise ScopeError("checkpoints are append-only; only their mapping may be corrected")
