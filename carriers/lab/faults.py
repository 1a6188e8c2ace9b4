"""Carriers that misbehave on request: what they do wrong, for how many calls."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from threading import Event, Lock

from werkzeug import Response


class Fault(StrEnum):
    """The ways a carrier can fail.

    Nothing is done: 429, 500, timeout (no answer, the line stays open), request_lost (the line is closed at once).
    Done later: late_landing (the line is closed at once, and the call is carried out after a while).
    Done at once, and the answer goes wrong: answer_lost (the line is closed), answer_hangs (the line stays open),
    500_after, truncated, html, garbage, slow.
    """

    NONE = "none"
    RATE_LIMIT = "429"
    SERVER_ERROR = "500"
    TIMEOUT = "timeout"
    TRUNCATED = "truncated"
    HTML = "html"
    SLOW = "slow"
    GARBAGE = "garbage"
    ANSWER_LOST = "answer_lost"
    ANSWER_HANGS = "answer_hangs"
    ERROR_AFTER = "500_after"
    REQUEST_LOST = "request_lost"
    LATE_LANDING = "late_landing"


@dataclass(frozen=True, slots=True)
class Switch:
    """What a carrier does wrong: for the next `calls` calls (None: until it is switched off), of the kind `on` only."""

    fault: Fault = Fault.NONE
    calls: int | None = None
    on: str | None = None


class Faults:
    """A switch per carrier."""

    def __init__(self, carriers: Iterable[str]) -> None:
        self._set: dict[str, Switch] = {code: Switch() for code in carriers}
        self._lock = Lock()

    def set(self, carrier: str, kind: str, calls: int | None = None, on: str | None = None) -> None:
        """`carrier` fails like `kind` for the next `calls` calls, or until it is set to "none".

        With `on` only calls of that kind fail and are counted: "track", "label", "void", "find" and so on, as
        `Lab.calls_by_name` names them. ValueError for an unknown fault or a count below one, KeyError for an unknown
        carrier.
        """
        if calls is not None and calls < 1:
            raise ValueError("calls must be one or more")
        fault = Fault(kind)
        with self._lock:
            if carrier not in self._set:
                raise KeyError(carrier)
            self._set[carrier] = Switch() if fault is Fault.NONE else Switch(fault, calls, on)

    def take(self, carrier: str, name: str = "") -> Fault:
        """The fault for this call, named as in `set`; counts it down."""
        with self._lock:
            switch = self._set[carrier]
            if switch.on not in (None, name):
                return Fault.NONE
            if switch.calls is not None:
                self._set[carrier] = replace(switch, calls=switch.calls - 1) if switch.calls > 1 else Switch()
            return switch.fault

    def to_dict(self) -> dict[str, dict[str, str | int | None]]:
        """What is switched on, by carrier."""
        with self._lock:
            return {
                code: {"fault": switch.fault.value, "calls": switch.calls, "on": switch.on}
                for code, switch in self._set.items()
            }


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
    """JSON or XML that is well formed and means nothing, with the right status and type."""
    if "xml" in good.content_type:
        page = '<?xml version="1.0" encoding="UTF-8"?><nothing><inside x="-1"/></nothing>'
        return Response(page, status=good.status_code, content_type=good.content_type)
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
