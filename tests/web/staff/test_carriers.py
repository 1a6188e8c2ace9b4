"""The carriers' page: what staff see of accounts, and what an administrator can do about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from carriers.errors import CarrierError, ErrorKind
from carriers.model import Status
from portal.db.tables.carrier_accounts import AccountState
from portal.usecases.carriers.codes import list_mappings, list_unmapped
from portal.usecases.deps import Deps
from portal.usecases.staff.people import StaffUser
from portal.usecases.tracking.holds import list_held
from portal.usecases.tracking.poll import poll_due
from tests.support.doubles import Clock, FakeCarriers
from tests.support.factory import Factory
from tests.usecases.tracking.test_poll import moving, row, scan
from tests.usecases.tracking.test_unmapped import parcel_with, strange
from tests.web.staff.conftest import Browser

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PAGE = "/staff/carriers"


@pytest.fixture
def admin(visit: Callable[[], FlaskClient], mira: StaffUser) -> Browser:
    browser = Browser(visit())
    browser.sign_in(mira.email)
    return browser


@pytest.fixture
def agent_browser(visit: Callable[[], FlaskClient], noor: StaffUser) -> Browser:
    browser = Browser(visit())
    browser.sign_in(noor.email)
    return browser


def state(deps: Deps) -> AccountState:
    with deps.sessions.read_system() as session:
        return session.scalars(select(AccountState).where(AccountState.account == "env:ups")).one()


def test_each_account_shows_its_state_its_calls_and_its_last_answers(
    deps: Deps, make: Factory, carriers: FakeCarriers, admin: Browser, clock: Clock
) -> None:
    carriers.calls_per_day = 250
    parcel_with(make, carriers, scan(9, Status.IN_TRANSIT))
    make.shipment(carrier="fedex", tracking_number="449044304137821")
    carriers.fails["fedex"] = CarrierError(ErrorKind.RATE_LIMITED, retry_after=3600)
    poll_due(deps)
    page = admin.get(PAGE).text
    assert "1 / 250" in page
    assert "249 left" in page
    assert "The carrier asked us to wait" in page
    assert "until Nov 18, 1:00" in page.replace(" ", " ")
    assert "the carrier asked us to wait" in page
    assert "env:ups" not in page.replace("/staff/carriers/accounts/env:ups", "")


def test_a_stretched_rhythm_is_told(deps: Deps, make: Factory, carriers: FakeCarriers, admin: Browser) -> None:
    carriers.calls_per_day = 10
    for _ in range(5):
        parcel_with(make, carriers, scan(9, Status.IN_TRANSIT))
    poll_due(deps)
    page = admin.get(PAGE).text
    assert "UPS: 10 calls a day for 5 parcels: each is asked about every" in page
    assert "instead of every 6 h" in page


def test_refused_credentials_stand_above_the_queue_until_somebody_acts(
    deps: Deps, make: Factory, carriers: FakeCarriers, admin: Browser
) -> None:
    assert "credentials were refused" not in admin.get("/staff/").text
    parcel_with(make, carriers, scan(9, Status.IN_TRANSIT))
    carriers.fails["ups"] = CarrierError(ErrorKind.AUTH)
    poll_due(deps)
    assert "UPS: the account is paused, its credentials were refused" in admin.get("/staff/").text
    assert "its credentials were refused" in admin.get(PAGE).text
    answer = admin.post(f"{PAGE}/accounts/env:ups/resume", PAGE)
    assert (answer.status_code, state(deps).paused_at) == (303, None)
    assert "credentials were refused" not in admin.get("/staff/").text


def test_an_administrator_pauses_an_account(deps: Deps, make: Factory, carriers: FakeCarriers, admin: Browser) -> None:
    parcel_with(make, carriers, scan(9, Status.IN_TRANSIT))
    poll_due(deps)
    admin.post(f"{PAGE}/accounts/env:ups/pause", PAGE)
    assert (state(deps).paused_reason, state(deps).paused_by) == ("staff", "staff 1")
    assert "by staff" in admin.get(PAGE).text
    assert admin.post(f"{PAGE}/accounts/env:ups/dance", PAGE).status_code == 404
    assert admin.post(f"{PAGE}/accounts/99/pause", PAGE).status_code == 404


def held(deps: Deps, make: Factory, carriers: FakeCarriers, clock: Clock) -> int:
    carriers.guarded = True
    parcels = [make.shipment() for _ in range(8)]
    for status in (Status.IN_TRANSIT, Status.DELIVERED):
        for parcel in parcels:
            found = moving(parcel.tracking_number, scan(5, status, status.value), status=status)
            carriers.results[parcel.tracking_number] = found
        poll_due(deps)
        clock.now += timedelta(hours=5)  # not real time: people stay signed in
    return list_held(deps)[0].id


@pytest.mark.parametrize(("action", "says"), [("release", "8 parcels changed"), ("discard", "8 parcels are asked")])
def test_held_answers_are_shown_and_decided_on(
    deps: Deps, make: Factory, carriers: FakeCarriers, clock: Clock, admin: Browser, action: str, says: str
) -> None:
    batch = held(deps, make, carriers, clock)
    assert "answers that would end 8 parcels at once" in admin.get("/staff/").text
    assert "would end 8 of 8 open parcels at once" in admin.get(PAGE).text
    assert admin.post(f"{PAGE}/held/{batch}/{action}", PAGE).status_code == 303
    assert says in admin.get(PAGE).text
    assert list_held(deps) == []
    again = admin.post(f"{PAGE}/held/{batch}/{action}", PAGE)
    assert (again.status_code, "decided on these answers already" in again.text) == (409, True)


def test_a_code_is_mapped_on_the_page_and_history_corrected_at_once(
    deps: Deps, make: Factory, carriers: FakeCarriers, admin: Browser
) -> None:
    parcel = parcel_with(make, carriers, scan(9, Status.IN_TRANSIT), strange(3, text="The parcel was damaged &c."))
    poll_due(deps)
    page = admin.get(PAGE).text
    assert "The parcel was damaged &amp;c." in page
    assert "Its words seem to say: Damaged in the carrier's hands" in page
    (code,) = list_unmapped(deps)
    refused = admin.post(f"{PAGE}/codes/{code.id}/map", PAGE, meaning="")
    assert (refused.status_code, "Please choose what the code means." in refused.text) == (422, True)
    admin.post(f"{PAGE}/codes/{code.id}/map", PAGE, meaning="Exception_012")
    assert "History is corrected: 1 parcel." in admin.get(PAGE).text
    assert row(deps, parcel).substatus == "Exception_012"
    (mapping,) = list_mappings(deps)
    assert "Damaged in the carrier" in admin.get(PAGE).text
    admin.post(f"{PAGE}/mappings/{mapping.id}/undo", PAGE)
    assert row(deps, parcel).status == "in_transit"
    assert [one.raw_code for one in list_unmapped(deps)] == ["ZZ"]


def test_a_code_is_passed_over_and_fetched_back(
    deps: Deps, make: Factory, carriers: FakeCarriers, admin: Browser
) -> None:
    parcel_with(make, carriers, strange(3))
    poll_due(deps)
    (code,) = list_unmapped(deps)
    admin.post(f"{PAGE}/codes/{code.id}/ignore", PAGE)
    assert "ZZ" not in admin.get(PAGE).text
    assert "ZZ" in admin.get(f"{PAGE}?codes=ignored").text
    admin.post(f"{PAGE}/codes/{code.id}/back", PAGE)
    assert "ZZ" in admin.get(PAGE).text


def test_an_agent_sees_everything_and_changes_nothing(
    deps: Deps, make: Factory, carriers: FakeCarriers, clock: Clock, agent_browser: Browser
) -> None:
    batch = held(deps, make, carriers, clock)
    parcel_with(make, carriers, strange(3))
    poll_due(deps)
    (code,) = list_unmapped(deps)
    page = agent_browser.get(PAGE).text
    assert "UPS" in page
    assert "ZZ" in page
    assert PAGE + "/" not in page
    for path in ("accounts/env:ups/pause", f"held/{batch}/release", f"codes/{code.id}/map", "mappings/1/undo"):
        answer = agent_browser.post(f"{PAGE}/{path}", "/staff/account", meaning="InTransit")
        assert answer.status_code == 403
    assert (len(list_held(deps)), len(list_unmapped(deps))) == (1, 1)


def test_a_stranger_is_led_to_the_door(stranger: Browser) -> None:
    assert stranger.get(PAGE).status_code == 303


def test_without_an_account_the_page_says_what_to_do(carriers: FakeCarriers, admin: Browser) -> None:
    carriers.codes = ()
    assert "portal carriers accounts add" in admin.get(PAGE).text
