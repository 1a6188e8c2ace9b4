"""Connections that keep a total deadline.

A read timeout starts anew with every byte, so an answer that drips one byte a second would never end. Here each read
of the socket gets only what is left until the deadline of the call, headers and chunk sizes included.
"""

from __future__ import annotations

import io
import socket
import threading
from collections.abc import Callable
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection


class Watch(threading.local):
    """The running call of each thread: when it must end, and whether a byte of it has left."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._ends = 0.0
        self.sent = False

    def start(self, ends: float) -> None:
        """Begin an attempt that must end at a moment of the monotonic clock."""
        self._ends = ends
        self.sent = False

    @property
    def left(self) -> float:
        return self._ends - self._clock()

    @property
    def expired(self) -> bool:
        return self.left <= 0


class _DeadlineReader(io.RawIOBase):
    """Reads from a socket, waiting no longer than the call has left."""

    def __init__(self, sock: socket.socket, watch: Watch) -> None:
        self._sock, self._watch = sock, watch
        self._held = sock.makefile("rb", buffering=0)  # keeps the socket open for as long as the answer is read

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left = self._watch.left
        if left <= 0:
            raise TimeoutError("the deadline of the call has passed")
        self._sock.settimeout(left)
        return self._sock.recv_into(buffer)

    def close(self) -> None:
        if not self.closed:
            self._held.close()
        super().close()


class DeadlineSocket:
    """A connected socket, plain or TLS, whose reads keep the deadline and whose first write is noted."""

    def __init__(self, sock: socket.socket, watch: Watch) -> None:
        self._sock, self._watch = sock, watch

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def makefile(self, mode: str, *args: Any, **kwargs: Any) -> io.BufferedReader:
        return io.BufferedReader(_DeadlineReader(self._sock, self._watch))

    def sendall(self, data: Any, *args: Any) -> None:
        """A process that slept through the deadline sends nothing: by now somebody else may be at the same work."""
        left = self._watch.left
        if left <= 0:
            raise TimeoutError("the deadline of the call has passed")
        self._watch.sent = True
        self._sock.settimeout(left)
        self._sock.sendall(data, *args)


def _watched(base: type[HTTPConnection], watch: Watch) -> type[HTTPConnection]:
    class Watched(base):  # type: ignore[misc, valid-type]
        def connect(self) -> None:
            super().connect()
            connected: Any = self.sock
            self.sock: Any = DeadlineSocket(connected, watch)

    return Watched


class DeadlineAdapter(HTTPAdapter):
    """The transport of a session: kept connections, no repeats of its own, deadlines on the sockets."""

    def __init__(self, watch: Watch, connections: int) -> None:
        self._watch = watch
        super().__init__(pool_connections=8, pool_maxsize=connections, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Build the pools from watched connections."""
        super().init_poolmanager(*args, **kwargs)
        plain = type("Plain", (HTTPConnectionPool,), {"ConnectionCls": _watched(HTTPConnection, self._watch)})
        tls = type("Tls", (HTTPSConnectionPool,), {"ConnectionCls": _watched(HTTPSConnection, self._watch)})
        self.poolmanager.pool_classes_by_scheme = {"http": plain, "https": tls}
