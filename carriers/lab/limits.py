"""How many calls a carrier takes in how many seconds before it says 429."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from threading import Lock


class Limits:
    """A sliding window per carrier on the real clock. A carrier without an entry takes everything."""

    def __init__(self, real: Callable[[], datetime], allowed: Mapping[str, tuple[int, float]] | None = None) -> None:
        self._real = real
        self._allowed = dict(allowed or {})
        self._taken: dict[str, deque[datetime]] = {}
        self._lock = Lock()

    def set(self, carrier: str, calls: int, seconds: float) -> None:
        """From now on `calls` calls in any `seconds` seconds."""
        with self._lock:
            self._allowed[carrier] = (calls, seconds)

    def wait(self, carrier: str) -> int | None:
        """None when the call may pass (it is counted), else the whole seconds until one may."""
        if carrier not in self._allowed:
            return None
        calls, seconds = self._allowed[carrier]
        window = timedelta(seconds=seconds)
        with self._lock:
            now, taken = self._real(), self._taken.setdefault(carrier, deque())
            while taken and now - taken[0] >= window:
                taken.popleft()
            if len(taken) < calls:
                taken.append(now)
                return None
            return max(1, math.ceil((taken[0] + window - now).total_seconds()))
