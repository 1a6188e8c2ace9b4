"""One short message for the next page: what was just done, and how to undo it."""

from __future__ import annotations

from typing import Any

from flask import session

_NAME = "staff_said"


def say(text: str, **more: int) -> None:
    """Keep a message for the next page. `undo` and `revision` offer to take a resolve back, `open` leads to a case."""
    session[_NAME] = {"text": text, **more}


def said() -> dict[str, Any] | None:
    """The message, once."""
    found: dict[str, Any] | None = session.pop(_NAME, None)
    return found
