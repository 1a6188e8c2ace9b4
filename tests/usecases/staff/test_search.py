"""One box finds an order by its number, an address, a name or a tracking number."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from portal.errors import NotFound
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.staff.search import search
from portal.usecases.staff.story import show_order
from tests.support.desk import MakeCase
from tests.support.factory import Factory


def _numbers(deps: Deps, text: str) -> list[str]:
    return [hit.number for hit in search(deps, text).hits]


@pytest.fixture
def ada(make: Factory) -> Factory:
    grace = make.customer(name="Grace Hopper", email="grace@navy.example")
    make.shipment(make.order(grace, number="J-77", ship_name="G. Hopper"), tracking_number="1Z999AA10123456784")
    make.order(make.customer(name="Jürgen Müller", email="jm@post.example"), number="J-78", ship_name="Jürgen Müller")
    return make


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("J-77", ["J-77"]),
        (" j77 ", ["J-77"]),
        ("1z999aa1 0123 456784", ["J-77"]),
        ("0123456", ["J-77"]),
        ("GRACE@navy.example", ["J-77"]),
        ("hopper", ["J-77"]),
        ("müller", ["J-78"]),
        ("JÜRGEN", ["J-78"]),
        ("nobody here", []),
        ("", []),
        ("j", []),
    ],
)
def test_what_is_typed_is_found(deps: Deps, ada: Factory, text: str, found: list[str]) -> None:
    assert _numbers(deps, text) == found


@pytest.mark.parametrize("text", ["%%", "__", "%example%", "\\\\", "gr_ce", "' OR 1=1 --"])
def test_signs_of_the_database_mean_only_themselves(deps: Deps, ada: Factory, text: str) -> None:
    assert _numbers(deps, text) == []


def test_the_order_of_that_number_comes_first_across_shops(
    deps: Deps, make: Factory, other_shop: ShopRef, make_in: Callable[[ShopRef], Factory]
) -> None:
    make.order(number="J-500")
    make.shipment(make.order(number="J-9"), tracking_number="J500")
    make_in(other_shop).order(number="J-500", placed_at=deps.clock())
    hits = search(deps, "j-500").hits
    assert [(h.number, h.shop_name) for h in hits] == [("J-500", "Nordlicht"), ("J-500", "Juniper"), ("J-9", "Juniper")]


def test_the_pages_show_every_hit_once(deps: Deps, make: Factory) -> None:
    grace = make.customer(name="Grace Hopper")
    for n in range(7):
        make.order(grace, placed_at=deps.clock() - timedelta(days=n))
    pages = [search(deps, "hopper", page=n, size=3) for n in (1, 2, 3)]
    assert [page.more for page in pages] == [True, True, False]
    assert len({hit.id for page in pages for hit in page.hits}) == 7


def test_a_hit_says_how_many_cases_are_open(deps: Deps, make: Factory, make_case: MakeCase) -> None:
    parcel = make.shipment(make.order(number="J-77"))
    make_case(parcel)
    make_case(parcel, rule="R11", state="cleared")
    assert search(deps, "J-77").hits[0].open_cases == 1


def test_an_order_has_its_page_and_another_has_none(deps: Deps, make: Factory) -> None:
    made = make.order(number="J-77")
    order, customer = show_order(deps, made.id)
    assert (order.number, order.shop_slug, len(order.lines)) == ("J-77", "juniper", 1)
    assert customer.email == made.email
    with pytest.raises(NotFound):
        show_order(deps, made.id + 1)
