"""From a weak proof to a full one: links and codes, as a visitor meets them."""

from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient
from sqlalchemy import select

from portal.db.tables.messages import OutboxMessage
from portal.db.tables.orders import Order
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.links import make_link
from tests.support.doubles import Clock
from tests.support.factory import Factory
from tests.web.support import send


def _find(client: FlaskClient, order: Order) -> str:
    return send(client, "/juniper/track", {"number": order.number, "email": order.email}).headers["Location"]


def _code(deps: Deps, shop: ShopRef) -> str:
    with deps.sessions.read(shop.id) as session:
        return str(session.scalars(select(OutboxMessage.payload).order_by(OutboxMessage.id.desc())).first()["code"])  # type: ignore[index]


def _link(deps: Deps, make: Factory, order: Order) -> str:
    with deps.sessions.write(make.shop.id) as session:
        return make_link(session, deps, make.shop, order.id).removeprefix("https://portal.example")


def test_a_signed_link_opens_everything_and_leaves_the_address_bar(
    client: FlaskClient, deps: Deps, make: Factory
) -> None:
    order = make.order()
    answer = client.get(_link(deps, make, order))
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/juniper/orders/{order.public_id}"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "12 Elm Street" in client.get(answer.headers["Location"]).text


def test_a_forged_link_is_a_plain_not_found(client: FlaskClient, make: Factory) -> None:
    answer = client.get("/juniper/l/forged")
    assert answer.status_code == 404
    assert "Find my order" in answer.text


def test_a_code_opens_what_was_hidden(client: FlaskClient, deps: Deps, make: Factory) -> None:
    order = make.order()
    page = _find(client, order)
    assert "12 Elm Street" not in client.get(page).text
    assert send(client, f"{page}/code", {}).status_code == 303
    answer = send(client, f"{page}/code?sent=1", {"code": _code(deps, make.shop)}, to=f"{page}/code/check")
    assert answer.headers["Location"] == page
    assert "12 Elm Street" in client.get(page).text


def test_a_wrong_code_says_what_to_do_and_opens_nothing(client: FlaskClient, deps: Deps, make: Factory) -> None:
    order = make.order()
    page = _find(client, order)
    send(client, f"{page}/code", {})
    answer = send(client, f"{page}/code?sent=1", {"code": "000000"}, to=f"{page}/code/check")
    assert answer.status_code == 422
    assert "newest e-mail" in answer.text
    assert "12 Elm Street" not in client.get(page).text


def test_the_code_page_is_the_same_whether_or_not_an_address_is_on_file(
    visit: Callable[[], FlaskClient], deps: Deps, make: Factory
) -> None:
    pages = []
    for number, email in (("J-1", "ada@mail.example"), ("J-2", None)):
        order = make.order(number=number, email=email, public_id=f"order-{number}")
        client = visit()
        found = send(client, "/juniper/track", {"number": number, "phone": "0199", "postcode": "12207"})
        answer = send(client, f"{found.headers['Location']}/code", {})
        pages.append(answer.headers["Location"].replace(order.public_id, "#"))
    assert pages[0] == pages[1]


def test_after_the_code_only_pages_of_this_site_are_next(client: FlaskClient, deps: Deps, make: Factory) -> None:
    order = make.order()
    page = _find(client, order)
    for evil in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        text = client.get(f"{page}/code", query_string={"next": evil}).text
        assert f'name="next" value="{page}"' in text


def test_changing_the_language_after_a_wrong_code_leads_back_to_the_code(client: FlaskClient, make: Factory) -> None:
    page = _find(client, make.order())
    answer = client.get(f"{page}/code/check?lang=de")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(f"{page}/code")


def test_a_proof_ends_after_a_day(client: FlaskClient, deps: Deps, make: Factory, clock: Clock) -> None:
    page = _find(client, make.order())
    assert client.get(page).status_code == 200
    clock.advance(hours=25)
    answer = client.get(page)
    assert answer.status_code == 302
    assert "once more" in client.get(answer.headers["Location"]).text


def test_a_weaker_proof_does_not_take_a_stronger_one_away(client: FlaskClient, deps: Deps, make: Factory) -> None:
    order = make.order()
    client.get(_link(deps, make, order))
    page = _find(client, order)
    assert "12 Elm Street" in client.get(page).text


def test_a_proof_of_one_shop_means_nothing_at_another(
    client: FlaskClient, deps: Deps, make: Factory, other_shop: ShopRef
) -> None:
    order = make.order()
    _find(client, order)
    assert client.get(f"/nordlicht/orders/{order.public_id}").status_code == 302
