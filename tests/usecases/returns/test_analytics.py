"""What a shop's returns add up to, counted by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from portal.db.tables.returns import Return, ReturnItem
from portal.domain.returns.inspection import Look
from portal.errors import InvalidInput
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns.analytics import insight, percent, quantiles
from portal.usecases.returns.blind import BlindItem, BlindReturn, create_blind
from portal.usecases.returns.cancel import cancel
from portal.usecases.returns.desk import Receipt, receive
from portal.usecases.returns.inspect import inspect
from portal.usecases.returns.payout import pay
from tests.support.doubles import Clock
from tests.usecases.returns.conftest import Desk

SHIRT: dict[str, Any] = {"title": "Shirt", "variant": "M", "sku": "S-M", "unit_price_minor": 1_000, "quantity": 4}
CUP: dict[str, Any] = {"title": "Cup", "sku": "C", "unit_price_minor": 500, "quantity": 2}


def tables(deps: Deps, shop: ShopRef, **days: Any) -> dict[str, tuple[tuple[Any, ...], ...]]:
    return {table.name: table.rows for table in insight(deps, shop, **days).tables}


@pytest.fixture
def story(deps: Deps, desk: Desk, clock: Clock) -> None:
    """One order of four shirts and two cups: two shirts too small and a cup that is faulty came back, the cup broken."""
    order = desk.order(SHIRT, CUP, total_minor=5_000, shipping_minor=0, placed_at=deps.clock() - timedelta(days=10))
    small = desk.returned(desk.with_label(order, 2, reason="size_too_small"))
    faulty = desk.returned(desk.with_label(order, 0, 1, reason="defective", resolution="store_credit"))
    clock.advance(days=4)
    items = {item.return_id: item.id for item in desk.all(ReturnItem)}
    receive(deps, small.id, 3, {items[small.id]: Receipt(2)}, "a")
    receive(deps, faulty.id, 3, {items[faulty.id]: Receipt(1)}, "b")
    inspect(deps, small.id, 3, [Look(items[small.id], 2, "accepted", "a", "as_told", "restock")], "c")
    inspect(deps, faulty.id, 3, [Look(items[faulty.id], 1, "accepted", "d", "worn", "dispose")], "d")
    pay(deps, small.id, 3, "e")
    called_off = desk.submit(order, 1)
    cancel(deps, desk.shop, called_off)


@pytest.mark.usefixtures("story")
def test_every_question_has_its_answer(deps: Deps, desk: Desk) -> None:
    found = tables(deps, desk.shop)
    assert found["products"] == (("Shirt", 2, 4, 50), ("Cup", 1, 2, 50))
    assert found["variants"] == (("Shirt", "M", 2, 4, 50), ("Cup", "C", 1, 2, 50))
    assert found["reasons"] == (("size_too_small", 2, 67, 2_000), ("defective", 1, 33, 500))
    assert found["sizes"] == (("Shirt", 2, 0, 2),)
    assert found["resolutions"] == (("refund", 1, 50, 2_000), ("store_credit", 1, 50, 500))
    assert found["grades"] == (("restocked", "A", 2, 2_000), ("disposed", "D", 1, 500))
    assert found["found"] == (("size_too_small", "as_told", 2), ("defective", "worn", 1))
    assert found["money"][0][1:] == (1, 40, None)
    assert found["cost"][1][2:] == (500, 250)
    assert found["cost"][3][1] == 2


@pytest.mark.usefixtures("story")
def test_what_is_outside_of_the_time_or_the_shop_does_not_count(
    deps: Deps, desk: Desk, other_shop: ShopRef, clock: Clock
) -> None:
    today = deps.clock().date()
    assert insight(deps, desk.shop, today + timedelta(days=1), today + timedelta(days=9)).returns == 0
    assert insight(deps, other_shop).returns == 0
    assert all(rows == () for rows in tables(deps, other_shop).values())
    with pytest.raises(InvalidInput):
        insight(deps, desk.shop, today, today - timedelta(days=1))
    with pytest.raises(InvalidInput):
        insight(deps, desk.shop, today - timedelta(days=2_000), today)


def test_held_and_released_money_is_counted(deps: Deps, desk: Desk) -> None:
    row = desk.returned(desk.with_label(desk.order()))
    with deps.sessions.write(desk.shop.id) as session:
        session.get_one(Return, row.id).held_at = deps.clock()
    assert tables(deps, desk.shop)["money"][2][1:] == (1, None, row.due_minor)


def test_goods_of_no_order_are_returned_and_were_not_sold(deps: Deps, desk: Desk) -> None:
    create_blind(deps, 3, BlindReturn(desk.shop.slug, (BlindItem("Shirt", 1, 900, "S"),)), "a form's key")
    assert tables(deps, desk.shop)["products"] == (("Shirt", 1, 0, None),)


@pytest.mark.parametrize(
    ("part", "whole", "rounded"), [(1, 3, 33), (2, 3, 67), (1, 2, 50), (1, 200, 1), (0, 5, 0), (1, 0, None)]
)
def test_per_cent_are_whole(part: int, whole: int, rounded: int | None) -> None:
    assert percent(part, whole) == rounded


def test_the_median_and_the_ninth_decile() -> None:
    assert quantiles([]) is None
    assert quantiles([2.0]) == (20, 20)
    assert quantiles([float(n) for n in range(1, 11)]) == (55, 90)
