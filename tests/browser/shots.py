"""Photograph every page of a real, running demo into `shots/`: `make shots`.

python -m tests.browser.shots              everything: 390 and 1280 px, light and dark, English, German, Arabic
python -m tests.browser.shots --docs       only the pictures of the README, into docs/pictures
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, sync_playwright

from portal.settings import ROOT
from tests.browser.conftest import chromium
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


def public_pages(browser: Browser, demo: Running, names: list[tuple[str, str]]) -> int:
    taken = 0
    for width in WIDTHS:
        for scheme in SCHEMES:
            for language in LANGUAGES:
                folder = SHOTS / f"{width}-{scheme}-{language}"
                folder.mkdir(parents=True, exist_ok=True)
                context = browser.new_context(
                    viewport={"width": width, "height": 900}, color_scheme=scheme, locale=language
                )
                page = context.new_page()
                for name, address in names:
                    photograph(page, demo.base, name, address, folder, language)
                    taken += 1
                context.close()
    return taken


def staff_pages(browser: Browser, demo: Running) -> int:
    taken = 0
    for width in WIDTHS:
        for scheme in SCHEMES:
            folder = SHOTS / f"{width}-{scheme}-en"
            context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
            page = context.new_page()
            page.goto(demo.base + "/staff/sign-in")
            page.screenshot(path=folder / "staff-sign-in.png")
            _sign_in(page, demo)
            page.screenshot(path=folder / "staff-queue.png", full_page=True)
            case = page.locator("a[href*='/staff/cases/']").first.get_attribute("href")
            visits = {
                "case": case,
                "returns": "/staff/returns",
                "team": "/staff/team",
                "audit": "/staff/audit",
                "account": "/staff/account",
            }
            for name, path in visits.items():
                page.goto(demo.base + str(path))
                page.screenshot(path=folder / f"staff-{name}.png", full_page=True)
                taken += 1
            context.close()
    return taken


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
                taken = public_pages(browser, demo, list(pages(demo))) + staff_pages(browser, demo)
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
