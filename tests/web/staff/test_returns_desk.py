"""The returns desk as a browser without scripts uses it."""

from __future__ import annotations

import csv
import io

import pytest

from portal.usecases.deps import Deps
from portal.usecases.returns.approve import approve
from tests.support.factory import Factory
from tests.usecases.returns.conftest import Desk
from tests.usecases.returns.waiting import waiting
from tests.web.staff.conftest import Browser

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def desk(deps: Deps, make: Factory) -> Desk:
    return Desk(deps, make)


def test_a_scanned_code_goes_straight_to_the_return_ready_to_check_in(desk: Desk, browser: Browser) -> None:
    row = desk.returned(desk.with_label(desk.order()))
    answer = browser.get("/staff/returns/scan", query_string={"code": row.rma})
    assert answer.location == f"/staff/returns/{row.id}?scanned=1#receive"
    page = browser.get(answer.location.partition("#")[0]).text
    assert page.count("autofocus") == 1
    assert 'id="receive"' in page


def test_a_code_that_nobody_knows_is_said_and_shown_as_it_was_read(browser: Browser) -> None:
    answer = browser.get("/staff/returns/scan", query_string={"code": "<b>9"}, follow_redirects=True)
    assert "No return has this number" in answer.text
    assert "&lt;b&gt;9" in answer.text
    assert browser.get("/staff/returns/scan", follow_redirects=True).status_code == 200


def test_of_an_order_with_several_returns_the_desk_shows_the_list(desk: Desk, browser: Browser) -> None:
    order = desk.order({"quantity": 2}, number="J-500")
    desk.submit(order)
    desk.submit(order)
    page = browser.get("/staff/returns/scan?code=J-500", follow_redirects=True).text
    assert "J-500-R1" in page
    assert "J-500-R2" in page


def test_filters_stay_in_the_address_from_list_to_list(desk: Desk, browser: Browser) -> None:
    desk.submit(desk.order(), reason="defective")
    page = browser.get("/staff/returns?state=open&reason=defective").text
    assert "/staff/returns?state=done&amp;reason=defective" in page
    assert "Nothing found" in browser.get("/staff/returns?state=open&reason=other").text
    assert browser.get("/staff/returns?state=strange").status_code == 404
    assert browser.get("/staff/returns?shop=nobody&method=x&flag=%25&page=9999").status_code == 200


def test_a_yes_and_a_no_at_the_desk(deps: Deps, desk: Desk, browser: Browser) -> None:
    yes, no = waiting(deps, desk, desk.order()), waiting(deps, desk, desk.order())
    place = f"/staff/returns/{yes.id}"
    assert "A person has to decide" in browser.get(place).text
    assert browser.post(f"{place}/approve", place).status_code == 303
    assert desk.returned(yes.public_id).decision == "approved"
    place = f"/staff/returns/{no.id}"
    refused = browser.post(f"{place}/reject", place, code="other", words="")
    assert (refused.status_code, "in words that the shopper can read" in refused.text) == (422, True)
    assert browser.post(f"{place}/reject", place, code="other", words="Was <b>opened</b>").status_code == 303
    page = browser.get(place).text
    assert "Was &lt;b&gt;opened&lt;/b&gt;" in page
    assert "Turned down" in page


def test_who_comes_late_sees_how_it_stands_now(deps: Deps, desk: Desk, browser: Browser) -> None:
    row = waiting(deps, desk, desk.order())
    place = f"/staff/returns/{row.id}"
    browser.get(place)
    approve(deps, row.id, 99, "a colleague's form")
    late = browser.post(f"{place}/reject", place, code="used", form_key="a form's own key, long enough")
    assert late.status_code == 409
    assert "moved on" in late.text
    assert "Approved" in late.text


def test_nobody_agrees_alone_to_what_they_asked_for(deps: Deps, desk: Desk, browser: Browser, noor: object) -> None:
    order = desk.order({"unit_price_minor": 90_000}, total_minor=90_000, shipping_minor=0)
    row = waiting(deps, desk, order, asked_by=noor.id)  # type: ignore[attr-defined]
    place = f"/staff/returns/{row.id}"
    answer = browser.post(f"{place}/approve", place)
    assert answer.status_code == 409
    assert "somebody else has to agree" in answer.text.lower()


def test_many_are_ticked_and_approved(deps: Deps, desk: Desk, browser: Browser) -> None:
    ids = [waiting(deps, desk, desk.order()).id for _ in range(3)]
    place = "/staff/returns?state=to_approve"
    page = browser.post("/staff/returns/approve", place, id=[str(ids[0]), str(ids[2]), "x", "9" * 30])
    assert page.status_code == 303
    assert "2 returns are approved" in browser.get(place).text
    assert browser.post("/staff/returns/approve", place).status_code == 303


def test_a_list_is_downloaded_by_administrators_and_runs_in_no_spreadsheet(
    desk: Desk, browser: Browser, admin: Browser
) -> None:
    desk.submit(desk.order(ship_name="=cmd()"))
    with desk.deps.sessions.write(desk.shop.id) as session:
        from portal.db.tables.orders import Customer

        session.query(Customer).update({"name": "=cmd()"})
    assert "Download this list" not in browser.get("/staff/returns").text
    assert browser.post("/staff/returns/export", "/staff/returns").status_code == 403
    answer = admin.client.post("/staff/returns/export", data={"csrf_token": _token(admin), "state": "open"})
    assert answer.mimetype == "text/csv"
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert [row["decision"] for row in rows] == ["approved"]
    assert not rows[0]["customer"].startswith("=")


def _token(browser: Browser) -> str:
    return browser.get("/staff/returns").text.split('name="csrf_token" value="')[1].split('"')[0]
