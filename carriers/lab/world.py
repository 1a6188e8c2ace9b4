"""The lab's world: every parcel that the carriers in it know, and nothing else. The same seed gives the same world."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from threading import Lock

from carriers.lab.demo import cast
from carriers.lab.numbers import make_number, seeded
from carriers.lab.parcels import Kind, Parcel, Plan, Scan
from carriers.lab.places import PORTLAND, US_TOWNS, Place, add_delivery_days, transit_days
from carriers.lab.stories import tell
from carriers.lab.trips import pickup_day

_ALSO = {"dhl_unified": ("dhl_parcel_de", "dhl_express")}  # whose parcels a carrier's interface knows beside its own


class World:
    """Parcels by number. `seed` decides everything that is drawn; `start` (aware UTC) is the world's first moment."""

    def __init__(self, seed: int, start: datetime) -> None:
        self.seed = seed
        self.start = start
        self._parcels: dict[str, Parcel] = {}
        self._lock = Lock()

    @classmethod
    def demo(cls, seed: int, start: datetime) -> World:
        """Two shops' parcels in the middle of their stories at `start`."""
        world = cls(seed, start)
        for part in cast(start):
            world.add(**part)
        return world

    def __iter__(self) -> Iterator[Parcel]:
        with self._lock:
            return iter(tuple(self._parcels.values()))

    def __len__(self) -> int:
        return len(self._parcels)

    def get(self, number: str) -> Parcel | None:
        """The parcel with this number, whoever carries it: aggregators ask so."""
        return self._parcels.get(number.replace(" ", "").upper())

    def find(self, carrier: str, number: str) -> Parcel | None:
        """The parcel with this number, if it is one of this carrier's."""
        parcel = self.get(number)
        return parcel if parcel and parcel.carrier in (carrier, *_ALSO.get(carrier, ())) else None

    def by_role(self, role: str) -> Parcel:
        """The one parcel cast in `role`. KeyError when there is none."""
        for parcel in self:
            if parcel.role == role:
                return parcel
        raise KeyError(role)

    def add(
        self,
        carrier: str,
        story: str,
        *,
        created_at: datetime | None = None,
        promised_on: date | None = None,
        service_level: str = "standard",
        origin: Place = PORTLAND,
        destination: Place = US_TOWNS[0],
        order_group: str | None = None,
        number: str | None = None,
        shop: str | None = None,
        role: str | None = None,
        weight_grams: int | None = None,
        not_after: datetime | None = None,
    ) -> Parcel:
        """Put a parcel into the world. What is not given follows: the label from the promise, or the promise from it.

        A label that follows from its promise is made at `not_after` at the latest.
        KeyError for an unknown carrier or story, ValueError for a number that is taken.
        """
        rng = seeded(self.seed, len(self._parcels), carrier, story)
        transit = transit_days(origin, destination, service_level)
        if created_at is None and promised_on is not None:
            created_at = origin.moment(add_delivery_days(promised_on, -transit), 9 + 5 * rng.random())
            created_at = min(created_at, not_after or created_at)
        created_at = (created_at or self.start).replace(second=0, microsecond=0)
        plan = Plan(
            number=number or make_number(carrier, rng, service_level),
            carrier=carrier,
            story=story,
            service_level=service_level,
            created_at=created_at,
            promised_on=promised_on or add_delivery_days(pickup_day(created_at, origin), transit),
            origin=origin,
            destination=destination,
            weight_grams=weight_grams or rng.randrange(300, 4200, 50),
            order_group=order_group,
            shop=shop,
            role=role,
        )
        return self.put(plan)

    def put(self, plan: Plan) -> Parcel:
        """Put a fully described parcel into the world. ValueError for a number that is taken."""
        parcel = Parcel(plan, tell(plan, self.seed))
        with self._lock:
            if plan.number in self._parcels:
                raise ValueError(f"the number {plan.number} is taken")
            self._parcels[plan.number] = parcel
        return parcel

    def replace(self, parcel: Parcel) -> None:
        """A parcel tells another story from now on. KeyError for an unknown number."""
        with self._lock:
            if parcel.number not in self._parcels:
                raise KeyError(parcel.number)
            self._parcels[parcel.number] = parcel

    def cancel(self, number: str, at: datetime) -> Parcel:
        """The label is voided at `at`: what has not happened by then never happens. KeyError for an unknown number."""
        with self._lock:
            parcel = self._parcels[number]
            happened = [
                replace(scan, published_at=min(scan.published_at, at)) for scan in parcel.scans if scan.at <= at
            ]
            moment = max([at, *(scan.at + timedelta(seconds=1) for scan in happened)]).replace(microsecond=0)
            void = Scan(Kind.CANCELLED, moment, moment, parcel.origin)
            changed = replace(parcel, scans=(*happened, void), cancelled_at=at)
            self._parcels[number] = changed
        return changed
