"""What happens on the line between a caller and a carrier: an answer, or one of the faults."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Event, Lock
from typing import Final

from werkzeug import Response

from carriers.lab.faults import Fault, garbage, html_page, slow, truncated

_HANG_SECONDS: Final = 300.0
_RETRY_AFTER: Final = 30

Work = Callable[[], Response]
Refusal = Callable[[int, int | None], Response]


class Landings:
    """Calls that were cut off and reach the carrier later, on the lab's own clock."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.after = timedelta(minutes=2)
        self._now = now
        self._waiting: list[tuple[datetime, Work]] = []
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, work: Work) -> None:
        """Carry `work` out when `after` has passed."""
        with self._lock:
            self._waiting.append((self._now() + self.after, work))

    def land(self, *, everything: bool = False) -> int:
        """Carry out what is due, or `everything`, in order. Gives back how many there were."""
        with self._lock:
            now = self._now()
            due = [work for at, work in self._waiting if everything or at <= now]
            self._waiting = [] if everything else [entry for entry in self._waiting if entry[0] > now]
        for work in due:
            work()
        return len(due)


class Line:
    """Answers a call as the fault of the moment has it. None means: hang up without a word."""

    def __init__(self, landings: Landings, stopping: Event) -> None:
        self._landings = landings
        self._stopping = stopping

    def answer(self, fault: Fault, work: Work, refusal: Refusal) -> Response | None:
        """`work` does what was asked for; `refusal` is the carrier's own no, by status and seconds to wait."""
        match fault:
            case Fault.RATE_LIMIT:
                return refusal(429, _RETRY_AFTER)
            case Fault.SERVER_ERROR:
                return refusal(500, None)
            case Fault.TIMEOUT:
                self._hang()
                return None
            case Fault.REQUEST_LOST:
                return None
            case Fault.LATE_LANDING:
                self._landings.add(work)
                return None
        good = work()
        return refusal(500, None) if fault is Fault.ERROR_AFTER else self._spoiled(fault, good)

    def _spoiled(self, fault: Fault, good: Response) -> Response | None:
        match fault:
            case Fault.ANSWER_LOST:
                return None
            case Fault.ANSWER_HANGS:
                self._hang()
                return None
            case Fault.TRUNCATED:
                return truncated(good)
            case Fault.HTML:
                return html_page()
            case Fault.GARBAGE:
                return garbage(good)
            case Fault.SLOW:
                return slow(good, self._stopping)
            case _:
                return good

    def _hang(self) -> None:
        self._stopping.wait(_HANG_SECONDS)
