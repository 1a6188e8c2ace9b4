"""Orders as a CSV file in Doorstep's own format."""

from __future__ import annotations

import csv
from datetime import timedelta
from pathlib import Path

from portal.settings import ROOT, read_toml
from tests.support.doubles import NOON

TEMPLATE = ROOT / "config" / "imports" / "template.toml"


def write_csv(path: Path, orders: int) -> Path:
    """Orders in our own template's columns: two lines each, one parcel, every tenth customer comes back."""
    columns = list(read_toml(TEMPLATE)["orders"]["columns"]) + list(read_toml(TEMPLATE)["lines"]["columns"])
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, dict.fromkeys(columns), restval="")
        writer.writeheader()
        for n in range(orders):
            writer.writerows(_order(n) | _line(n, position) for position in (1, 2))
    return path


def _order(n: int) -> dict[str, object]:
    who = n - n % 10 if n % 10 == 9 else n
    return {
        "order_number": f"J-{100_000 + n}",
        "placed_at": f"{NOON - timedelta(minutes=n):%Y-%m-%dT%H:%M:%S}+00:00",
        "status": "shipped",
        "customer_id": f"c-{who}",
        "customer_email": f"ada{who}@mail.example",
        "customer_name": "Ada Example",
        "customer_phone": "+1 202 555 0199",
        "locale": "en",
        "currency": "USD",
        "total": "54.90",
        "shipping": "5.90",
        "service_level": "standard",
        "promised_on": "2026-11-21",
        "ship_name": "Ada Example",
        "ship_line1": f"{n} Elm Street",
        "ship_city": "Albany",
        "ship_region": "NY",
        "ship_postal_code": "12207",
        "ship_country": "US",
    }


def _line(n: int, position: int) -> dict[str, object]:
    return {
        "line_position": position,
        "sku": f"LS-{position:02d}",
        "title": "Linen shirt",
        "variant": "Blue / M",
        "product_type": "shirts",
        "quantity": 1,
        "unit_price": "24.50",
        "final_sale": "no",
        "weight_grams": 220,
        "carrier": "ups",
        "tracking_number": f"1Z999AA1{n:010d}",
        "origin_country": "US",
        "shipped_at": f"{NOON - timedelta(minutes=n):%Y-%m-%dT%H:%M:%S}+00:00",
    }
