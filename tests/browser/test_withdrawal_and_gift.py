"""Withdrawing from the contract and returning a present in a real browser: with script and without, by keyboard, on a
phone and a desk, sound for everyone."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from sqlalchemy import select

from portal.db.tables.return_flow import Withdrawal
from portal.db.tables.returns import Return
from portal.usecases.returns.gift_codes import make_gift_code
from tests.browser.conftest import Live

pytestmark = pytest.mark.browser


@pytest.fixture(params=[True, False], ids=["with-script", "without-script"])
def visitor(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Somebody on a phone."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, locale="en-US", java_script_enabled=request.param
    )
    yield context.new_page()
    context.close()


def title(page: Page) -> str:
    """The headline as it is written, whatever letters a brand sets it in."""
    return (page.get_by_role("heading", level=1).text_content() or "").strip()


def withdraw(page: Page, live: Live, look: Callable[[str], None]) -> None:
    """From the shop's return finder, as a guest, to the receipt."""
    order = live.stories("nordlicht").delivered()
    page.goto(f"{live.address}/nordlicht/returns?lang=en")
    page.get_by_role("main").get_by_role("link", name="Withdraw from contract here").click()
    look("find")
    page.get_by_label("Order number").fill(order.number)
    page.get_by_label("E-mail address of the order").fill(order.email or "")
    page.get_by_role("button", name="Continue").click()
    look("step-1")
    assert all(box.is_checked() for box in page.get_by_role("checkbox").all())
    page.get_by_label("Your name").fill("Jan Petersen")
    page.get_by_role("button", name="Continue").click()
    look("step-2")
    page.get_by_role("button", name="Confirm withdrawal").click()
    look("receipt")
    assert title(page) == "We have received your withdrawal"


def present(page: Page, live: Live, look: Callable[[str], None]) -> None:
    """From the code to the page of the return."""
    stories = live.stories("juniper")
    order = stories.delivered()
    code = make_gift_code(live.deps, stories.shop, order.public_id, "k", "shopper")
    page.goto(f"{live.address}/juniper/gift?lang=en")
    look("code")
    page.get_by_label("Gift code").fill(code.lower())
    page.get_by_role("button", name="Show what can go back").click()
    look("items")
    page.get_by_role("checkbox").first.check()
    page.get_by_role("button", name="Continue").click()
    look("reasons")
    page.get_by_label("Reason").select_option("gift_unwanted")
    page.get_by_role("button", name="Continue").click()
    look("wish")
    page.get_by_role("button", name="Continue").click()
    look("sender")
    for label, value in (
        ("Your name", "Grace Hopper"),
        ("Your e-mail address", "grace@new.example"),
        ("Street and number", "7 Oak Lane"),
        ("Postcode", "22201"),
        ("Town", "Arlington"),
        ("State or region", "VA"),
    ):
        page.get_by_label(label).fill(value)
    page.get_by_role("button", name="Continue").click()
    if title(page) == "How would you like to send it back?":
        look("method")
        page.get_by_role("button", name="Continue").click()
    look("check")
    page.get_by_role("button", name="Get my return label").click()
    look("page")
    assert title(page) == "Your return label is ready"


def fits(page: Page) -> None:
    page.wait_for_load_state()
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, page.url


def test_a_guest_withdraws_in_two_steps(live: Live, visitor: Page) -> None:
    withdraw(visitor, live, lambda _name: fits(visitor))
    with live.deps.sessions.read(live.stories("nordlicht").shop.id) as session:
        assert session.scalars(select(Withdrawal.content)).one()["name"] == "Jan Petersen"


def test_a_present_goes_back_with_its_code(live: Live, visitor: Page) -> None:
    def without_prices(_name: str) -> None:
        fits(visitor)
        shown = visitor.content()
        assert "$" not in shown.replace("${", "")
        assert "Ada" not in shown

    present(visitor, live, without_prices)
    with live.deps.sessions.read(live.stories("juniper").shop.id) as session:
        assert session.scalars(select(Return.kind)).one() == "gift"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("walk", [withdraw, present])
def test_every_step_is_sound_for_everyone(
    live: Live, browser: Browser, walk: Callable[..., None], width: int, scheme: str
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme, locale="en-US")  # type: ignore[arg-type]
    page = context.new_page()

    def sound(_name: str) -> None:
        page.wait_for_load_state()
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        fits(page)

    walk(page, live, sound)
    context.close()


def test_the_withdrawal_is_confirmed_by_keyboard_alone(live: Live, page: Page) -> None:
    order = live.stories("nordlicht").delivered()
    page.goto(live.link("nordlicht", order))
    page.goto(f"{page.url}?lang=en")
    page.get_by_role("main").get_by_role("link", name="Withdraw from contract here").focus()
    page.keyboard.press("Enter")
    page.get_by_label("E-mail address for the receipt").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Confirm withdrawal").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/withdrawals/**")
    assert title(page) == "We have received your withdrawal"
