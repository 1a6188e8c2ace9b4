"""A picture is shown to whoever has proved to be the shopper, and to the staff; nothing keeps a copy of it."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from portal.db.tables.orders import Order, OrderLine
from portal.db.tables.return_flow import ReturnPhoto
from portal.db.tables.returns import Return
from portal.usecases.deps import Deps
from portal.usecases.returns import photos
from portal.usecases.returns.photos import save_photo
from portal.usecases.staff.people import StaffUser
from portal.web.shopper import return_photos, uploads
from tests.support.factory import Factory
from tests.usecases.returns import pictures
from tests.usecases.returns.conftest import Desk
from tests.web.shopper.test_return_label import an_order
from tests.web.shopper.test_return_label import shopper as shopper
from tests.web.shopper.test_returns import Shopper
from tests.web.staff.conftest import Browser
from tests.web.staff.conftest import noor as noor
from tests.web.support import token_in


@pytest.fixture
def order(deps: Deps, make: Factory) -> Order:
    return an_order(deps, make, "US")


@pytest.fixture
def line(deps: Deps, order: Order) -> int:
    with deps.sessions.read(order.shop_id) as session:
        return session.scalars(select(OrderLine.id).where(OrderLine.order_id == order.id)).one()


@pytest.fixture
def photo(deps: Deps, make: Factory, order: Order, line: int) -> str:
    return save_photo(deps, make.shop, order.public_id, line, pictures.jpeg(gps=True))


def place(order: Order, photo: str) -> str:
    return f"/juniper/orders/{order.public_id}/return/photos/{photo}.jpg"


def test_the_shopper_sees_it_and_no_cache_keeps_it(shopper: Shopper, order: Order, photo: str) -> None:
    shopper.follow_link(order)
    whole, small = shopper.get(place(order, photo)), shopper.get(place(order, photo) + "?small")
    for answer in (whole, small):
        assert (answer.status_code, answer.content_type) == (200, "image/jpeg")
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert len(small.data) < len(whole.data)


def test_who_only_found_the_order_is_asked_for_the_code_and_others_see_nothing(
    shopper: Shopper, visit: Callable[[], FlaskClient], order: Order, photo: str
) -> None:
    assert "/track" in visit().get(place(order, photo)).headers["Location"]
    shopper.find(order)
    answer = shopper.get(place(order, photo))
    assert (answer.status_code, "/code" in answer.headers["Location"]) == (302, True)


def test_one_that_is_not_there_is_not_found(shopper: Shopper, order: Order) -> None:
    shopper.follow_link(order)
    assert shopper.get(place(order, "made-up")).status_code == 404


def test_the_shopper_throws_one_away(shopper: Shopper, deps: Deps, order: Order, photo: str) -> None:
    shopper.follow_link(order)
    page = shopper.get(f"/juniper/orders/{order.public_id}/return")
    there = f"/juniper/orders/{order.public_id}/return/reasons"
    path = place(order, photo).replace(".jpg", "/remove")
    answer = shopper.send(page, path, next=there)
    assert (answer.status_code, answer.headers["Location"]) == (303, there)
    assert shopper.get(place(order, photo)).status_code == 404


def test_the_staff_see_it_once_it_is_sent_in(
    visit: Callable[[], FlaskClient],
    deps: Deps,
    make: Factory,
    order: Order,
    photo: str,
    noor: StaffUser,
) -> None:
    there = f"/staff/returns/photos/{photo}.jpg"
    assert "/staff/sign-in" in visit().get(there).headers["Location"]
    staff = Browser(visit())
    staff.sign_in("noor@staff.example")
    assert staff.get(there).status_code == 404
    made = Desk(deps, make).submit(order, 1)
    with deps.sessions.write(order.shop_id) as session:
        photos.attach(session, session.scalars(select(Return).where(Return.public_id == made)).one(), [photo])
    for path in (there, there + "?small"):
        answer = staff.get(path)
        assert (answer.status_code, answer.content_type) == (200, "image/jpeg")
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


class Files:
    """What a form brings along."""

    def __init__(self, *contents: bytes) -> None:
        self.all = [type("Sent", (), {"stream": io.BytesIO(content)})() for content in contents]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (pictures.HEIC, "HEIC"),
        (pictures.SVG, "JPEG, PNG or WebP"),
        (pictures.png_bomb(), "more pixels"),
        (b"", "choose"),
    ],
)
def test_what_cannot_be_taken_is_said_with_what_helps(
    shopper: Shopper, app: FlaskClient, order: Order, line: int, content: bytes, words: str
) -> None:
    shopper.follow_link(order)
    with shopper.client:
        shopper.get(f"/juniper/orders/{order.public_id}/return")
        problem = return_photos.add_photos(order.public_id, line, Files(content).all)
    assert problem is not None
    assert words in problem


def test_every_refusal_has_words_for_the_shopper(
    shopper: Shopper, deps: Deps, order: Order, line: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    shopper.follow_link(order)
    with shopper.client:
        shopper.get(f"/juniper/orders/{order.public_id}/return")
        several = [pictures.as_format("JPEG", pictures.picture(64 + n, 64)) for n in range(6)]
        assert (
            return_photos.add_photos(order.public_id, line, Files(*several).all) == return_photos.PROBLEMS["photo.many"]
        )
        monkeypatch.setattr(photos, "PER_ORDER_AND_DAY", 1)
        assert return_photos.add_photos(order.public_id, line, Files(b"").all) == return_photos.PROBLEMS["photo.often"]
    with deps.sessions.read(order.shop_id) as session:
        assert len(list(session.scalars(select(ReturnPhoto)))) == photos.PER_LINE


def test_only_the_shopper_may_send_a_form_as_large_as_pictures(
    shopper: Shopper, visit: Callable[[], FlaskClient], order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "_PAGES", {"shopper.return_items"})
    path = f"/juniper/orders/{order.public_id}/return"
    assert send_large(visit(), path, "").status_code == 413
    shopper.follow_link(order)
    token = token_in(shopper.get(path).text)
    assert send_large(shopper.client, path, token).status_code == 422  # it was read: nothing was chosen
    monkeypatch.setattr(uploads, "MAX_BODY_BYTES", 2_000_000)
    assert send_large(shopper.client, path, token).status_code == 413


def send_large(client: FlaskClient, path: str, token: str) -> TestResponse:
    """A form with a file of 3 MB."""
    fields = {"csrf_token": token, "photo": FileStorage(io.BytesIO(bytes(3_000_000)), "a.jpg")}
    boundary, body = encode_multipart(fields)
    kind = f"multipart/form-data; boundary={boundary}"
    return client.post(path, data=body, content_type=kind, headers={"Sec-Fetch-Site": "same-origin"})
