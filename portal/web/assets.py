"""Files we serve ourselves, named with a fingerprint so that browsers keep them for a year and never show an old one."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from flask import Flask, Response, request, url_for

FOLDER = Path(__file__).parent / "static"
FOREVER = "public, max-age=31536000, immutable"
_BRIEFLY = "public, max-age=300"


@cache
def fingerprint(name: str) -> str:
    return hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()[:12]


def asset(name: str) -> str:
    """The address of a file in `static/`."""
    return url_for("static", filename=name, v=fingerprint(name))


def install(app: Flask) -> None:
    app.jinja_env.globals["asset"] = asset

    @app.after_request
    def _keep(response: Response) -> Response:
        if request.endpoint == "static" and response.status_code in (200, 304):
            response.headers["Cache-Control"] = FOREVER if request.args.get("v") else _BRIEFLY
        return response
