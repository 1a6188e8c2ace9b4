"""A browser at the console's door, and one that is in."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.usecases.deps import Deps
from portal.usecases.staff.accounts import create_staff
from portal.usecases.staff.people import StaffUser
from tests.support.desk import agent as agent
from tests.support.desk import make_case as make_case
from tests.support.desk import make_staff as make_staff

PASSWORD = "river tin orchard 9"
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
_KEY = re.compile(r'name="form_key" value="([^"]+)"')


class Browser:
    """A visitor who sends forms as the pages made them."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.client.get(path, **more)

    def post(self, path: str, page: str = "/staff/forgot", **fields: Any) -> TestResponse:
        """Send a form with the tokens that stand in `page`."""
        text = self.get(page).text
        token, key = _TOKEN.search(text), _KEY.search(text)
        known = {"csrf_token": token.group(1) if token else "", "form_key": key.group(1) if key else ""}
        response = self.client.post(path, data=known | fields)
        response.get_data()
        response.close()  # what happens once the page has been sent has happened now
        return response

    def sign_in(self, email: str, password: str = PASSWORD, **fields: Any) -> TestResponse:
        return self.post("/staff/sign-in", "/staff/sign-in", email=email, password=password, **fields)


@pytest.fixture
def stranger(visit: Callable[[], FlaskClient]) -> Browser:
    return Browser(visit())


@pytest.fixture
def noor(deps: Deps) -> StaffUser:
    return create_staff(deps, "noor@staff.example", "Noor", "agent", PASSWORD)


@pytest.fixture
def mira(deps: Deps) -> StaffUser:
    return create_staff(deps, "mira@staff.example", "Mira", "admin", PASSWORD)


@pytest.fixture
def browser(visit: Callable[[], FlaskClient], noor: StaffUser) -> Browser:
    """An agent who is signed in."""
    one = Browser(visit())
    assert one.sign_in(noor.email).status_code == 303
    return one


@pytest.fixture
def admin(visit: Callable[[], FlaskClient], mira: StaffUser) -> Browser:
    one = Browser(visit())
    assert one.sign_in(mira.email).status_code == 303
    return one
