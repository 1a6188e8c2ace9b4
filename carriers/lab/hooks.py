"""Addresses that carriers send their pushes to. They are kept with everything else a carrier remembers."""

from __future__ import annotations

import ipaddress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from carriers.lab.shelf import Shelf

PUSHING: Final = ("ups", "easypost", "shippo", "aftership", "17track", "cdek", "dhl_unified", "karrio")
_HOOKS: Final = "hooks"


@dataclass(frozen=True, slots=True)
class Hook:
    """One address. `numbers` are the parcels it hears of; empty: all that the carrier's own rule allows.

    `kind` is what it asked for in the carrier's words; `header` is the name of the header that carries the secret,
    where the caller chose it. Times are UTC.
    """

    carrier: str
    name: str
    url: str
    created_at: datetime
    secret: str = ""
    numbers: tuple[str, ...] = ()
    expires_at: datetime | None = None
    kind: str = ""
    header: str = ""
    failures: int = 0
    off: bool = False

    def to_dict(self) -> dict[str, Any]:
        told = asdict(self) | {"numbers": list(self.numbers), "created_at": self.created_at.isoformat()}
        return told | {"expires_at": self.expires_at.isoformat() if self.expires_at else None}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Hook:
        ends = data["expires_at"]
        moments = {
            "created_at": datetime.fromisoformat(data["created_at"]),
            "expires_at": datetime.fromisoformat(ends) if ends else None,
        }
        return cls(**data | moments | {"numbers": tuple(data["numbers"])})

    def summary(self) -> dict[str, Any]:
        """What may be shown: no secret."""
        told = self.to_dict()
        return {name: value for name, value in told.items() if name not in ("secret", "numbers")} | {
            "numbers": len(self.numbers)
        }


class HookBook:
    """Every address, by carrier."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def put(self, hook: Hook) -> Hook:
        """Enter or change one. ValueError for an address off this machine: the lab sends nothing into the world."""
        if not is_loopback(hook.url):
            raise ValueError("The lab only sends to http addresses on this machine.")
        self._shelf.put(hook.carrier, _HOOKS, hook.name, hook.to_dict())
        return hook

    def of(self, carrier: str) -> list[Hook]:
        return [Hook.from_dict(data) for data in self._shelf.all(carrier, _HOOKS)]

    def live(self, carrier: str, now: datetime) -> list[Hook]:
        """Those that are to be served at `now`."""
        return [
            hook for hook in self.of(carrier) if not hook.off and (hook.expires_at is None or now < hook.expires_at)
        ]

    def get(self, carrier: str, name: str) -> Hook | None:
        data = self._shelf.get(carrier, _HOOKS, name)
        return Hook.from_dict(data) if data else None

    def at(self, carrier: str, url: str) -> Hook | None:
        """The address that was entered with this URL."""
        return next((hook for hook in self.of(carrier) if hook.url == url), None)

    def drop(self, carrier: str, name: str) -> bool:
        return self._shelf.drop(carrier, _HOOKS, name)

    def note(self, hook: Hook, ok: bool, most_failures: int | None) -> None:
        """Remember how a delivery went; after `most_failures` in a row the address is switched off."""
        kept = self.get(hook.carrier, hook.name)
        if kept is None:
            return
        failures = 0 if ok else kept.failures + 1
        off = kept.off or (most_failures is not None and failures >= most_failures)
        if (failures, off) != (kept.failures, kept.off):
            self.put(replace(kept, failures=failures, off=off))


def is_loopback(url: str) -> bool:
    """Whether an address is plain HTTP on this machine."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.scheme != "http" or parts.username or parts.password:
        return False
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
