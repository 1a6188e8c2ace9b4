"""What the carrier's words prove: which trouble was said, and whether a later word took it back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from carriers.model import Status, Substatus
from portal.domain.delivery_exceptions.base import Facts
from portal.domain.scans import PROBLEM_RESOLVED, identity

CUSTOMS_STARTED = "InTransit_006"
CUSTOMS_DONE = "InTransit_005"
FORWARD = frozenset({Status.IN_TRANSIT, Status.OUT_FOR_DELIVERY})
ARRIVED = frozenset({Status.DELIVERED, Status.AVAILABLE_FOR_PICKUP})


@dataclass(frozen=True, slots=True)
class Seen:
    """A word of the carrier: when, which code, and what names it."""

    at: datetime
    substatus: str
    cause: str


def seen(facts: Facts, codes: frozenset[str]) -> tuple[Seen, ...]:
    """Every scan with one of these substatuses, oldest first; the carrier's current status counts as one."""
    said = tuple(Seen(s.at, s.substatus, identity(s)) for s in facts.scans if s.substatus in codes and s.substatus)
    now = facts.substatus
    if now in codes and now and all(one.substatus != now for one in said):
        said = (*said, Seen(facts.status_at, now, f"current:{now}"))
    return said


def unresolved(
    facts: Facts,
    speaks: Callable[[Status | None, Substatus | None], bool],
    *,
    statuses: frozenset[Status] = ARRIVED,
    codes: frozenset[str] = frozenset({PROBLEM_RESOLVED}),
    forward: int = 0,
) -> tuple[Seen, ...]:
    """The scans that speak of a trouble and that nothing has taken back since.

    Taken back by a status of `statuses`, a substatus of `codes`, or `forward` scans of a parcel on its way (0: never).
    """
    found: list[Seen] = []
    moved = 0
    for scan in facts.scans:
        if speaks(scan.status, scan.substatus):
            found, moved = [*found, Seen(scan.at, scan.substatus or "", identity(scan))], 0
            continue
        moved += scan.status in FORWARD
        if scan.status in statuses or scan.substatus in codes or (forward and moved >= forward):
            found = []
    if facts.status in statuses:
        return ()
    if not found and speaks(facts.status, facts.substatus):
        found = [Seen(facts.status_at, facts.substatus or "", f"current:{facts.substatus or facts.status}")]
    return tuple(found)


def in_customs(facts: Facts) -> bool:
    """Customs were started or stopped the parcel, and nothing says they are done."""
    started = frozenset({CUSTOMS_STARTED, "Exception_004", "Exception_018"})
    done = frozenset({CUSTOMS_DONE, PROBLEM_RESOLVED})
    return bool(unresolved(facts, lambda _, code: code in started, codes=done))
