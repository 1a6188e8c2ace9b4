"""Photograph every page of a real, running demo into `shots/`: `make shots`.

python -m tests.browser.shots              everything: 390 and 1280 px, light and dark, English, German, Arabic
python -m tests.browser.shots 390-dark-ar  only these looks (as many as you name); `make shots S=390-dark-ar`
python -m tests.browser.shots --docs       only the pictures of the README, into docs/pictures
"""

from __future__ import annotations

import itertools
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, sync_playwright

from portal.settings import ROOT
from portal.usecases.returns.desk_read import FILTERS
from tests.browser.conftest import chromium
from tests.browser.shots_returns import return_pages, returns_shops
from tests.cli.test_demo import Running, link_to, start, stop

SHOTS = ROOT / "shots"
PICTURES = ROOT / "docs" / "pictures"
WIDTHS = (390, 1280)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
LANGUAGES = ("en", "de", "ar")
STORIES = {
    "late": "Express, promised and late",
    "finished-return": "a finished return",
    "delivered": "Delivered: try a return",
    "split": "One order in two parcels",
    "pickup": "Waiting at a pick-up point",
    "customs": "Held at the border",
    "damaged": "Damaged on the way",
}


class Look(NamedTuple):
    """How a page is looked at."""

    width: int
    scheme: Literal["light", "dark"]
    language: str

    @property
    def name(self) -> str:
        return f"{self.width}-{self.scheme}-{self.language}"

    @property
    def folder(self) -> Path:
        return SHOTS / self.name


def pages(demo: Running) -> Iterator[tuple[str, str]]:
    """A name and an address for every public page worth looking at."""
    yield "demo-index", "/"
    yield "demo-mail", "/mail/"
    yield "demo-lab", "/lab/"
    for shop in ("juniper", "nordlicht"):
        yield f"{shop}-find", f"/{shop}/track"
        yield f"{shop}-return-find", f"/{shop}/returns"
        yield f"{shop}-missing", f"/{shop}/nothing-here"
    index = demo.text("/")
    for name, words in STORIES.items():
        for n, match in enumerate(re.finditer(re.escape(words) + r".*?href=\"([^\"]+/l/[^\"]+)\"", index, re.S)):
            yield f"{('juniper', 'nordlicht')[n]}-{name}", match.group(1)


def photograph(page: Page, base: str, name: str, address: str, folder: Path, language: str) -> None:
    """Open a page in a language and keep its picture, whole."""
    page.goto(address if address.startswith("http") else base + address)
    if language != "en":
        page.goto(page.url.split("?")[0] + f"?lang={language}")
    page.screenshot(path=folder / f"{name}.png", full_page=True)


def looks(asked: list[str]) -> list[Look]:
    """The looks that were asked for, such as 390-dark-ar, or all."""
    every = [Look(*one) for one in itertools.product(WIDTHS, SCHEMES, LANGUAGES)]
    return [look for look in every if not asked or look.name in asked]


def opened(browser: Browser, look: Look) -> Page:
    context = browser.new_context(
        viewport={"width": look.width, "height": 900}, color_scheme=look.scheme, locale=look.language
    )
    look.folder.mkdir(parents=True, exist_ok=True)
    return context.new_page()


def public_pages(browser: Browser, demo: Running, wanted: list[Look]) -> int:
    taken, names = 0, list(pages(demo))
    for look in wanted:
        page = opened(browser, look)
        for name, address in names:
            photograph(page, demo.base, name, address, look.folder, look.language)
            taken += 1
        page.context.close()
    return taken


def pages_of_returns(browser: Browser, folder: Path, wanted: list[Look]) -> int:
    taken = 0
    with returns_shops(folder) as live:
        for look in wanted:
            page = opened(browser, look)
            taken += return_pages(page, live, look.folder, look.language)
            page.context.close()
    return taken


def staff_pages(browser: Browser, demo: Running, wanted: list[Look]) -> int:
    taken = 0
    for look in wanted:
        page = opened(browser, look)
        page.goto(demo.base + "/staff/sign-in")
        page.screenshot(path=look.folder / "staff-sign-in.png")
        _sign_in(page, demo)
        page.screenshot(path=look.folder / "staff-queue.png", full_page=True)
        for name, path in staff_visits(page, demo):
            page.goto(demo.base + path)
            page.screenshot(path=look.folder / f"staff-{name}.png", full_page=True)
            taken += 1
        page.context.close()
    return taken


def staff_visits(page: Page, demo: Running) -> Iterator[tuple[str, str]]:
    """A name and a path for every page of the console worth looking at."""
    case = page.locator("a[href*='/staff/cases/']").first.get_attribute("href")
    yield "case", str(case)
    for name in ("team", "audit", "account", "carriers"):
        yield name, f"/staff/{name}"
    for name in ("", *FILTERS):
        yield f"returns-{name or 'all'}", f"/staff/returns?state={name}" if name else "/staff/returns"
    page.goto(demo.base + "/staff/returns")
    for n, path in enumerate(
        page.locator("tr[data-case] a.number").evaluate_all("all => all.map(one => one.pathname)")
    ):
        yield f"return-{n + 1}", str(path)
    page.goto(demo.base + str(case))
    order = page.locator("a[href*='/staff/orders/']").first.get_attribute("href")
    yield "order", str(order)
    yield "return-new", f"{order}/return"
    yield "return-blind", "/staff/returns/blind"
    yield "return-insight", "/staff/returns/insight"
    yield "policy", "/staff/policy"
    yield "policy-trial", finished_trial(page, demo)


def finished_trial(page: Page, demo: Running) -> str:
    """Try a shorter window on what has happened, and wait for the worker."""
    page.goto(demo.base + "/staff/policy")
    form = page.locator("form[action$='/try']")
    text = form.locator("textarea").input_value()
    changed = re.sub(r"window_days = \d+", "window_days = 7", text, count=1)
    form.locator("textarea").fill(changed)
    form.locator("button.button").click()
    page.wait_for_url("**/policy/trials/*")
    page.locator("[data-watch]").wait_for(state="detached", timeout=60_000)  # the page looks again by itself
    return urlsplit(page.url).path


def docs_pictures(browser: Browser, demo: Running) -> None:
    """The pictures of the README, from what was photographed, and one of the return page."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    late = re.findall(re.escape(STORIES["late"]) + r".*?href=\"([^\"]+/l/[^\"]+)\"", demo.text("/"), re.S)
    for name, address in zip(
        ("tracking-juniper", "tracking-nordlicht", "demo-index"), (*late, demo.base + "/"), strict=True
    ):
        page.goto(address)
        page.screenshot(path=PICTURES / f"{name}.png")
    page.goto(link_to(demo, STORIES["finished-return"]))
    page.locator("a[href*='/juniper/returns/']").first.click()
    page.screenshot(path=PICTURES / "return-label.png")
    context.close()
    queue = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    _sign_in(queue, demo)
    queue.screenshot(path=PICTURES / "queue.png")
    queue.context.close()


def _sign_in(page: Page, demo: Running) -> None:
    email, password = re.findall(r"(admin@\S+)\s+(\S+)", demo.said)[0]
    page.goto(demo.base + "/staff/sign-in")
    page.fill("input[type=email]", email)
    page.fill("input[type=password]", password)
    page.press("input[type=password]", "Enter")
    page.wait_for_url("**/staff/")


def main() -> int:
    found = chromium()
    if found is None:
        print("No Chromium found; `make browser` says how to get one.")
        return 1
    if "--docs" not in sys.argv:
        shutil.rmtree(SHOTS, ignore_errors=True)
    folder = Path(tempfile.mkdtemp())
    demo = start(folder, 18_500)
    try:
        with sync_playwright() as play:
            browser = play.chromium.launch(executable_path=found, args=["--no-sandbox"])
            if "--docs" in sys.argv:
                docs_pictures(browser, demo)
                taken = 0
            else:
                wanted = looks([name for name in sys.argv[1:] if not name.startswith("-")])
                taken = public_pages(browser, demo, wanted) + staff_pages(browser, demo, wanted)
                taken += pages_of_returns(browser, folder / "returns", wanted)
            browser.close()
    finally:
        stop(demo)
        shutil.rmtree(folder, ignore_errors=True)
    print(
        f"{taken} pictures in {SHOTS.name}/" if taken else f"The README's pictures are in {PICTURES.relative_to(ROOT)}/"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
