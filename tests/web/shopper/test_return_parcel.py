"""Sending back with a carrier of one's own, in a browser without script."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.db.tables.effects import Effect
from portal.db.tables.orders import Order, OrderLine
from portal.db.tables.returns import Return
from portal.db.tables.shipments import Shipment
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns.follow_parcel import follow_parcel
from tests.support.factory import Factory
from tests.web.shopper.test_returns import Shopper

NUMBER = "00340434161094042557"


@pytest.fixture
def shopper(visit: Callable[[], FlaskClient], deps: Deps, shop: ShopRef) -> Shopper:
    return Shopper(visit(), deps, shop)


@pytest.fixture
def order(deps: Deps, make: Factory) -> Order:
    now = deps.clock()
    return make.order(
        lines=[{"quantity": 2, "title": "Linen shirt"}],
        placed_at=now - timedelta(days=9),
        handed_over_at=now - timedelta(days=7),
        delivered_at=now - timedelta(days=3),
        ship_country="DE",
        total_minor=9_800 + 590,
    )


def begin(shopper: Shopper, order: Order, reason: str = "changed_mind") -> str:
    """The questions up to the review; its address."""
    with shopper.deps.sessions.read(order.shop_id) as session:
        line = session.scalars(select(OrderLine.id).where(OrderLine.order_id == order.id)).one()
    shopper.follow_link(order)
    base = f"/juniper/orders/{order.public_id}/return"
    shopper.post(base, **{f"line-{line}": "1"})
    shopper.post(f"{base}/reasons", **{f"reason-{line}": reason})
    answer = shopper.post(f"{base}/resolution", resolution="refund")
    if answer.headers["Location"].endswith("/method"):
        shopper.post(f"{base}/method", method="label")
    return f"{base}/review"


@pytest.fixture
def place(shopper: Shopper, order: Order) -> str:
    """The page of a return that was sent in."""
    return shopper.post(begin(shopper, order)).headers["Location"]


def text_of(shopper: Shopper, path: str) -> str:
    answer = shopper.get(path)
    assert answer.status_code == 200
    return unescape(answer.text)


def the_return(deps: Deps, order: Order) -> Return:
    with deps.sessions.read(order.shop_id) as session:
        return session.scalars(select(Return)).one()


def test_how_it_goes_back_and_who_pays_is_said_before_choosing(shopper: Shopper, order: Order) -> None:
    shopper.follow_link(order)
    first = text_of(shopper, f"/juniper/orders/{order.public_id}/return")
    review = text_of(shopper, begin(shopper, order))
    for page in (first, review):
        assert "Send it with a carrier of your choice." in page
        assert "You pay the postage." in page
        assert "label" not in page.split('id="main"')[1].split("</main>")[0].replace("<label", "").replace(
            "</label", ""
        ).replace("aria-label", "")
    assert "Register my return" in review
    assert "Something was not right with your order" not in review


def test_with_a_label_the_same_pages_say_that_there_is_no_postage(
    shopper: Shopper, deps: Deps, make: Factory, order: Order
) -> None:
    domestic = make.order(delivered_at=deps.clock() - timedelta(days=3), placed_at=deps.clock() - timedelta(days=9))
    review = text_of(shopper, begin(shopper, domestic))
    assert "You pay no postage." in review
    assert "Get my return label" in review


def test_after_confirming_the_page_has_all_that_is_needed_to_send_it(
    shopper: Shopper, deps: Deps, order: Order, place: str
) -> None:
    page = text_of(shopper, place)
    row = the_return(deps, order)
    assert place == f"/juniper/returns/{row.public_id}"
    for words in (
        "Now send your parcel to us",
        f'data-copy="{row.rma}"',
        "Juniper Returns\n400 Mill Road\n05401 Burlington, VT\nUnited States",
        "Wednesday, December 2",
        "You pay the postage. Keep the receipt until you have your money.",
        "Does your parcel have a tracking number?",
        "Registered",
        f"{place}/cancel",
    ):
        assert words in page
    assert "Your return label" not in page
    assert shopper.get(f"{place}/label.pdf").status_code == 404
    with deps.sessions.read(order.shop_id) as session:
        assert session.scalars(select(Effect)).all() == []


def test_when_it_was_our_doing_the_page_says_what_to_do_about_the_postage(shopper: Shopper, order: Order) -> None:
    review = begin(shopper, order, reason="defective")
    words = "Something was not right with your order: keep the receipt for the postage and write to us."
    assert words in text_of(shopper, review)
    assert words in text_of(shopper, shopper.post(review).headers["Location"])


def test_a_number_that_is_entered_is_shown_watched_and_followed(
    shopper: Shopper, deps: Deps, order: Order, place: str
) -> None:
    answer = shopper.send(shopper.get(place), f"{place}/parcel", carrier="dhl_unified", number=NUMBER)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{place}#parcel")
    page = text_of(shopper, place)
    assert "The carrier has not scanned it yet." in page
    assert f'<span class="code" dir="ltr">{NUMBER}</span>' in page
    assert "Correct the number" in page
    assert f"{place}/cancel" in page
    with deps.sessions.write(order.shop_id) as session:
        parcel = session.scalars(select(Shipment).where(Shipment.direction == "return")).one()
        parcel.status, parcel.last_scan_at = "in_transit", deps.clock()
        follow_parcel(session, deps, shopper.shop, parcel, deps.clock())
    moving = text_of(shopper, place)
    assert "Your parcel is on its way to us" in moving
    assert NUMBER in moving
    for gone in ("Write this on the parcel", "Correct the number", f"{place}/cancel"):
        assert gone not in moving
    late = shopper.send(shopper.get("/juniper/track"), f"{place}/parcel", carrier="ups", number="11111111111")
    assert "The number can no longer be changed here." in text_of(shopper, late.headers["Location"])


@pytest.mark.parametrize(
    ("carrier", "number", "words", "at"),
    [
        ("", NUMBER, "Please choose the carrier you gave the parcel to.", "carrier"),
        ("dhl_unified", "<b>x", "This cannot be a number of this carrier.", "number"),
        ("ups", "1Z999AA10199999999", "This is the number of the parcel that came to you.", "number"),
    ],
)
def test_what_is_wrong_is_said_at_its_place_and_nothing_typed_is_lost(
    shopper: Shopper, make: Factory, order: Order, place: str, carrier: str, number: str, words: str, at: str
) -> None:
    make.shipment(order, carrier="ups", tracking_number="1Z999AA10199999999")
    answer = shopper.send(shopper.get(place), f"{place}/parcel", carrier=carrier, number=number)
    assert answer.status_code == 422
    page = unescape(answer.text)
    assert words in page
    assert f'id="{at}-error"' in page
    assert f'value="{number}"'.replace("<", "&lt;").replace(">", "&gt;") in answer.text
    assert "<b>x" not in answer.text
    assert shopper.get(f"{place}/parcel?lang=de").headers["Location"] == f"{place}?lang=de"
    if carrier:
        assert f'<option value="{carrier}" selected' in page


def test_a_stranger_cannot_name_a_parcel(
    shopper: Shopper, visit: Callable[[], FlaskClient], deps: Deps, shop: ShopRef, order: Order, place: str
) -> None:
    stranger = Shopper(visit(), deps, shop)
    answer = stranger.send(stranger.get("/juniper/track"), f"{place}/parcel", carrier="ups", number=NUMBER)
    assert "/juniper/track" in answer.headers["Location"]
    assert shopper.client.post(f"{place}/parcel", data={"carrier": "ups", "number": NUMBER}).status_code == 403
    with deps.sessions.read(order.shop_id) as session:
        assert session.scalars(select(Shipment).where(Shipment.direction == "return")).all() == []


def test_calling_it_off_says_not_to_send_it(shopper: Shopper, place: str) -> None:
    assert "please do not send the parcel any more" in text_of(shopper, f"{place}/cancel")
    shopper.post(f"{place}/cancel")
    page = text_of(shopper, place)
    assert "You keep everything. Please do not send the parcel any more." in page
    assert "Write this on the parcel" not in page
