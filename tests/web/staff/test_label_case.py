"""A label that waits for a person, on the desk's page of its return."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from carriers.base import Recovery
from carriers.errors import CarrierError, ErrorKind
from portal.usecases.deps import Deps
from portal.usecases.returns.effects import run_effects
from portal.usecases.staff.people import StaffUser
from tests.support.doubles import Clock, FakeCarriers
from tests.support.factory import Factory
from tests.usecases.returns.conftest import Desk
from tests.web.staff.conftest import Browser


@pytest.fixture
def browser(visit: Callable[[], FlaskClient], noor: StaffUser) -> Browser:
    browser = Browser(visit())
    browser.sign_in("noor@staff.example")
    return browser


@pytest.fixture
def desk(deps: Deps, make: Factory) -> Desk:
    return Desk(deps, make)


@pytest.fixture
def in_doubt(deps: Deps, desk: Desk, carriers: FakeCarriers, clock: Clock) -> str:
    """The desk's page of a return whose label's answer was lost."""
    carriers.recovery, carriers.lose_answer = Recovery.NONE, True
    public_id = desk.submit(desk.order())
    run_effects(deps)
    carriers.lose_answer = False
    clock.real += timedelta(minutes=5)
    run_effects(deps)
    return f"/staff/returns/{desk.returned(public_id).id}"


def test_the_page_says_what_is_known_and_offers_both_ways(browser: Browser, desk: Desk, in_doubt: str) -> None:
    page = browser.get(in_doubt).text
    assert "Was this label bought?" in page
    assert desk.effects()[0].key in page


def test_it_was_bought(browser: Browser, desk: Desk, in_doubt: str) -> None:
    file = (io.BytesIO(b"%PDF-1.4 x"), "label.pdf")
    answer = browser.post(f"{in_doubt}/label/bought", in_doubt, number="9400100000000000000001", file=file)
    assert answer.status_code == 303
    assert desk.labels()[0].tracking_number == "9400100000000000000001"
    assert "Was this label bought?" not in browser.get(in_doubt).text
    late = browser.post(f"{in_doubt}/label/buy", in_doubt)
    assert late.status_code == 400 or late.status_code == 409


def test_a_number_that_is_none_and_a_file_that_is_none_are_refused(browser: Browser, desk: Desk, in_doubt: str) -> None:
    answer = browser.post(f"{in_doubt}/label/bought", in_doubt, number="?")
    assert (answer.status_code, "This is not a tracking number." in answer.text) == (422, True)
    page = (io.BytesIO(b"<html>"), "label.html")
    answer = browser.post(f"{in_doubt}/label/bought", in_doubt, number="9400100000000000000001", file=page)
    assert (answer.status_code, "neither a PDF" in answer.text) == (422, True)
    assert desk.labels() == []


def test_it_was_not_bought(browser: Browser, deps: Deps, desk: Desk, carriers: FakeCarriers, in_doubt: str) -> None:
    carriers.bought.clear()
    assert browser.post(f"{in_doubt}/label/buy", in_doubt).status_code == 303
    run_effects(deps)
    assert len(carriers.bought) == len(desk.labels()) == 1


def test_the_file_of_a_label_that_has_none_is_added(
    browser: Browser, deps: Deps, desk: Desk, carriers: FakeCarriers
) -> None:
    carriers.document, carriers.void = b"", False
    carriers.fetch_error = CarrierError(ErrorKind.NOT_SUPPORTED, "prints once")
    public_id = desk.submit(desk.order())
    for _ in range(2):
        run_effects(deps)
    place = f"/staff/returns/{desk.returned(public_id).id}"
    assert "This label has no file" in browser.get(place).text
    assert browser.post(f"{place}/label/file", place).status_code == 422
    file = (io.BytesIO(b"%PDF-1.4 x"), "label.pdf")
    assert browser.post(f"{place}/label/file", place, file=file).status_code == 303
    assert desk.returned(public_id).parcel == "label_ready"


def test_a_stranger_settles_nothing(stranger: Browser, desk: Desk, in_doubt: str) -> None:
    for path in ("bought", "buy", "file"):
        answer = stranger.client.post(f"{in_doubt}/label/{path}", data={})
        assert answer.status_code in (302, 303, 400, 403), path
    assert desk.labels() == []
