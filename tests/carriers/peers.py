"""Loopback peers that misbehave on the wire, byte by byte."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Talk = Callable[[socket.socket, "Peer"], None]
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


@dataclass
class Peer:
    """What a peer has seen. `stopping` ends a talk that would go on."""

    port: int = 0
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0
    stopping: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def heard(connection: socket.socket, peer: Peer) -> bytes:
    """One whole request, or nothing when the other side went away."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(65536)
        if not part:
            return b""
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    missing = (int(lengths[0].split(b":")[1]) if lengths else 0) - len(body)
    while missing > 0:
        part = connection.recv(missing)
        data, missing = data + part, missing - len(part)
    peer.requests.append(data)
    return data


@contextmanager
def peer(talk: Talk) -> Iterator[Peer]:
    """A server on loopback that talks to each connection in a thread of its own."""
    found = Peer()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        found.port = listener.getsockname()[1]

        def serve(connection: socket.socket) -> None:
            with connection:
                try:
                    talk(connection, found)
                except OSError:
                    return

        def accept() -> None:
            while not found.stopping.is_set():
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                found.connections += 1
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield found
        finally:
            found.stopping.set()
            listener.shutdown(socket.SHUT_RDWR)


def answering(*answers: bytes) -> Talk:
    """Answers each request with the next of some answers, then with the last again; connections are kept."""
    left = list(answers)

    def talk(connection: socket.socket, peer: Peer) -> None:
        while heard(connection, peer):
            connection.sendall(left.pop(0) if len(left) > 1 else left[0])

    return talk


def dripping(head: bytes) -> Talk:
    """Sends the head at once and then a byte now and then, for ever."""

    def talk(connection: socket.socket, peer: Peer) -> None:
        heard(connection, peer)
        connection.sendall(head)
        while not peer.stopping.wait(0.05):
            connection.sendall(b"x")

    return talk


def hanging_up(after: int = 0) -> Talk:
    """Answers some requests in all and closes the connection on each one after."""
    count = iter(range(1_000_000))

    def talk(connection: socket.socket, peer: Peer) -> None:
        while heard(connection, peer):
            if next(count) >= after:
                return
            connection.sendall(OK)

    return talk
