"""The tracking page through the whole WSGI application, beside a bare Flask page of the same bytes."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from flask import Flask
from werkzeug.test import create_environ, run_wsgi_app

from benchmarks.harness import Case, Figure, Rounds, take_turns
from benchmarks.orders import Shown
from benchmarks.workshop import Workshop
from portal.app import create_app
from portal.settings import load
from tests.support.doubles import NOON

HOST = "https://portal.example"
LIMIT = "bare Flask page of the same bytes"
_LINKED = re.compile(r'<(?:link|script|img)[^>]+(?:href|src)="(/[^"]+)"')


class _Visits:
    """Requests for every order's page, by a visitor who came through a signed link."""

    def __init__(self, shown: Shown) -> None:
        self.app = create_app(shown.deps, load(public_url=HOST, _env_file=None))
        until = int((NOON + timedelta(hours=20)).timestamp())
        self.environs = [self._environ(shown, public_id, until) for public_id in shown.public_ids]

    def _environ(self, shown: Shown, public_id: str, until: int) -> dict[str, Any]:
        signer: Any = self.app.session_interface.get_signing_serializer(self.app)  # type: ignore[attr-defined]
        cookie = signer.dumps({"proofs": {str(shown.shop.id): {public_id: ["full", until]}}})
        path = f"/{shown.shop.slug}/orders/{public_id}"
        return create_environ(path, HOST, headers={"Cookie": f"{self.app.config['SESSION_COOKIE_NAME']}={cookie}"})

    def revalidating(self) -> list[dict[str, Any]]:
        """The same requests by a browser that has the page already."""
        tags = [_get(self.app, environ, 200)[1]["ETag"] for environ in self.environs]
        return [environ | {"HTTP_IF_NONE_MATCH": tag} for environ, tag in zip(self.environs, tags, strict=True)]


def _get(app: Flask, environ: dict[str, Any], status: int) -> tuple[bytes, Any]:
    found, got, headers = run_wsgi_app(app.wsgi_app, dict(environ), buffered=True)
    assert got.startswith(str(status)), got
    return b"".join(found), headers


def _all(app: Flask, environs: list[dict[str, Any]], status: int) -> Case:
    def work() -> int:
        for environ in environs:
            _get(app, environ, status)
        return len(environs)

    return Case(work)


def _bare(body: bytes, times: int) -> Case:
    app = Flask("bare")
    app.add_url_rule("/<shop>/orders/<public_id>", view_func=lambda shop, public_id: body)
    return _all(app, [create_environ("/juniper/orders/order-1", HOST)] * times, 200)


def run(workshop: Workshop) -> Iterator[Figure]:
    """A page that is made anew, one that the browser has already, and how many bytes it all is."""
    visits: _Visits | None = None
    for kind in workshop.kinds:
        visits = _Visits(workshop.shown(kind)[1])
        body, _ = _get(visits.app, visits.environs[0], 200)
        cases = {
            "page": _all(visits.app, visits.environs, 200),
            "again": _all(visits.app, visits.revalidating(), 304),
            "bare": _bare(body, len(visits.environs)),
        }
        rounds = take_turns(cases, rounds=workshop.rounds(5))
        size = f"{len(body):,} bytes; the application in process, no server, this process's CPU alone"
        yield _figure(f"page.{kind}.200", "page", rounds, "ratio >= 0.20", size)
        yield _figure(f"page.{kind}.304", "again", rounds, "ratio >= 1.20", "If-None-Match; no server")
    if visits is not None:
        yield _bytes(visits)


def _figure(name: str, case: str, rounds: Rounds, goal: str, note: str) -> Figure:
    return Figure(
        name=name,
        value=rounds.ms(case),
        unit="CPU ms a request",
        limit_name=LIMIT,
        limit_value=rounds.ms("bare"),
        ratio=rounds.ratio("bare", case),
        goal=goal,
        n=rounds.n,
        note=rounds.note("ratio = limit / value", note),
    )


def _bytes(visits: _Visits) -> Figure:
    """The page and everything it loads but the shop's own pictures, as a server that compresses would send it."""
    body, _ = _get(visits.app, visits.environs[0], 200)
    parts = [body]
    for path in sorted(set(_LINKED.findall(body.decode()))):
        part, _ = _get(visits.app, create_environ(path, HOST), 200)
        parts.append(part)
    total = sum(len(gzip.compress(part, 6)) for part in parts) / 1000
    return Figure(
        name="page.bytes",
        value=total,
        unit="kB compressed",
        limit_name="allowance for a page with all it loads",
        limit_value=50.0,
        ratio=total / 50,
        goal="ratio <= 1",
        n=1,
        note=f"{len(parts)} files, each gzip level 6; exact, not timed",
    )
