"""Search across shops: order number, e-mail address, name or tracking number, in one box."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from portal.db.queries.staff_search import find_orders
from portal.usecases.deps import Deps
from portal.usecases.shops import list_shops
from portal.usecases.staff.views import view_of

PAGE = 30
LONGEST = 120
DEEPEST = 200  # pages


@dataclass(frozen=True, slots=True, repr=False)
class Hit:
    """An order that was found."""

    id: int
    number: str
    shop_name: str
    customer_name: str | None
    email: str | None
    status: str
    placed_at: datetime
    total_minor: int
    currency: str
    open_cases: int


@dataclass(frozen=True, slots=True)
class Results:
    """One page of what was found; `more` when there is a page after it."""

    hits: tuple[Hit, ...]
    page: int
    more: bool


def search(deps: Deps, text: str, *, page: int = 1, size: int = PAGE) -> Results:
    """An exact number or address is answered alone, the order of that number first; else what contains the text."""
    text, page = " ".join(text.split())[:LONGEST], min(max(page, 1), DEEPEST)
    if len(text) < 2:
        return Results((), 1, False)
    names = {shop.id: shop.config.name for shop in list_shops(deps)}
    with deps.sessions.read_system() as session:
        rows = find_orders(session, text, size + 1, (page - 1) * size)
    hits = tuple(
        view_of(Hit, order, shop_name=names[order.shop_id], customer_name=name or order.ship_name, open_cases=cases)
        for order, name, cases in rows[:size]
    )
    return Results(hits, page, len(rows) > size)
