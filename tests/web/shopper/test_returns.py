"""Sending something back in a browser without script, from the order to the label and to the money."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from carriers.errors import CarrierError, ErrorKind
from portal.db.tables.orders import Order, OrderLine
from portal.db.tables.returns import LabelRow, Return, ReturnItem
from portal.db.tables.shipments import Shipment
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.links import make_link
from portal.usecases.returns.desk import Receipt, receive
from portal.usecases.returns.effects import run_effects
from portal.usecases.returns.follow_parcel import follow_parcel
from portal.usecases.returns.payout import pay
from tests.support.doubles import Clock, FakeCarriers
from tests.support.factory import Factory


class Shopper:
    """A visitor who reads pages and fills in forms."""

    def __init__(self, client: FlaskClient, deps: Deps, shop: ShopRef) -> None:
        self.client, self.deps, self.shop = client, deps, shop

    def get(self, path: str) -> TestResponse:
        return self.client.get(path)

    def post(self, path: str, **fields: Any) -> TestResponse:
        """Send the form that the page at `path` shows."""
        return self.send(self.get(path), path, **fields)

    def send(self, page: TestResponse, path: str, **fields: Any) -> TestResponse:
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
        data = {name: unescape(value) for name, value in hidden.items()} | fields
        return self.client.post(path, data=data, headers={"Sec-Fetch-Site": "same-origin"})

    def follow_link(self, order: Order) -> None:
        with self.deps.sessions.write(self.shop.id) as session:
            link = make_link(session, self.deps, self.shop, order.id)
        assert self.get(link.removeprefix("https://portal.example")).status_code == 303

    def find(self, order: Order) -> None:
        answer = self.post("/juniper/track", number=order.number, email=order.email or "", then="return")
        assert answer.headers["Location"].endswith(f"/juniper/orders/{order.public_id}/return")

    def choose(self, order: Order, line: int, **extra: Any) -> None:
        """All questions up to the last look."""
        base = f"/juniper/orders/{order.public_id}/return"
        assert self.post(base, **{f"line-{line}": "1"}, **extra).headers["Location"].endswith("/return/reasons")
        answer = self.post(f"{base}/reasons", **{f"reason-{line}": "other", f"comment-{line}": "It hums"})
        assert answer.headers["Location"].endswith("/return/resolution")
        answer = self.post(f"{base}/resolution", resolution="refund")
        assert answer.headers["Location"].endswith("/return/method")
        answer = self.post(f"{base}/method", method="label")
        assert answer.headers["Location"].endswith("/return/review")


@pytest.fixture
def shopper(visit: Callable[[], FlaskClient], deps: Deps, shop: ShopRef) -> Shopper:
    return Shopper(visit(), deps, shop)


@pytest.fixture
def order(deps: Deps, make: Factory) -> Order:
    now = deps.clock()
    return make.order(
        lines=[
            {"quantity": 2, "title": "Linen shirt", "variant": "Blue, M"},
            {"title": "Sale socks", "final_sale": True, "unit_price_minor": 900},
        ],
        placed_at=now - timedelta(days=9),
        handed_over_at=now - timedelta(days=7),
        delivered_at=now - timedelta(days=3),
        total_minor=10_700 + 590,
    )


@pytest.fixture
def line(deps: Deps, order: Order) -> int:
    with deps.sessions.read(order.shop_id) as session:
        return session.scalars(select(OrderLine.id).where(OrderLine.order_id == order.id)).first() or 0


def returns_of(deps: Deps, order: Order) -> list[Return]:
    with deps.sessions.read(order.shop_id) as session:
        return list(session.scalars(select(Return).where(Return.order_id == order.id).order_by(Return.id)))


def make_return(shopper: Shopper, order: Order, line: int) -> str:
    shopper.follow_link(order)
    shopper.choose(order, line)
    answer = shopper.post(f"/juniper/orders/{order.public_id}/return/review")
    assert answer.status_code == 303
    return answer.headers["Location"]


def test_the_whole_way_from_the_order_to_the_label(
    shopper: Shopper, deps: Deps, order: Order, line: int, carriers: FakeCarriers
) -> None:
    shopper.follow_link(order)
    base = f"/juniper/orders/{order.public_id}/return"
    first = shopper.get(base).text
    assert "Linen shirt" in first
    assert "until Tuesday, December 15" in unescape(first)
    assert "This was sold as final sale, which cannot be returned." in first
    shopper.choose(order, line, **{f"units-{line}": "1"})
    wish = shopper.get(f"{base}/resolution").text
    assert "Money back" in wish
    assert "$49.00" in wish
    review = shopper.get(f"{base}/review").text
    assert "It hums" in review
    assert "Get my return label" in review
    answer = shopper.post(f"{base}/review")
    (row,) = returns_of(deps, order)
    assert answer.headers["Location"] == f"/juniper/returns/{row.public_id}"
    page = unescape(shopper.get(answer.headers["Location"]).text)
    for words in ("Your return label is ready", row.rma, "400 Mill Road", "Wednesday, December 2", "$49.00", "Pack"):
        assert words in page
    pdf = shopper.get(f"/juniper/returns/{row.public_id}/label.pdf")
    assert (pdf.status_code, pdf.mimetype, pdf.data) == (200, "application/pdf", b"%PDF-1.4 fake")
    assert f"return-label-{row.rma}.pdf" in pdf.headers["Content-Disposition"]
    assert "no-store" in pdf.headers["Cache-Control"]
    qr = shopper.get(f"/juniper/returns/{row.public_id}/qr.png")
    assert (qr.status_code, qr.mimetype) == (200, "image/png")
    assert shopper.get(f"/juniper/returns/{row.public_id}/label.pdf").data == pdf.data
    assert len(carriers.bought) == 1


def test_found_by_number_the_questions_are_open_but_the_label_asks_for_a_code(
    shopper: Shopper, deps: Deps, order: Order, line: int
) -> None:
    shopper.find(order)
    shopper.choose(order, line)
    review = f"/juniper/orders/{order.public_id}/return/review"
    for answer in (shopper.get(review), shopper.send(shopper.get("/juniper/track"), review)):
        assert answer.status_code == 302
        assert f"/juniper/orders/{order.public_id}/code" in answer.headers["Location"]
    assert returns_of(deps, order) == []
    shopper.follow_link(order)
    assert "It hums" in shopper.get(review).text


def test_a_stranger_sees_nothing_of_an_order_or_its_return(
    shopper: Shopper, visit: Callable[[], FlaskClient], deps: Deps, shop: ShopRef, order: Order, line: int
) -> None:
    page = make_return(shopper, order, line)
    stranger = Shopper(visit(), deps, shop)
    found_only = Shopper(visit(), deps, shop)
    found_only.find(order)
    for path in (page, f"{page}/label.pdf", f"{page}/qr.png", f"{page}/cancel"):
        assert "/juniper/track" in stranger.get(path).headers["Location"]
        assert "/code" in found_only.get(path).headers["Location"]
    assert "/juniper/track" in stranger.get(f"/juniper/orders/{order.public_id}/return").headers["Location"]
    answer = stranger.send(stranger.get("/juniper/track"), f"{page}/cancel")
    assert "/juniper/track" in answer.headers["Location"]
    assert returns_of(deps, order)[0].decision == "approved"


def test_a_return_of_another_shop_is_not_found_here(
    shopper: Shopper, order: Order, line: int, other_shop: ShopRef
) -> None:
    page = make_return(shopper, order, line)
    elsewhere = page.replace("/juniper/", f"/{other_shop.slug}/")
    assert shopper.get(elsewhere).status_code == 404
    assert shopper.get(f"{elsewhere}/label.pdf").status_code == 404


def test_the_same_confirmation_twice_leads_to_the_same_return(
    shopper: Shopper, deps: Deps, order: Order, line: int, carriers: FakeCarriers
) -> None:
    shopper.follow_link(order)
    shopper.choose(order, line, **{f"units-{line}": "1"})
    review = f"/juniper/orders/{order.public_id}/return/review"
    shown = shopper.get(review)
    first, second = (shopper.send(shown, review) for _ in range(2))
    assert first.headers["Location"].split("?")[0] == second.headers["Location"].split("?")[0]
    assert len(returns_of(deps, order)) == len(carriers.bought) == 1
    assert "You have sent this return in before." in shopper.get(second.headers["Location"]).text


def test_many_confirmations_at_once_make_one_return_and_one_label(
    shopper: Shopper, app: Flask, deps: Deps, order: Order, line: int, carriers: FakeCarriers
) -> None:
    shopper.follow_link(order)
    shopper.choose(order, line, **{f"units-{line}": "1"})
    review = f"/juniper/orders/{order.public_id}/return/review"
    shown = shopper.get(review)
    cookie = shopper.get(review).request.headers["Cookie"]
    barrier = threading.Barrier(8)
    places: list[str] = []

    def click() -> None:
        client = app.test_client(use_cookies=False)  # the same browser: the same cookies
        client.environ_base |= shopper.client.environ_base | {"HTTP_COOKIE": cookie}
        tab = Shopper(client, shopper.deps, shopper.shop)
        barrier.wait()
        places.append(tab.send(shown, review).headers["Location"].split("?")[0])

    threads = [threading.Thread(target=click) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(places)) == 1
    assert len(returns_of(deps, order)) == len(carriers.bought) == 1


def test_a_choice_changed_in_another_tab_is_shown_again_before_it_counts(
    shopper: Shopper, deps: Deps, order: Order, line: int
) -> None:
    shopper.follow_link(order)
    shopper.choose(order, line)
    base = f"/juniper/orders/{order.public_id}/return"
    shown = shopper.get(f"{base}/review")
    shopper.post(f"{base}/resolution", resolution="store_credit")
    answer = shopper.send(shown, f"{base}/review")
    assert answer.status_code == 409
    assert "Your choices changed in another window." in answer.text
    assert returns_of(deps, order) == []


def test_nothing_is_lost_on_the_way_back(shopper: Shopper, order: Order, line: int) -> None:
    shopper.follow_link(order)
    shopper.choose(order, line, **{f"units-{line}": "1"})
    base = f"/juniper/orders/{order.public_id}/return"
    assert re.search(rf'name="line-{line}" value="1" checked', shopper.get(base).text)
    assert '<option value="1" selected>' in shopper.get(base).text
    reasons = shopper.get(f"{base}/reasons").text
    assert 'value="other" checked' in reasons
    assert ">It hums</textarea>" in reasons
    assert re.search(r'value="refund" checked', shopper.get(f"{base}/resolution").text)


@pytest.mark.parametrize("step", ["reasons", "resolution", "review"])
def test_a_later_question_leads_back_to_the_first_one_without_an_answer(
    shopper: Shopper, order: Order, step: str
) -> None:
    shopper.follow_link(order)
    answer = shopper.get(f"/juniper/orders/{order.public_id}/return/{step}")
    assert answer.status_code == 303
    assert answer.headers["Location"].endswith(f"/juniper/orders/{order.public_id}/return")


def test_what_is_missing_is_said_at_its_place(shopper: Shopper, order: Order, line: int) -> None:
    shopper.follow_link(order)
    base = f"/juniper/orders/{order.public_id}/return"
    nothing = shopper.post(base)
    assert nothing.status_code == 422
    assert "Please choose at least one item." in nothing.text
    shopper.post(base, **{f"line-{line}": "1", f"units-{line}": "99999999999"})
    no_reason = shopper.post(f"{base}/reasons", **{f"reason-{line}": "withdrawal_eu"})
    assert no_reason.status_code == 422
    assert "Please choose a reason." in no_reason.text
    no_words = shopper.post(f"{base}/reasons", **{f"reason-{line}": "other"})
    assert "Please say in a few words what the reason is." in no_words.text
    shopper.post(f"{base}/reasons", **{f"reason-{line}": "defective"})
    no_wish = shopper.post(f"{base}/resolution", resolution="gold")
    assert no_wish.status_code == 422
    assert "Please choose one of these." in no_wish.text


def test_what_cannot_go_back_cannot_be_smuggled_in(shopper: Shopper, deps: Deps, order: Order, line: int) -> None:
    shopper.follow_link(order)
    answer = shopper.post(f"/juniper/orders/{order.public_id}/return", **{f"line-{line + 1}": "1"})
    assert answer.status_code == 422
    assert returns_of(deps, order) == []


def test_the_shoppers_words_are_never_markup(shopper: Shopper, deps: Deps, order: Order, line: int) -> None:
    shopper.follow_link(order)
    base = f"/juniper/orders/{order.public_id}/return"
    shopper.post(base, **{f"line-{line}": "1"})
    shopper.post(f"{base}/reasons", **{f"reason-{line}": "other", f"comment-{line}": "<script>alert(1)</script>%(x)s"})
    shopper.post(f"{base}/resolution", resolution="refund")
    shopper.post(f"{base}/method", method="label")
    review = shopper.get(f"{base}/review").text
    assert "<script>alert" not in review
    assert "&lt;script&gt;alert(1)" in review


def test_a_carrier_in_trouble_leaves_the_return_standing_and_says_when_the_label_comes(
    shopper: Shopper, deps: Deps, order: Order, line: int, carriers: FakeCarriers, clock: Clock
) -> None:
    carriers.label_error = CarrierError(ErrorKind.SERVER_ERROR, "down", sent=False)
    place = make_return(shopper, order, line)
    page = shopper.get(place).text
    assert "Your return is registered, the label follows" in page
    assert "We try again in about 1 minute." in page
    assert "the label comes by e-mail" in page
    assert shopper.get(f"{place}/label.pdf").status_code == 404
    carriers.label_error = None
    clock.advance(minutes=1)
    run_effects(deps)
    assert "Your return label is ready" in shopper.get(place).text


def test_calling_off_is_asked_once_more_and_frees_the_items(
    shopper: Shopper, deps: Deps, order: Order, line: int
) -> None:
    place = make_return(shopper, order, line)
    assert "Call this return off?" in shopper.get(f"{place}/cancel").text
    assert returns_of(deps, order)[0].decision == "approved"
    answer = shopper.post(f"{place}/cancel")
    assert answer.headers["Location"] == place
    assert "This return was called off" in shopper.get(place).text
    assert shopper.get(f"{place}/label.pdf").status_code == 404
    assert "Linen shirt" in shopper.get(f"/juniper/orders/{order.public_id}/return").text
    assert shopper.get(f"{place}/cancel").headers["Location"] == place


def test_the_page_follows_the_parcel_and_the_money_to_the_end(
    shopper: Shopper, deps: Deps, order: Order, line: int
) -> None:
    place = make_return(shopper, order, line)
    (row,) = returns_of(deps, order)

    def scan(status: str) -> str:
        with deps.sessions.write(order.shop_id) as session:
            parcel = session.scalars(select(Shipment).where(Shipment.return_id == row.id)).one()
            parcel.status, parcel.last_scan_at = status, deps.clock()
            follow_parcel(session, deps, shopper.shop, parcel, deps.clock())
        return unescape(shopper.get(place).text)

    moving = scan("in_transit")
    assert "Your parcel is on its way to us" in moving
    assert f"{place}/cancel" not in moving
    refused = shopper.send(shopper.get("/juniper/track"), f"{place}/cancel")
    assert "This return can no longer be called off." in shopper.get(refused.headers["Location"]).text
    assert "Your parcel has reached us" in scan("delivered")
    with deps.sessions.read(order.shop_id) as session:
        items = {item.id: Receipt(item.quantity) for item in session.scalars(select(ReturnItem))}
    receive(deps, row.id, 1, items, "a")
    due = unescape(shopper.get(place).text)
    assert "We have received your parcel" in due
    assert "We are sending you $98.00." in due
    pay(deps, row.id, 1, "b")
    paid = unescape(shopper.get(place).text)
    assert "Your money is on its way" in paid
    assert "We sent $98.00 on Wednesday, November 18" in paid


def test_an_order_with_nothing_to_return_is_no_dead_end(shopper: Shopper, deps: Deps, make: Factory) -> None:
    order = make.order(delivered_at=deps.clock() - timedelta(days=90), placed_at=deps.clock() - timedelta(days=95))
    shopper.follow_link(order)
    page = unescape(shopper.get(f"/juniper/orders/{order.public_id}/return").text)
    assert "Nothing of this order can go back right now" in page
    assert "ended on Saturday, September 19" in page
    assert "help@juniper.example" in page
    assert "<button" not in page.split('id="main"')[1].split("</main>")[0]


def test_the_entrance_asks_for_the_order_and_leads_to_the_first_question(shopper: Shopper, order: Order) -> None:
    page = shopper.get("/juniper/returns")
    assert page.status_code == 200
    assert 'name="then" value="return"' in page.text
    page = shopper.send(page, "/juniper/track", number=order.number, email="wrong@mail.example")
    assert page.status_code == 422  # a slip of the pen does not lead away from the return
    answer = shopper.send(page, "/juniper/track", number=order.number, email=order.email)
    assert answer.headers["Location"].endswith(f"/orders/{order.public_id}/return")


def test_a_form_without_its_token_changes_nothing(shopper: Shopper, deps: Deps, order: Order, line: int) -> None:
    place = make_return(shopper, order, line)
    answer = shopper.client.post(f"{place}/cancel")
    assert answer.status_code == 403
    assert returns_of(deps, order)[0].decision == "approved"
    with deps.sessions.read(order.shop_id) as session:
        assert session.scalars(select(LabelRow.voided_at)).all() == [None]


def test_a_wholesale_quantity_is_typed_in_and_not_picked_from_a_long_list(
    shopper: Shopper, deps: Deps, make: Factory
) -> None:
    then = deps.clock() - timedelta(days=3)
    order = make.order(lines=[{"quantity": 5_000}], handed_over_at=then, delivered_at=then, total_minor=24_500_590)
    shopper.follow_link(order)
    page = shopper.get(f"/juniper/orders/{order.public_id}/return").text
    assert 'type="number"' in page
    assert "<option" not in page
