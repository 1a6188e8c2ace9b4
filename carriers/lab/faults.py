"""Carriers that misbehave on request: what they do wrong, for how many calls."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from enum import StrEnum
from threading import Event, Lock

from werkzeug import Response


class Fault(StrEnum):
    """The ways a carrier can fail. ANSWER_LOST does the work first and then says nothing."""

    NONE = "none"
    RATE_LIMIT = "429"
    SERVER_ERROR = "500"
    TIMEOUT = "timeout"
    TRUNCATED = "truncated"
    HTML = "html"
    SLOW = "slow"
    GARBAGE = "garbage"
    ANSWER_LOST = "answer_lost"


class Faults:
    """A switch per carrier."""

    def __init__(self, carriers: Iterable[str]) -> None:
        self._set: dict[str, tuple[Fault, int | None]] = dict.fromkeys(carriers, (Fault.NONE, None))
        self._lock = Lock()

    def set(self, carrier: str, kind: str, calls: int | None = None) -> None:
        """`carrier` fails like `kind` for the next `calls` calls, or until it is set to "none".

        ValueError for an unknown fault or a count below one, KeyError for an unknown carrier.
        """
        if calls is not None and calls < 1:
            raise ValueError("calls must be one or more")
        fault = Fault(kind)
        with self._lock:
            if carrier not in self._set:
                raise KeyError(carrier)
            self._set[carrier] = (fault, None if fault is Fault.NONE else calls)

    def take(self, carrier: str) -> Fault:
        """The fault for this call; counts it down."""
        with self._lock:
            fault, left = self._set[carrier]
            if left is not None:
                self._set[carrier] = (fault, left - 1) if left > 1 else (Fault.NONE, None)
            return fault

    def to_dict(self) -> dict[str, dict[str, str | int | None]]:
        """What is switched on, by carrier."""
        with self._lock:
            return {code: {"fault": fault.value, "calls": left} for code, (fault, left) in self._set.items()}


def truncated(good: Response) -> Response:
    """Half of the good answer, under the whole one's length."""
    body = good.get_data()
    broken = Response(_once(body[: len(body) // 2]), status=good.status_code, content_type=good.content_type)
    broken.headers["Content-Length"] = str(len(body))
    return broken


def html_page() -> Response:
    """A gateway's page where JSON was promised, with status 200."""
    page = (
        "<!DOCTYPE html><html><head><title>Maintenance</title></head><body><h1>We will be right back</h1></body></html>"
    )
    return Response(page, content_type="text/html; charset=utf-8")


def garbage(good: Response) -> Response:
    """JSON that is well formed and means nothing, with the right status and type."""
    return Response(json.dumps([None, {"�": [[]]}, -1]), status=good.status_code, content_type=good.content_type)


def slow(good: Response, stopping: Event, pause: float = 1.0) -> Response:
    """The good answer, one byte every `pause` real seconds; it ends early when the lab stops."""
    body = good.get_data()
    dripping = Response(_drip(body, stopping, pause), status=good.status_code, content_type=good.content_type)
    dripping.headers["Content-Length"] = str(len(body))
    return dripping


def _once(part: bytes) -> Iterator[bytes]:
    yield part


def _drip(body: bytes, stopping: Event, pause: float) -> Iterator[bytes]:
    for place in range(len(body)):
        if stopping.wait(pause if place else 0):
            return
        yield body[place : place + 1]
