"""What staff see of pushes on the carriers' page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.db.tables.pushes import PushEndpoint
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.pushes.inbox import work_inbox
from portal.usecases.pushes.receive import receive
from portal.usecases.staff.people import StaffUser
from tests.support.doubles import Clock
from tests.support.factory import Factory
from tests.support.pushes import PushCarriers, body_of, hook_for, ups_event
from tests.web.staff.conftest import Browser

PAGE = "/staff/carriers"


@pytest.fixture
def carriers() -> PushCarriers:
    return PushCarriers()


@pytest.fixture
def desk(visit: Callable[[], FlaskClient], noor: StaffUser) -> Browser:
    browser = Browser(visit())
    browser.sign_in(noor.email)
    return browser


def words(page: str) -> str:
    return " ".join(page.replace("\u202f", " ").split())


def test_without_addresses_the_page_says_how_to_make_one(desk: Browser) -> None:
    assert "portal carriers pushes add" in desk.get(PAGE).text


def test_each_address_shows_what_came_what_waits_and_what_was_refused(
    deps: Deps, make: Factory, desk: Browser, shop: ShopRef, clock: Clock
) -> None:
    hook = hook_for(deps, "ups", shop)
    assert "no push yet" in desk.get(PAGE).text
    make.shipment(tracking_number="1Z999AA10123456784")
    receive(deps, "ups", hook.token, hook.push(body_of(ups_event("1Z999AA10123456784"))))
    receive(deps, "ups", hook.token, hook.push(b"<html>"))
    work_inbox(deps)
    receive(deps, "ups", hook.token, hook.push(b"x", headers={}))
    page = words(desk.get(PAGE).text)
    assert "pushes come" in page
    assert '<td class="end number"><span class="bad">1</span></td>' in page
    assert '<td class="end number">1<br><span class="quiet">last ' in page
    assert hook.token not in page
    clock.now += timedelta(days=1)
    assert '<td class="end number">0<br><span class="quiet">last ' in words(desk.get(PAGE).text)


def test_silence_and_failing_subscriptions_stand_out(deps: Deps, desk: Browser) -> None:
    hook_for(deps, "ups")
    hook_for(deps, "dhl_unified", secret="")
    with deps.sessions.write_system() as session:
        row = session.scalars(select(PushEndpoint).where(PushEndpoint.carrier == "ups")).one()
        row.silent_since, row.subscribe_error = deps.clock(), "auth"
    page = words(desk.get(PAGE).text)
    assert "silent since Nov 18" in page
    assert "Asking for pushes fails:" in page
    assert "not signed: each push is a hint to ask" in page
