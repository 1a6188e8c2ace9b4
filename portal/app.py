"""The web application: one factory. Which database, clock and carriers it works with was decided in bootstrap."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask, Response, request
from flask_wtf import CSRFProtect
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.middleware.proxy_fix import ProxyFix

from portal.settings import Settings
from portal.usecases.deps import Deps
from portal.web import assets, audience, errors, headers, health, hosts, language, nul, origin, shop_context
from portal.web.shopper.pages import blueprint as shopper
from portal.web.staff import blueprint as staff
from portal.web.state import EXTENSION, AppState
from portal.web.webhooks import blueprint as webhooks

HERE = Path(__file__).parent / "web"
MAX_BODY_BYTES = 1_000_000
FORM_HOURS = 12


class Portal(Flask):
    """Flask, but the host is checked before anything is routed, and a shop's own host needs no shop in its paths."""

    def wsgi_app(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        state: AppState = self.extensions[EXTENSION]
        try:
            place = hosts.place_of(environ.get("HTTP_HOST", ""), state.deps, state.settings)
        except (OperationalError, InterfaceError, PoolTimeout):
            return self._refuse(environ, start_response, errors.unavailable)
        if place is None:
            return self._refuse(environ, start_response, lambda: errors.page(421))
        environ[hosts.PLACE] = place
        environ["PATH_INFO"] = hosts.path_for(place, environ.get("PATH_INFO", "/"))
        return super().wsgi_app(environ, start_response)

    def _refuse(
        self, environ: dict[str, Any], start_response: Callable[..., Any], page: Callable[[], Response]
    ) -> Iterable[bytes]:
        with self.request_context({**environ, "PATH_INFO": "/", "HTTP_HOST": "unknown.invalid"}):
            return headers.apply(page())(environ, start_response)

    def url_for(self, endpoint: str, **values: Any) -> str:
        url = super().url_for(endpoint, **values)
        return hosts.public_path(request.environ.get(hosts.PLACE), url) if request else url


def create_app(
    deps: Deps,
    settings: Settings,
    demo: Any | None = None,
    *,
    ready_jobs: Mapping[str, int] | None = None,
    migrated: Callable[[], bool] = lambda: True,
) -> Flask:
    """Build the application. With `demo` (what its pages steer) the demo's pages are there too.

    `ready_jobs` (job to the seconds its heartbeat may be old) and `migrated` are what `/readyz` asks.
    Raises UndeclaredRoute when a route does not say whom it is for.
    """
    app = Portal("portal", static_folder=str(HERE / "static"), template_folder=str(HERE / "templates"))
    app.extensions[EXTENSION] = AppState(deps, settings, demo, ready_jobs or {}, migrated)
    _configure(app, settings)
    for part in (language, shop_context, errors, assets, origin, nul):
        part.install(app)
    CSRFProtect(app).exempt(webhooks)  # a carrier has no form of ours; what it sends proves itself
    for error in (OperationalError, InterfaceError, PoolTimeout):
        app.register_error_handler(error, lambda _error: errors.unavailable())
    app.after_request(headers.apply)
    app.after_request(headers.apply_cache)
    app.register_blueprint(health.blueprint)
    app.register_blueprint(shopper)
    app.register_blueprint(staff)
    app.register_blueprint(webhooks)
    if demo is not None:
        from portal.web.demo import blueprint as demo_pages

        app.register_blueprint(demo_pages)
    audience.check(app)
    return app


def _configure(app: Flask, settings: Settings) -> None:
    secret = settings.secret_key.get_secret_value().encode()
    app.config.update(
        SECRET_KEY=hashlib.sha256(b"session cookie\x1f" + secret).hexdigest(),
        SESSION_COOKIE_NAME="__Host-doorstep" if settings.is_production else "doorstep",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.is_production,
        PERMANENT_SESSION_LIFETIME=timedelta(days=30),
        MAX_CONTENT_LENGTH=MAX_BODY_BYTES,
        MAX_FORM_MEMORY_SIZE=MAX_BODY_BYTES,
        WTF_CSRF_TIME_LIMIT=FORM_HOURS * 3600,
        # Our pages send no Referer (Referrer-Policy); `portal.web.origin` looks at where a form came from instead.
        WTF_CSRF_SSL_STRICT=False,
    )
    app.url_map.merge_slashes = False
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    if settings.trusted_proxies:
        n = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=n, x_proto=n, x_host=0)  # type: ignore[method-assign]
