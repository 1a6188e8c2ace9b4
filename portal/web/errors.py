"""Error pages: what happened in plain words, what to do next, the shop's brand where one is known, never a traceback."""

from __future__ import annotations

import traceback
from pathlib import Path

import structlog
from flask import Flask, Response, g, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from portal.errors import PortalError, TooManyAttempts
from portal.web import audience, shop_context

log = structlog.get_logger("portal.web")
# Fields that are never written back into a page.
_SECRET = frozenset({"password", "new_password", "password_again", "code", "csrf_token"})
_SHOWN = {400, 403, 404, 405, 409, 413, 421, 422, 429, 500, 503}


def page(status: int, retry_after: int | None = None, **values: object) -> Response:
    """The page of an error status. Works without a shop, without a database and without a route."""
    shown = status if status in _SHOWN else 400 if status < 500 else 500
    response = make_response(
        render_template("errors/page.html", status=shown, retry_after=retry_after, **values), status
    )
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


def _brand() -> None:
    if audience.audience_of(request.endpoint) in (None, "shopper"):
        shop_context.guess()


def _portal_error(error: PortalError) -> Response:
    _brand()
    retry = error.retry_after if isinstance(error, TooManyAttempts) else None
    if error.http_status >= 500:
        log.error("page_failed", error=type(error).__name__, endpoint=request.endpoint)
    return page(error.http_status, retry)


def _http_error(error: HTTPException) -> Response:
    if error.response is not None:
        return error.response  # type: ignore[return-value]
    _brand()
    response = page(error.code or 500)
    if error.code == 405 and hasattr(error, "valid_methods"):
        response.headers["Allow"] = ", ".join(error.valid_methods or [])
    return response


def _expired_form(error: CSRFError) -> Response:
    """A form that was open for too long. What was typed is offered again where that is safe: our own page sent it."""
    _brand()
    own = request.headers.get("Sec-Fetch-Site") == "same-origin"
    fields = [(k, v) for k, v in request.form.items(multi=True) if k != "csrf_token"]
    again = own and bool(fields) and not _SECRET & {k for k, _ in fields} and not request.files
    return page(403, expired=True, again=fields if again else None)


def _trace(error: BaseException) -> list[str]:
    """Where it happened, without values: an error's message and locals may hold a shopper's data."""
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in frames][-12:]


def _crash(error: Exception) -> Response:
    log.error("page_failed", error=type(error).__name__, endpoint=request.endpoint, trace=_trace(error))
    try:
        _brand()
    except Exception:  # the shop cannot be read either: the page goes without a brand
        g.pop("shop", None)
    return page(500)


def unavailable() -> Response:
    """The database cannot be reached."""
    return page(503, 30)


def install(app: Flask) -> None:
    app.register_error_handler(PortalError, _portal_error)
    app.register_error_handler(CSRFError, _expired_form)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _crash)
