"""How a browser behaves: it reads the form's token before it sends a form."""

from __future__ import annotations

import re
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


def token_in(page: str) -> str:
    found = TOKEN.search(page)
    assert found, "the page has no form with a token"
    return found.group(1)


def send(client: FlaskClient, form_page: str, data: dict[str, Any], *, to: str | None = None) -> TestResponse:
    """Open `form_page`, fill its form in and send it (to `to`, when the form's address is another)."""
    token = token_in(client.get(form_page).text)
    return client.post(to or form_page, data={**data, "csrf_token": token}, headers={"Sec-Fetch-Site": "same-origin"})


def without_nonce(page: str) -> str:
    """A page without what differs by design on every visit."""
    return TOKEN.sub("", page)
