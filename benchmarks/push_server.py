"""Servers to push to, each a process of its own under Waitress: Doorstep's, and bare Flask with one insert.

`python -m benchmarks.push_server doorstep|bare FILE` prints its port and serves until it is ended; `worker` reads what
came in, as `portal worker` does, and prints 0.
"""

from __future__ import annotations

import hashlib
import logging
import signal
import sys
import threading
import time
from typing import Any

from flask import Flask, request

from portal.app import create_app
from portal.bootstrap.build import build
from portal.cli.serve import WebServer
from portal.db.engine import make_engine
from portal.logs import configure
from portal.settings import Settings, load
from portal.usecases.pushes.inbox import work_inbox

THREADS = 8  # what `portal web` has


def bare(path: str) -> Flask:
    """The least that taking a push in can be: the route, the body, one insert with the bare driver, the commit."""
    engine = make_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        columns = "id INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE, body BLOB NOT NULL, received_at TEXT NOT NULL"
        connection.exec_driver_sql(f"CREATE TABLE IF NOT EXISTS pushes ({columns})")
    kept = threading.local()
    app = Flask("bare")

    @app.post("/hooks/<carrier>/<token>")
    def take(carrier: str, token: str) -> str:
        if not hasattr(kept, "connection"):
            kept.connection = engine.raw_connection()
        driver: Any = kept.connection.driver_connection
        body = request.get_data()
        driver.execute("BEGIN IMMEDIATE")
        insert = "INSERT INTO pushes (digest, body, received_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
        driver.execute(insert, (hashlib.sha256(body).hexdigest(), body, "2026-11-18 12:00:00"))
        driver.execute("COMMIT")
        return "ok"

    return app


def doorstep(path: str) -> Flask:
    """The whole application, as `portal web` makes it."""
    settings = _settings(path)
    return create_app(build(settings), settings)


def worker(path: str) -> None:
    """Every two seconds, like the schedule."""
    deps = build(_settings(path))
    print(0, flush=True)
    while True:
        work_inbox(deps)
        time.sleep(2)


def _settings(path: str) -> Settings:
    return load(database_url=f"sqlite:///{path}", _env_file=None)


def main(kind: str, path: str) -> None:
    configure("ERROR")
    if kind == "worker":
        worker(path)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # that pushes wait for a moment is measured, not told
    server = WebServer((doorstep if kind == "doorstep" else bare)(path), "127.0.0.1", 0, THREADS)
    server.start()
    print(server.port, flush=True)
    signal.pause()


if __name__ == "__main__":
    main(*sys.argv[1:3])
