"""A present goes back in a browser without script: no price, nobody's name, no number of the order on any page."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from portal.db.tables.orders import Order
from portal.db.tables.return_flow import GiftCode
from portal.db.tables.returns import Return
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns.gift_codes import make_gift_code, revoke_gift_code
from tests.support.doubles import Clock
from tests.support.factory import Factory
from tests.usecases.returns import pictures
from tests.web.shopper.test_returns import Shopper

GRACE = {
    "name": "Grace Hopper",
    "email": "grace@new.example",
    "line1": "7 Oak Lane",
    "postal_code": "22201",
    "city": "Arlington",
    "region": "VA",
    "country": "US",
}
SECRETS = ("Ada", "Elm Street", "Albany", "12207", "@mail.example", "$", "49.00", "98.00", "USD")


@pytest.fixture
def shopper(visit: Callable[[], FlaskClient], deps: Deps, shop: ShopRef) -> Shopper:
    return Shopper(visit(), deps, shop)


@pytest.fixture
def buyer(visit: Callable[[], FlaskClient], deps: Deps, shop: ShopRef) -> Shopper:
    return Shopper(visit(), deps, shop)


@pytest.fixture
def order(deps: Deps, make: Factory) -> Order:
    then = deps.clock() - timedelta(days=3)
    lines = [
        {"quantity": 2, "variant": "Blue, M"},
        {"sku": "B", "title": "Sale socks", "final_sale": True, "unit_price_minor": 900},
    ]
    return make.order(lines=lines, handed_over_at=then, delivered_at=then, placed_at=then - timedelta(days=2))


@pytest.fixture
def code(deps: Deps, shop: ShopRef, order: Order) -> str:
    return make_gift_code(deps, shop, order.public_id, "k", "shopper")


def returns(deps: Deps, order: Order) -> list[Return]:
    with deps.sessions.read(order.shop_id) as session:
        return list(session.scalars(select(Return).order_by(Return.id)))


class Walk:
    """Goes through the questions and remembers every page."""

    def __init__(self, shopper: Shopper) -> None:
        self.shopper, self.seen = shopper, list[str]()

    def get(self, path: str) -> TestResponse:
        answer = self.shopper.get(path)
        self.seen.append(answer.text)
        return answer

    def post(self, path: str, **fields: str) -> str:
        answer = self.shopper.send(self.get(path), path, **fields)
        assert answer.status_code == 303, answer.text
        return str(answer.headers["Location"])

    def to_the_sender(self, code: str, reason: str = "gift_unwanted") -> None:
        assert self.post("/juniper/gift", code=code) == "/juniper/gift/items"
        (line,) = re.findall(r'name="line-(\d+)"', self.get("/juniper/gift/items").text)
        at = self.post("/juniper/gift/items", **{f"line-{line}": "1", f"units-{line}": "1"})
        assert at == "/juniper/gift/reasons"
        assert self.post(at, **{f"reason-{line}": reason}) == "/juniper/gift/wish"
        assert self.post("/juniper/gift/wish", resolution="store_credit") == "/juniper/gift/sender"

    def to_the_end(self, code: str) -> str:
        self.to_the_sender(code)
        at = self.post("/juniper/gift/sender", **GRACE)
        at = self.post(at, method="label") if self.get(at).status_code == 200 else "/juniper/gift/check"
        return self.post(at)


def test_a_present_goes_back_from_its_code_to_its_label_and_no_page_tells_a_price_or_the_buyer(
    shopper: Shopper, deps: Deps, order: Order, code: str
) -> None:
    walk = Walk(shopper)
    place = walk.to_the_end(code)
    (row,) = returns(deps, order)
    assert place == f"/juniper/gift/returns/{row.public_id}"
    assert (row.kind, row.resolution, row.decision, row.parcel) == ("gift", "store_credit", "approved", "label_ready")
    page = walk.get(place).text
    assert "Your return label is ready" in page
    assert shopper.get(f"{place}/label.pdf").status_code == 200
    walk.get(f"{place}/cancel")
    walk.get("/juniper/gift/items")
    assert len(walk.seen) >= 10
    for seen in walk.seen:
        said = unescape(seen).replace("help@juniper.example", "")
        for secret in (*SECRETS, order.number, order.public_id):
            assert secret not in said, (secret, re.findall(r"<h1[^>]*>([^<]*)", seen))


def test_a_wrong_code_an_unknown_one_and_a_revoked_one_are_the_same_page(
    shopper: Shopper, deps: Deps, shop: ShopRef, order: Order, code: str
) -> None:
    with deps.sessions.read(shop.id) as session:
        kept = session.scalars(select(GiftCode)).one()
    revoke_gift_code(deps, shop, order.public_id, kept.id, "shopper")
    pages = []
    for typed in (code, "AAAA-BBBB-CCCC", order.number):
        answer = shopper.post("/juniper/gift", code=typed)
        assert answer.status_code == 422
        plain = re.sub(r'name="csrf_token" value="[^"]+"', "", answer.text)
        pages.append(plain.replace(f'value="{typed}"', ""))
    assert pages[0] == pages[1] == pages[2]
    assert "This code opens nothing." in pages[0]


def test_guessing_codes_ends_with_a_page_that_asks_to_wait(shopper: Shopper, order: Order, code: str) -> None:
    for n in range(20):
        assert shopper.post("/juniper/gift", code=f"AAAA-BBBB-{n:04d}").status_code == 422
    assert shopper.post("/juniper/gift", code=code).status_code == 429


def test_a_code_that_is_revoked_on_the_way_ends_the_way(
    shopper: Shopper, deps: Deps, shop: ShopRef, order: Order, code: str
) -> None:
    Walk(shopper).to_the_sender(code)
    with deps.sessions.read(shop.id) as session:
        kept = session.scalars(select(GiftCode)).one()
    revoke_gift_code(deps, shop, order.public_id, kept.id, "shopper")
    assert shopper.get("/juniper/gift/sender").headers["Location"] == "/juniper/gift?expired=1"
    assert returns(deps, order) == []


def test_without_a_code_no_question_is_asked_and_each_waits_for_the_one_before(
    shopper: Shopper, order: Order, code: str
) -> None:
    for step in ("items", "reasons", "wish", "sender", "method", "check"):
        assert shopper.get(f"/juniper/gift/{step}").headers["Location"] == "/juniper/gift"
    shopper.post("/juniper/gift", code=code)
    for step in ("reasons", "wish", "sender", "method", "check"):
        assert shopper.get(f"/juniper/gift/{step}").headers["Location"] == "/juniper/gift/items"


def test_a_day_later_the_code_is_asked_for_again(shopper: Shopper, code: str, clock: Clock) -> None:
    shopper.post("/juniper/gift", code=code)
    assert shopper.get("/juniper/gift/items").status_code == 200
    clock.advance(hours=25)
    assert shopper.get("/juniper/gift/items").headers["Location"] == "/juniper/gift?expired=1"


def test_what_is_missing_of_the_sender_is_said_at_its_field_and_nothing_typed_is_lost(
    shopper: Shopper, code: str
) -> None:
    Walk(shopper).to_the_sender(code)
    page = shopper.get("/juniper/gift/sender")
    for part, words in (
        ("name", "Please type your name."),
        ("email", "Please type an e-mail address"),
        ("city", "town"),
    ):
        answer = shopper.send(page, "/juniper/gift/sender", **(GRACE | {part: " "}))
        assert answer.status_code == 422
        assert words in answer.text
        assert 'value="7 Oak Lane"' in answer.text


def test_a_picture_is_asked_for_where_the_shop_insists_on_one(
    shopper: Shopper, deps: Deps, shop: ShopRef, order: Order, code: str, clock: Clock
) -> None:
    from portal.usecases.shops import apply_config
    from tests.support.factory import shop_document

    apply_config(deps, "juniper", shop_document(returns={"photo_reasons": ["defective"]}))
    with deps.sessions.write(shop.id) as session:
        session.get_one(Order, order.id).placed_at = deps.clock() + timedelta(seconds=1)
    shopper.post("/juniper/gift", code=code)
    (line,) = re.findall(r'name="line-(\d+)"', shopper.get("/juniper/gift/items").text)
    shopper.post("/juniper/gift/items", **{f"line-{line}": "1"})
    place = "/juniper/gift/reasons"
    page = shopper.get(place)
    answer = shopper.send(page, place, **{f"reason-{line}": "defective"})
    assert answer.status_code == 422
    assert "Please add a picture." in answer.text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token is not None
    answer = shopper.client.post(
        place,
        data={
            f"reason-{line}": "defective",
            f"photo-{line}": (BytesIO(pictures.jpeg()), "hum.jpg"),
            "csrf_token": token.group(1),
        },
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    assert answer.headers["Location"] == "/juniper/gift/wish"


def test_the_page_of_a_present_is_for_its_link_alone(
    shopper: Shopper, buyer: Shopper, deps: Deps, order: Order, code: str
) -> None:
    place = Walk(shopper).to_the_end(code)
    buyer.follow_link(order)
    public_id = place.rpartition("/")[2]
    for path in (place, f"{place}/label.pdf", f"{place}/cancel"):
        assert buyer.get(path).headers["Location"] == "/juniper/gift?expired=1"
    assert buyer.get(f"/juniper/returns/{public_id}").status_code == 404
    assert buyer.get(f"/juniper/returns/{public_id}/label.pdf").status_code == 404
    page = unescape(buyer.get(f"/juniper/orders/{order.public_id}").text)
    for secret in ("Grace", "Oak Lane", "grace@new.example", returns(deps, order)[0].rma):
        assert secret not in page


def test_calling_it_off_frees_the_items(shopper: Shopper, deps: Deps, order: Order, code: str) -> None:
    place = Walk(shopper).to_the_end(code)
    assert shopper.post(f"{place}/cancel").headers["Location"] == place
    assert "This return was called off" in shopper.get(place).text
    assert returns(deps, order)[0].decision == "cancelled"


def test_a_form_sent_twice_is_one_return(shopper: Shopper, deps: Deps, order: Order, code: str) -> None:
    walk = Walk(shopper)
    walk.to_the_sender(code)
    at = walk.post("/juniper/gift/sender", **GRACE)
    if shopper.get(at).status_code == 200:
        walk.post(at, method="label")
    page = shopper.get("/juniper/gift/check")
    first = shopper.send(page, "/juniper/gift/check").headers["Location"]
    shopper.send(page, "/juniper/gift/check")
    assert len(returns(deps, order)) == 1
    assert shopper.get(first).status_code == 200


def test_the_buyer_makes_a_code_sees_it_once_and_takes_it_back(
    buyer: Shopper, shopper: Shopper, deps: Deps, shop: ShopRef, order: Order
) -> None:
    place = f"/juniper/orders/{order.public_id}/gift"
    buyer.find(order)
    assert "/code" in buyer.get(place).headers["Location"]  # whoever found it may not be the buyer
    buyer.follow_link(order)
    assert place in buyer.get(f"/juniper/orders/{order.public_id}").text
    page = buyer.get(place)
    made = buyer.send(page, place)
    (code,) = re.findall(r'translate="no">([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4})<', made.text)
    assert "https://portal.example/juniper/gift" in made.text
    assert code in buyer.send(page, place).text  # a reload shows it again and makes no other
    assert code not in buyer.get(place).text
    assert shopper.post("/juniper/gift", code=code).status_code == 303
    (revoke,) = re.findall(r'action="([^"]+/revoke)"', buyer.get(place).text)
    assert buyer.send(buyer.get(place), revoke).headers["Location"] == place
    assert "Taken back" in buyer.get(place).text
    assert shopper.get("/juniper/gift/items").headers["Location"] == "/juniper/gift?expired=1"


def test_the_return_finder_leads_to_the_gift_code(shopper: Shopper) -> None:
    assert 'href="/juniper/gift"' in shopper.get("/juniper/returns").text
