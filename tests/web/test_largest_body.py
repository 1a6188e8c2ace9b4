"""What is far too large is refused before it is read: it would lie on the disk until its last byte had come."""

from __future__ import annotations

import socket

from flask import Flask

from portal.cli.serve import WebServer


def test_a_body_of_a_gigabyte_is_refused_by_its_announcement(app: Flask) -> None:
    server = WebServer(app, "127.0.0.1", 0, 1)
    server.start()
    try:
        with socket.create_connection(("127.0.0.1", server.port), timeout=5) as caller:
            caller.sendall(b"POST /hooks/ups/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n\r\n")
            assert caller.recv(100).startswith(b"HTTP/1.1 413")
    finally:
        server.stop()
