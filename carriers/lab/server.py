"""The lab itself: the carriers behind one loopback address, over real HTTP."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any, Self
from wsgiref.types import StartResponse, WSGIEnvironment

from werkzeug import Request, Response
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from carriers.lab import control
from carriers.lab.clock import VirtualClock
from carriers.lab.faults import Faults
from carriers.lab.hooks import HookBook
from carriers.lab.limits import Limits
from carriers.lab.line import Landings, Line
from carriers.lab.purchases import LabelBook, Purchase
from carriers.lab.pushes import push_sources
from carriers.lab.pushes.pusher import Pusher
from carriers.lab.shelf import Shelf
from carriers.lab.state import read_state, write_state
from carriers.lab.tokens import TokenDesk
from carriers.lab.wire import CARRIERS, PLATFORMS, Wires
from carriers.lab.wire.base import Desk, Route
from carriers.lab.world import World

_SAVE_EVERY = timedelta(seconds=2)
_NO_WORK = frozenset({"token", "payment"})  # faults and limits leave these alone, so that "the next call" is a real one


class Lab:
    """A world of parcels and the carriers who carry them, at `http://host:port/<carrier>`.

    `state_path` keeps labels and the clock between runs (read at construction); `limits` is calls and real seconds
    by carrier; `token_seconds` how long tokens live, counted on `token_clock` (the real clock when not given); `label_font` is a TrueType file for
    names on labels that need more than Latin letters.
    """

    def __init__(
        self,
        world: World,
        clock: VirtualClock,
        *,
        state_path: Path | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        limits: Mapping[str, tuple[int, float]] | None = None,
        token_seconds: Mapping[str, int] | None = None,
        token_clock: Callable[[], datetime] | None = None,
        label_font: Path | None = None,
    ) -> None:
        self.world = world
        self.clock = clock
        self.faults = Faults((*CARRIERS, *PLATFORMS))
        self.limits = Limits(clock.real, limits)
        self.tokens = TokenDesk(token_clock or clock.real, str(world.seed), token_seconds)
        self.book = LabelBook(world)
        self.calls: Counter[str] = Counter()
        self.calls_by_name: Counter[tuple[str, str]] = Counter()
        self.shelf = Shelf(world.seed)
        self.landings = Landings(clock.now)
        desk = Desk(world, clock, self.tokens, self.book, self.shelf, label_font)
        self.wires = Wires(desk)
        self.pushes = Pusher(world, HookBook(self.shelf), lambda: push_sources(desk), clock.now)
        self._state_path = state_path
        self._address = (host, port)
        self._port = port
        self._lock = Lock()
        self._stopping = Event()
        self._line = Line(self.landings, self._stopping)
        self._server: BaseWSGIServer | None = None
        self._thread: Thread | None = None
        self._saved = clock.real()
        if state_path and (state := read_state(state_path)):
            self.book.load(state["labels"])
            self.shelf.load(state["shelf"])

    @classmethod
    def open(
        cls,
        *,
        real: Callable[[], datetime],
        seed: int,
        start: datetime,
        speed: float = 1.0,
        state_path: Path | None = None,
        **options: Any,
    ) -> Self:
        """The demo's lab: a new world from `seed`, `start` and `speed`, or the saved one at the moment it stopped.

        ValueError when the file is not a lab's state. `options` are those of the constructor.
        """
        state = read_state(state_path) if state_path else None
        if state is None:
            return cls(World.demo(seed, start), VirtualClock(real, start, speed), state_path=state_path, **options)
        world = World.demo(state["world"]["seed"], datetime.fromisoformat(state["world"]["start"]))
        return cls(world, VirtualClock.from_dict(state["clock"], real), state_path=state_path, **options)

    @property
    def purchases(self) -> tuple[Purchase, ...]:
        """Every label that was paid for, in order."""
        return self.book.purchases

    @property
    def url(self) -> str:
        """The lab's address, without a slash at the end. RuntimeError before `start`."""
        if self._server is None:
            raise RuntimeError("the lab is not running")
        return f"http://{self._address[0]}:{self._port}"

    def base_url(self, carrier: str) -> str:
        """The root of one carrier's API. KeyError for an unknown carrier."""
        if carrier not in self.wires:
            raise KeyError(carrier)
        return f"{self.url}/{carrier}"

    def start(self) -> Self:
        """Serve in the background. OSError when the port is taken."""
        host, port = self._address
        # Bound here and handed over by number: on a taken port the server itself would end the whole process.
        with socket.create_server((host, port)) as listener:
            self._port = int(listener.getsockname()[1])
            self._server = make_server(
                host, self._port, self, threaded=True, request_handler=_Quiet, fd=listener.fileno()
            )
        self._stopping.clear()
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()
        self.pushes.start()
        self.save()
        return self

    def stop(self) -> None:
        """Stop serving, let hanging calls go, and save."""
        self._stopping.set()
        self.pushes.stop()
        if self._server and self._thread:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
        self._server = self._thread = None
        self.save()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_exc: object) -> None:
        self.stop()

    def save(self) -> None:
        """Write the state, where there is a place for it."""
        if self._state_path is None:
            return
        with self._lock:
            self._saved = self.clock.real()
            world = {"seed": self.world.seed, "start": self.world.start.isoformat()}
            kept = {"labels": self.book.to_dict(), "shelf": self.shelf.to_dict()}
            write_state(self._state_path, {"world": world, "clock": self.clock.to_dict(), **kept})

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """The WSGI application."""
        request = Request(environ)
        request.get_data()  # before any answer, so that an early refusal does not cut the caller's sending short
        response = self._respond(request)
        if response is None:
            _hang_up(environ)
            raise ConnectionError("closed without an answer, as asked")
        return response(environ, start_response)

    def _respond(self, request: Request) -> Response | None:
        self.landings.land()
        carrier, _, rest = request.path.lstrip("/").partition("/")
        if carrier not in self.wires:
            return control.answer(self, request)
        found = self.wires[carrier].find(request, "/" + rest)
        if isinstance(found, Response):
            return found
        sold = len(self.book)
        response = self._carrier(carrier, request, *found)
        if len(self.book) > sold or self.clock.real() - self._saved > _SAVE_EVERY:
            self.save()
        return response

    def _carrier(self, carrier: str, request: Request, route: Route, caught: str) -> Response | None:
        with self._lock:
            self.calls_by_name[carrier, route.name] += 1
            self.calls[carrier] += route.name not in _NO_WORK
        if route.name in _NO_WORK:
            return route.handler(request, caught)
        wire = self.wires[carrier]
        if (wait := self.limits.wait(carrier)) is not None:
            return wire.refusal(429, wait)
        fault = self.faults.take(carrier, route.name)
        return self._line.answer(fault, lambda: route.handler(request, caught), wire.refusal)


class _Quiet(WSGIRequestHandler):
    """Writes no access log: the lab's calls are counted instead."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


def _hang_up(environ: WSGIEnvironment) -> None:
    """Close the caller's connection before a byte of an answer."""
    with suppress(OSError, KeyError):  # the caller may have hung up first, or there is no line at all
        environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
