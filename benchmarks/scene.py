"""A shop with as many orders and parcels as asked for, made by the database itself: a million rows in seconds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from benchmarks.databases import Database
from portal.db.base import Base
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.shops import create_shop
from tests.support.doubles import NOON, Clock, FakeCarriers, MailBin, make_deps
from tests.support.factory import shop_document

PARCELS_AN_ORDER = 5  # few orders for many parcels: what is measured reads parcels and their queue
WAITING_SHARE = 5  # of so many parcels one is still watched by the sweep


@dataclass(frozen=True, slots=True)
class Scene:
    """A filled database, and the ports of a use case on it: time stands still, carriers and mail are doubles."""

    database: Database
    deps: Deps
    shop: ShopRef
    parcels: int

    @property
    def kind(self) -> str:
        return self.database.kind


def make_scene(database: Database, parcels: int, **ports: Any) -> Scene:
    """A shop with `parcels` parcels in transit, all due to be polled, none due to be looked at by the sweep."""
    clock = Clock()
    deps = make_deps(database.sessions, clock, FakeCarriers(), MailBin(), **ports)
    shop = create_shop(deps, "juniper", shop_document())
    orders = max(1, parcels // PARCELS_AN_ORDER)
    with database.bulk() as driver:
        for table, rows, columns in (
            ("customers", orders, _customers()),
            ("orders", orders, order_columns(database.kind)),
            ("shipments", parcels, _shipments(database.kind, orders)),
            ("poll_queue", parcels, _queue(database.kind)),
        ):
            fill(driver, database.kind, table, rows, defaults(table) | columns | {"shop_id": str(shop.id)})
    settle(database)
    return Scene(database, deps, shop, parcels)


def fill(driver: Any, kind: str, table: str, rows: int, columns: dict[str, str]) -> None:
    """`columns` gives each column as an expression of `i`, which counts from 1."""
    numbers = f"generate_series(1::bigint, {rows}) AS n(i)"
    counted = ""
    if kind == "sqlite":
        counted, numbers = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows}) ", "n"
    names, values = ", ".join(columns), ", ".join(columns.values())
    insert = f"{counted}INSERT INTO {table} ({names}) SELECT {values} FROM {numbers}"
    # Building the indexes afterwards takes a fraction of the time.
    if kind == "sqlite":
        found = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = ?"
        indexes = driver.execute(found, (table,)).fetchall()
        for statement in (*(f"DROP INDEX {name}" for name, _ in indexes), insert, *(sql for _, sql in indexes)):
            driver.execute(statement)
        return
    driver.execute(f"UPDATE pg_index SET indisready = FALSE, indisvalid = FALSE WHERE indrelid = '{table}'::regclass")
    driver.execute(insert)
    driver.execute("SET maintenance_work_mem = '512MB'")
    driver.execute(f"REINDEX TABLE {table}")  # marks them valid again


def settle(database: Database) -> None:
    """Let the planner know the tables, and leave no clean-up for the middle of a measurement."""
    with database.raw() as driver:
        driver.execute("VACUUM ANALYZE" if database.kind == "postgres" else "ANALYZE")
        driver.execute("CHECKPOINT" if database.kind == "postgres" else "PRAGMA wal_checkpoint(TRUNCATE)")


def moment(kind: str, at: datetime) -> str:
    """A moment as a literal, as the tables keep it."""
    return f"'{at:%Y-%m-%d %H:%M:%S.%f}'" if kind == "sqlite" else f"TIMESTAMPTZ '{at:%Y-%m-%d %H:%M:%S.%f}+00'"


def _spread(kind: str, at: datetime) -> str:
    """Moments of the day that ends at `at`, in an order that has nothing to do with the rows' own."""
    seconds = "((i * 7919) % 86400)"
    if kind == "sqlite":
        return f"strftime('%Y-%m-%d %H:%M:%S.000000', {moment(kind, at)}, '-' || {seconds} || ' seconds')"
    return f"{moment(kind, at)} - {seconds} * INTERVAL '1 second'"


def defaults(table: str) -> dict[str, str]:
    """The columns that the application fills by itself, as literals."""
    columns = Base.metadata.tables[table].columns
    return {c.name: _literal(c.default) for c in columns if c.default is not None and not c.primary_key}


def _literal(default: Any) -> str:
    if default.is_callable:
        return f"'{json.dumps(default.arg(None))}'"
    if isinstance(default.arg, bool):
        return str(default.arg).upper()
    return f"'{default.arg}'" if isinstance(default.arg, str) else str(default.arg)


def _columns(*groups: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for group in groups:
        found |= group
    return found


def _day(kind: str, day: date) -> str:
    return f"'{day}'" if kind == "sqlite" else f"DATE '{day}'"


def _customers() -> dict[str, str]:
    return {"id": "i", "external_id": "'c' || i", "email": "'ada' || i || '@mail.example'", "name": "'Ada Example'"}


def order_columns(kind: str) -> dict[str, str]:
    placed, promised = moment(kind, NOON - timedelta(days=3)), _day(kind, (NOON + timedelta(days=2)).date())
    return _columns(
        {"id": "i", "public_id": "'order-' || i", "number": "'J-' || i", "number_key": "'J' || i", "source": "'csv'"},
        {"row_hash": "'-'", "customer_id": "i", "status": "'open'", "timezone": "'America/New_York'"},
        {"placed_at": placed, "created_at": placed, "changed_at": placed, "promised_on": promised},
        {"currency": "'USD'", "total_minor": "10000", "email": "'ada' || i || '@mail.example'"},
        {"ship_name": "'Ada Example'", "ship_line1": "'12 Elm Street'", "ship_city": "'Albany'"},
        {"ship_region": "'NY'", "ship_postal_code": "'12207'", "ship_country": "'US'"},
    )


def _shipments(kind: str, orders: int) -> dict[str, str]:
    digits = "printf('%010d', i)" if kind == "sqlite" else "lpad(i::text, 10, '0')"
    created, later = moment(kind, NOON - timedelta(days=2)), moment(kind, NOON + timedelta(days=1))
    return _columns(
        {"id": "i", "public_id": "'parcel-' || i", "order_id": f"1 + i % {orders}", "carrier": "'ups'"},
        {"tracking_number": f"'1Z999AA1' || {digits}", "created_at": created, "changed_at": created},
        {"origin_country": "'US'", "destination_country": "'US'", "destination_postal_code": "'12207'"},
        {"timezone": "'America/New_York'", "promised_on": _day(kind, (NOON + timedelta(days=2)).date())},
        {"next_check_at": f"CASE WHEN i % {WAITING_SHARE} = 0 THEN {later} END"},
    )


def _queue(kind: str) -> dict[str, str]:
    """All due, so that a claim finds a full queue."""
    return {"shipment_id": "i", "carrier": "'ups'", "next_poll_at": _spread(kind, NOON)}
