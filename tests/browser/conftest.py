"""A real application behind a real socket, and a real Chromium in front of it."""

from __future__ import annotations

import dataclasses
import logging
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from carriers.base import AdapterInfo
from portal.app import create_app
from portal.db.engine import make_engine
from portal.db.session import Sessions
from portal.db.tables.orders import Order
from portal.settings import load
from portal.usecases.deps import Deps
from portal.usecases.links import make_link
from tests.browser.stories import Stories
from tests.support.doubles import Clock, FakeCarriers, MailBin, make_deps

NOW = datetime(2026, 11, 23, 18, 40, tzinfo=UTC)  # a Monday, 1:40 pm in New York, 7:40 pm in Berlin


class NamedCarriers(FakeCarriers):
    """The doubles' carriers under the names that people know."""

    def info(self, code: str) -> AdapterInfo:
        name = {"ups": "UPS", "dhl_unified": "DHL"}.get(code, code.upper())
        return dataclasses.replace(super().info(code), name=name)


# Looking at every page in every scheme and width takes minutes: a pair that covers both runs every time.
EVERY_TIME = ("light-1280", "dark-390", "light-juniper", "dark-nordlicht")
MATRICES = (
    "test_no_page_shuts_anybody_out_or_runs_off_the_screen",
    "test_every_page_is_sound_and_fits_a_phone",
    "test_every_question_is_sound_and_fits_a_phone",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.name.startswith(MATRICES) and not any(one in item.name for one in EVERY_TIME):
            item.add_marker(pytest.mark.long)


def chromium() -> str | None:
    """Where a Chromium is: $CHROMIUM, Debian's place, or on the PATH."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    places = [os.environ.get("CHROMIUM"), "/usr/bin/chromium", *(shutil.which(name) for name in names)]
    return next((place for place in places if place and Path(place).exists()), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium()
    if path is None:
        if os.environ.get("DOORSTEP_NEED_BROWSER"):
            pytest.fail("no Chromium here, and DOORSTEP_NEED_BROWSER asks for one")
        pytest.skip("no Chromium here (`make browser` says how to get one)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


@dataclass
class Live:
    """The running application. `stories(slug)` makes orders in a demo shop, `link` opens one fully."""

    address: str
    deps: Deps
    clock: Clock
    shops: dict[str, Stories] = field(default_factory=dict)

    def stories(self, slug: str) -> Stories:
        return self.shops.setdefault(slug, self.shops.get(slug) or Stories(self.deps, slug))

    def link(self, slug: str, order: Order) -> str:
        stories = self.stories(slug)
        with self.deps.sessions.write(stories.shop.id) as session:
            made = make_link(session, self.deps, stories.shop, order.id)
        return self.address + made.removeprefix(self.deps.public_url)


@contextmanager
def running(template: Path, folder: Path) -> Iterator[Live]:
    """The application on a free port, with an empty database in `folder` and nothing outside but doubles."""
    path = folder / "portal.sqlite3"
    shutil.copy(template, path)
    engine = make_engine(f"sqlite:///{path}")
    clock = Clock(now=NOW, real=NOW)
    deps = make_deps(Sessions(engine), clock, NamedCarriers(), MailBin())
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, create_app(deps, load(_env_file=None)), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Live(f"http://127.0.0.1:{server.server_port}", deps, clock)
    server.shutdown()
    server.server_close()
    thread.join()
    engine.dispose()


@pytest.fixture
def live(sqlite_template: Path, tmp_path: Path) -> Iterator[Live]:
    with running(sqlite_template, tmp_path) as one:
        yield one


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A phone-sized window. A script error, a message in the console or a refused file fails the test."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="en-US")
    page = context.new_page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
    yield page
    context.close()
    expected = [t for t in troubles if "status of 4" in t]
    assert troubles == expected
