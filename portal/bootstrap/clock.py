"""The one place that reads the clock."""

from __future__ import annotations

from datetime import UTC, datetime


def wall_clock() -> datetime:
    """Real time, aware UTC."""
    return datetime.now(UTC)
