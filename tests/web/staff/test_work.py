"""The work itself, as a browser without scripts does it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from portal.db.tables.delivery_exceptions import DeliveryException
from portal.usecases.deps import Deps
from portal.usecases.returns.desk import DeskReturn, find_return, list_returns
from portal.usecases.returns.offer import offer
from portal.usecases.returns.offer_views import Choice, ReturnRequest
from portal.usecases.returns.submit import submit
from portal.usecases.staff import case_actions
from portal.usecases.staff.cases import show_case
from portal.usecases.staff.people import StaffUser
from portal.usecases.staff.views import CaseView
from tests.support.desk import MakeCase, MakeStaff
from tests.support.factory import Factory
from tests.web.staff.conftest import Browser

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
KEY = "a form's own key, long enough"


def _case(deps: Deps, case_id: int) -> CaseView:
    return show_case(deps, case_id).case


def _do(browser: Browser, case_id: int, action: str, **fields: str) -> tuple[int, str]:
    """Send the action's form of the case's page, with the revision that stands there."""
    page = f"/staff/cases/{case_id}"
    revision = browser.get(page).text.split('name="revision" value="')[1].split('"')[0]
    answer = browser.post(f"{page}/{action}", page, **({"revision": revision} | fields))
    return answer.status_code, answer.text


def test_the_queue_puts_the_late_vip_on_top_and_says_why(
    deps: Deps, make: Factory, make_case: MakeCase, browser: Browser
) -> None:
    make_case(make.shipment(make.order(number="J-1")), priority=90)
    vip = make.customer(name="Ada <b>Bold</b>", ltv_minor=184_000, orders_count=9)
    points = [{"key": "severity", "value": 60, "words": "Severity %(severity)s", "inputs": {"severity": "high"}}]
    make_case(
        make.shipment(make.order(vip, number="J-2", total_minor=25_900)),
        is_vip=True,
        vip_reason={"key": "loyalty_tier", "inputs": {"tier": "gold"}},
        priority_points=points,
        due_at=deps.clock() + timedelta(hours=9),
    )
    page = browser.get("/staff/").text
    assert page.index("J-2") < page.index("J-1")
    for words in ("Loyalty tier gold", "Severity high", "$259.00", "$1,840.00", "9 orders", "Promised for November 16"):
        assert words in page
    assert "Ada &lt;b&gt;Bold&lt;/b&gt;" in page
    assert "<b>Bold" not in page


def test_the_due_time_counts_down_and_then_says_how_late_the_answer_is(
    deps: Deps, make_case: MakeCase, browser: Browser
) -> None:
    make_case(due_at=deps.clock() + timedelta(hours=2, minutes=10))
    make_case(due_at=deps.clock() - timedelta(days=1, hours=3))
    page = browser.get("/staff/").text
    assert "in 2 h 10 min" in page
    assert "1 d 3 h overdue" in page


@pytest.mark.parametrize(
    "query", ["view=nonsense", "shop=no&carrier=no&rule=R99&severity=huge", "after=x.y.z.1", "after=" + "9" * 3000]
)
def test_a_strange_address_is_answered_calmly(make_case: MakeCase, browser: Browser, query: str) -> None:
    make_case()
    assert browser.get(f"/staff/?{query}").status_code == 200


def test_an_empty_queue_says_so(browser: Browser) -> None:
    assert "Nothing is waiting" in browser.get("/staff/").text
    assert "You have no cases" in browser.get("/staff/?view=mine").text
    assert "Nothing fits these filters" in browser.get("/staff/?carrier=ups").text


def test_a_feed_that_is_down_stands_above_the_queue(make_case: MakeCase, browser: Browser) -> None:
    feed = make_case(
        subject_kind="feed", subject_id="ups", shop_id=None, shipment_id=None, order_id=None, customer_id=None,
        rule="R29", message_key="R29", severity="system",
        inputs={"carrier": "ups", "down_at": "2026-11-18T09:10:00+00:00", "polls": 9, "failures": 7},
    )  # fmt: skip
    page = browser.get("/staff/").text
    assert "UPS: carrier feed down since Nov 18" in page
    assert "Nothing is waiting" in page
    assert "7 of 9 polls failed" in browser.get(f"/staff/cases/{feed}").text


def test_a_case_is_claimed_from_the_queue_and_the_queue_comes_back(
    deps: Deps, make_case: MakeCase, browser: Browser, noor: StaffUser
) -> None:
    case = make_case()
    answer = browser.post(
        f"/staff/cases/{case}/claim",
        "/staff/?view=vip",
        revision="1",
        back=f"/staff/?view=vip#case-{case}",
        form_key=KEY,
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/staff/?view=vip#case-{case}")
    assert _case(deps, case).claimed_by == noor.id
    assert "Release" in browser.get("/staff/").text


def test_whoever_is_second_sees_how_it_stands_and_keeps_what_they_typed(
    deps: Deps, make_case: MakeCase, browser: Browser, make_staff: MakeStaff
) -> None:
    case, colleague = make_case(), make_staff(name="Lea")
    case_actions.claim(deps, case_actions.Form(case, colleague.id, 1, KEY))
    answer = browser.post(f"/staff/cases/{case}/note", f"/staff/cases/{case}", revision="1", text="Called at noon")
    assert answer.status_code == 409
    assert "has changed since you opened it" in answer.text
    assert "Lea has it" in answer.text
    assert ">Called at noon</textarea>" in answer.text
    assert _case(deps, case).revision == 2


def test_a_resolve_offers_its_undo(deps: Deps, make_case: MakeCase, browser: Browser) -> None:
    case = make_case()
    assert _do(browser, case, "resolve", outcome="reshipped", text="New one sent")[0] == 303
    assert _case(deps, case).outcome == "reshipped"
    page = browser.get("/staff/").text
    assert f"Case {case} is resolved: Sent again." in page
    assert f'action="/staff/cases/{case}/reopen"' in page
    assert "New one sent" in browser.get(f"/staff/cases/{case}").text
    assert _do(browser, case, "reopen")[0] == 303
    assert _case(deps, case).state == "open"


def test_a_resolve_needs_an_outcome(deps: Deps, make_case: MakeCase, browser: Browser) -> None:
    case = make_case()
    status, text = _do(browser, case, "resolve", outcome="")
    assert (status, "Choose an outcome." in text, _case(deps, case).state) == (422, True, "open")


def test_a_case_sleeps_until_a_local_time(deps: Deps, make_case: MakeCase, browser: Browser) -> None:
    case = make_case()
    assert _do(browser, case, "snooze", until_local="2026-11-20T09:00")[0] == 303
    assert _case(deps, case).snoozed_until == datetime(2026, 11, 20, 9, tzinfo=UTC)
    assert "Nothing is waiting" in browser.get("/staff/").text
    assert "sleeps until Nov 20" in browser.get("/staff/?view=snoozed").text
    assert _do(browser, case, "wake")[0] == 303
    assert _case(deps, case).snoozed_until is None


@pytest.mark.parametrize("until", ["", "tomorrow", "2020-01-01T00:00", "0001-01-01T00:00", "9999-12-31T23:59"])
def test_a_snooze_without_a_good_time_is_refused(deps: Deps, make_case: MakeCase, browser: Browser, until: str) -> None:
    case = make_case()
    status, text = _do(browser, case, "snooze", until_local=until)
    assert (status, "next 60 days" in text) == (422, True)
    assert _case(deps, case).snoozed_until is None


@pytest.mark.parametrize(
    "path", ["/staff/cases/999", "/staff/orders/999", "/staff/returns/999", "/staff/cases/99999999999999999999"]
)
def test_what_is_not_there_is_not_found(browser: Browser, path: str) -> None:
    assert browser.get(path).status_code == 404


def test_an_action_that_does_not_exist_is_not_found(make_case: MakeCase, browser: Browser) -> None:
    assert _do(browser, make_case(), "explode")[0] == 404


def test_a_form_without_its_key_is_refused(deps: Deps, make_case: MakeCase, browser: Browser) -> None:
    case = make_case()
    assert _do(browser, case, "claim", form_key="")[0] == 422
    assert _case(deps, case).claimed_by is None


def test_a_case_of_a_rule_that_is_gone_is_still_shown(deps: Deps, make_case: MakeCase, browser: Browser) -> None:
    case = make_case(rule="R99", message_key="R99.old", inputs={"promised_on": "not a day", "n": 1.5, "on": True})
    assert "R99" in browser.get(f"/staff/cases/{case}").text
    with deps.sessions.write_system() as session:
        session.get_one(DeliveryException, case).message_key = "R08.gone"
    assert browser.get(f"/staff/cases/{case}").status_code == 200


def test_the_box_opens_the_one_order_and_lists_the_many(make: Factory, browser: Browser) -> None:
    order = make.order(number="J-77")
    make.order(number="J-78")
    assert browser.get("/staff/search?q=j-77").headers["Location"] == f"/staff/orders/{order.id}"
    assert "J-77" in browser.get(f"/staff/orders/{order.id}").text
    many = browser.get("/staff/search?q=ada").text
    assert "J-77" in many
    assert "J-78" in many
    nothing = browser.get("/staff/search?q=<script>alert(1)</script>").text
    assert "Nothing found" in nothing
    assert "<script>alert" not in nothing


@pytest.fixture
def sent_back(deps: Deps, make: Factory) -> DeskReturn:
    """A return of two shirts, asked for by the shopper."""
    now = deps.clock()
    order = make.order(
        lines=[{"quantity": 2, "title": "Linen shirt"}],
        handed_over_at=now - timedelta(days=8),
        delivered_at=now - timedelta(days=4),
    )
    asked = offer(deps, make.shop, order.public_id)
    line = asked.lines[0].line_id
    submit(
        deps, make.shop, ReturnRequest(order.public_id, (Choice(line, 2, "changed_mind"),), "refund"), asked.form_key
    )
    return list_returns(deps).returns[0]


def test_a_return_is_received_and_paid_once(deps: Deps, browser: Browser, sent_back: DeskReturn) -> None:
    page, item = f"/staff/returns/{sent_back.id}", sent_back.items[0].id
    assert sent_back.rma in browser.get("/staff/returns?state=open").text
    nothing = browser.post(f"{page}/receive", page)
    assert nothing.status_code == 422
    fields = {f"came-{item}": "2", f"missing-{item}": "0"}
    assert browser.post(f"{page}/receive", page, **fields).status_code == 303
    again = browser.post(f"{page}/receive", page, **fields)
    assert (again.status_code, "moved on" in again.text) == (409, True)
    assert "Refund $94.10 in the shop first" in browser.get(page).text
    assert browser.post(f"{page}/pay", page, form_key=KEY).status_code == 303
    assert browser.post(f"{page}/pay", page, form_key=KEY).status_code == 303
    assert find_return(deps, sent_back.id).money == "paid"
    assert "Done" in browser.get(page).text
