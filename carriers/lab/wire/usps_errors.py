"""The one shape in which USPS says no."""

from __future__ import annotations

from typing import Any

from werkzeug import Response

from carriers.lab.wire.base import reply


def usps_error(status: int, message: str, code: str = "", **headers: str) -> Response:
    """An error answer; `code` is USPS's inner code."""
    error = error_body(str(status), message, code or str(status))
    return reply({"apiVersion": "/v3", "error": error}, status, **headers)


def error_body(status: str, message: str, code: str) -> dict[str, Any]:
    """The `error` object, as it also stands in an entry of a v3r2 answer."""
    inner = {"status": status, "code": code, "title": message.split(".")[0], "detail": message}
    return {"code": status, "message": message, "errors": [inner]}
