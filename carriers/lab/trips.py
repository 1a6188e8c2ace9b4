"""The pieces stories are told from: a label, a collection, the way through the hubs, the last mile."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random

from carriers.lab.parcels import Kind, Plan, Scan
from carriers.lab.places import Place, add_delivery_days, crosses_customs, hubs_between

_SIGNERS = ("J. MILLER", "KOWALSKI", "R. OKAFOR", "SANTOS", "WEBER", "LEFEVRE")


def pickup_day(plan_created: datetime, origin: Place) -> date:
    """The local day a parcel labelled at `plan_created` is collected: today before three o'clock, else the next day."""
    wall = origin.local(plan_created)
    if wall.hour < 15 and wall.weekday() != 6:
        return wall.date()
    return add_delivery_days(wall.date(), 1)


class Trip:
    """Tells one parcel's way, scan by scan. Moments are drawn from `rng`, so the same seed tells the same way."""

    def __init__(self, plan: Plan, rng: Random) -> None:
        self.plan = plan
        self.rng = rng
        self.scans: list[Scan] = []
        self.hubs = hubs_between(plan.origin, plan.destination, rng)
        self.collected_on = pickup_day(plan.created_at, plan.origin)
        self.due = plan.promised_on

    @property
    def here(self) -> Place:
        return self.plan.destination

    def scan(self, kind: Kind, at: datetime, place: Place, *, estimate: date | None = None) -> datetime:
        """Add a scan, never before the one that was told last. Gives back its moment."""
        if self.scans:
            at = max(at, self.scans[-1].at + timedelta(minutes=2))
        at = at.replace(second=self.rng.randrange(60), microsecond=0)
        self.scans.append(Scan(kind, at, at, place, estimate))
        return at

    def label(self, shown_after: timedelta = timedelta(minutes=4)) -> None:
        """The label is made; the carrier shows it a little later."""
        at = self.plan.created_at.replace(microsecond=0)
        self.scans.append(Scan(Kind.LABEL, at, at + shown_after, self.plan.origin))

    def pickup(self) -> datetime:
        """Collected in the late afternoon."""
        origin = self.plan.origin
        return self.scan(Kind.PICKED_UP, origin.moment(self.collected_on, 15.5 + 2.5 * self.rng.random()), origin)

    def way(self, arrive_on: date, *, hubs: int | None = None) -> None:
        """Through the hubs to the delivery depot by six in the morning of `arrive_on`.

        With `hubs` the parcel only gets as far as the arrival at that hub (1 is the first).
        """
        started = self.scans[-1].at
        end = max(self.here.moment(arrive_on, 4.6 + 1.6 * self.rng.random()), started + timedelta(hours=9))
        leg = (end - started) / (len(self.hubs) * 2 + 2)
        self.scan(Kind.ORIGIN, started + leg / 3, self.plan.origin)
        self.scan(Kind.DEPARTED, started + leg, self.plan.origin)
        for count, hub in enumerate(self.hubs, start=1):
            self.scan(Kind.ARRIVED, started + leg * (2 * count), hub)
            if hubs == count:
                return
            self._customs(hub, leg)
            self.scan(Kind.DEPARTED, started + leg * (2 * count + 1), hub)
        self.scan(Kind.AT_DESTINATION, end, self.here)

    def _customs(self, hub: Place, leg: timedelta) -> None:
        if hub.country == self.here.country and crosses_customs(self.plan.origin, self.here):
            entered = self.scan(Kind.CUSTOMS_IN, self.scans[-1].at + leg / 6, hub)
            self.scan(Kind.CUSTOMS_OUT, entered + leg / 2, hub)

    def out(self, day: date) -> datetime:
        """Out for delivery in the morning."""
        return self.scan(Kind.OUT_FOR_DELIVERY, self.here.moment(day, 7.8 + 1.2 * self.rng.random()), self.here)

    def at_door(self, kind: Kind, day: date) -> datetime:
        """Something happens at the door, between ten and five."""
        return self.scan(kind, self.here.moment(day, 10 + 7 * self.rng.random()), self.here)

    def deliver(self, day: date, kind: Kind = Kind.DELIVERED) -> None:
        """Out in the morning, handed over during the day."""
        self.out(day)
        self.hand_over(day, kind)

    def hand_over(self, day: date, kind: Kind) -> None:
        """Somebody takes the parcel and gives a name."""
        self.at_door(kind, day)
        self.scans[-1] = replace(self.scans[-1], signed_by=self.rng.choice(_SIGNERS))

    def after(self, days: int, since: date | None = None) -> date:
        """`days` delivery days after the promise (or `since`)."""
        return add_delivery_days(since or self.due, days)

    def send_back(self, leaves_on: date) -> None:
        """Turned round, through the hubs, back at the sender three delivery days later."""
        self.scan(Kind.RETURNING, self.here.moment(leaves_on, 9 + 2 * self.rng.random()), self.here)
        hub = self.hubs[0]
        self.scan(Kind.ARRIVED, hub.moment(self.after(1, leaves_on), 3 + 3 * self.rng.random()), hub)
        origin = self.plan.origin
        self.scan(Kind.RETURNED, origin.moment(self.after(3, leaves_on), 10 + 4 * self.rng.random()), origin)
