"""The lab's time: it runs from a chosen start, at a chosen speed, and can jump."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any


class VirtualClock:
    """Virtual UTC time driven by a real clock.

    `real` gives real time (aware); `start` is the virtual time at construction; at `speed` 30 a real minute is
    half a virtual hour. Safe to use from several threads. Virtual time never runs backwards.
    """

    def __init__(self, real: Callable[[], datetime], start: datetime, speed: float = 1.0) -> None:
        self._lock = Lock()
        self._real = real
        self._anchor_real = real()
        self._anchor = start.astimezone(UTC)
        self._speed = _checked(speed)

    def now(self) -> datetime:
        """Virtual time, aware UTC."""
        with self._lock:
            return self._now()

    def real(self) -> datetime:
        """Real time, as the caller's clock tells it."""
        return self._real()

    @property
    def speed(self) -> float:
        return self._speed

    def set_speed(self, speed: float) -> None:
        """Run at `speed` from now on; 0 stands still. ValueError below zero."""
        with self._lock:
            self._rebase(timedelta(0))
            self._speed = _checked(speed)

    def pause(self) -> None:
        """Stand still until `set_speed`."""
        self.set_speed(0)

    def jump(self, by: timedelta) -> None:
        """Move ahead at once. ValueError for a jump back: scans that were published cannot be taken back."""
        if by < timedelta(0):
            raise ValueError("the lab's clock only moves forward")
        with self._lock:
            self._rebase(by)

    def to_dict(self) -> dict[str, Any]:
        """What is needed to go on later from the present virtual moment."""
        return {"now": self.now().isoformat(), "speed": self._speed}

    @classmethod
    def from_dict(cls, data: dict[str, Any], real: Callable[[], datetime]) -> VirtualClock:
        """Go on where `to_dict` stopped: no virtual time passes while nothing runs."""
        return cls(real, datetime.fromisoformat(data["now"]), float(data["speed"]))

    def _now(self) -> datetime:
        passed = max(self._real() - self._anchor_real, timedelta(0))
        return self._anchor + passed * self._speed

    def _rebase(self, by: timedelta) -> None:
        self._anchor = self._now() + by
        self._anchor_real = self._real()


def _checked(speed: float) -> float:
    if not 0 <= speed <= 100_000:
        raise ValueError("speed must lie between 0 and 100000")
    return float(speed)
