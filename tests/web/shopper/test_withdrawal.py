"""Withdrawing from the contract in a browser without script: two labelled steps, no sign-in, never a dead end (field: e.14)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.db.tables.orders import Order, OrderLine
from portal.db.tables.return_flow import Withdrawal
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns.offer_views import Choice, ReturnRequest
from portal.usecases.returns.submit import submit
from portal.usecases.shops import apply_config, create_shop, find_shop
from tests.support.doubles import Clock, FakeCarriers
from tests.support.factory import Factory, shop_document
from tests.web.shopper.test_returns import Shopper

LABEL = "Withdraw from contract here"


@pytest.fixture
def shop(deps: Deps) -> ShopRef:
    return create_shop(deps, "juniper", shop_document(country="DE", currency="EUR", locales=["en", "de", "ar"]))


@pytest.fixture
def shopper(visit: Callable[[], FlaskClient], deps: Deps, shop: ShopRef, carriers: FakeCarriers) -> Shopper:
    carriers.label_countries = ("DE",)
    return Shopper(visit(), deps, shop)


@pytest.fixture
def other(visit: Callable[[], FlaskClient], deps: Deps, shop: ShopRef) -> Shopper:
    """Somebody else, in another browser."""
    return Shopper(visit(), deps, shop)


@pytest.fixture
def bought(deps: Deps, make: Factory) -> Callable[..., Order]:
    def order(*lines: dict[str, Any], **changes: Any) -> Order:
        then = deps.clock() - timedelta(days=3)
        values: dict[str, Any] = {
            "ship_country": "DE",
            "timezone": "Europe/Berlin",
            "handed_over_at": then,
            "delivered_at": then,
            "placed_at": deps.clock() - timedelta(days=6),
        }
        wanted = list(lines) or [{"quantity": 2, "title": "Linen shirt"}, {"sku": "B", "title": "Belt"}]
        return make.order(lines=wanted, **(values | changes))

    return order


def text(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", unescape(page)))


def find(shopper: Shopper, order: Order, **given: str) -> str:
    """The address of step 1, found by number and e-mail address alone."""
    answer = shopper.post("/juniper/withdraw", number=order.number, email=given.get("email", order.email or ""))
    assert answer.status_code == 303
    return str(answer.headers["Location"])


def declared(deps: Deps, order: Order) -> list[Withdrawal]:
    with deps.sessions.read(order.shop_id) as session:
        return list(session.scalars(select(Withdrawal).order_by(Withdrawal.id)))


def every_line(page: str) -> dict[str, str]:
    """A browser sends what is ticked."""
    return dict.fromkeys(re.findall(r'name="(line-\d+)" value="1" checked', page), "1")


def say(shopper: Shopper, place: str, **fields: str) -> str:
    """Step 1 as it is, with a name: the address of step 2."""
    page = shopper.get(place)
    answer = shopper.send(
        page, place, **every_line(page.text), **({"name": "Ada", "email": "ada@new.example"} | fields)
    )
    assert answer.status_code == 303, text(answer.text)
    return str(answer.headers["Location"])


def test_a_guest_withdraws_in_two_steps_with_a_name_an_order_and_an_address(
    shopper: Shopper, deps: Deps, bought: Callable[..., Order]
) -> None:
    order = bought()
    place = find(shopper, order)
    first = shopper.get(place)
    assert f'<h1 class="headline">{LABEL}</h1>' in first.text
    assert len(every_line(first.text)) == 2  # all of it is chosen already
    assert f'value="{order.email}"' in first.text  # what was typed a page before
    assert "reason" not in first.text.split("<form")[1].lower()
    second = shopper.get(say(shopper, place))
    assert "Confirm withdrawal</button>" in second.text
    for words in ("Ada", order.number, "2 ×", "Linen shirt", "Belt", "ada@new.example"):
        assert words in text(second.text)
    assert declared(deps, order) == []  # nothing counts before the second step
    answer = shopper.send(second, place + "/confirm")
    (kept,) = declared(deps, order)
    assert answer.headers["Location"].endswith(f"/withdrawals/{kept.public_id}")
    page = shopper.get(answer.headers["Location"])
    said = text(page.text)
    assert "We have received your withdrawal" in said
    assert "On Wednesday, November 18 at 1:00" in said
    assert "on its way to ada@new.example" in said
    assert "Send it back by Wednesday, December 2" in said
    assert "€100.00 by Wednesday, December 2" in said
    assert kept.receipt_sha256 in page.text
    assert kept.receipt in unescape(page.text)


def test_the_receipt_can_be_kept_as_the_very_bytes_that_were_sent(
    shopper: Shopper, deps: Deps, bought: Callable[..., Order]
) -> None:
    order = bought()
    place = find(shopper, order)
    shopper.send(shopper.get(say(shopper, place)), place + "/confirm")
    (kept,) = declared(deps, order)
    file = shopper.get(f"/juniper/withdrawals/{kept.public_id}/receipt.txt")
    assert file.data == kept.receipt.encode()
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert file.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert file.headers["Cache-Control"] == "private, no-store"


def test_the_order_page_shows_the_way_for_the_whole_period_and_no_longer(
    shopper: Shopper, bought: Callable[..., Order], clock: Clock
) -> None:
    order, coming = bought(), bought(delivered_at=None, handed_over_at=None)
    for one in (order, coming):
        shopper.follow_link(one)
    way = f'href="/juniper/orders/{order.public_id}/withdraw">{LABEL}</a>'
    page = shopper.get(f"/juniper/orders/{order.public_id}").text
    assert way in page
    assert "until the end of Monday, November 30" in page  # the 29th is a Sunday
    assert f"{coming.public_id}/withdraw" in shopper.get(f"/juniper/orders/{coming.public_id}").text
    clock.now = clock.now.replace(month=11, day=30, hour=22, minute=59)
    assert way in shopper.get(f"/juniper/orders/{order.public_id}").text
    clock.now += timedelta(minutes=1)
    assert way not in shopper.get(f"/juniper/orders/{order.public_id}").text
    assert f"{coming.public_id}/withdraw" in shopper.get(f"/juniper/orders/{coming.public_id}").text


def test_whoever_comes_without_an_order_finds_the_way_from_every_page(shopper: Shopper) -> None:
    for place in ("/juniper/track", "/juniper/returns"):
        assert f'href="/juniper/withdraw">{LABEL}</a>' in shopper.get(place).text


def test_a_shop_without_consumers_in_the_eu_does_not_speak_of_it(
    shopper: Shopper, deps: Deps, bought: Callable[..., Order]
) -> None:
    apply_config(deps, "juniper", shop_document(country="US"))
    assert LABEL not in shopper.get("/juniper/track").text
    order = bought(ship_country="US", timezone="America/New_York")
    shopper.follow_link(order)
    assert LABEL not in shopper.get(f"/juniper/orders/{order.public_id}").text
    german = bought()  # a seller elsewhere who sold to Germany
    shopper.follow_link(german)
    assert LABEL in shopper.get(f"/juniper/orders/{german.public_id}").text


def test_an_order_that_is_not_found_is_no_dead_end(shopper: Shopper, bought: Callable[..., Order]) -> None:
    order = bought()
    wrong = shopper.post("/juniper/withdraw", number=order.number, email="x@y.example")
    unknown = shopper.post("/juniper/withdraw", number="J-9999", email="x@y.example")
    for page in (wrong, unknown):
        assert page.status_code == 422
        assert "withdraw by e-mail as described below: that counts just the same" in text(page.text)
        assert 'href="mailto:help@juniper.example?subject=Withdrawal%20from%20the%20contract' in page.text


def test_without_a_proof_there_is_no_page_of_anybodys_order(
    shopper: Shopper, other: Shopper, deps: Deps, bought: Callable[..., Order]
) -> None:
    order = bought()
    place = find(shopper, order)
    shopper.send(shopper.get(say(shopper, place)), place + "/confirm")
    (kept,) = declared(deps, order)
    for path in (place, place + "/confirm", f"/juniper/withdrawals/{kept.public_id}"):
        assert "/juniper/track" in other.get(path).headers["Location"]


def test_a_weak_proof_shows_nothing_that_is_on_file_and_nothing_that_another_visitor_typed(
    shopper: Shopper, other: Shopper, deps: Deps, bought: Callable[..., Order]
) -> None:
    order = bought()
    place = find(shopper, order)
    for part in ("Ada Example", "12 Elm Street", "Albany"):
        assert part not in shopper.get(place).text
    shopper.send(shopper.get(say(shopper, place, name="Grace Typed", email="grace@typed.example")), place + "/confirm")
    (kept,) = declared(deps, order)
    find(other, order)
    page = other.get(f"/juniper/withdrawals/{kept.public_id}").text
    assert "Grace" not in page
    assert "typed.example" not in page
    assert "Linen shirt" in page
    answer = other.get(f"/juniper/withdrawals/{kept.public_id}/receipt.txt")
    assert answer.status_code == 302
    assert "/code" in answer.headers["Location"]
    other.follow_link(order)
    assert "Grace Typed" in other.get(f"/juniper/withdrawals/{kept.public_id}").text


def test_a_label_still_wants_the_full_proof(shopper: Shopper, deps: Deps, bought: Callable[..., Order]) -> None:
    order = bought()
    place = find(shopper, order)
    answer = shopper.send(shopper.get(say(shopper, place)), place + "/confirm")
    page = shopper.get(answer.headers["Location"]).text
    assert "The label comes by e-mail to the address of the order." in page
    found = re.search(r'href="(/juniper/returns/[^"]+)"', page)
    assert found is not None
    for path in (found.group(1), f"{found.group(1)}/label.pdf"):
        assert "/code" in shopper.get(path).headers["Location"]


def test_part_of_it_can_be_kept(shopper: Shopper, deps: Deps, bought: Callable[..., Order]) -> None:
    order = bought()
    place = find(shopper, order)
    page = shopper.get(place)
    shirt = next(iter(every_line(page.text)))
    units = shirt.replace("line", "units")
    answer = shopper.send(page, place, name="Ada", email="a@b.example", **{shirt: "1", units: "1"})
    second = shopper.get(answer.headers["Location"])
    assert "Belt" not in text(second.text).split("Name")[0]
    shopper.send(second, place + "/confirm")
    assert declared(deps, order)[0].content["items"] == [[1, "Linen shirt", ""]]
    again = shopper.get(place).text
    assert "You have withdrawn before" in again
    assert len(every_line(again)) == 2


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": " "}, "Please type your name."),
        ({"email": "ada"}, "Please type an e-mail address for the receipt."),
    ],
)
def test_what_is_missing_is_said_at_its_field_and_nothing_typed_is_lost(
    shopper: Shopper, bought: Callable[..., Order], fields: dict[str, str], words: str
) -> None:
    place = find(shopper, bought())
    page = shopper.get(place)
    typed = {"name": "Ada", "email": "ada@new.example"} | fields
    answer = shopper.send(page, place, **every_line(page.text), **typed)
    assert answer.status_code == 422
    assert words in answer.text
    assert all(f'value="{value.strip()}"' in answer.text for value in typed.values())


def test_keeping_everything_is_not_a_withdrawal(shopper: Shopper, bought: Callable[..., Order]) -> None:
    place = find(shopper, bought())
    answer = shopper.send(shopper.get(place), place, name="Ada", email="ada@new.example")
    assert answer.status_code == 422
    assert "Please leave at least one item ticked." in answer.text


def test_exempt_goods_are_explained_and_not_hidden(
    shopper: Shopper, deps: Deps, bought: Callable[..., Order], clock: Clock
) -> None:
    law = {"exempt_types": {"made_to_measure": ["ring"], "sealed_hygiene": ["earplugs"]}}
    apply_config(deps, "juniper", shop_document(country="DE", returns={"withdrawal": law}))
    clock.advance(days=30)
    shopper.shop = find_shop(deps, slug="juniper")
    order = bought(
        {"title": "Ring", "product_type": "ring"}, {"sku": "E", "title": "Ear plugs", "product_type": "earplugs"}
    )
    page = shopper.get(find(shopper, order)).text
    form, rest = page.split("</form>", 1)
    assert "as long as its seal is unbroken" in form
    assert "made to your measure or personalised" in rest
    only = bought({"title": "Ring", "product_type": "ring"})
    shopper.follow_link(only)
    way = text(shopper.get(f"/juniper/orders/{only.public_id}").text.split('id="main"')[1].split("</main>")[0])
    assert "no right of withdrawal for what is in this order" in way
    assert LABEL not in way
    why = text(shopper.get(f"/juniper/orders/{only.public_id}/withdraw").text)
    assert "made to your measure or personalised" in why
    assert "Withdraw by e-mail" in why


def test_after_the_period_the_page_says_when_it_ended_and_what_is_left(
    shopper: Shopper, bought: Callable[..., Order], clock: Clock
) -> None:
    order = bought(delivered_at=clock.now - timedelta(days=40), placed_at=clock.now - timedelta(days=50))
    page = shopper.get(find(shopper, order)).text
    assert "ended on Friday, October 23" in text(page)
    assert f"/orders/{order.public_id}/return" in page
    assert "mailto:" in page
    assert "Confirm withdrawal" not in page


def test_a_form_sent_twice_is_one_declaration(shopper: Shopper, deps: Deps, bought: Callable[..., Order]) -> None:
    order = bought()
    place = find(shopper, order)
    second = shopper.get(say(shopper, place))
    first = shopper.send(second, place + "/confirm").headers["Location"]
    assert shopper.send(second, place + "/confirm").headers["Location"] == first
    other = shopper.send(second, place + "/confirm", name="Somebody Else").headers["Location"]
    assert other == f"{first}?before=1"
    assert "It counts once, and here it is." in shopper.get(other).text
    assert len(declared(deps, order)) == 1


def test_a_form_without_its_token_declares_nothing(shopper: Shopper, deps: Deps, bought: Callable[..., Order]) -> None:
    order = bought()
    place = find(shopper, order)
    say(shopper, place)
    assert shopper.client.post(place + "/confirm", data={"name": "Ada", "email": "a@b.example"}).status_code == 403
    assert declared(deps, order) == []


def test_what_was_typed_is_never_markup(shopper: Shopper, deps: Deps, bought: Callable[..., Order]) -> None:
    order = bought()
    place = find(shopper, order)
    second = shopper.get(say(shopper, place, name="<script>alert(1)</script>%(x)s"))
    page = shopper.get(shopper.send(second, place + "/confirm").headers["Location"])
    for shown in (second.text, page.text):
        assert "<script>alert" not in shown
        assert "&lt;script&gt;alert(1)" in shown


def test_the_second_step_opened_without_the_first_leads_back_to_it(
    shopper: Shopper, bought: Callable[..., Order]
) -> None:
    place = find(shopper, bought())
    assert shopper.get(place + "/confirm").headers["Location"] == place


def test_a_return_that_was_begun_does_not_hide_the_way_and_the_second_step_says_that_it_is_called_off(
    shopper: Shopper, deps: Deps, shop: ShopRef, bought: Callable[..., Order]
) -> None:
    order = bought({"title": "Linen shirt"})
    with deps.sessions.read(shop.id) as session:
        line = session.scalars(select(OrderLine.id).where(OrderLine.order_id == order.id)).one()
    asked = ReturnRequest(order.public_id, (Choice(line, 1, "changed_mind"),), "refund")
    submit(deps, shop, asked, "a-form-of-the-return")
    shopper.follow_link(order)
    assert LABEL in shopper.get(f"/juniper/orders/{order.public_id}").text
    place = f"/juniper/orders/{order.public_id}/withdraw"
    second = shopper.get(say(shopper, place))
    assert f"Your return {order.number}-R1 is called off with it" in text(second.text)
    shopper.send(second, place + "/confirm")
    assert len(declared(deps, order)) == 1
