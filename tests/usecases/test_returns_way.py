"""A delivered order's page offers a return exactly where the return itself would be let through."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from portal.db.tables.orders import Order
from portal.i18n import Speaker
from portal.usecases.deps import Deps
from portal.usecases.order_page import OrderPage
from portal.usecases.shops import apply_config
from portal.usecases.view_order import view_order
from tests.support.doubles import Clock
from tests.support.factory import Factory, shop_document


@pytest.fixture
def delivered(deps: Deps, make: Factory, clock: Clock) -> Any:
    def order(returns: dict[str, Any], *lines: dict[str, Any], days_ago: int = 4) -> OrderPage:
        apply_config(deps, make.shop.slug, shop_document(returns=returns))
        now = deps.clock()
        row: Order = make.order(lines=list(lines) or None, placed_at=now, handed_over_at=now)
        make.shipment(row, shipped_at=now, delivered_at=now, status="delivered", queued=False)
        clock.advance(days=days_ago)
        return view_order(deps, make.shop, row.public_id, "full", Speaker("en"))

    return order


def test_the_last_day_and_its_days_are_named_where_there_is_nothing_more_to_say(delivered: Any, clock: Clock) -> None:
    page = delivered({"window_days": 28}, days_ago=4)
    assert page.return_until == (clock.business() + timedelta(days=24)).date()
    assert page.return_words.endswith(": 28 days from the day they arrived.")
    assert page.can_return


def test_a_rule_that_gives_longer_is_not_forgotten(delivered: Any, clock: Clock) -> None:
    rule = {"id": "long", "then": {"window_days": 98}}
    page = delivered({"window_days": 7, "rules": [rule]}, days_ago=28)
    assert page.return_until == (clock.business() + timedelta(days=70)).date()
    assert page.return_words.startswith("You can send things back until ")
    assert "days from" not in page.return_words


def test_what_is_over_says_when_it_ended(delivered: Any) -> None:
    page = delivered({"window_days": 7}, days_ago=28)
    assert (page.can_return, page.return_until) == (False, None)
    assert page.return_words.startswith("The time for returns ended on ")


def test_what_cannot_go_back_at_all_offers_nothing(delivered: Any) -> None:
    page = delivered({}, {"final_sale": True})
    assert (page.can_return, page.return_words) == (False, "")


def test_what_a_reason_may_open_keeps_its_way(delivered: Any) -> None:
    rule = {"id": "faulty", "when": {"return_fault": ["merchant"]}, "then": {"window_days": 730}}
    page = delivered({"window_days": 7, "rules": [rule]}, days_ago=28)
    assert (page.can_return, page.return_until) == (True, None)


def test_the_longest_of_several_is_named(delivered: Any, clock: Clock) -> None:
    kinds = {"swimwear": 14}
    page = delivered({"window_days": 28, "product_windows": kinds}, {"product_type": "swimwear"}, {"sku": "B"})
    assert page.return_until == (clock.business() + timedelta(days=24)).date()
    assert "days from" not in page.return_words
