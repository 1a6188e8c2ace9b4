"""Writes order files in our own format; a test names only the columns it is about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from portal.cli.orders import find_mapping
from portal.platforms.mapping import OrderMapping
from portal.settings import ROOT

BASE = {
    "order_number": "J-1",
    "placed_at": "2026-11-16T09:00:00-05:00",
    "customer_id": "c-1",
    "customer_email": "ada@mail.example",
    "customer_name": "Ada Example",
    "sku": "LS-01",
    "title": "Linen shirt",
    "quantity": "1",
    "unit_price": "49.00",
    "ship_country": "US",
    "ship_region": "NY",
    "ship_postal_code": "12207",
}


def row(**changes: Any) -> dict[str, str]:
    """One row; None takes a column out."""
    return {k: str(v) for k, v in (BASE | changes).items() if v is not None}


def write(path: Path, *rows: dict[str, str], delimiter: str = ",", encoding: str = "utf-8") -> Path:
    """A file with the columns that any row has. Values may not hold the delimiter."""
    columns = list(dict.fromkeys(name for one in rows for name in one))
    lines = [delimiter.join(columns), *(delimiter.join(one.get(c, "") for c in columns) for one in rows)]
    path.write_bytes("".join(f"{line}\n" for line in lines).encode(encoding))
    return path


def template() -> OrderMapping:
    return find_mapping("template", ROOT / "config")
