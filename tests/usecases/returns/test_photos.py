"""Pictures belong to a line, then to a return; there are only so many, and those of nobody go."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from PIL import Image
from sqlalchemy import select

from portal.db.tables.orders import Customer, Order
from portal.db.tables.return_flow import ReturnPhoto
from portal.db.tables.returns import Return
from portal.errors import Conflict, InvalidInput, NotFound, TooManyAttempts
from portal.usecases.deps import Deps
from portal.usecases.housekeeping import tidy
from portal.usecases.returns import photos
from portal.usecases.returns.photos import load_photo, load_photo_for_staff, save_photo
from tests.support.doubles import Clock
from tests.usecases.returns import pictures
from tests.usecases.returns.conftest import Desk


def shot(n: int) -> bytes:
    """A picture unlike the others."""
    return pictures.as_format("JPEG", Image.new("RGB", (60 + n, 40), "teal"))


def attach(desk: Desk, return_id: str, *public_ids: str) -> None:
    with desk.deps.sessions.write(desk.shop.id) as session:
        row = session.scalars(select(Return).where(Return.public_id == return_id)).one()
        photos.attach(session, row, public_ids)


@pytest.fixture
def order(desk: Desk) -> Order:
    return desk.order({"quantity": 2}, {"quantity": 1})


@pytest.fixture
def save(desk: Desk, order: Order) -> Callable[..., str]:
    def keep(n: int = 0, line: int = 0, data: bytes | None = None) -> str:
        lines = desk.line_ids(order)
        return save_photo(desk.deps, desk.shop, order.public_id, lines[line], data or shot(n))

    return keep


def test_a_picture_becomes_part_of_the_return_of_its_line(desk: Desk, order: Order, save: Callable[..., str]) -> None:
    first, second = save(1), save(2)
    assert photos.unused_photos(desk.deps, desk.shop, order.public_id) == {desk.line_ids(order)[0]: (first, second)}
    made = desk.submit(order, 1)
    attach(desk, made, first, second)
    attach(desk, made, first)  # the same once more changes nothing
    with desk.deps.sessions.read(desk.shop.id) as session:
        assert photos.photos_of(session, desk.returned(made)) == {desk.line_ids(order)[0]: (first, second)}
    assert (
        load_photo_for_staff(desk.deps, first).content
        == load_photo(desk.deps, desk.shop, order.public_id, first).content
    )
    assert photos.unused_photos(desk.deps, desk.shop, order.public_id) == {}


def test_the_same_picture_twice_is_one(save: Callable[..., str]) -> None:
    assert save(1) == save(1)


def test_a_line_has_five_pictures_and_not_six(desk: Desk, order: Order, save: Callable[..., str]) -> None:
    kept = [save(n) for n in range(photos.PER_LINE)]
    with pytest.raises(Conflict):
        save(9)
    save(9, line=1)  # each line has its own
    made = desk.submit(order, 1)
    attach(desk, made, *kept)
    later = save(9)  # for another return of the same line
    with pytest.raises(InvalidInput) as caught:
        attach(desk, made, later)
    assert caught.value.field == "photo.many"


def test_of_many_at_once_five_are_kept(desk: Desk, order: Order, save: Callable[..., str]) -> None:
    refused = []

    def one(n: int) -> None:
        try:
            save(n)
        except Conflict:
            refused.append(n)

    threads = [threading.Thread(target=one, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(desk.all(ReturnPhoto)), len(refused)) == (photos.PER_LINE, 3)


def test_tries_without_end_are_refused_before_anything_is_unpacked(
    desk: Desk, order: Order, save: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(photos, "PER_ORDER_AND_DAY", 3)
    for _ in range(3):
        with pytest.raises(InvalidInput):
            save(data=pictures.SVG)
    monkeypatch.setattr(photos, "read_photo", lambda data: pytest.fail("it was unpacked"))
    with pytest.raises(TooManyAttempts):
        save(1)


def test_a_picture_is_not_taken_from_another_return_or_for_what_does_not_go_back(
    desk: Desk, order: Order, save: Callable[..., str]
) -> None:
    other_line = save(1, line=1)
    mine = save(2)
    first = desk.submit(order, 1, 0)
    for wrong in (other_line, "made-up"):
        with pytest.raises(InvalidInput) as caught:
            attach(desk, first, mine, wrong)
        assert caught.value.field == "photo.gone"
    attach(desk, first, mine)
    second = desk.submit(order, 1, 0)
    with pytest.raises(InvalidInput):
        attach(desk, second, mine)


def test_another_customer_neither_adds_nor_sees_it(desk: Desk, order: Order, save: Callable[..., str]) -> None:
    mine = save(1)
    stranger = desk.order(email="bo@example.net")
    with pytest.raises(NotFound):
        save_photo(desk.deps, desk.shop, stranger.public_id, desk.line_ids(order)[0], shot(2))
    with pytest.raises(NotFound):
        load_photo(desk.deps, desk.shop, stranger.public_id, mine)
    photos.remove_photo(desk.deps, desk.shop, stranger.public_id, mine)
    assert load_photo(desk.deps, desk.shop, order.public_id, mine, thumbnail=True).content_type == "image/jpeg"


def test_another_order_of_the_same_customer_may_have_it(desk: Desk, order: Order, save: Callable[..., str]) -> None:
    with desk.deps.sessions.read(desk.shop.id) as session:
        customer = session.get_one(Customer, order.customer_id)
    other = desk.order(customer=customer)
    line = desk.line_ids(other)[0]
    public_id = save_photo(desk.deps, desk.shop, order.public_id, line, shot(3))
    assert load_photo(desk.deps, desk.shop, other.public_id, public_id).content


def test_who_bought_a_present_does_not_see_its_pictures(desk: Desk, order: Order, save: Callable[..., str]) -> None:
    mine, made = save(1), desk.submit(order, 1)
    attach(desk, made, mine)
    with desk.deps.sessions.write(desk.shop.id) as session:
        session.scalars(select(Return).where(Return.public_id == made)).one().kind = "gift"
    with pytest.raises(NotFound):
        load_photo(desk.deps, desk.shop, order.public_id, mine)
    assert load_photo_for_staff(desk.deps, mine).content


def test_a_picture_can_be_taken_away_until_it_is_sent_in(desk: Desk, order: Order, save: Callable[..., str]) -> None:
    first, second = save(1), save(2)
    photos.remove_photo(desk.deps, desk.shop, order.public_id, first)
    photos.remove_photo(desk.deps, desk.shop, order.public_id, first)
    made = desk.submit(order, 1)
    attach(desk, made, second)
    photos.remove_photo(desk.deps, desk.shop, order.public_id, second)
    assert [photo.public_id for photo in desk.all(ReturnPhoto)] == [second]


def test_an_edit_lets_go_of_what_it_leaves_out(desk: Desk, order: Order, save: Callable[..., str]) -> None:
    first, second = save(1), save(2)
    made = desk.submit(order, 1)
    attach(desk, made, first, second)
    with desk.deps.sessions.write(desk.shop.id) as session:
        row = session.scalars(select(Return).where(Return.public_id == made)).one()
        photos.detach(session, row, keep=[second])
        assert photos.photos_of(session, row) == {desk.line_ids(order)[0]: (second,)}


def test_what_no_return_has_goes_after_a_month(
    deps: Deps, desk: Desk, order: Order, save: Callable[..., str], clock: Clock
) -> None:
    kept, made = save(1), desk.submit(order, 1)
    save(2)
    attach(desk, made, kept)
    clock.advance(days=31)
    fresh = save(3)
    tidy(deps)
    assert [photo.public_id for photo in desk.all(ReturnPhoto)] == [kept, fresh]
