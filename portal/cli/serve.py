"""`portal web`, `portal worker` and `portal run`, which is both in one process."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from typing import Any

import click
import structlog

from portal.bootstrap.build import make_sessions
from portal.cli.context import CliContext
from portal.db import schema
from portal.jobs.runner import Worker, stale_after
from portal.jobs.schedule import JOBS
from portal.logs import configure
from portal.settings import Settings
from portal.usecases.deps import Deps

log = structlog.get_logger()
LARGEST_BODY = 2_000_000  # bytes that are read before a page says how much it takes: beyond it nothing is kept on disk


@click.command()
@click.pass_obj
def web(context: CliContext) -> None:
    """Serve the pages until SIGTERM or Ctrl-C."""
    settings, deps = _ready(context)
    server = WebServer(make_app(deps, settings), settings.host, settings.port, settings.web_threads)
    click.echo(f"Doorstep serves {server.url}/", err=True)
    _until_told(server.start, server.stop)


@click.command()
@click.pass_obj
def worker(context: CliContext) -> None:
    """Poll carriers, find delivery exceptions, send messages, until SIGTERM or Ctrl-C."""
    _, deps = _ready(context)
    jobs = Worker(deps)
    _until_told(jobs.start, jobs.stop)


@click.command()
@click.pass_obj
def run(context: CliContext) -> None:
    """Pages and worker in one process, for one small machine. Migrates an SQLite database first."""
    settings = context.settings()
    sessions = make_sessions(settings)
    if sessions.engine.dialect.name == "sqlite":
        schema.upgrade(sessions.engine)
    settings, deps = _ready(context)
    server = WebServer(make_app(deps, settings), settings.host, settings.port, settings.web_threads)
    jobs = Worker(deps)
    click.echo(f"Doorstep serves {server.url}/", err=True)

    def start() -> None:
        server.start()
        jobs.start()

    def stop() -> None:
        jobs.stop()
        server.stop()

    _until_told(start, stop)


def make_app(deps: Deps, settings: Settings, demo: Any = None) -> Any:
    """The WSGI application with what `/readyz` looks at."""
    from portal.app import create_app

    ages = {job.name: int(stale_after(job).total_seconds()) for job in JOBS}
    return create_app(deps, settings, demo, ready_jobs=ages, migrated=lambda: schema.at_head(deps.sessions.engine))


def _ready(context: CliContext) -> tuple[Settings, Deps]:
    settings = context.settings()
    configure(settings.log_level)
    return settings, context.deps()


class WebServer:
    """Waitress in a thread. `port` 0 takes a free one; a taken port raises OSError at construction."""

    def __init__(self, app: Any, host: str, port: int, threads: int) -> None:
        from waitress.server import create_server

        self._server = create_server(
            app,
            host=host,
            port=port,
            threads=threads,
            ident="Doorstep",
            clear_untrusted_proxy_headers=False,
            max_request_body_size=LARGEST_BODY,
        )
        self.port = int(self._server.effective_port)
        self.url = f"http://{host}:{self.port}"
        self._thread = threading.Thread(target=self._serve, name="web", daemon=True)

    def _serve(self) -> None:
        try:
            self._server.run()
        except OSError:  # the socket was closed under it: that is how it is stopped
            log.debug("web.stopped")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Take no more, let what is being answered end, and close the connections that callers have kept open: as long as
        one is there, Waitress goes on."""
        from waitress.wasyncore import close_all

        self._server.close()
        self._server.task_dispatcher.shutdown(timeout=5)
        close_all(self._server._map, ignore_all=True)
        if self._thread.ident is not None:
            self._thread.join(5)


def _until_told(start: Callable[[], None], stop: Callable[[], None]) -> None:
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    start()
    told.wait()
    stop()
