"""Returns that staff make, as a browser without scripts does it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.db.tables.returns import Return, ReturnItem
from portal.usecases.deps import Deps
from portal.web.staff.return_new import minor
from tests.support.factory import Factory
from tests.usecases.returns.conftest import Desk
from tests.web.staff.conftest import Browser

one_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def desk(deps: Deps, make: Factory) -> Desk:
    return Desk(deps, make)


@one_database
def test_a_return_is_made_from_the_orders_page(desk: Desk, browser: Browser) -> None:
    order = desk.order()
    (line,) = desk.line_ids(order)
    place = f"/staff/orders/{order.id}/return"
    assert place in browser.get(f"/staff/orders/{order.id}").text
    empty = browser.post(place, place, resolution="refund")
    assert empty.status_code == 422
    fields = {f"units-{line}": "1", f"reason-{line}": "defective", "resolution": "refund"}
    made = browser.post(place, place, **fields)
    assert made.status_code == 303
    (row,) = desk.all(Return)
    assert (row.decision, row.filed_by) == ("approved", "customer_support")
    assert browser.get(made.location).status_code == 200


@one_database
def test_an_administrator_sets_a_policy_aside_and_the_page_says_who(
    deps: Deps, desk: Desk, browser: Browser, admin: Browser
) -> None:
    now = deps.clock()
    order = desk.order(delivered_at=now - timedelta(days=90), handed_over_at=now - timedelta(days=94))
    (line,) = desk.line_ids(order)
    place = f"/staff/orders/{order.id}/return"
    fields = {f"units-{line}": "1", f"reason-{line}": "changed_mind", "resolution": "refund"}
    assert 'class="bad"' in browser.get(place).text
    assert "override" not in browser.get(place).text
    refused = browser.post(place, place, **fields, override="I may.")
    assert refused.status_code == 403
    assert admin.post(place, place, **fields).status_code == 409
    made = admin.post(place, place, **fields, override="Goodwill for a VIP.")
    assert made.status_code == 303
    page = browser.get(made.location).text
    assert "Mira set the policy aside:" in page
    assert "Goodwill for a VIP." in page


@one_database
def test_goods_without_an_order_are_written_down_and_ready_to_check_in(desk: Desk, browser: Browser) -> None:
    place = "/staff/returns/blind"
    fields = {"shop": desk.shop.slug, "resolution": "refund", "sku-0": "400123", "units-0": "2", "title-1": "Cup"}
    wrong = browser.post(place, place, **fields, **{"worth-0": "ten"})
    assert (wrong.status_code, "what one is worth" in wrong.text, 'value="400123"' in wrong.text) == (422, True, True)
    fields |= {"worth-0": "12,50", "units-1": "1", "worth-1": "3"}
    made = browser.post(place, place, **fields)
    assert made.status_code == 303
    assert [(item.quantity, item.unit_refund_minor) for item in desk.all(ReturnItem)] == [(2, 1_250), (1, 300)]
    page = browser.get(made.location.partition("#")[0]).text
    assert "Mark as received" in page
    assert "Without an order" in page


@pytest.mark.parametrize(
    ("text", "currency", "sum_minor"),
    [("12.50", "EUR", 1_250), ("12,5", "EUR", 1_250), ("7", "EUR", 700), ("7", "JPY", 7), ("7.5", "JPY", 0),
     ("1.234", "EUR", 0), ("-3", "EUR", 0), ("", "EUR", 0), ("1e3", "EUR", 0), ("٣", "EUR", 300)],
)  # fmt: skip
def test_a_sum_is_read_as_people_type_it(text: str, currency: str, sum_minor: int) -> None:
    assert minor(text, currency) == sum_minor
