"""The desk makes a gift code for a buyer who asks, and takes it back."""

from __future__ import annotations

import re

from portal.usecases.returns.gift_codes import find_gift
from tests.usecases.returns.conftest import Desk
from tests.usecases.returns.conftest import desk as desk
from tests.web.staff.conftest import Browser

PLACE = "203.0.113.7"


def test_a_code_is_made_shown_once_and_taken_back(desk: Desk, browser: Browser) -> None:
    order = desk.order()
    place = f"/staff/orders/{order.id}/gift-codes"
    assert place in browser.get(f"/staff/orders/{order.id}").text
    made = browser.post(place, page=place).text
    (code,) = re.findall(r"<bdi>([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4})</bdi>", made)
    assert find_gift(desk.deps, desk.shop, code, network=PLACE) is not None
    page = browser.get(place).text
    assert code not in page
    (revoke,) = re.findall(r'action="([^"]+/revoke)"', page)
    browser.post(revoke, page=place)
    assert find_gift(desk.deps, desk.shop, code, network=PLACE) is None
    assert browser.get("/staff/orders/999999/gift-codes").status_code == 404
