"""Access tokens: fetched once for all threads, kept until shortly before they expire, never printed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from carriers.base import Account, Token

MARGIN = 60.0  # seconds before the end at which a token is no longer used
_Key = tuple[str, frozenset[tuple[str, str]]]


@dataclass(slots=True)
class _Slot:
    """One account's token, and the lock behind which it is fetched."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    token: Token | None = None
    good_until: float = 0.0


class TokenStore:
    """The tokens of all accounts of one carrier. `clock` is monotonic, in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._slots: dict[_Key, _Slot] = {}
        self._lock = threading.Lock()

    def get(self, account: Account, fetch: Callable[[], Token]) -> Token:
        """The account's token; the first thread fetches it, the others wait for the same one."""
        slot = self._slot(account)
        token = slot.token
        if token is not None and self._clock() < slot.good_until:
            return token
        with slot.lock:
            if slot.token is None or self._clock() >= slot.good_until:
                fresh = fetch()
                lifetime = max(0.0, fresh.expires_in)
                slot.good_until = self._clock() + lifetime - min(MARGIN, lifetime / 2)
                slot.token = fresh
            return slot.token

    def forget(self, account: Account, token: Token) -> None:
        """Drop a token that was refused, unless another thread has replaced it already."""
        slot = self._slot(account)
        with slot.lock:
            if slot.token is token:
                slot.token = None

    def _slot(self, account: Account) -> _Slot:
        key = (account.base_url, frozenset(account.credentials.items()))
        slot = self._slots.get(key)
        if slot is None:
            with self._lock:
                slot = self._slots.setdefault(key, _Slot())
        return slot
