"""Pushes: who wants them, what they say in each carrier's words, and how they are sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from carriers.lab.pushes.source import PushSource
    from carriers.lab.wire.base import Desk


def push_sources(desk: Desk) -> dict[str, PushSource]:
    """Every carrier's pushes at one desk. Loaded when somebody first asks for pushes."""
    from carriers.lab.pushes.sources import SOURCES

    return {code: source(desk) for code, source in SOURCES.items()}
