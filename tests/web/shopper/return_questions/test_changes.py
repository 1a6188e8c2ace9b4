"""A return that was sent in is changed with the same questions."""

from __future__ import annotations

import re
from html import unescape

from portal.db.tables.orders import Order
from portal.db.tables.returns import Return
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


def sent_in(shopper: Shopper, deps: Deps, order: Order) -> Return:
    begin(shopper, order, "changed_mind")
    shopper.post(f"{base(order)}/resolution", resolution="refund")
    shopper.post(f"{base(order)}/method", method="own_parcel")
    assert shopper.post(f"{base(order)}/review").status_code == 303
    (made,) = returns_of(deps, order)
    return made


def test_a_return_is_changed_with_the_same_questions_filled_in(shopper: Shopper, deps: Deps, order: Order) -> None:
    made = sent_in(shopper, deps, order)
    line = line_of(deps, order)
    page = f"/juniper/returns/{made.public_id}"
    change = f"/juniper/orders/{order.public_id}/returns/{made.public_id}/change"
    assert f'href="{change}"' in shopper.get(page).text
    items = shopper.get(change).text
    assert f'name="line-{line}" value="1" checked' in items
    assert "You have begun this return before." not in items
    assert where(shopper.post(change, **{f"line-{line}": "1"})) == "reasons"
    reasons = shopper.get(f"{change}/reasons").text
    assert 'value="changed_mind" checked' in reasons
    shopper.post(f"{change}/reasons", **{f"reason-{line}": "ordered_wrong"})
    shopper.post(f"{change}/resolution", resolution="store_credit")
    shopper.post(f"{change}/method", method="own_parcel")
    review = shopper.get(f"{change}/review")
    assert "Change my return" in review.text
    for _ in range(2):
        assert shopper.send(review, f"{change}/review").headers["Location"].split("?")[0] == page
    (row,) = returns_of(deps, order)
    assert (row.id, row.rma, row.resolution) == (made.id, made.rma, "store_credit")
    assert [item.reason for item in items_of(deps, order)] == ["ordered_wrong"]


def test_a_change_that_is_left_leaves_the_return_as_it_was(shopper: Shopper, deps: Deps, order: Order) -> None:
    made = sent_in(shopper, deps, order)
    change = f"/juniper/orders/{order.public_id}/returns/{made.public_id}/change"
    shopper.post(f"{change}/resolution", resolution="store_credit")
    answer = shopper.send(shopper.get(change), f"{change}/start-over")
    assert answer.headers["Location"] == f"/juniper/returns/{made.public_id}"
    assert re.search(r'value="refund" checked', shopper.get(f"{change}/resolution").text)
    assert returns_of(deps, order)[0].resolution == "refund"


def test_what_is_on_its_way_can_no_longer_be_changed_and_that_is_said(
    shopper: Shopper, deps: Deps, order: Order
) -> None:
    made = sent_in(shopper, deps, order)
    change = f"/juniper/orders/{order.public_id}/returns/{made.public_id}/change"
    with deps.sessions.write(order.shop_id) as session:
        session.get_one(Return, made.id).parcel = "in_transit"
    for path in (change, f"{change}/review"):
        assert shopper.get(path).headers["Location"] == f"/juniper/returns/{made.public_id}?fixed=1"
    assert "This return can no longer be changed." in shopper.get(f"/juniper/returns/{made.public_id}?fixed=1").text


def test_only_the_shopper_changes_a_return_and_only_of_its_own_order(
    shopper: Shopper, deps: Deps, make: Factory, order: Order
) -> None:
    made = sent_in(shopper, deps, order)
    other = an_order(deps, make, {"title": "Scarf"})
    shopper.follow_link(other)
    assert shopper.get(f"/juniper/orders/{other.public_id}/returns/{made.public_id}/change").status_code == 404
    stranger = Shopper(shopper.client.application.test_client(), deps, shopper.shop)
    stranger.find(order)
    change = f"/juniper/orders/{order.public_id}/returns/{made.public_id}/change"
    assert "/code" in stranger.get(change).headers["Location"]


def test_an_exchange_that_is_kept_aside_is_still_there_when_it_is_changed(
    shopper: Shopper, deps: Deps, order: Order
) -> None:
    line = line_of(deps, order)
    begin(shopper, order, "size_too_small")
    shopper.post(f"{base(order)}/offers", **{f"offer-{line}": "next_size"})
    shopper.post(f"{base(order)}/exchange", **{f"want-{line}": "SHIRT-L", "fallback": "refund"})
    shopper.post(f"{base(order)}/method", method="own_parcel")
    shopper.post(f"{base(order)}/review")
    (made,) = returns_of(deps, order)
    change = f"/juniper/orders/{order.public_id}/returns/{made.public_id}/change"
    assert re.search(r'value="SHIRT-L" checked', shopper.get(f"{change}/exchange").text)
    answer = shopper.post(f"{change}/exchange", **{f"want-{line}": "SHIRT-L", "fallback": "store_credit"})
    assert where(answer) == "method"
    assert "Instead: Linen shirt, Blue, L" in unescape(shopper.get(f"{change}/review").text)
    shopper.post(f"{change}/review")
    (row,) = returns_of(deps, order)
    assert (row.resolution, row.fallback) == ("exchange", "store_credit")
