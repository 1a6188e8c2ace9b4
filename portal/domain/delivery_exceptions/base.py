"""What a delivery exception rule is: facts in, trouble with its moments out. Nothing here reads a clock.

A rule says *when* a condition reaches which severity; whether that moment has come is asked of `now` in one place,
so each rule also answers when to look again although nothing happens.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar, Generic, TypeVar

from carriers.model import Status, Substatus
from portal.domain.scans import Scan
from portal.domain.shipments import ShipmentState

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]
Limits = Mapping[str, Json]
OUTBOUND = frozenset({"outbound"})
BOTH = frozenset({"outbound", "return"})


class Severity(StrEnum):
    """How bad it is. `points` count towards the priority in the queue."""

    SYSTEM = "system"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def points(self) -> int:
        return {"system": 0, "low": 10, "medium": 30, "high": 60, "critical": 90}[self.value]


@dataclass(frozen=True, slots=True)
class Outage:
    """A time in which a carrier's feed gave no answers; `end` is None while it lasts."""

    start: datetime
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """Good polls in a row in which the carrier did not know the number."""

    polls: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything a rule may know of one parcel. Moments are aware UTC; dates are days in the recipient's zone."""

    shipment_id: str
    carrier: str
    state: ShipmentState
    scans: tuple[Scan, ...] = ()
    created_at: datetime  # the label's creation
    direction: str = "outbound"  # or "return"
    origin_country: str | None = None
    destination_country: str | None = None
    destination_postal: str | None = None
    destination_tz: tzinfo = UTC
    promised_on: date | None = None  # the shop's word
    eta_first: date | None = None  # the first and the latest estimate ever shown
    eta_latest: date | None = None
    eta_changed_at: datetime | None = None
    is_vip: bool = False
    express: bool = False
    unknown: Unknown = Unknown()
    number_valid: bool | None = None  # None: no check digit to judge by
    outages: tuple[Outage, ...] = ()
    order_cancelled: bool = False
    label_cancelled: bool = False
    has_return: bool = False
    replaced: bool = False  # another parcel was sent in its place
    address_fixed_at: datetime | None = None
    pickup_until: date | None = None  # the last day a pick-up point keeps it

    @property
    def status(self) -> Status:
        return self.state.status

    @property
    def substatus(self) -> Substatus | None:
        return self.state.substatus

    @property
    def status_at(self) -> datetime:
        return self.state.status_at or self.created_at

    @property
    def lane(self) -> tuple[str, ...]:
        """The countries whose working days count."""
        return tuple(country for country in (self.origin_country, self.destination_country) if country)

    @property
    def domestic(self) -> bool:
        """True also where an end is not known: the shorter limits then apply."""
        ends = (self.origin_country, self.destination_country)
        return None in ends or ends[0] == ends[1]

    @property
    def feed_down(self) -> bool:
        return any(outage.end is None for outage in self.outages)


@dataclass(frozen=True, slots=True)
class PushFacts:
    """What has come to one of a carrier's push addresses. `missed` parcels have moved since without a push."""

    heard_at: datetime  # the last push, or when they should have begun to come
    missed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedFacts:
    """How one carrier's feed has answered lately. A number the carrier does not know is a good answer."""

    carrier: str
    polls: int  # in the window looked at
    failures: int
    first_failure_at: datetime | None = None  # oldest failure in the window
    failing_since: datetime | None = None  # first failure since the last good answer; None when the last was good
    last_success_at: datetime | None = None
    down_since: datetime | None = None  # set while the feed counts as down
    good_in_a_row: int = 0
    pushes: PushFacts | None = None  # looked at by themselves, one address at a time


@dataclass(frozen=True, slots=True)
class Stage:
    """From `at` on the trouble has this severity; `variant` picks other words for it."""

    at: datetime
    severity: Severity
    variant: str = ""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What a rule sees, whatever the time: each stage whose moment has passed raises the severity.

    `cause` names what brought it about (a scan, a date), so that a case which staff have closed stays closed.
    """

    since: datetime
    cause: str
    stages: tuple[Stage, ...]
    inputs: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that fires, with everything that explains it. `limits` are the thresholds it was judged by."""

    rule: str
    name: str
    version: int
    severity: Severity
    since: datetime  # when the condition began
    fires_at: datetime  # when the threshold of this severity was crossed
    cause: str
    inputs: Mapping[str, Json]
    limits: Limits
    message_key: str  # "R08" or "R08.predicted"; see `assess.words`
    next_check_at: datetime | None


SubjectT = TypeVar("SubjectT", Facts, FeedFacts)


@dataclass(frozen=True, slots=True)
class Words:
    """Message ids with named placeholders taken from a finding's inputs. `shopper` is empty for staff's eyes only."""

    staff: str
    shopper: str = ""


class Rule(ABC, Generic[SubjectT]):
    """One exception rule: a subclass with the class attributes below and `trouble`; its file ends with `RULE = ...`.

    `normal` and `vip` are the default thresholds (`vip` names only what differs). `clears_when` is the word written
    into a case that the rule closes; with `staff_only` no fact closes it, a person does.
    """

    id: ClassVar[str]
    name: ClassVar[str]
    version: ClassVar[int] = 1
    subject: ClassVar[str] = "shipment"
    directions: ClassVar[frozenset[str]] = OUTBOUND
    suppressed_by: ClassVar[tuple[str, ...]] = ()
    clears_when: ClassVar[str]
    staff_only: ClassVar[bool] = False
    ends_with_delivery: ClassVar[bool] = True  # nothing to say of a parcel that has arrived
    moot_when_cancelled: ClassVar[bool] = False  # nobody waits for the parcel of a cancelled order
    normal: ClassVar[Limits] = MappingProxyType({})
    vip: ClassVar[Limits] = MappingProxyType({})
    words: ClassVar[Words]
    variants: ClassVar[Mapping[str, Words]] = MappingProxyType({})

    @abstractmethod
    def trouble(self, facts: SubjectT, limits: Limits) -> Trouble | None:
        """The condition and its moments, or None when there is no such trouble."""

    def weigh(self, facts: SubjectT, limits: Limits, now: datetime) -> tuple[Finding | None, datetime | None]:
        """The finding at `now`, and when silence alone would make this rule fire or get worse."""
        trouble = self.trouble(facts, limits)
        if trouble is None:
            return None, None
        return self._finding(trouble, limits, now), _next(trouble, now)

    def _finding(self, trouble: Trouble, limits: Limits, now: datetime) -> Finding | None:
        """With the highest severity reached so far."""
        passed = [stage for stage in trouble.stages if stage.at <= now]
        if not passed:
            return None
        worst = max(stage.severity.points for stage in passed)
        reached = sorted((stage for stage in passed if stage.severity.points == worst), key=lambda stage: stage.at)
        variant = reached[-1].variant
        return Finding(
            rule=self.id,
            name=self.name,
            version=self.version,
            severity=reached[0].severity,
            since=trouble.since,
            fires_at=reached[0].at,
            cause=trouble.cause,
            inputs=trouble.inputs,
            limits=limits,
            message_key=f"{self.id}.{variant}" if variant else self.id,
            next_check_at=_next(trouble, now),
        )


def _next(trouble: Trouble, now: datetime) -> datetime | None:
    return min((stage.at for stage in trouble.stages if stage.at > now), default=None)
