"""The shops' order files, written from the parcels of the lab's world, in Doorstep's own CSV format."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from random import Random

from carriers.lab.parcels import Parcel
from carriers.lab.world import World
from portal.cli.demo.people import CASTS, Article, Cast, Person

HISTORY_GAP = timedelta(days=41)


@dataclass(frozen=True, slots=True)
class DemoOrder:
    """An order of the demo: who, what, and which parcels carry it."""

    shop: str
    number: str
    person: Person
    parcels: tuple[Parcel, ...]
    placed_at: datetime
    articles: tuple[tuple[Article, int], ...]
    express: bool

    @property
    def roles(self) -> set[str]:
        return {p.plan.role or "" for p in self.parcels} | {p.plan.story for p in self.parcels}


def orders_of(world: World, shop: str) -> list[DemoOrder]:
    """The shop's orders, oldest first; the same world gives the same orders."""
    cast = CASTS[shop]
    rng = Random(f"{world.seed} {shop}")  # noqa: S311  a cast, not a secret
    mine = [p for p in world if p.plan.shop == shop]
    groups = [tuple(g) for _, g in groupby(mine, key=lambda p: p.plan.order_group or p.number)]
    made = []
    for n, parcels in enumerate(groups):
        special = any((p.plan.role or p.plan.story) in ("vip_express_late", "express_late") for p in parcels)
        person = cast.regular if special else cast.people[n % len(cast.people)]
        articles = rng.sample(cast.shelf, k=max(len(parcels), rng.choice((1, 1, 2, 3))))
        first = min(p.plan.created_at for p in parcels)
        made.append(
            DemoOrder(
                shop=shop,
                number=f"{cast.prefix}{cast.first_number + n}",
                person=person,
                parcels=parcels,
                placed_at=first - timedelta(hours=rng.randint(3, 30)),
                articles=tuple((a, rng.choice((1, 1, 1, 2))) for a in articles),
                express=any(p.plan.service_level == "express" for p in parcels),
            )
        )
    return sorted(made, key=lambda o: o.placed_at)


COLUMNS = (
    "order_number",
    "placed_at",
    "status",
    "customer_id",
    "customer_email",
    "customer_name",
    "customer_phone",
    "customer_tags",
    "loyalty_tier",
    "locale",
    "currency",
    "total",
    "shipping",
    "service_level",
    "promised_on",
    "ship_name",
    "ship_line1",
    "ship_city",
    "ship_region",
    "ship_postal_code",
    "ship_country",
    "delivered_at",
    "line_position",
    "sku",
    "title",
    "variant",
    "product_type",
    "quantity",
    "unit_price",
    "final_sale",
    "weight_grams",
    "carrier",
    "tracking_number",
    "shipped_at",
    "origin_country",
)


def write_orders(path: Path, orders: list[DemoOrder]) -> None:
    """One row an order line. A line travels in the parcel on its row."""
    _write(path, (row for order in orders for row in _rows(order)))


def write_history(path: Path, shop: str, now: datetime) -> None:
    """What the regulars bought in the last year: delivered long ago, so it opens no cases and sends nothing."""
    _write(path, _history_rows(CASTS[shop], shop, now))


def _write(path: Path, rows: Iterator[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(rows)


def _rows(order: DemoOrder) -> Iterator[dict[str, str]]:
    cast = CASTS[order.shop]
    place = order.parcels[0].plan.destination
    shipping = cast.express if order.express else cast.shipping
    total = sum((Decimal(a.price) * n for a, n in order.articles), Decimal(shipping))
    promised = max(p.plan.promised_on for p in order.parcels)
    common = _person(order.person) | {
        "order_number": order.number,
        "placed_at": order.placed_at.isoformat(timespec="seconds"),
        "status": "paid",
        "currency": cast.currency,
        "total": str(total),
        "shipping": shipping,
        "service_level": "express" if order.express else "standard",
        "promised_on": promised.isoformat(),
        "ship_name": order.person.name,
        "ship_line1": order.person.street,
        "ship_city": place.city,
        "ship_region": place.state,
        "ship_postal_code": place.postal_code,
        "ship_country": place.country,
    }
    for n, (article, quantity) in enumerate(order.articles):
        parcel = order.parcels[min(n, len(order.parcels) - 1)]
        yield (
            common
            | _line(article, quantity, n + 1)
            | {
                "carrier": parcel.carrier,
                "tracking_number": parcel.number,
                "shipped_at": parcel.plan.created_at.isoformat(timespec="seconds"),
                "origin_country": parcel.plan.origin.country,
            }
        )


def _history_rows(cast: Cast, shop: str, now: datetime) -> Iterator[dict[str, str]]:
    rng = Random(f"history {shop}")  # noqa: S311
    for person in (cast.regular, *cast.people):
        for n in range(person.earlier_orders):
            placed = now - timedelta(days=75) - n * HISTORY_GAP - timedelta(days=rng.randint(0, 20))
            article = rng.choice(cast.shelf)
            quantity = rng.choice((1, 1, 2))
            yield (
                _person(person)
                | _line(article, quantity, 1)
                | {
                    "order_number": f"{cast.prefix}{cast.first_number - 9000 + rng.randint(1, 8000)}",
                    "placed_at": placed.isoformat(timespec="seconds"),
                    "status": "delivered",
                    "delivered_at": (placed + timedelta(days=4)).isoformat(timespec="seconds"),
                    "currency": cast.currency,
                    "total": str(Decimal(article.price) * quantity + Decimal(cast.shipping)),
                    "shipping": cast.shipping,
                    "service_level": "standard",
                    "ship_name": person.name,
                    "ship_line1": person.street,
                    "ship_country": "US" if shop == "juniper" else "DE",
                }
            )


def _person(person: Person) -> dict[str, str]:
    return {
        "customer_id": person.email,
        "customer_email": person.email,
        "customer_name": person.name,
        "customer_phone": person.phone,
        "customer_tags": person.tags,
        "loyalty_tier": person.tier,
        "locale": person.locale,
    }


def _line(article: Article, quantity: int, position: int) -> dict[str, str]:
    return {
        "line_position": str(position),
        "sku": article.sku,
        "title": article.title,
        "variant": article.variant,
        "product_type": article.product_type,
        "quantity": str(quantity),
        "unit_price": article.price,
        "final_sale": "yes" if article.final_sale else "no",
        "weight_grams": str(article.grams),
    }
