"""What a return's page knows: what is sent instead, where it is, and what it falls back to."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.usecases.returns.exchange_desk import Sent, confirm_sent
from portal.usecases.returns.exchange_fallback import expire_reservations
from portal.usecases.returns.view import ReturnPage, view_return
from tests.support.doubles import Clock
from tests.usecases.returns.conftest import Desk
from tests.usecases.returns.test_exchange_orders import UPS, exchanged, scanned


def view(desk: Desk, public_id: str) -> ReturnPage:
    return view_return(desk.deps, desk.shop, public_id)


@pytest.fixture
def wanted(desk: Desk) -> str:
    """Something else is wanted instead, and store credit if it cannot be had."""
    desk.make.variant("SKU-1-L", stock=2)
    return exchanged(desk, fallback="store_credit")


def test_what_is_set_aside_says_until_when_and_what_happens_then(desk: Desk, wanted: str) -> None:
    (instead,) = view(desk, wanted).instead
    assert (instead.state, instead.fallback) == ("kept", "store_credit")
    assert instead.until == (desk.deps.clock() + timedelta(days=21)).date()
    assert [item.quantity for item in instead.items] == [1]


def test_what_is_under_way_can_be_followed(desk: Desk, wanted: str) -> None:
    return_id = scanned(desk, wanted)
    (waiting,) = view(desk, wanted).instead
    assert (waiting.state, waiting.parcel) == ("preparing", None)
    confirm_sent(desk.deps, return_id, 1, "k1", Sent(order_number="X-77"))
    assert view(desk, wanted).instead[0].state == "preparing"
    confirm_sent(desk.deps, return_id, 1, "k2", Sent(carrier="ups", tracking_number=UPS))
    (sent,) = view(desk, wanted).instead
    assert sent.state == "sent"
    assert sent.parcel is not None
    assert (sent.parcel.carrier_name, sent.parcel.tracking_number) == ("UPS", UPS)


def test_the_parcel_that_is_sent_instead_is_not_the_one_that_comes_back(desk: Desk, wanted: str) -> None:
    return_id = scanned(desk, wanted)
    confirm_sent(desk.deps, return_id, 1, "k1", Sent(carrier="ups", tracking_number=UPS))
    tracked = view(desk, wanted).tracked
    assert tracked is None or tracked.tracking_number != UPS


def test_what_cannot_be_had_any_more_falls_back_to_what_was_chosen(desk: Desk, wanted: str, clock: Clock) -> None:
    clock.advance(days=22)
    expire_reservations(desk.deps)
    page = view(desk, wanted)
    assert [one.state for one in page.instead] == ["fallback"]
    assert page.money.paid_as == "store_credit"
    assert page.money.due_minor == desk.returned(wanted).due_minor > 0
