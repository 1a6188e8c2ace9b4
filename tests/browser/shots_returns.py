"""The pages of returns for `make shots`, from orders made for them: every question, every state a return can be in,
withdrawal and presents. Everything outside is a double here, so that each state is there at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pypdfium2
from playwright.sync_api import Page

from carriers.errors import CarrierError, ErrorKind
from portal.db.base import Base
from portal.db.engine import make_engine
from portal.db.tables.orders import Order
from portal.db.tables.returns import Return
from portal.usecases.returns.gift_codes import make_gift_code
from tests.browser.conftest import Live, running
from tests.browser.journeys import MUG, SETTINGS, SHIRT, Facts, Shopper, set_up, shops_with
from tests.support.doubles import FakeCarriers
from tests.usecases.returns import pictures

MORE: dict[str, Any] = {
    "methods": ["label", "drop_off", "pickup", "in_store", "own_parcel"],
    "offers": {"keep_percent": {"damaged_in_transit": 20}, "keep_up_to_minor": 3_000},
    "stores": [
        {"name": f"Shop in {city}", "line1": "Mill Road 4", "city": city, "postal_code": code, "country": country}
        for city, code, country in (("Kiel", "24105", "DE"), ("Burlington", "05401", "US"))
    ],
}
GIFT = {"name": "Grace Hopper", "email": "grace@new.example", "line1": "7 Oak Lane", "postal_code": "22201"}
GIFT |= {"city": "Arlington"}


@dataclass
class Album(Shopper):
    """A shopper who photographs each page on the way."""

    folder: Path = Path()
    language: str = "en"
    taken: int = 0

    def shot(self, name: str) -> None:
        self.page.wait_for_load_state()
        self.page.screenshot(path=self.folder / f"{self.slug}-return-{name}.png", full_page=True)
        self.taken += 1

    def see(self, name: str, address: str) -> None:
        self.page.goto(f"{self.live.address}/{self.slug}/{address}?lang={self.language}")
        self.shot(name)

    def state(self, name: str, facts: Facts, **values: Any) -> None:
        """The return's page as it is when these columns are so."""
        with self.live.deps.sessions.write(facts.shop_id) as session:
            row = session.get_one(Return, facts.return_id)
            for column, value in values.items():
                setattr(row, column, value)
        self.see(name, f"returns/{facts.row.public_id}")


@contextmanager
def returns_shops(folder: Path) -> Iterator[Live]:
    """Both shops, each with everything that can be offered."""
    folder.mkdir(exist_ok=True)
    template = folder / "template.sqlite3"
    engine = make_engine(f"sqlite:///{template}")
    Base.metadata.create_all(engine)
    engine.dispose()
    with shops_with(**SETTINGS | MORE), running(template, folder) as live:
        for slug in ("juniper", "nordlicht"):
            set_up(live, slug)
        carriers(live).label_countries = ("US", "DE")
        carriers(live).qr = pictures.as_format("PNG", pictures.picture(200, 200))
        yield live


def carriers(live: Live) -> FakeCarriers:
    assert isinstance(live.deps.carriers, FakeCarriers)
    return live.deps.carriers


def questions(album: Album) -> None:
    """From the items to the last look, with two orders, a picture, an offer and an exchange."""
    page = album.page
    card = {"sku": "CARD", "title": "Gift card", "product_type": "gift card", "unit_price_minor": 5_000}
    order = album.bought(SHIRT, MUG, card | {"final_sale": True})
    shirt, mug = album.line(order), album.line(order, 1)
    album.open(order, album.language)
    album.shot("items")
    album.tick(shirt, mug)
    album.shot("reasons")
    page.locator(f"#reason-{shirt}-size_too_small").check()
    page.locator(f"details:has(#reason-{mug}-damaged_in_transit) summary").click()
    page.locator(f"#reason-{mug}-damaged_in_transit").check()
    album.go_on()
    photo = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": pictures.jpeg()}
    page.locator(f"#photo-{mug}").set_input_files(photo)  # type: ignore[arg-type]
    page.locator(f"button[name=add][value='{mug}']").click()
    album.shot("reasons-picture")
    album.go_on()
    album.shot("offers")
    album.go_on()
    album.shot("resolution")
    page.locator("#get-exchange").check()
    album.go_on()
    page.locator(f"input[name=want-{shirt}][value=SHIRT-L]").check()
    album.shot("exchange")
    album.go_on()
    page.locator("#method-label").check()
    album.shot("method")
    album.go_on()
    album.shot("review")
    album.go_on()
    page.wait_for_url("**/returns/*")
    album.shot("page-exchange")
    Facts.of(album.live, order).scan("in_transit")
    album.see("page-exchange-sent", page.url.rpartition(f"/{album.slug}/")[2].split("?")[0])


def closed(album: Album) -> None:
    order = album.bought(SHIRT, MUG | {"final_sale": True}, delivered=33)
    album.open(order, album.language)
    album.shot("window-closed")


def _sent_in(album: Album, resolution: str = "refund", method: str = "label") -> tuple[Order, Facts]:
    order = album.bought(SHIRT)
    album.open(order, album.language)
    album.tick(album.line(order))
    album.because("changed_mind", album.line(order))
    album.get(resolution)
    album.confirm(method)
    return order, Facts.of(album.live, order)


def states(album: Album) -> None:
    """The page of a return, wherever it stands."""
    live = album.live
    carriers(live).label_error = CarrierError(ErrorKind.SERVER_ERROR, "down", sent=False)
    _sent_in(album)
    album.shot("page-waiting")
    carriers(live).label_error = None
    _, facts = _sent_in(album)
    album.shot("page-label")
    slip = album.page.request.get(f"{live.address}/{album.slug}/returns/{facts.row.public_id}/packing-slip.pdf")
    pypdfium2.PdfDocument(slip.body())[0].render(scale=1.2).to_pil().save(
        album.folder / f"{album.slug}-return-packing-slip.png"
    )
    facts.scan("in_transit")
    album.state("page-sent", facts)
    facts.scan("delivered")
    album.state("page-arrived", facts)
    album.state("page-held", facts, held_at=live.deps.clock())
    album.state("page-due", facts, held_at=None, money="due")
    _, facts = _sent_in(album, "store_credit")
    facts.arrive_and_pay()
    album.state("page-paid-credit", facts)
    _, facts = _sent_in(album)
    facts.arrive_and_pay()
    album.state("page-paid", facts)
    _, facts = _sent_in(album)
    album.state("page-asked", facts, decision="submitted", parcel="none", money="none")
    words = "The shirt was worn, and the label was cut off."
    album.state("page-rejected", facts, decision="rejected", reject_code="worn", reject_words=words)
    _, facts = _sent_in(album, method="own_parcel")
    album.shot("page-own-parcel")
    album.see("address-label", f"returns/{facts.row.public_id}/slip")
    _, facts = _sent_in(album)
    album.see("cancel", f"returns/{facts.row.public_id}/cancel")


def withdrawal(album: Album) -> None:
    page, order = album.page, album.bought(SHIRT, MUG)
    page.context.clear_cookies()
    album.see("withdraw-find", "withdraw")
    page.locator("main input[name=number], main input[name=order]").first.fill(order.number)
    page.locator("main input[type=email], main input[name=email]").first.fill(order.email or "")
    album.go_on()
    album.shot("withdraw-1")
    page.locator("main input[name=name]").first.fill("Jan Petersen")
    album.go_on()
    album.shot("withdraw-2")
    album.go_on()
    album.shot("withdraw-receipt")
    facts = Facts.of(album.live, order)
    page.goto(album.live.link(album.slug, order))
    album.see("page-withdrawal", f"returns/{facts.row.public_id}")


def present(album: Album) -> None:
    page, order = album.page, album.bought(SHIRT, MUG)
    page.goto(album.live.link(album.slug, order))
    album.see("gift-codes", f"orders/{order.public_id}/gift")
    shop = album.live.stories(album.slug).shop
    code = make_gift_code(album.live.deps, shop, order.public_id, f"shots {order.id}", "shopper")
    page.context.clear_cookies()
    album.see("gift-code", "gift")
    page.locator("main input[name=code]").fill(code)
    album.go_on()
    album.shot("gift-items")
    page.get_by_role("checkbox").first.check()
    album.go_on()
    page.locator("main select").last.select_option("gift_unwanted")
    album.shot("gift-reasons")
    album.go_on()
    album.shot("gift-wish")
    album.go_on()
    for name, value in GIFT.items():
        page.locator(f"main [name={name}]").fill(value)
    if page.locator("main [name=region]").count():
        page.locator("main [name=region]").fill("VA")
    album.shot("gift-sender")
    album.go_on()
    if page.locator("#method-label").count():
        page.locator("#method-label").check()
        album.shot("gift-method")
        album.go_on()
    album.shot("gift-check")
    album.go_on()
    album.shot("gift-page")
    Facts.of(album.live, order).arrive_and_pay()
    page.reload()
    album.shot("gift-page-credit")


def return_pages(page: Page, live: Live, folder: Path, language: str) -> int:
    """Both shops' pages in one language, width and scheme; gives how many were photographed."""
    taken = 0
    for slug in ("juniper", "nordlicht"):
        album = Album(live, page, slug, folder, language)
        for walk in (questions, closed, states, withdrawal, present):
            if walk is withdrawal and slug == "juniper":
                continue  # to the United States, where there is no such right
            try:
                walk(album)
            except Exception as error:  # the other pages are worth a picture all the same
                print(f"{slug} {walk.__name__}: {str(error).splitlines()[0]} at {page.url}")
                page.screenshot(path=folder / f"{slug}-return-stuck-{walk.__name__}.png", full_page=True)
                carriers(live).label_error = None
        taken += album.taken
    return taken
