"""The questions of a return in a real browser: sound and fitting on every page, and short without script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

from portal.db.tables.orders import Order
from portal.settings import read_toml
from tests.browser import stories as stories_module
from tests.browser.conftest import Live
from tests.browser.stories import PEOPLE
from tests.usecases.returns import pictures

pytestmark = pytest.mark.browser
SETTINGS: dict[str, Any] = {
    "resolutions": ["refund", "store_credit", "exchange"],
    "methods": ["label", "drop_off", "pickup", "in_store", "own_parcel"],
    "label_carrier": "usps",
    "stores": [
        {"name": f"Shop in {city}", "line1": "Mill Road 4", "city": city, "postal_code": "24105", "country": country}
        for city, country in (("Kiel", "DE"), ("Hamburg", "DE"), ("Burlington", "US"))
    ],
    "offers": {"keep_percent": {"size_too_small": 10}},
    "photo_reasons": ["damaged_in_transit"],
}


@pytest.fixture(autouse=True)
def every_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both shops offer everything that can be offered."""

    def read(path: Path) -> dict[str, Any]:
        document = read_toml(path)
        return document | {"returns": document["returns"] | SETTINGS, "labels": {}}

    monkeypatch.setattr(stories_module, "read_toml", read)


def bought(live: Live, slug: str) -> Order:
    """Two things that arrived, one of which comes in several sizes; and another order of the same shopper."""
    make, now = live.stories(slug).make, live.deps.clock()
    for rank, (size, stock) in enumerate((("S", 7), ("M", 2), ("L", 2), ("XL", 0))):
        make.variant(
            f"JACKET-{size}",
            product_ref="JACKET",
            title="Dreilagen-Hardshelljacke Hallig",
            variant=f"Petrol, Größe {size}",
            size_rank=rank,
            stock=stock,
            price_minor=34_900,
        )
    make.variant("CAP", product_ref="CAP", title="Merino-Mütze", variant="Anthrazit", stock=4, price_minor=2_900)
    person = PEOPLE[slug] | {"handed_over_at": now - timedelta(days=7), "delivered_at": now - timedelta(days=3)}
    customer = make.customer(email=person["email"])
    older = [{"sku": "CAP", "title": "Merino-Mütze", "unit_price_minor": 2_900}]
    make.order(customer, older, number="N-1007", placed_at=now - timedelta(days=20), total_minor=3_490, **person)
    lines = [
        {
            "sku": "JACKET-M",
            "title": "Dreilagen-Hardshelljacke Hallig",
            "variant": "Petrol, Größe M",
            "product_type": "Jacken",
            "product_ref": "JACKET",
            "unit_price_minor": 34_900,
        },
        {"sku": "TIPS", "title": "Trekkingstockspitzen-Ersatzset", "quantity": 2, "unit_price_minor": 990},
        {"sku": "SALE", "title": "Restposten-Handschuhe", "final_sale": True, "unit_price_minor": 900},
    ]
    return make.order(customer, lines, number="N-1041", placed_at=now - timedelta(days=9), total_minor=38_370, **person)


class Questions:
    """Somebody who answers them, and looks at each page on the way."""

    def __init__(self, page: Page, look: bool) -> None:
        self.page, self.look, self.seen = page, look, 0

    def check(self) -> None:
        self.seen += 1
        if not self.look:
            return
        wide = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, self.page.url
        found = Axe().run(self.page)
        assert found.violations_count == 0, f"{self.page.url}\n{found.generate_report()}"

    def go_on(self) -> None:
        """Look at the page, then send its form."""
        self.check()
        self.page.locator("main form .actions button.button").last.click()
        self.page.wait_for_load_state()


@pytest.fixture
def phone(browser: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="en-US", **request.param)
    yield context
    context.close()


def _ids(page: Page) -> list[str]:
    found = page.locator("section.return-item").evaluate_all(
        "all => all.map(one => one.getAttribute('aria-labelledby'))"
    )
    return [str(name).removeprefix("item-") for name in found]


@pytest.mark.parametrize("slug", ["juniper", "nordlicht"])
@pytest.mark.parametrize(
    "phone", [{"color_scheme": "light"}, {"color_scheme": "dark"}], ids=["light", "dark"], indirect=True
)
def test_every_question_is_sound_and_fits_a_phone(live: Live, phone: BrowserContext, slug: str) -> None:
    order = bought(live, slug)
    page = phone.new_page()
    page.goto(live.link(slug, order))
    visit = Questions(page, look=True)
    page.goto(f"{live.address}/{slug}/orders/{order.public_id}/return")
    visit.go_on()
    assert page.evaluate("document.activeElement.getAttribute('role')") == "alert"
    page.get_by_role("button", name="Something from another order?").click()
    page.locator("input[name=order]").check()
    visit.go_on()
    for box in page.locator("main input[type=checkbox]").all():
        box.check()
    visit.go_on()
    visit.go_on()
    jacket, tips, cap = _ids(page)
    page.locator(f"#reason-{jacket}-size_too_small").check()
    assert page.locator(f"#sub-{jacket}-size_too_small-chest").is_visible()
    assert not page.locator(f"#sub-{jacket}-size_too_large-chest").is_visible()
    assert not page.locator(f"#photos-{jacket}").is_visible()
    page.locator(f"#reason-{tips}-damaged_in_transit").check()
    page.locator(f"#reason-{cap}-same").check()
    visit.go_on()
    picture = pictures.as_format("JPEG", pictures.picture(300, 200))
    page.locator(f"#photo-{tips}").set_input_files({"name": "a.jpg", "mimeType": "image/jpeg", "buffer": picture})
    page.locator(f"button[name=add][value='{tips}']").click()
    assert page.locator(f"#photos-{tips} img").evaluate("one => one.complete && one.naturalWidth > 0")
    visit.go_on()
    assert "Keep it, and get" in page.content()
    visit.go_on()
    page.locator("#get-exchange").check()
    visit.go_on()
    page.get_by_role("button", name="Choose another product").first.click()
    visit.check()
    page.go_back()
    page.locator(f"input[name=want-{jacket}][value=JACKET-L]").check()
    visit.go_on()
    page.locator("#method-in_store").check()
    page.locator("input[name=store]").first.check()
    visit.go_on()
    page.get_by_role("link", name="Go on with another device").click()
    visit.go_on()
    visit.check()
    assert page.locator("svg.qr").is_visible()
    page.goto(f"{live.address}/{slug}/orders/{order.public_id}/return/review")
    visit.go_on()
    assert re.search(r"/returns/[^/]+$", page.url), page.url
    assert visit.seen >= 14


@pytest.mark.parametrize("phone", [{"java_script_enabled": False}], indirect=True)
def test_without_script_five_answers_lead_to_the_label(live: Live, phone: BrowserContext) -> None:
    stories = live.stories("juniper")
    now = live.deps.clock()
    order = stories.order(
        placed_at=now - timedelta(days=9), handed_over_at=now - timedelta(days=7), delivered_at=now - timedelta(days=3)
    )
    page = phone.new_page()
    page.goto(live.link("juniper", order))
    page.goto(f"{live.address}/juniper/orders/{order.public_id}/return")
    visit = Questions(page, look=False)
    page.locator("main input[type=checkbox]").first.check()
    visit.go_on()
    page.get_by_label("I changed my mind").check()
    visit.go_on()
    page.locator("#get-refund").check()
    visit.go_on()
    visit.go_on()  # the first way back is chosen already
    visit.go_on()
    assert visit.seen == 5
    assert page.locator("h1").text_content() == "Your return label is ready"


@pytest.mark.parametrize("phone", [{"color_scheme": "light"}], indirect=True)
def test_the_way_back_of_the_browser_shows_what_was_chosen(live: Live, phone: BrowserContext) -> None:
    order = bought(live, "juniper")
    page = phone.new_page()
    page.goto(live.link("juniper", order))
    page.goto(f"{live.address}/juniper/orders/{order.public_id}/return")
    visit = Questions(page, look=False)
    page.locator("main input[type=checkbox]").first.check()
    visit.go_on()
    page.get_by_label("I changed my mind").check()
    visit.go_on()
    page.go_back()
    page.reload()
    assert page.get_by_label("I changed my mind").is_checked()
    page.go_back()
    assert page.locator("main input[type=checkbox]").first.is_checked()
