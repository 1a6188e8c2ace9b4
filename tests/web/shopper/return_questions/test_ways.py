"""How it goes back, and what of other orders goes back with it."""

from __future__ import annotations

import re

from portal.db.tables.orders import Order
from portal.usecases.deps import Deps
from tests.support.factory import Factory
from tests.web.shopper.return_questions.asking import (
    an_order,
    base,
    begin,
    items_of,
    line_of,
    returns_of,
    where,
)
from tests.web.shopper.test_returns import Shopper


def test_a_pickup_has_a_day_and_a_shop_has_an_address(shopper: Shopper, deps: Deps, order: Order) -> None:
    begin(shopper, order, "changed_mind")
    shopper.post(f"{base(order)}/resolution", resolution="refund")
    path = f"{base(order)}/method"
    page = shopper.get(path).text
    assert 'href="https://tools.usps.com/' in page
    for words in ("You pay no postage.", "You pay the postage.", "Last day:", "400 Mill Road", "10 am to 6 pm"):
        assert words in page
    for fields, words in (
        ({"method": "pickup", "pickup_on": "2020-01-01"}, "Please choose a day for the pickup."),
        ({"method": "pickup", "pickup_on": "soon"}, "Please choose a day for the pickup."),
        ({"method": "in_store", "store": "Elsewhere"}, "Please choose a shop."),
        ({"method": "pigeon"}, "Please choose a way."),
    ):
        answer = shopper.post(path, **fields)
        assert (answer.status_code, words in answer.text) == (422, True)
    day = re.findall(r'name="pickup_on" value="([^"]+)"', page)[1]
    assert where(shopper.post(path, method="pickup", pickup_on=day)) == "review"
    shopper.post(f"{base(order)}/review")
    (made,) = returns_of(deps, order)
    assert (made.method, made.pickup_on.isoformat() if made.pickup_on else "") == ("pickup", day)


def test_where_there_is_one_way_only_it_is_shown_and_not_asked(shopper: Shopper, deps: Deps, make: Factory) -> None:
    order = an_order(deps, make, {"title": "Scarf"}, ship_country="FR")
    begin(shopper, order, "changed_mind")
    assert where(shopper.post(f"{base(order)}/resolution", resolution="refund")) == "review"
    assert "You pay the postage." in shopper.get(f"{base(order)}/review").text


def test_something_of_another_order_goes_back_in_the_same_parcel(
    shopper: Shopper, deps: Deps, make: Factory, order: Order
) -> None:
    second = an_order(deps, make, {"title": "Wool blanket", "sku": "BLANKET"}, customer_id=order.customer_id)
    strange = an_order(deps, make, {"title": "Secret diary"})
    shopper.follow_link(order)
    one, other = line_of(deps, order), line_of(deps, second)
    assert where(shopper.post(base(order), orders="1")) == "orders"
    page = shopper.get(f"{base(order)}/orders").text
    assert second.number in page
    assert strange.number not in page
    shopper.post(f"{base(order)}/orders", order=second.public_id)
    assert "Wool blanket" in shopper.get(base(order)).text
    shopper.post(base(order), **{f"line-{one}": "1", f"line-{other}": "1"})
    shopper.post(f"{base(order)}/reasons", **{f"reason-{one}": "changed_mind", f"reason-{other}": "same"})
    shopper.post(f"{base(order)}/resolution", resolution="refund")
    shopper.post(f"{base(order)}/method", method="label")
    review = shopper.get(f"{base(order)}/review").text
    assert "$93.00" in review  # both, less one fee
    shopper.post(f"{base(order)}/review")
    assert {item.order_line_id for item in items_of(deps, order)} == {one, other}


def test_who_only_found_one_order_sees_no_other(shopper: Shopper, deps: Deps, make: Factory, order: Order) -> None:
    second = an_order(deps, make, {"title": "Wool blanket"}, customer_id=order.customer_id)
    shopper.find(order)
    assert "/code" in shopper.get(f"{base(order)}/orders").headers["Location"]
    shopper.follow_link(order)
    shopper.post(f"{base(order)}/orders", order=second.public_id)
    another = Shopper(shopper.client.application.test_client(), deps, shopper.shop)
    another.find(order)
    assert "/code" in another.get(base(order)).headers["Location"]  # the draft names things of both


def test_an_order_of_somebody_else_cannot_join_and_is_no_trap(
    shopper: Shopper, deps: Deps, make: Factory, order: Order
) -> None:
    strange = an_order(deps, make, {"title": "Secret diary"})
    shopper.follow_link(order)
    page = shopper.get(base(order))
    assert where(shopper.send(page, f"{base(order)}/orders", order=strange.public_id)) == "return"
    items = shopper.get(base(order))
    assert (items.status_code, "Secret diary" in items.text) == (200, False)
    assert where(shopper.post(base(order), **{f"line-{line_of(deps, order)}": "1"})) == "reasons"
