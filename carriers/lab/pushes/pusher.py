"""Sends pushes as scans are published on the lab's clock: from a thread of its own, or by hand, step by step."""

from __future__ import annotations

import http.client
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from threading import Event, Lock, Thread
from typing import Any, Final
from urllib.parse import urlsplit

from carriers.lab.hooks import PUSHING, Hook, HookBook, is_loopback
from carriers.lab.parcels import Parcel, Scan
from carriers.lab.pushes.source import PushSource
from carriers.lab.world import World

_MOST_WAITING: Final = 5000  # what comes beyond that is dropped and counted
_MOST_REMEMBERED: Final = 500
_LOOKS_EVERY: Final = 0.1  # real seconds
_DELAY: Final = timedelta(hours=2)
_PATIENCE: Final = timedelta(hours=1)  # so long a push is held back for the one that shall come before it


class PushFault(StrEnum):
    """What can go wrong with a push."""

    NONE = "none"
    DUPLICATE = "duplicate"  # sent twice
    DISORDER = "disorder"  # sent after the one that comes after it
    WRONG_SIGNATURE = "wrong_signature"  # proved with another secret
    DELAYED = "delayed"  # two hours late on the lab's clock
    LOST = "lost"  # never sent


@dataclass(frozen=True, slots=True)
class Delivery:
    """One push on its way."""

    hook: Hook
    number: str
    due: datetime
    content: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    attempt: int = 1


Sources = Mapping[str, PushSource]


class Pusher:
    """Watches the world for scans that somebody wants to hear of. `load` gives the carriers' words when needed."""

    def __init__(self, world: World, hooks: HookBook, load: Callable[[], Sources], now: Callable[[], datetime]) -> None:
        self.hooks = hooks
        self.sent: deque[dict[str, Any]] = deque(maxlen=_MOST_REMEMBERED)
        self.dropped = 0
        self._world = world
        self._load = load
        self._loaded: Sources | None = None
        self._now = now
        self._seen: datetime = now()
        self._waiting: list[Delivery] = []
        self._held: dict[str, Delivery] = {}
        self._faults: dict[str, tuple[PushFault, int | None]] = {}
        self._lock = Lock()
        self._sending = Lock()
        self._stop = Event()
        self._thread: Thread | None = None

    def __len__(self) -> int:
        return len(self._waiting) + len(self._held)

    def fault(self, carrier: str, kind: str, count: int | None = None) -> None:
        """The next `count` pushes of a carrier (all, when not given) go wrong like `kind`.

        ValueError for an unknown kind or a count below one, KeyError for a carrier that pushes nothing.
        """
        if carrier not in PUSHING:
            raise KeyError(carrier)
        if count is not None and count < 1:
            raise ValueError("count must be one or more")
        with self._lock:
            self._faults[carrier] = (PushFault(kind), count)

    def look(self) -> int:
        """Prepare pushes for everything published since the last look. Gives how many pushes there were to make."""
        with self._lock:
            now, since = self._now(), self._seen
            self._seen = now
            found = [entry for code in PUSHING for entry in self._news(code, since, now)]
            for _, hook, parcel, scan in sorted(found, key=lambda entry: entry[0]):
                self._enter(hook, parcel, scan)
            return len(found)

    def push(self, carrier: str, number: str) -> int:
        """Prepare a push about the newest scan of a parcel for every address of a carrier, whatever it watches.

        KeyError for a carrier that pushes nothing or a number nobody knows anything of.
        """
        now, parcel = self._now(), self._world.get(number)
        if carrier not in PUSHING or parcel is None or (latest := parcel.latest(now)) is None:
            raise KeyError(number)
        with self._lock:
            hooks = self.hooks.live(carrier, now)
            for hook in hooks:
                self._enter(hook, parcel, latest)
        return len(hooks)

    def deliver(self) -> int:
        """Send what is due. Gives how many attempts were made."""
        with self._lock:
            now = self._now()
            late = [name for name, one in self._held.items() if one.due + _PATIENCE <= now]
            self._queue([self._held.pop(name) for name in late])
            due = [one for one in self._waiting if one.due <= now]
            self._waiting = [one for one in self._waiting if one.due > now]
        for one in due:
            self._send(one)
        return len(due)

    def pump(self) -> int:
        """Look, and send what is due."""
        with self._sending:
            self.look()
            return self.deliver()

    def start(self) -> None:
        """Pump in the background until `stop`."""
        if self._thread is None:
            self._stop.clear()
            self._thread = Thread(target=self._run, name="lab-pushes", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=10)
        self._thread = None

    def summary(self) -> dict[str, Any]:
        hooks = [hook.summary() for code in PUSHING for hook in self.hooks.of(code)]
        faults = {code: {"fault": kind.value, "count": left} for code, (kind, left) in self._faults.items()}
        return {
            "hooks": hooks,
            "waiting": len(self),
            "dropped": self.dropped,
            "faults": faults,
            "sent": list(self.sent)[-50:],
        }

    def _source(self, carrier: str) -> PushSource:
        if self._loaded is None:
            self._loaded = self._load()
        return self._loaded[carrier]

    def _run(self) -> None:
        while not self._stop.wait(_LOOKS_EVERY):
            self.pump()

    def _news(self, code: str, since: datetime, now: datetime) -> list[tuple[datetime, Hook, Parcel, Scan]]:
        found = []
        for hook in self.hooks.live(code, now):
            start = max(since, hook.created_at)
            for number in dict.fromkeys(self._source(code).watched(hook)):
                parcel = self._world.get(number)
                scans = parcel.scans if parcel else ()
                found += [(scan.published_at, hook, parcel, scan) for scan in scans if start < scan.published_at <= now]
        return [(at, hook, parcel, scan) for at, hook, parcel, scan in found if parcel]

    def _enter(self, hook: Hook, parcel: Parcel, scan: Scan) -> None:
        kind = self._take(hook.carrier)
        if kind is PushFault.LOST:
            return
        made = self._made(hook, parcel, scan, wrong=kind is PushFault.WRONG_SIGNATURE)
        if kind is PushFault.DELAYED:
            made = replace(made, due=made.due + _DELAY)
        held = self._held.pop(hook.name, None)
        if kind is PushFault.DISORDER:
            self._held[hook.name] = made
            self._queue([held] if held else [])
            return
        self._queue([made, *([made] if kind is PushFault.DUPLICATE else []), *([held] if held else [])])

    def _queue(self, made: list[Delivery]) -> None:
        room = _MOST_WAITING - len(self._waiting)
        self._waiting += made[:room]
        self.dropped += max(0, len(made) - room)

    def _made(self, hook: Hook, parcel: Parcel, scan: Scan, *, wrong: bool) -> Delivery:
        source = self._source(hook.carrier)
        content = source.encode(source.body(hook, parcel, scan))
        proof = source.proof(replace(hook, secret=f"not {hook.secret}") if wrong else hook, content)
        headers = {"Content-Type": "application/json", "User-Agent": f"lab-{hook.carrier}"} | proof
        return Delivery(hook, parcel.number, self._now(), content, headers)

    def _take(self, carrier: str) -> PushFault:
        kind, left = self._faults.get(carrier, (PushFault.NONE, None))
        if left is not None:
            self._faults[carrier] = (kind, left - 1) if left > 1 else (PushFault.NONE, None)
        return kind

    def _send(self, one: Delivery) -> None:
        source = self._source(one.hook.carrier)
        status = _post(one, source.timeout)
        ok = status is not None and 200 <= status < 300
        entry = {"carrier": one.hook.carrier, "hook": one.hook.name, "number": one.number, "attempt": one.attempt}
        self.sent.append(entry | {"status": status, "at": self._now().isoformat()})
        if not ok and one.attempt <= len(source.again):
            later = replace(one, due=self._now() + source.again[one.attempt - 1], attempt=one.attempt + 1)
            with self._lock:
                self._queue([later])
            return
        self.hooks.note(one.hook, ok, source.most_failures)


def _post(one: Delivery, timeout: float) -> int | None:
    """The status of the answer; None when there was none."""
    if not is_loopback(one.hook.url):
        return None
    parts = urlsplit(one.hook.url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port or 80, timeout=timeout)
    with suppress(OSError, http.client.HTTPException):
        try:
            path = parts.path or "/"
            connection.request("POST", f"{path}?{parts.query}" if parts.query else path, one.content, dict(one.headers))
            return connection.getresponse().status
        finally:
            connection.close()
    return None
