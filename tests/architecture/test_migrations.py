"""The migrations lead to what the tables say, on both databases, and may be run at every start."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData, Table, inspect, text
from sqlalchemy.exc import SAWarning

from portal.db import schema
from portal.db.base import Base
from portal.db.engine import make_engine

# Indexes over expressions: SQLite cannot be asked what they are made of, only whether they are there.
EXPRESSION_INDEXES = {"delivery_exceptions": {"ix_delivery_exceptions_queue"}}


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database without a single table, of each kind."""
    if request.param == "sqlite":
        engine = make_engine(f"sqlite:///{tmp_path / 'empty.sqlite3'}")
        yield engine
        engine.dispose()
        return
    admin: Engine = request.getfixturevalue("postgres_admin")
    name = f"m{abs(hash(request.node.nodeid)):x}"
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine = make_engine(admin.url.set(database=name).render_as_string(hide_password=False))
    yield engine
    engine.dispose()
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


def scripts() -> ScriptDirectory:
    return ScriptDirectory(str(schema.MIGRATIONS))


def differences(engine: Engine) -> list[str]:
    """What the tables say and the database lacks, or the other way round."""
    with warnings.catch_warnings(), engine.connect() as connection:
        warnings.filterwarnings("ignore", message=".*expression-based index", category=SAWarning)
        warnings.filterwarnings("ignore", message="autogenerate skipping", category=UserWarning)
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found = compare_metadata(context, Base.metadata)
    hidden = set() if _pg(engine) else {name for names in EXPRESSION_INDEXES.values() for name in names}
    return [str(one) for one in found if not (one[0].endswith("_index") and one[1].name in hidden)]


def indexes(engine: Engine) -> dict[str, str]:
    """Each index as the database itself writes it down; reflection leaves expression indexes out on SQLite."""
    question = {
        "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
        "postgresql": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'alembic_version'",
    }
    with engine.connect() as connection:
        found = connection.execute(text(question[engine.dialect.name])).all()
    return {name: " ".join(sql.replace('"', "").split()) for name, sql in found}


def test_the_migrations_make_what_the_tables_say(empty: Engine) -> None:
    schema.upgrade(empty)
    assert differences(empty) == []


def test_every_index_is_made_to_the_letter(empty: Engine) -> None:
    Base.metadata.create_all(empty)
    wanted = indexes(empty)
    Base.metadata.drop_all(empty)
    schema.upgrade(empty)
    assert indexes(empty) == wanted


def test_a_missing_column_would_be_noticed(empty: Engine) -> None:
    schema.upgrade(empty)
    with empty.begin() as connection:
        connection.execute(text("ALTER TABLE shops DROP COLUMN slug CASCADE" if _pg(empty) else "DROP TABLE budgets"))
    assert differences(empty) != []


def test_migrating_twice_changes_nothing(empty: Engine) -> None:
    assert schema.current(empty) is None
    assert not schema.at_head(empty)
    schema.upgrade(empty)
    tables = sorted(inspect(empty).get_table_names())
    with empty.begin() as connection:
        connection.execute(text("INSERT INTO job_slots (job, slot, started_at) VALUES ('poll', 1, '2026-11-18')"))
    schema.upgrade(empty)
    assert schema.at_head(empty)
    assert sorted(inspect(empty).get_table_names()) == tables
    with empty.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM job_slots")).scalar_one() == 1


def test_returns_of_before_know_their_orders_and_whose_they_are(empty: Engine) -> None:
    with empty.connect() as connection:
        command.upgrade(schema._config(connection), "0005")
        connection.commit()
    with empty.begin() as connection:
        for table, values in (
            ("shops", {"id": 1}),
            ("customers", {"id": 7, "shop_id": 1}),
            ("orders", {"id": 5, "shop_id": 1, "customer_id": 7}),
            ("returns", {"id": 3, "shop_id": 1, "order_id": 5, "policy_version": 2}),
        ):
            _insert(connection, table, values)
    schema.upgrade(empty)
    with empty.connect() as connection:
        assert connection.execute(text("SELECT customer_id FROM returns")).scalar_one() == 7
        found = connection.execute(text("SELECT return_id, order_id, policy_version FROM return_orders")).one()
        assert tuple(found) == (3, 5, 2)


def _insert(connection: Connection, name: str, values: dict[str, int]) -> None:
    """A row with nothing in it but these values, and something wherever the database wants it."""
    table = Table(name, MetaData(), autoload_with=connection)
    something: dict[type, object] = {str: "-", int: 0, bool: False, float: 0.0, object: {}, dict: {}}
    something |= {datetime: datetime(2026, 11, 18, tzinfo=UTC), date: date(2026, 11, 18)}
    wanted = [c for c in table.columns if not c.nullable and c.name not in values]
    connection.execute(table.insert(), values | {c.name: something[c.type.python_type] for c in wanted})


def test_there_is_one_line_of_migrations_with_one_head() -> None:
    assert len(scripts().get_heads()) == 1
    assert len(scripts().get_bases()) == 1
    assert schema.head() == scripts().get_heads()[0]


def test_migrations_are_numbered_in_their_order() -> None:
    line = list(reversed(list(scripts().walk_revisions())))
    assert [script.revision for script in line] == [f"{n:04d}" for n in range(1, len(line) + 1)]
    for script in line:
        assert re.fullmatch(rf"{script.revision}_[a-z0-9_]+\.py", Path(script.path).name)


def test_every_migration_file_is_in_the_line() -> None:
    files = {p.name for p in (schema.MIGRATIONS / "versions").glob("*.py")}
    assert files == {Path(script.path).name for script in scripts().walk_revisions()}


def _pg(engine: Engine) -> bool:
    return engine.dialect.name == "postgresql"
