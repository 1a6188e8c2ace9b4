"""What a parcel's scans add up to: one state, the same for any order or repetition of the same scans.

All moments are aware UTC. A scan keeps the carrier's own local time as given beside the instant we read from it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from carriers.model import Status, Substatus
from portal.domain.scans import (
    ACCEPTED,
    PROBLEM_RESOLVED,
    RANK,
    RECYCLED_MARGIN,
    RETURNED,
    RETURNING,
    TURNED_BACK,
    UNSEEN,
    Scan,
    attempt_times,
    belongs,
    identity,
    ordered,
    scan_from,
)

__all__ = [
    "Current",
    "Progress",
    "Scan",
    "ShipmentState",
    "Step",
    "attempt_times",
    "belongs",
    "current_of",
    "fold",
    "identity",
    "later_of",
    "ordered",
    "progress",
    "scan_from",
]


class Step(IntEnum):
    """The five steps a shopper sees."""

    ORDERED = 1
    SHIPPED = 2
    ON_THE_WAY = 3
    OUT_FOR_DELIVERY = 4
    DELIVERED = 5


@dataclass(frozen=True, slots=True)
class Current:
    """The carrier's own word for where the parcel is now; it beats the events it came with.

    `as_of` is the newest scan of the same answer, so that a scan learnt later and made later still moves the parcel.
    Store one per shipment: the `later_of` the stored one and the new one.
    """

    status: Status
    substatus: Substatus | None
    as_of: datetime
    answered_at: datetime


@dataclass(frozen=True, slots=True)
class ShipmentState:
    """Where a parcel stands. `status_at` is when its present status began; the other moments say so by name."""

    status: Status = Status.PENDING
    substatus: Substatus | None = None
    status_at: datetime | None = None
    delivered_at: datetime | None = None  # None unless the parcel counts as delivered now
    first_scan_at: datetime | None = None  # first time in the carrier's hands
    last_scan_at: datetime | None = None  # last sign of life, unmapped codes included
    attempts: int = 0  # failed attempts, one a local day
    first_attempt_at: datetime | None = None  # delivered, tried, or brought to a pick-up point
    turned_back: bool = False  # some scan said "returning" or "returned to sender"
    reached: Step = Step.ORDERED  # the furthest step, even if the parcel went back from there
    unmapped: int = 0

    @property
    def delivered(self) -> bool:
        return self.status is Status.DELIVERED

    @property
    def final(self) -> bool:
        """Nothing more can follow by itself: delivered, or back at the sender."""
        return self.delivered or self.substatus == RETURNED


@dataclass(frozen=True, slots=True)
class Progress:
    """The five-step line. `off_line` names why the story is not a straight line, None when it is."""

    step: Step
    off_line: str | None


def current_of(
    status: Status,
    substatus: Substatus | None,
    scans: Iterable[Scan],
    *,
    created_at: datetime,
    answered_at: datetime,
) -> Current | None:
    """The current status of one answer, or None when it says nothing (pending) or is about an older holder."""
    newest = max((scan.at for scan in scans), default=None)
    if status in (Status.PENDING, Status.EXPIRED):
        return None
    if newest is not None and newest < created_at - RECYCLED_MARGIN:
        return None
    return Current(status, substatus, newest or answered_at, answered_at)


def later_of(stored: Current | None, new: Current | None) -> Current | None:
    """The one to keep; the same whichever arrived first."""
    known = [current for current in (stored, new) if current is not None]
    return max(
        known,
        key=lambda c: (c.as_of, c.answered_at, RANK[c.status], c.substatus or ""),
        default=None,
    )


def fold(scans: Iterable[Scan], current: Current | None = None) -> ShipmentState:
    """Add up all scans and the carrier's own current status.

    Delivered stays delivered, whatever late scan comes in, unless the parcel is said to be going back; back at the
    sender is final; a code nobody has mapped keeps the last known status.
    """
    story = ordered(scans)
    tale = _Tale()
    waiting = current
    for scan in story:
        if waiting is not None and scan.at > waiting.as_of:
            tale.say(waiting)
            waiting = None
        tale.scan(scan)
    if waiting is not None:
        tale.say(waiting)
    return tale.state(len(attempt_times(story)))


def progress(state: ShipmentState) -> Progress:
    """Where to stand on the five-step line, and whether it is the whole truth."""
    return Progress(
        state.reached,
        _OFF_LINE.get(state.substatus or "") or _OFF_LINE.get(state.status),
    )


_OFF_LINE = {
    Status.ATTEMPT_FAIL.value: "attempt_failed",
    Status.AVAILABLE_FOR_PICKUP.value: "pickup_point",
    Status.EXCEPTION.value: "held",
    Status.EXPIRED.value: "silent",
    RETURNING: "returning",
    RETURNED: "returned",
    "Exception_012": "damaged",
    "Exception_013": "lost",
    "Exception_020": "cancelled",
    "Exception_021": "disposed",
}

_STEPS = {
    Status.IN_TRANSIT: Step.ON_THE_WAY,
    Status.OUT_FOR_DELIVERY: Step.OUT_FOR_DELIVERY,
    Status.ATTEMPT_FAIL: Step.OUT_FOR_DELIVERY,
    Status.AVAILABLE_FOR_PICKUP: Step.OUT_FOR_DELIVERY,
    Status.DELIVERED: Step.DELIVERED,
}


def _step(status: Status | None, substatus: Substatus | None) -> Step:
    if substatus == ACCEPTED:
        return Step.SHIPPED
    return _STEPS.get(status, Step.ORDERED) if status else Step.ORDERED


class _Tale:
    """The fold's running state; it never leaves this module."""

    def __init__(self) -> None:
        self.status: Status | None = None
        self.substatus: Substatus | None = None
        self.status_at: datetime | None = None
        self.first_scan_at: datetime | None = None
        self.last_scan_at: datetime | None = None
        self.first_attempt_at: datetime | None = None
        self.out_at: datetime | None = None  # first time out for delivery
        self.going_back = False
        self.turned_back = False
        self.reached = Step.ORDERED
        self.unmapped = 0

    def scan(self, scan: Scan) -> None:
        if scan.status is None and not scan.notice:
            self.unmapped += 1
        if scan.status not in UNSEEN:
            self.last_scan_at = scan.at
        if scan.status is not None:
            self._take(scan.status, scan.substatus, scan.at)

    def say(self, current: Current) -> None:
        substatus = current.substatus
        if substatus is None and current.status is self.status:
            substatus = self.substatus
        self._take(current.status, substatus, current.as_of)

    def _take(self, status: Status, substatus: Substatus | None, at: datetime) -> None:
        if status not in UNSEEN:
            self.first_scan_at = self.first_scan_at or at
        if not self._moves(status, substatus):
            return
        self._attempt(status, at)
        self._turn(substatus)
        if status is not self.status:
            self.status_at = at
        self.status, self.substatus = status, substatus
        self.reached = max(self.reached, _step(status, substatus))

    def _moves(self, status: Status, substatus: Substatus | None) -> bool:
        if self.substatus == RETURNED:
            return False
        if self.status is Status.DELIVERED:
            return substatus in TURNED_BACK
        if status in UNSEEN:
            return self.status is None or (self.status in UNSEEN and RANK[status] >= RANK[self.status])
        if self.going_back:
            return status in (Status.DELIVERED, Status.EXCEPTION) or substatus == PROBLEM_RESOLVED
        return True

    def _attempt(self, status: Status, at: datetime) -> None:
        again = status is Status.OUT_FOR_DELIVERY and self.out_at is not None and at - self.out_at > timedelta(days=1)
        stopped = status is Status.EXCEPTION and self.out_at is not None
        tried = status in (
            Status.DELIVERED,
            Status.ATTEMPT_FAIL,
            Status.AVAILABLE_FOR_PICKUP,
        )
        if tried or again or stopped:
            self.first_attempt_at = self.first_attempt_at or at
        if status is Status.OUT_FOR_DELIVERY:
            self.out_at = self.out_at or at

    def _turn(self, substatus: Substatus | None) -> None:
        if substatus in TURNED_BACK:
            self.going_back = self.turned_back = True
        elif substatus == PROBLEM_RESOLVED:
            self.going_back = False

    def state(self, attempts: int) -> ShipmentState:
        return ShipmentState(
            status=self.status or Status.PENDING,
            substatus=self.substatus,
            status_at=self.status_at,
            delivered_at=self.status_at if self.status is Status.DELIVERED else None,
            first_scan_at=self.first_scan_at,
            last_scan_at=self.last_scan_at,
            attempts=attempts,
            first_attempt_at=self.first_attempt_at,
            turned_back=self.turned_back,
            reached=self.reached,
            unmapped=self.unmapped,
        )
