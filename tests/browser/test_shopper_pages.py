"""The shopper's pages in a real browser: readable, reachable by keyboard, sound for everyone, in both shops."""

from __future__ import annotations

import gzip
import re
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Dialog, Page
from sqlalchemy import select

from portal.db.tables.messages import OutboxMessage
from portal.db.tables.orders import Order
from tests.browser.conftest import Live

pytestmark = pytest.mark.browser
SHOPS = ["juniper", "nordlicht"]
STORIES = ["on_its_way", "late", "split", "delivered", "at_pickup", "not_shipped", "feed_down"]


def _sound(page: Page) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def _fits(page: Page) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0


def _find(page: Page, live: Live, slug: str, order: Order) -> None:
    page.goto(f"{live.address}/{slug}/track")
    page.get_by_label("Order number").fill(order.number)
    page.get_by_label("E-mail address of the order").fill(order.email or "")
    page.get_by_role("button", name="Show my order").click()


@pytest.mark.parametrize("slug", SHOPS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_sound_and_fits_a_phone(live: Live, browser: Browser, slug: str, scheme: str) -> None:
    stories = live.stories(slug)
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=scheme, locale="en-US")  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{live.address}/{slug}/track")
    _sound(page)
    _fits(page)
    for story in STORIES:
        order = getattr(stories, story)()
        page.goto(live.link(slug, order))
        _sound(page)
        _fits(page)
    page.goto(f"{live.address}/{slug}/nothing")
    _sound(page)
    context.close()


@pytest.mark.parametrize("slug", SHOPS)
def test_at_four_hundred_percent_nothing_is_cut_off(live: Live, browser: Browser, slug: str) -> None:
    order = live.stories(slug).late()
    context = browser.new_context(viewport={"width": 320, "height": 256}, locale="en-US")
    page = context.new_page()
    page.goto(live.link(slug, order))
    _fits(page)
    page.goto(f"{live.address}/{slug}/track")
    _fits(page)
    context.close()


def test_right_to_left_is_a_mirror_that_still_fits(live: Live, browser: Browser) -> None:
    for slug in SHOPS:
        order = live.stories(slug).late()
        context = browser.new_context(viewport={"width": 390, "height": 844}, locale="en-US")
        page = context.new_page()
        page.goto(live.link(slug, order))
        page.evaluate("document.documentElement.dir = 'rtl'")
        _fits(page)
        context.close()


def test_the_answer_is_seen_without_scrolling(live: Live, page: Page) -> None:
    for slug in SHOPS:
        page.goto(live.link(slug, live.stories(slug).out_today()))
        box = page.locator("h1").bounding_box()
        assert box is not None
        assert box["y"] + box["height"] < 500


def test_two_shops_look_like_two_companies(live: Live, page: Page) -> None:
    looks = []
    for slug in SHOPS:
        page.goto(live.link(slug, live.stories(slug).on_its_way()))
        looks.append(
            page.evaluate(
                """() => { const h = getComputedStyle(document.querySelector('h1'));
                return [h.fontFamily, h.textTransform, h.textAlign, document.documentElement.className,
                        getComputedStyle(document.querySelector('.progress ol')).gap,
                        document.querySelector('h1').textContent] }"""
            )
        )
    assert all(one != other for one, other in zip(*looks, strict=True)), looks


def test_the_keyboard_is_enough(live: Live, page: Page) -> None:
    order = live.stories("juniper").on_its_way()
    page.goto(f"{live.address}/juniper/track")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    page.keyboard.type(order.number)
    page.keyboard.press("Tab")
    page.keyboard.type(order.email or "")
    page.keyboard.press("Enter")
    page.wait_for_url("**/orders/**")
    for _ in range(8):
        page.keyboard.press("Tab")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid", page.evaluate("document.activeElement.outerHTML")


@pytest.mark.parametrize("slug", SHOPS)
def test_without_script_the_whole_way_to_the_address_works(live: Live, browser: Browser, slug: str) -> None:
    stories = live.stories(slug)
    order = stories.on_its_way()
    context = browser.new_context(java_script_enabled=False, locale="en-US")
    page = context.new_page()
    _find(page, live, slug, order)
    assert str(order.ship_line1) not in page.content()
    page.get_by_role("link", name="Show everything").click()
    page.get_by_role("button", name="Send me a code").click()
    with live.deps.sessions.read(stories.shop.id) as session:
        payload = session.scalars(select(OutboxMessage.payload).where(OutboxMessage.event == "code")).one()
    page.get_by_label("Six-digit code").fill(payload["code"])
    page.get_by_role("button", name="Continue").click()
    assert page.get_by_text(order.ship_line1 or "").is_visible()
    assert page.locator("h1").is_visible()
    context.close()


def test_an_open_page_learns_what_changed_and_says_it(live: Live, page: Page) -> None:
    stories = live.stories("juniper")
    order = stories.on_its_way()
    page.clock.install()
    page.goto(live.link("juniper", order))
    before = page.locator("h1").text_content()
    with live.deps.sessions.write(stories.shop.id) as session:
        session.get_one(Order, order.id).version += 1
        session.get_one(Order, order.id).status = "cancelled"
    page.clock.run_for(61_000)
    page.wait_for_function("before => document.querySelector('h1').textContent !== before", arg=before)
    assert page.locator("h1").text_content() == "This order was cancelled"
    assert page.locator("#said").text_content() == "This order was cancelled"


def test_the_tracking_number_can_be_copied(live: Live, browser: Browser) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"], locale="en-US")
    page = context.new_page()
    page.goto(live.link("juniper", live.stories("juniper").on_its_way()))
    page.get_by_role("button", name="Copy the tracking number").click()
    assert page.evaluate("navigator.clipboard.readText()").startswith("1Z999AA1")
    assert page.locator("#said").text_content() == "Copied"
    context.close()


def test_the_page_asks_nobody_but_us_and_the_token_never_travels_on(live: Live, page: Page) -> None:
    asked: list[tuple[str, dict[str, str]]] = []
    page.on("request", lambda request: asked.append((request.url, request.headers)))
    link = live.link("juniper", live.stories("juniper").late())
    page.goto(link)
    token = link.rpartition("/")[2]
    assert token not in page.url
    assert {urlsplit(url).netloc for url, _ in asked} == {urlsplit(live.address).netloc}
    assert sum(token in url for url, _ in asked) == 1
    assert not [headers["referer"] for _, headers in asked if headers.get("referer")]


@pytest.mark.parametrize("slug", SHOPS)
def test_a_tracking_page_is_light(live: Live, page: Page, slug: str) -> None:
    page.goto(live.link(slug, live.stories(slug).split()))
    weight = len(gzip.compress(page.content().encode()))
    for name in re.findall(r'(?:href|src)="(/[^"]+\.(?:css|js)[^"]*)"', page.content()):
        with urlopen(live.address + name.replace("&amp;", "&")) as answer:
            weight += len(gzip.compress(answer.read()))
    assert weight < 50_000


def test_nothing_a_carrier_writes_runs(live: Live, page: Page) -> None:
    stories = live.stories("juniper")
    order = stories.order(ship_name="<img src=x onerror=alert(1)>")
    shipment = stories.parcel(order, "in_transit", "InTransit_003")
    for n, payload in enumerate(["<script>alert(1)</script>", "<svg onload=alert(1)>", "javascript:alert(1)"]):
        stories.scan(shipment, n + 1, "in_transit", f"X{n}", raw_text=payload, city=payload)
    dialogs: list[str] = []

    def dismiss(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", dismiss)
    page.goto(live.link("juniper", order))
    for summary in page.locator(".scan summary").all():
        summary.click()
    assert page.locator(".scan svg, .scan img, .scan script, .facts img").count() == 0
    assert dialogs == []
    assert page.get_by_text("<svg onload=alert(1)>").first.is_visible()


def test_printed_it_is_black_on_white_without_controls(live: Live, page: Page) -> None:
    page.emulate_media(media="print", color_scheme="dark")
    page.goto(live.link("nordlicht", live.stories("nordlicht").delivered()))
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.get_by_role("link", name="Start a return").is_visible()
    assert page.locator("h1").is_visible()
