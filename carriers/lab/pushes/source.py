"""What a carrier's pushes have in common: which parcels, what body, which proof, how often again."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from carriers.lab.hooks import Hook
from carriers.lab.parcels import Parcel, Scan
from carriers.lab.wire.base import Desk


class PushSource(ABC):
    """One carrier's pushes.

    `again` are the waits after attempts that failed, on the lab's clock; `most_failures` deliveries given up in a row
    switch an address off; `timeout` is real seconds.
    """

    code: str
    again: tuple[timedelta, ...] = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30))
    most_failures: int | None = None
    timeout: float = 7.0

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    @abstractmethod
    def watched(self, hook: Hook) -> Iterable[str]:
        """The numbers an address hears of."""

    @abstractmethod
    def body(self, hook: Hook, parcel: Parcel, scan: Scan) -> dict[str, Any]:
        """What is sent about a scan, as things stood when it was published."""

    def proof(self, hook: Hook, content: bytes) -> dict[str, str]:
        """Headers that show where it comes from. None where the carrier proves nothing."""
        return {}

    def encode(self, body: dict[str, Any]) -> bytes:
        return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()

    def now(self) -> datetime:
        return self.desk.now()
