"""What the lab knows of a parcel: a plan, and the scans its story makes of it. No carrier's words here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from carriers.lab.places import Place


class Kind(StrEnum):
    """What a scan says, before a carrier puts it into its own code."""

    LABEL = "label"
    PICKED_UP = "picked_up"
    ORIGIN = "origin"
    DEPARTED = "departed"
    ARRIVED = "arrived"
    CUSTOMS_IN = "customs_in"
    CUSTOMS_HOLD = "customs_hold"
    CUSTOMS_OUT = "customs_out"
    DELAY = "delay"
    WEATHER = "weather"
    AT_DESTINATION = "at_destination"
    OUT_FOR_DELIVERY = "out_for_delivery"
    NOBODY_HOME = "nobody_home"
    CLOSED = "closed"
    ADDRESS_PROBLEM = "address_problem"
    ADDRESS_FIXED = "address_fixed"
    DAMAGED = "damaged"
    LOST = "lost"
    REFUSED = "refused"
    READY_FOR_PICKUP = "ready_for_pickup"
    COLLECTED = "collected"
    DELIVERED = "delivered"
    NEIGHBOUR = "neighbour"
    RETURNING = "returning"
    RETURNED = "returned"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Scan:
    """One scan: when and where it happened, and when the carrier shows it (`published_at`); all times UTC.

    `estimate` is the carrier's new delivery date, where this scan changed it; `reworded` marks a repeated scan whose
    text the carrier has changed.
    """

    kind: Kind
    at: datetime
    published_at: datetime
    place: Place
    estimate: date | None = None
    signed_by: str | None = None
    reworded: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What is known of a parcel when its label is made; `created_at` is UTC, `promised_on` local to the destination."""

    number: str
    carrier: str
    story: str
    service_level: str
    created_at: datetime
    promised_on: date
    origin: Place
    destination: Place
    weight_grams: int = 1200
    order_group: str | None = None
    shop: str | None = None
    role: str | None = None


@dataclass(frozen=True, slots=True)
class Parcel:
    """A plan and its whole story. What has been published by a moment is `events(now)`."""

    plan: Plan
    scans: tuple[Scan, ...]  # in the order of publication
    cancelled_at: datetime | None = None

    @property
    def number(self) -> str:
        return self.plan.number

    @property
    def carrier(self) -> str:
        return self.plan.carrier

    @property
    def story(self) -> str:
        return self.plan.story

    @property
    def service_level(self) -> str:
        return self.plan.service_level

    @property
    def created_at(self) -> datetime:
        return self.plan.created_at

    @property
    def promised_on(self) -> date:
        return self.plan.promised_on

    @property
    def origin(self) -> Place:
        return self.plan.origin

    @property
    def destination(self) -> Place:
        return self.plan.destination

    @property
    def order_group(self) -> str | None:
        return self.plan.order_group

    @property
    def shop(self) -> str | None:
        return self.plan.shop

    @property
    def role(self) -> str | None:
        return self.plan.role

    @property
    def weight_grams(self) -> int:
        return self.plan.weight_grams

    def events(self, now: datetime) -> tuple[Scan, ...]:
        """The scans the carrier shows at `now`, in the order it published them; none means it knows no such number."""
        return tuple(scan for scan in self.scans if scan.published_at <= now)

    def latest(self, now: datetime) -> Scan | None:
        """The scan that happened last among those shown at `now`."""
        shown = self.events(now)
        return max(shown, key=lambda scan: scan.at) if shown else None

    def estimate(self, now: datetime) -> date:
        """The carrier's delivery date at `now`: the promise until a scan changes it."""
        changed = [scan.estimate for scan in self.events(now) if scan.estimate]
        return changed[-1] if changed else self.plan.promised_on

    def signed_by(self, now: datetime) -> str | None:
        """Who took it, once somebody has."""
        return next((scan.signed_by for scan in self.events(now) if scan.signed_by), None)

    def to_dict(self, now: datetime) -> dict[str, Any]:
        """A summary for people who look into the lab."""
        latest = self.latest(now)
        return {
            "number": self.number,
            "carrier": self.carrier,
            "story": self.story,
            "service_level": self.service_level,
            "created_at": self.created_at.isoformat(),
            "promised_on": self.promised_on.isoformat(),
            "origin": f"{self.origin.city}, {self.origin.country}",
            "destination": f"{self.destination.city}, {self.destination.country}",
            "order_group": self.order_group,
            "shop": self.shop,
            "role": self.role,
            "weight_grams": self.weight_grams,
            "scans": len(self.events(now)),
            "latest": latest.kind.value if latest else None,
        }
