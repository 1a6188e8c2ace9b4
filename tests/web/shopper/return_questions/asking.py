"""An order in the middle of the questions: the first answers, and what the database has of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from werkzeug.test import TestResponse

from portal.db.tables.orders import Order, OrderLine
from portal.db.tables.returns import Return, ReturnItem
from portal.usecases.deps import Deps
from tests.support.factory import Factory
from tests.web.shopper.test_returns import Shopper

SETTINGS: dict[str, Any] = {
    "resolutions": ["refund", "store_credit", "exchange"],
    "methods": ["label", "pickup", "in_store", "own_parcel"],
    "fee_minor": 500,
    "credit_bonus_percent": 10,
    "stores": [
        {
            "name": "Mill Road shop",
            "line1": "400 Mill Road",
            "city": "Burlington",
            "postal_code": "05401",
            "country": "US",
            "hours": "10 am to 6 pm",
        }
    ],
    "offers": {"keep_percent": {"style_or_colour": 20}},
    "photo_reasons": ["damaged_in_transit"],
    "rules": [
        {
            "id": "hygiene",
            "when": {"product_type": ["Underwear"], "return_reason": ["changed_mind"]},
            "then": {"reject": True},
            "says": {"en": "Underwear goes back only when something is wrong with it."},
        }
    ],
}


def an_order(deps: Deps, make: Factory, *lines: dict[str, Any], **changes: Any) -> Order:
    """An order that arrived three days ago, without a discount."""
    now = deps.clock()
    goods = sum(line.get("unit_price_minor", 4_900) * line.get("quantity", 1) for line in lines)
    values: dict[str, Any] = {
        "placed_at": now - timedelta(days=9),
        "handed_over_at": now - timedelta(days=7),
        "delivered_at": now - timedelta(days=3),
        "total_minor": goods + 590,
    }
    return make.order(lines=list(lines), **(values | changes))


def line_of(deps: Deps, order: Order, position: int = 1) -> int:
    with deps.sessions.read(order.shop_id) as session:
        return session.scalars(
            select(OrderLine.id).where(OrderLine.order_id == order.id, OrderLine.position == position)
        ).one()


def base(order: Order) -> str:
    return f"/juniper/orders/{order.public_id}/return"


def where(answer: TestResponse) -> str:
    """The last part of the address that an answer leads to."""
    assert answer.status_code == 303, answer.text[:3000]
    return answer.headers["Location"].split("#")[0].rpartition("/")[2]


def returns_of(deps: Deps, order: Order) -> list[Return]:
    with deps.sessions.read(order.shop_id) as session:
        return list(session.scalars(select(Return).where(Return.order_id == order.id)))


def items_of(deps: Deps, order: Order) -> list[ReturnItem]:
    with deps.sessions.read(order.shop_id) as session:
        return list(session.scalars(select(ReturnItem).order_by(ReturnItem.order_line_id)))


def begin(shopper: Shopper, order: Order, reason: str, *, position: int = 1, **more: Any) -> TestResponse:
    """The first two questions, about one line."""
    shopper.follow_link(order)
    line = line_of(shopper.deps, order, position)
    assert where(shopper.post(base(order), **{f"line-{line}": "1"})) == "reasons"
    return shopper.post(f"{base(order)}/reasons", **{f"reason-{line}": reason}, **more)
