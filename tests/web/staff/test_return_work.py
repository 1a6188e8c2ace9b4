"""Inspecting, releasing, opening again and the figures, as a browser without scripts does it."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from sqlalchemy import update

from portal.db.tables.effects import Effect
from portal.db.tables.returns import Return, ReturnItem
from portal.usecases.deps import Deps
from portal.usecases.returns.approve import reject
from portal.usecases.returns.desk import Receipt, receive
from tests.support.factory import Factory
from tests.usecases.returns.conftest import Desk
from tests.usecases.returns.waiting import waiting
from tests.web.staff.conftest import Browser

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def desk(deps: Deps, make: Factory) -> Desk:
    return Desk(deps, make)


@pytest.fixture
def came(deps: Deps, desk: Desk) -> Return:
    row = desk.returned(desk.with_label(desk.order({"title": "Shirt <i>L</i>"})))
    receive(deps, row.id, 3, {desk.all(ReturnItem)[0].id: Receipt(1)}, "they came")
    return row


def picture() -> io.BytesIO:
    file = io.BytesIO()
    Image.new("RGB", (90, 60), "teal").save(file, "PNG")
    file.seek(0)
    return file


def test_a_unit_is_inspected_with_a_photo(desk: Desk, browser: Browser, came: Return) -> None:
    place, item = f"/staff/returns/{came.id}", desk.all(ReturnItem)[0].id
    assert "Shirt &lt;i&gt;L&lt;/i&gt;" in browser.get(place).text
    empty = browser.post(f"{place}/inspect", place)
    assert (empty.status_code, "at least one unit" in empty.text) == (422, True)
    fields = {f"acceptance-{item}": "accepted", f"next-{item}": "restock", f"found-{item}": "as_told"}
    no_grade = browser.post(f"{place}/inspect", place, **fields)
    assert (no_grade.status_code, "Choose a grade" in no_grade.text) == (422, True)
    fields |= {f"grade-{item}": "b", f"note-{item}": "A <b>crease</b>."}
    done = browser.post(f"{place}/inspect", place, **fields, **{f"photo-{item}": (picture(), "shirt.png")})
    assert done.status_code == 303
    page = browser.get(place).text
    assert "Found by the inspection" in page
    assert "A &lt;b&gt;crease&lt;/b&gt;." in page
    photo = page.split('class="shot" href="')[1].split('"')[0]
    assert browser.get(photo).content_type == "image/jpeg"
    again = browser.post(f"{place}/inspect", place, **fields, form_key="a form's own key, long enough")
    assert again.status_code == 409


def test_held_money_is_released_with_a_reason(deps: Deps, desk: Desk, browser: Browser, came: Return) -> None:
    point = {
        "code": "far_too_light",
        "points": 60,
        "hard": True,
        "inputs": {"grams": 20, "expected": 400, "percent": 5},
    }
    with deps.sessions.write(desk.shop.id) as session:
        values = {"held_at": deps.clock(), "risk": {"score": 60, "points": [point]}}
        session.execute(update(Return).where(Return.id == came.id).values(**values))
    place = f"/staff/returns/{came.id}"
    page = browser.get(place).text
    assert "It weighs 20 g of the expected 400 g (5 %)." in page
    assert browser.post(f"{place}/release", place, why=" ").status_code == 422
    assert browser.post(f"{place}/release", place, why="I opened it.").status_code == 303
    assert "I opened it." in browser.get(place).text
    late = browser.post(f"{place}/release", place, why="Me too.", form_key="a form's own key, long enough")
    assert late.status_code == 409


def test_what_was_turned_down_is_opened_again(deps: Deps, desk: Desk, browser: Browser) -> None:
    row = waiting(deps, desk, desk.order())
    reject(deps, row.id, 3, "used", "", "no")
    place = f"/staff/returns/{row.id}"
    assert browser.post(f"{place}/reopen", place, why="").status_code == 422
    assert browser.post(f"{place}/reopen", place, why="The photos came late.").status_code == 303
    assert "Everything that has happened" in browser.get(place).text
    assert desk.returned(row.public_id).decision == "approved"


def test_the_figures_of_a_shop_with_the_table_behind_each(desk: Desk, browser: Browser, came: Return) -> None:
    page = browser.get("/staff/returns/insight").text
    assert "Return rate by product" in page
    assert "Shirt &lt;i&gt;L&lt;/i&gt;" in page
    assert "<rect" in page
    table = browser.get("/staff/returns/insight/products.csv")
    assert table.mimetype == "text/csv"
    assert "Shirt <i>L</i>,1,1,100" in table.text
    assert browser.get("/staff/returns/insight/secrets.csv").status_code == 404
    assert browser.get("/staff/returns/insight?from=2026-02-01&to=2026-01-01").status_code == 422
    assert "No returns in this time" in browser.get("/staff/returns/insight?from=2020-01-01&to=2020-02-01").text
    assert browser.get("/staff/returns/insight?shop=nobody&from=x&to=%3C").status_code == 200


def test_a_large_sum_is_asked_for_by_one_and_paid_by_another(
    deps: Deps, desk: Desk, browser: Browser, admin: Browser
) -> None:
    order = desk.order({"unit_price_minor": 90_000}, total_minor=90_000, shipping_minor=0)
    row = desk.returned(desk.with_label(order))
    receive(deps, row.id, 99, {desk.all(ReturnItem)[0].id: Receipt(1)}, "they came")
    place = f"/staff/returns/{row.id}"
    assert browser.post(f"{place}/pay", place).status_code == 303
    assert "Noor wants this paid" in admin.get(place).text
    again = browser.post(f"{place}/pay", place)
    assert (again.status_code, "Somebody else has to agree" in again.text) == (409, True)
    assert admin.post(f"{place}/pay/decline", place).status_code == 303
    assert browser.post(f"{place}/pay", place).status_code == 303
    assert admin.post(f"{place}/pay", place).status_code == 303
    assert desk.returned(row.public_id).money == "paid"
    assert admin.post(f"{place}/pay", place, form_key="a form's own key, long enough").status_code == 409


def test_money_in_doubt_is_settled_by_whoever_has_looked(
    deps: Deps, desk: Desk, browser: Browser, came: Return
) -> None:
    place = f"/staff/returns/{came.id}"
    assert browser.post(f"{place}/pay/was-paid", place).status_code == 409
    assert browser.post(f"{place}/pay/was-not-paid", place).status_code == 409
    assert browser.post(f"{place}/pay/decline", place).status_code == 409
    browser.post(f"{place}/pay", place)
    with deps.sessions.write(desk.shop.id) as session:
        session.execute(update(Effect).where(Effect.kind == "refund").values(state="manual", error="no answer"))
        session.execute(update(Return).values(money="due", decision="approved"))
    page = browser.get(place).text
    assert "Has this money gone out?" in page
    assert "no answer" in page
    assert browser.post(f"{place}/pay/was-paid", place).status_code == 303
    assert desk.returned(came.public_id).money == "paid"
