"""What the carriers' front doors have in common: routing and JSON. Everything else is each carrier's own."""

from __future__ import annotations

import base64
import json
import math
import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from werkzeug import Request, Response

from carriers.lab.clock import VirtualClock
from carriers.lab.documents import document
from carriers.lab.purchases import LabelBook, Purchase
from carriers.lab.shelf import Shelf
from carriers.lab.tokens import TokenDesk
from carriers.lab.world import World

Handler = Callable[[Request, str], Response]


@dataclass(frozen=True, slots=True)
class Desk:
    """What stands behind every front door."""

    world: World
    clock: VirtualClock
    tokens: TokenDesk
    book: LabelBook
    shelf: Shelf
    label_font: Path | None = None

    def now(self) -> datetime:
        return self.clock.now()

    def print(self, purchase: Purchase, kind: str = "") -> bytes:
        """A label's document: as it was bought, or as `kind`."""
        return document(purchase, kind, self.label_font)


@dataclass(frozen=True, slots=True)
class Route:
    """A path (a regular expression with at most one group), a method or several with bars between, and who answers."""

    method: str
    path: re.Pattern[str]
    handler: Handler
    name: str


class Wire(ABC):
    """One carrier's HTTP interface."""

    code: str

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    @abstractmethod
    def routes(self) -> tuple[Route, ...]:
        """The calls this carrier answers."""

    @abstractmethod
    def refusal(self, status: int, retry_after: int | None = None) -> Response:
        """The carrier's own words for a call it does not serve: 404, 405, 429 or 5xx."""

    def find(self, request: Request, path: str) -> tuple[Route, str] | Response:
        """The route for a request and what its group caught, or the carrier's refusal."""
        status = 404
        for route in self.routes():
            if match := route.path.fullmatch(path):
                if request.method in route.method.split("|"):
                    return route, (match.group(1) if match.groups() else "")
                status = 405
        return self.refusal(status)


def route(method: str, path: str, handler: Handler, name: str) -> Route:
    """A route from a plain regular expression."""
    return Route(method, re.compile(path), handler, name)


def reply(data: object, status: int = 200, **headers: str) -> Response:
    """A JSON answer. Header names are given with underscores."""
    response = Response(json.dumps(data, ensure_ascii=False), status=status, content_type="application/json")
    for name, value in headers.items():
        response.headers[name.replace("_", "-").title()] = value
    return response


def retry_header(retry_after: int | None) -> dict[str, str]:
    """Headers that say when to come again."""
    return {} if retry_after is None else {"retry_after": str(retry_after)}


def body_of(request: Request) -> Any:
    """The request's JSON; None when it is not JSON."""
    try:
        return json.loads(request.get_data())
    except ValueError:
        return None


def b64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def plain(number: str) -> str:
    """A number as carriers compare it: without blanks, in capitals."""
    return number.replace(" ", "").upper()


def dig(data: Any, *path: str | int) -> Any:
    """What stands at a path of names and places inside JSON, or None."""
    for step in path:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def word(data: Any, *path: str | int) -> str:
    """The text or number at a path as text; empty when there is none."""
    found = dig(data, *path)
    return str(found).strip() if isinstance(found, str | int | float) and not isinstance(found, bool) else ""


def many(value: Any) -> list[Any]:
    """A list, one thing as a list of it, or nothing: carriers take both."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def table(value: Any) -> dict[str, Any]:
    """An object, or an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def number_of(text: str) -> float:
    """A decimal number; 0 when it is none."""
    try:
        found = float(text)
    except ValueError:
        return 0.0
    return found if math.isfinite(found) else 0.0


def whole(text: str, usual: int, most: int) -> int:
    """A whole number between 1 and `most`; the usual one for anything else."""
    return min(int(text), most) if text.isascii() and text.isdigit() and int(text[:9]) > 0 else usual
