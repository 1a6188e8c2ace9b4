"""The web server of one process: what becomes of it when it is told to stop."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterable
from typing import Any

from portal.cli.serve import WebServer


def app(_environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]


def test_a_connection_that_is_kept_open_does_not_keep_the_server_running() -> None:
    server = WebServer(app, "127.0.0.1", 0, 1)
    server.start()
    caller = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    caller.request("GET", "/")
    assert caller.getresponse().read() == b"ok"
    server.stop()
    assert caller.sock is not None
    assert caller.sock.recv(1) == b""  # closed at the other end
    caller.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "web" and thread.is_alive()]


def test_a_server_that_never_began_can_be_stopped() -> None:
    WebServer(app, "127.0.0.1", 0, 1).stop()
