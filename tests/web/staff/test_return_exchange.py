"""Sending an exchange from the desk, as a browser without scripts does it."""

from __future__ import annotations

import pytest

from portal.usecases.deps import Deps
from portal.usecases.returns.exchange_orders import send_due
from tests.support.factory import Factory
from tests.usecases.returns.conftest import Desk
from tests.usecases.returns.test_exchange_orders import UPS, change, exchanged
from tests.usecases.returns.test_exchange_stock import stock
from tests.web.staff.conftest import Browser

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def desk(deps: Deps, make: Factory) -> Desk:
    return Desk(deps, make)


@pytest.fixture
def place(desk: Desk) -> str:
    """The page of a return whose exchange is to be sent."""
    desk.make.variant("SKU-1-L", title="Linen <b>shirt</b>", stock=2)
    public_id = exchanged(desk)
    change(desk, public_id, parcel="in_transit")
    assert send_due(desk.deps) == 1
    return f"/staff/returns/{desk.returned(public_id).id}"


def test_the_page_says_what_to_send_and_where(browser: Browser, place: str) -> None:
    page = browser.get(place).text
    assert "Send the exchange" in page
    assert "Linen &lt;b&gt;shirt&lt;/b&gt;" in page
    assert "12 Elm Street" in page
    assert ("Sent instead" in page, "Left in money" in page) == (True, True)


def test_first_ordered_then_on_its_way(desk: Desk, browser: Browser, place: str) -> None:
    assert browser.post(f"{place}/send", place, order_number="X-1").status_code == 303
    assert "The exchange is ordered" in browser.get(place).text
    assert place in browser.get("/staff/returns?state=to_send").text
    assert browser.post(f"{place}/send", place, carrier="ups", number=UPS).status_code == 303
    page = browser.get(place).text
    assert ("The exchange is sent" in page, "X-1" in page, UPS in page) == (True, True, True)
    assert stock(desk, "SKU-1-L") == (1, 0)
    assert place not in browser.get("/staff/returns?state=to_send").text


def test_an_empty_form_is_told_what_to_enter_and_a_late_one_how_it_stands(browser: Browser, place: str) -> None:
    empty = browser.post(f"{place}/send", place)
    assert (empty.status_code, "Enter the order number or the tracking number" in empty.text) == (422, True)
    browser.post(f"{place}/send", place, on_its_way="1")
    late = browser.post(f"{place}/send", place, on_its_way="1")
    assert (late.status_code, "moved on" in late.text) == (409, True)
