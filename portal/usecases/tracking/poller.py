"""Polls in the background, so that a carrier that hangs holds up nobody else's rhythm."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor

from portal.usecases.deps import Deps
from portal.usecases.tracking.claim import due_groups
from portal.usecases.tracking.poll import poll_group

AT_A_TIME = 32  # accounts that one process asks side by side
ROUNDS = 20  # of one account, before its place is free for others


class Poller:
    """One process's running polls: at most one of each account and carrier. A tick starts what is due and does not
    wait for it; several processes share the work through the parcels' leases."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(AT_A_TIME, thread_name_prefix="account")
        self._running: dict[str, Future[int]] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()

    @property
    def running(self) -> Mapping[str, Future[int]]:
        """The polls under way, by account and carrier."""
        return dict(self._running)

    def tick(self, deps: Deps) -> int:
        """Start what is due and not running yet. Returns how many parcels were polled by what has ended since.

        Raises what such a poll raised, after everything else has been started.
        """
        with self._lock:
            ended = {name: poll for name, poll in self._running.items() if poll.done()}
            self._running = {name: poll for name, poll in self._running.items() if name not in ended}
            for group in due_groups(deps, deps.clock()):
                if group.name not in self._running and not self._stopping.is_set():
                    self._running[group.name] = self._pool.submit(
                        poll_group, deps, group, rounds=ROUNDS, go_on=lambda: not self._stopping.is_set()
                    )
        return sum(poll.result() for poll in ended.values())

    def stop(self) -> None:
        """Let each poll finish the round it is in, start no new ones."""
        self._stopping.set()
        self._pool.shutdown(wait=True)
