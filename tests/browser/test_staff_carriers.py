"""The carriers' page in a real browser: with everything on it at once, for everybody, on a phone too."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from carriers.errors import CarrierError, ErrorKind
from carriers.model import Status
from portal.usecases.carriers.codes import list_unmapped, map_code
from portal.usecases.deps import Deps
from portal.usecases.tracking.poll import poll_due
from tests.browser.test_staff import address as address
from tests.browser.test_staff import enter as enter
from tests.support.doubles import Clock, FakeCarriers
from tests.support.factory import Factory
from tests.usecases.tracking.test_poll import moving, scan
from tests.usecases.tracking.test_unmapped import parcel_with, strange

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


@pytest.fixture
def busy(deps: Deps, make: Factory, carriers: FakeCarriers, clock: Clock) -> None:
    """A refused account, one that waits, one with a small quota, answers held, codes of every kind."""
    carriers.guarded, carriers.calls_per_day = True, 60
    long = "Die Sendung konnte heute nicht zugestellt werden, da der Zusteller den Weg nicht fand"
    for text, code in ((long, "ZN"), ("Your parcel was damaged", "X-" + "7" * 40), ("Rückfrage an den Absender", None)):
        parcel_with(make, carriers, scan(9, Status.IN_TRANSIT), strange(3, code, text))
    parcels = [parcel_with(make, carriers, scan(9, Status.IN_TRANSIT)) for _ in range(12)]
    for code, number in (("fedex", "449044304137821"), ("usps", "9400100000000000000000")):
        make.shipment(carrier=code, tracking_number=number)
    carriers.fails = {
        "fedex": CarrierError(ErrorKind.AUTH),
        "usps": CarrierError(ErrorKind.RATE_LIMITED, retry_after=7200),
    }
    poll_due(deps)
    clock.now += timedelta(hours=9)
    for parcel in parcels:
        done = moving(parcel.tracking_number, scan(-5, Status.DELIVERED), status=Status.DELIVERED)
        carriers.results[parcel.tracking_number] = done
    poll_due(deps)
    map_code(deps, next(c.id for c in list_unmapped(deps) if c.raw_code == "ZN"), "AttemptFail_001", actor="staff 1")


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_carriers_page_shuts_nobody_out_and_stays_on_the_screen(
    busy: None, enter: Callable[..., Page], width: int, scheme: str
) -> None:
    page = enter(viewport={"width": width, "height": 844}, color_scheme=scheme)
    page.goto("/staff/carriers")
    found = Axe().run(page, options=RULES)
    problems = [(v["id"], [n["target"] for n in v["nodes"]][:3]) for v in found.response["violations"]]
    assert problems == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if folder := os.environ.get("DOORSTEP_SHOTS"):
        page.screenshot(path=Path(folder) / f"carriers-{scheme}-{width}.png", full_page=True)


def test_without_scripts_a_code_is_mapped_and_answers_are_released(busy: None, enter: Callable[..., Page]) -> None:
    page = enter(java_script_enabled=False)
    page.goto("/staff/carriers")
    assert page.locator("text=its credentials were refused").count() >= 1
    page.click("text=They are right: release them")
    page.locator("text=The answers are believed: 12 parcels changed.").wait_for()
    before = page.locator(".code").count()
    page.locator(".code select").first.select_option("Exception_012")
    page.locator(".code >> text=Map it").first.click()
    page.locator("text=History is corrected").wait_for()
    assert page.locator(".code").count() == before - 1
