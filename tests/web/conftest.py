"""A real application on the test's database, and browsers of visitors who keep cookies."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.app import create_app
from portal.settings import Settings
from portal.usecases.deps import Deps

BASE = "https://portal.example"


@pytest.fixture
def settings() -> Settings:
    return Settings(public_url=BASE, _env_file=None)


@pytest.fixture
def app(deps: Deps, settings: Settings) -> Flask:
    app = create_app(deps, settings)
    app.config["TESTING"] = False  # errors become pages, as for a visitor
    return app


@pytest.fixture
def visit(app: Flask) -> Callable[[], FlaskClient]:
    """A new visitor. Forms are sent as a browser sends them; see `tests.web.support.post`."""

    def _visit() -> FlaskClient:
        client = app.test_client()
        client.environ_base["wsgi.url_scheme"] = "https"
        client.environ_base["HTTP_HOST"] = "portal.example"
        return client

    return _visit


@pytest.fixture
def client(visit: Callable[[], FlaskClient]) -> FlaskClient:
    return visit()
