"""Answers as carriers send them, built for tests."""

from __future__ import annotations

import json
from typing import Any

from carriers.base import Adapter, RawAnswer
from carriers.errors import CarrierError
from carriers.model import TrackingResult


def answer(body: Any, status: int = 200, **headers: str) -> RawAnswer:
    """A body as JSON; text and bytes go as they are. Underscores in header names stand for hyphens."""
    raw = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return RawAnswer(
        status, "application/json", raw, {name.replace("_", "-"): value for name, value in headers.items()}
    )


def only(adapter: Adapter, body: Any, number: str | None = None, status: int = 200) -> TrackingResult:
    """The single result of an answer."""
    (result,) = adapter.parse(answer(body, status), [number] if number else [])
    return result


def refusal(adapter: Adapter, raw: RawAnswer, *numbers: str) -> CarrierError:
    """The error that an answer raises for the whole call."""
    try:
        results = adapter.parse(raw, numbers)
    except CarrierError as error:
        return error
    raise AssertionError(f"no error, but {results}")
