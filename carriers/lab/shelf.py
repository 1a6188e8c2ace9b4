"""What a carrier keeps between two calls beside labels: drafts of shipments, trackers, orders, subscriptions."""

from __future__ import annotations

import copy
import hashlib
from threading import Lock
from typing import Any, Final

_MOST: Final = 2000  # of one kind at one carrier; the oldest goes first


class Shelf:
    """JSON objects by carrier, kind and id. What is taken out is a copy; `put` brings changes back."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._made = 0
        self._kept: dict[str, dict[str, dict[str, Any]]] = {}
        self._lock = Lock()

    def new_id(self, length: int = 32) -> str:
        """A fresh hexadecimal id, the same in every run that makes as many."""
        with self._lock:
            self._made += 1
            return hashlib.sha256(f"{self._seed}/shelf/{self._made}".encode()).hexdigest()[:length]

    def put(self, carrier: str, kind: str, name: str, data: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            drawer = self._kept.setdefault(f"{carrier}/{kind}", {})
            drawer[name] = copy.deepcopy(data)
            while len(drawer) > _MOST:
                del drawer[next(iter(drawer))]
        return data

    def get(self, carrier: str, kind: str, name: str) -> dict[str, Any] | None:
        with self._lock:
            return copy.deepcopy(self._kept.get(f"{carrier}/{kind}", {}).get(name))

    def all(self, carrier: str, kind: str) -> list[dict[str, Any]]:
        """Everything of a kind, oldest first."""
        with self._lock:
            return copy.deepcopy(list(self._kept.get(f"{carrier}/{kind}", {}).values()))

    def drop(self, carrier: str, kind: str, name: str) -> bool:
        """Take something away. False when it was not there."""
        with self._lock:
            return self._kept.get(f"{carrier}/{kind}", {}).pop(name, None) is not None

    def to_dict(self) -> dict[str, Any]:
        with self._lock:
            return {"made": self._made, "kept": copy.deepcopy(self._kept)}

    def load(self, data: dict[str, Any]) -> None:
        with self._lock:
            self._made, self._kept = int(data["made"]), dict(data["kept"])


def as_uuid(hexadecimal: str) -> str:
    """32 hexadecimal digits as a random UUID is written (version 4, RFC 9562)."""
    digits = f"{hexadecimal[:12]}4{hexadecimal[13:16]}a{hexadecimal[17:32]}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:32]))
