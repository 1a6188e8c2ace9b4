"""Answers that are not sent in yet go on elsewhere, and lose nothing."""

from __future__ import annotations

import re
from collections.abc import Callable

from flask.testing import FlaskClient
from sqlalchemy import select

from portal.db.tables.messages import OutboxMessage
from portal.db.tables.orders import Order
from portal.db.tables.return_flow import ReturnDraft
from portal.usecases.compose import compose
from portal.usecases.deps import Deps, ShopRef
from tests.web.shopper.return_questions.asking import (
    base,
    begin,
    line_of,
    where,
)
from tests.web.shopper.test_returns import Shopper


def test_the_choices_go_on_on_another_device_by_their_address(
    shopper: Shopper, visit: Callable[[], FlaskClient], deps: Deps, shop: ShopRef, order: Order
) -> None:
    begin(shopper, order, "changed_mind")
    page = shopper.post(f"{base(order)}/continue")
    assert page.text.count("<rect") > 100
    (link,) = re.findall(r'href="https://portal\.example(/juniper/returns/continue/[^"]+)"', page.text)
    phone = Shopper(visit(), deps, shop)
    assert phone.get(link).headers["Location"].endswith(base(order))
    items = phone.get(base(order)).text
    assert "You have begun this return before." in items
    assert phone.get(f"{base(order)}/go-on").headers["Location"].endswith("/resolution")
    assert "You have begun this return before." not in phone.get(base(order)).text
    assert "/code" in phone.get(f"{base(order)}/review").headers["Location"]  # no more than number and e-mail prove
    shopper.post(f"{base(order)}/continue")
    assert phone.get(link).status_code == 404
    assert phone.get("/juniper/returns/continue/made-up").status_code == 404


def test_the_address_on_file_gets_a_mail_that_leads_back_to_the_question(
    shopper: Shopper, visit: Callable[[], FlaskClient], deps: Deps, shop: ShopRef, order: Order
) -> None:
    begin(shopper, order, "changed_mind")
    page = shopper.get(f"{base(order)}/continue")
    for _ in range(2):
        assert where(shopper.send(page, f"{base(order)}/continue/mail")) == "continue?sent=1"
    with deps.sessions.read(shop.id) as session:
        (message,) = session.scalars(select(OutboxMessage)).all()
    letter = compose(deps, shop, message.id)
    phone = Shopper(visit(), deps, shop)
    answer = phone.get(letter.link.removeprefix("https://portal.example"))
    assert answer.headers["Location"] == f"{base(order)}/go-on"
    for _ in range(3):
        shopper.send(page, f"{base(order)}/continue/mail")
    assert where(shopper.send(page, f"{base(order)}/continue/mail")) == "continue?often=1"


def test_whoever_only_found_the_order_cannot_have_it_mailed(shopper: Shopper, deps: Deps, order: Order) -> None:
    shopper.find(order)
    page = shopper.get(f"{base(order)}/continue")
    assert "Send it to my e-mail address" not in page.text
    assert "/code" in shopper.send(page, f"{base(order)}/continue/mail").headers["Location"]
    with deps.sessions.read(order.shop_id) as session:
        assert session.scalars(select(OutboxMessage)).all() == []


def test_starting_over_forgets_every_choice(shopper: Shopper, deps: Deps, order: Order) -> None:
    begin(shopper, order, "changed_mind")
    page = shopper.get(f"{base(order)}/resolution")
    assert where(shopper.send(page, f"{base(order)}/start-over")) == "return"
    assert shopper.get(f"{base(order)}/resolution").headers["Location"].endswith("/return")
    with deps.sessions.read(order.shop_id) as session:
        assert session.scalars(select(ReturnDraft)).all() == []


def test_answers_to_different_questions_in_two_windows_do_not_undo_each_other(
    shopper: Shopper, visit: Callable[[], FlaskClient], deps: Deps, shop: ShopRef, order: Order
) -> None:
    begin(shopper, order, "changed_mind")
    other = Shopper(visit(), deps, shop)
    other.follow_link(order)
    other.post(f"{base(order)}/resolution", resolution="store_credit")
    line = line_of(deps, order)
    shopper.post(f"{base(order)}/reasons", **{f"reason-{line}": "ordered_wrong"})
    with deps.sessions.read(order.shop_id) as session:
        content = session.scalars(select(ReturnDraft.content)).one()
    assert (content["resolution"], content["choices"][0]["reason"]) == ("store_credit", "ordered_wrong")


def test_what_is_wrong_takes_the_focus_and_leads_to_its_place(shopper: Shopper, deps: Deps, order: Order) -> None:
    line = line_of(deps, order)
    shopper.follow_link(order)
    page = shopper.post(base(order)).text
    assert re.search(r'role="alert" tabindex="-1" autofocus', page)
    assert f'<a href="#line-{line}">' in page
    assert "<title>Please check: What would you like to send back?" in page
