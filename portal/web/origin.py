"""Forms of other sites are refused, beside the token in each form (reliability: T41)."""

from __future__ import annotations

from flask import Flask, request
from werkzeug.exceptions import Forbidden

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def _check() -> None:
    """Our own pages send `Origin: null` (they have `Referrer-Policy: no-referrer`), so the browser's own word on where
    a request comes from is asked first."""
    if request.method in _SAFE or request.blueprint == "webhooks":  # no browser, and no cookie that it could carry
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in ("same-origin", "none"):
        raise Forbidden
    origin = request.headers.get("Origin")
    if origin and origin != "null" and origin.partition("://")[2] != request.host:
        raise Forbidden


def install(app: Flask) -> None:
    app.before_request(_check)
