"""A real application on the test's database, and browsers of visitors who keep cookies."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import Cookie, TestResponse

from portal.app import create_app
from portal.settings import Settings, load
from portal.usecases.deps import Deps

BASE = "https://portal.example"


class Browser(FlaskClient):
    """A visitor's browser: it speaks to one host."""

    base = BASE

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        if args and isinstance(args[0], str):
            kwargs.setdefault("base_url", self.base)
        return super().open(*args, **kwargs)

    def get_cookie(self, key: str, domain: str = "portal.example", path: str = "/") -> Cookie | None:
        return super().get_cookie(key, domain, path)

    def set_cookie(self, key: str, value: str = "", *, domain: str = "portal.example", **options: Any) -> None:
        super().set_cookie(key, value, domain=domain, **options)


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """Pages are tried on SQLite: what they ask the database is tried on both kinds with the use cases."""
    path = tmp_path / "portal.sqlite3"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def settings() -> Settings:
    return load(public_url=BASE, _env_file=None)


@pytest.fixture
def app(deps: Deps, settings: Settings) -> Flask:
    app = create_app(deps, settings)
    app.config["TESTING"] = False  # errors become pages, as for a visitor
    return app


@pytest.fixture
def visit(app: Flask) -> Callable[[], Browser]:
    """A new visitor. Forms are sent as a browser sends them: `tests.web.support.send`."""

    app.test_client_class = Browser
    return lambda: cast(Browser, app.test_client())


@pytest.fixture
def client(visit: Callable[[], FlaskClient]) -> FlaskClient:
    return visit()
