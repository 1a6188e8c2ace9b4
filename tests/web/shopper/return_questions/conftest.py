"""A shop that asks everything, and an order of two things that its shopper has found."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from portal.db.tables.orders import Order
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.shops import create_shop
from tests.support.factory import Factory, shop_document
from tests.web.shopper.return_questions.asking import (
    SETTINGS,
    an_order,
)
from tests.web.shopper.test_returns import Shopper


@pytest.fixture
def shop(deps: Deps) -> ShopRef:
    return create_shop(deps, "juniper", shop_document(returns=SETTINGS))


@pytest.fixture
def shopper(visit: Callable[[], FlaskClient], deps: Deps, shop: ShopRef) -> Shopper:
    return Shopper(visit(), deps, shop)


@pytest.fixture
def order(deps: Deps, make: Factory) -> Order:
    for rank, (size, stock, price) in enumerate((("S", 4, 3_900), ("M", 1, 4_900), ("L", 1, 4_900), ("XL", 0, 4_900))):
        make.variant(
            f"SHIRT-{size}",
            product_ref="SHIRT",
            variant=f"Blue, {size}",
            size_rank=rank,
            stock=stock,
            price_minor=price,
        )
    make.variant("MUG", product_ref="MUG", title="Stoneware mug", variant=None, stock=9, price_minor=2_000)
    return an_order(
        deps,
        make,
        {"sku": "SHIRT-M", "product_ref": "SHIRT", "variant": "Blue, M", "product_type": "Shirts"},
        {"sku": "BRIEF", "title": "Briefs", "product_type": "Underwear", "unit_price_minor": 1_100},
    )
