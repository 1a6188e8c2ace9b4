"""The console in a real browser: by keyboard, without scripts, on a phone, for everybody."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from portal.app import create_app
from portal.settings import load
from portal.usecases.deps import Deps
from portal.usecases.staff.accounts import create_staff
from portal.usecases.staff.cases import show_case
from tests.support.desk import MakeCase
from tests.support.desk import make_case as make_case
from tests.support.factory import Factory

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]
EMAIL, PASSWORD = "mira@staff.example", "river tin orchard 9"
PAGES = ("/staff/", "/staff/?view=snoozed", "/staff/cases/1", "/staff/orders/1", "/staff/search?q=ada", "/staff/returns",
         "/staff/team", "/staff/audit", "/staff/account", "/staff/carriers")  # fmt: skip


@pytest.fixture
def address(deps: Deps) -> Iterator[str]:
    """The console on a real port, with one administrator."""
    create_staff(deps, EMAIL, "Mira", "admin", PASSWORD)
    holder: dict[str, Flask] = {}
    server = make_server("127.0.0.1", 0, lambda e, s: holder["app"](e, s), threaded=True)
    url = f"http://127.0.0.1:{server.server_port}"
    holder["app"] = create_app(deps, load(public_url=url, _env_file=None))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield url
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def cases(deps: Deps, make: Factory, make_case: MakeCase) -> list[int]:
    """Three cases, in the order of the queue."""
    vip = make.customer(name="Wolfeschlegelsteinhausen-Bergerdorff, Hubert", is_vip=True, ltv_minor=184_000)
    reason = {"key": "loyalty_tier", "inputs": {"tier": "gold"}}
    due = deps.clock() + timedelta(hours=3)
    return [
        make_case(make.shipment(make.order(vip)), is_vip=True, vip_reason=reason, due_at=due),
        make_case(due_at=due - timedelta(hours=5), severity="critical", rule="R15", message_key="R15"),
        make_case(due_at=due, severity="low"),
    ]


@pytest.fixture
def enter(browser: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """Sign in with a new browser window; fails the test at its end when the page complained."""
    opened, complaints = [], list[str]()

    def _enter(**how: Any) -> Page:
        context = browser.new_context(base_url=address, **({"viewport": {"width": 1280, "height": 800}} | how))
        opened.append(context)
        page = context.new_page()
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda e: complaints.append(str(e)))
        page.goto("/staff/")
        page.fill("#email", EMAIL)
        page.fill("#password", PASSWORD)
        page.click("button.button")
        page.wait_for_url("**/staff/")
        return page

    yield _enter
    for context in opened:
        context.close()
    assert complaints == []


def test_the_keyboard_is_enough(deps: Deps, cases: list[int], enter: Callable[..., Page]) -> None:
    page = enter()
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert page.locator(".row.at").get_attribute("id") == f"case-{cases[1]}"
    page.keyboard.press("k")
    page.keyboard.press("c")
    page.wait_for_url(f"**#case-{cases[0]}")
    assert show_case(deps, cases[0]).case.claimed_name == "Mira"
    page.locator(".row.at").wait_for()
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("n")
    page.wait_for_url(f"**/cases/{cases[0]}#note-text")
    page.locator("#note-text:focus").wait_for()
    page.keyboard.type("jk called twice?/")
    assert page.locator("#note-text").input_value() == "jk called twice?/"
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()


def test_without_scripts_everything_still_works(deps: Deps, cases: list[int], enter: Callable[..., Page]) -> None:
    page = enter(java_script_enabled=False)
    page.select_option("#f-severity", "critical")
    page.click("text=Show")
    assert page.locator(".row").count() == 1
    page.click(".row .title")
    page.check("text=Refunded")
    page.click("text=Resolve the case")
    assert show_case(deps, cases[1]).case.outcome == "refunded"
    page.click("button:has-text('Undo')")
    assert show_case(deps, cases[1]).case.state == "open"


def test_the_queue_says_that_it_has_changed_and_moves_nothing(
    deps: Deps, cases: list[int], make_case: MakeCase, enter: Callable[..., Page]
) -> None:
    page = enter()
    page.clock.install()
    page.reload()
    before = page.locator(".row").evaluate_all("rows => rows.map(row => row.id)")
    make_case(due_at=deps.clock() - timedelta(days=1), is_vip=True)
    page.clock.fast_forward(16_000)
    page.locator("[data-changed]:not([hidden])").wait_for()
    assert page.locator(".row").evaluate_all("rows => rows.map(row => row.id)") == before
    assert page.locator("[data-view=open] .count").inner_text() == "4"


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_shuts_anybody_out_or_runs_off_the_screen(
    cases: list[int], enter: Callable[..., Page], width: int, scheme: str
) -> None:
    page = enter(viewport={"width": width, "height": 844}, color_scheme=scheme)
    for path in PAGES:
        page.goto(path)
        found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
        problems = [(v["id"], [n["target"] for n in v["nodes"]][:3]) for v in found.response["violations"]]
        assert problems == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
