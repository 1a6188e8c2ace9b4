"""Alembic's environment. The engine comes from the caller (`portal.db.schema`), never from an ini file."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

import portal.db.tables  # noqa: F401  the metadata is complete
from portal.db.base import Base

connection: Connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite alters a table by making it anew
    compare_type=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
