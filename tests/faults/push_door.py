"""The real web server in a process of its own, to be killed while it takes a push (PORTAL_CRASH). Prints its port."""

from __future__ import annotations

import signal

from portal.app import create_app
from portal.bootstrap.build import build
from portal.cli.serve import WebServer
from portal.logs import configure
from portal.settings import load


def main() -> None:
    configure("ERROR")
    settings = load()
    server = WebServer(create_app(build(settings), settings), "127.0.0.1", 0, settings.web_threads)
    server.start()
    print(server.port, flush=True)
    signal.pause()


if __name__ == "__main__":
    main()
