"""The tracking page over HTTP: fresh without waste, private, and nothing of a carrier's text ever runs."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from portal.db.tables.checkpoints import CheckpointRow
from portal.db.tables.orders import Order
from portal.usecases.deps import Deps
from portal.usecases.links import make_link
from tests.support.doubles import Clock
from tests.support.factory import Factory
from tests.web.support import send

PAYLOADS = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7*7 }}", "%(carrier)s %s"]


def _open(client: FlaskClient, deps: Deps, make: Factory, order: Order) -> str:
    with deps.sessions.write(make.shop.id) as session:
        link = make_link(session, deps, make.shop, order.id)
    return client.get(link.removeprefix("https://portal.example")).headers["Location"]


def test_the_same_page_is_not_sent_twice(client: FlaskClient, deps: Deps, make: Factory) -> None:
    order = make.order()
    page = _open(client, deps, make, order)
    first = client.get(page)
    assert first.headers["Cache-Control"] == "private, no-cache"
    again = client.get(page, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    with deps.sessions.write(make.shop.id) as session:
        session.get_one(Order, order.id).version += 1
    assert client.get(page, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_what_is_shown_to_a_weak_proof_has_another_tag(client: FlaskClient, deps: Deps, make: Factory) -> None:
    order = make.order()
    page = send(client, "/juniper/track", {"number": order.number, "email": order.email}).headers["Location"]
    weak = client.get(page)
    assert "Show everything" in weak.text
    _open(client, deps, make, order)
    strong = client.get(page, headers={"If-None-Match": weak.headers["ETag"]})
    assert strong.status_code == 200
    assert strong.headers["ETag"] != weak.headers["ETag"]


def test_an_open_page_fetches_only_what_changes(client: FlaskClient, deps: Deps, make: Factory) -> None:
    page = _open(client, deps, make, make.order())
    part = client.get(f"{page}/live")
    assert part.status_code == 200
    assert "<html" not in part.text
    assert "<h1" in part.text
    assert client.get(f"{page}/live", headers={"If-None-Match": part.headers["ETag"]}).status_code == 304


@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_of_what_others_write_is_markup_or_template(
    client: FlaskClient, deps: Deps, make: Factory, payload: str
) -> None:
    order = make.order(ship_name=payload, ship_city=payload, lines=[{"title": payload, "variant": payload}])
    shipment = make.shipment(order, status="delivered", delivered_at=deps.clock(), signed_by=payload, carrier="ups")
    with deps.sessions.write(make.shop.id) as session:
        session.add(
            CheckpointRow(
                shop_id=make.shop.id,
                shipment_id=shipment.id,
                identity="x",
                at=deps.clock(),
                local_time=payload,
                offset_known=True,
                status="in_transit",
                substatus=payload,
                raw_text=payload,
                city=payload,
                seen_at=deps.clock(),
            )
        )
    text = client.get(_open(client, deps, make, order)).text
    assert "<script>alert" not in text
    assert "<img src=x" not in text
    assert "49" not in text.partition("Signed for by")[2][:40]


def test_a_personal_page_is_for_one_visitor_alone(client: FlaskClient, deps: Deps, make: Factory) -> None:
    answer = client.get(_open(client, deps, make, make.order()))
    assert "private" in answer.headers["Cache-Control"]
    assert "Cookie" in answer.headers["Vary"]
    for suffix in ("/x.css", ".css", "%2f..%2fx.js"):
        assert client.get(answer.request.path + suffix).status_code in (302, 404)


def test_the_page_has_no_form_and_so_no_token_that_changes_it(client: FlaskClient, deps: Deps, make: Factory) -> None:
    page = _open(client, deps, make, make.order())
    assert client.get(page).data == client.get(page).data


def test_the_shop_can_be_reached_from_every_page(client: FlaskClient, deps: Deps, make: Factory, clock: Clock) -> None:
    page = _open(client, deps, make, make.order())
    for address in (page, "/juniper/track", "/juniper/nothing"):
        assert "mailto:help@juniper.example" in client.get(address).text
