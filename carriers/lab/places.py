"""Places the lab's parcels start from, pass through and go to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Place:
    """A town as a scan names it. `country` is ISO 3166 alpha-2, `tz` an IANA zone."""

    city: str
    state: str
    postal_code: str
    country: str
    tz: str

    def local(self, moment: datetime) -> datetime:
        """`moment` on the wall clock here."""
        return moment.astimezone(ZoneInfo(self.tz))

    def moment(self, day: date, hour: float) -> datetime:
        """The UTC moment of local `hour` (8.5 is half past eight) on `day`."""
        wall = datetime.combine(day, time(0)) + timedelta(hours=hour)
        return wall.replace(tzinfo=ZoneInfo(self.tz)).astimezone(UTC)


_EAST, _CENTRAL, _MOUNTAIN, _PACIFIC = "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"
_BERLIN = "Europe/Berlin"

PORTLAND = Place("Portland", "OR", "97232", "US", _PACIFIC)
HAMBURG = Place("Hamburg", "HH", "20457", "DE", _BERLIN)

US_TOWNS = (
    Place("Austin", "TX", "78704", "US", _CENTRAL),
    Place("Brooklyn", "NY", "11215", "US", _EAST),
    Place("Denver", "CO", "80205", "US", _MOUNTAIN),
    Place("Madison", "WI", "53703", "US", _CENTRAL),
    Place("Savannah", "GA", "31401", "US", _EAST),
    Place("Oakland", "CA", "94607", "US", _PACIFIC),
    Place("Chicago", "IL", "60622", "US", _CENTRAL),
    Place("Phoenix", "AZ", "85004", "US", "America/Phoenix"),
)
DE_TOWNS = (
    Place("München", "BY", "80331", "DE", _BERLIN),
    Place("Köln", "NW", "50667", "DE", _BERLIN),
    Place("Berlin", "BE", "10999", "DE", _BERLIN),
    Place("Freiburg im Breisgau", "BW", "79098", "DE", _BERLIN),
    Place("Leipzig", "SN", "04109", "DE", _BERLIN),
    Place("Göttingen", "NI", "37073", "DE", _BERLIN),
)
AT_TOWN = Place("Graz", "6", "8010", "AT", "Europe/Vienna")
CH_TOWN = Place("Zürich", "ZH", "8001", "CH", "Europe/Zurich")
FR_TOWN = Place("Lyon", "ARA", "69002", "FR", "Europe/Paris")

_HUBS = {
    "US": (
        Place("Louisville", "KY", "40213", "US", "America/Kentucky/Louisville"),
        Place("Salt Lake City", "UT", "84116", "US", _MOUNTAIN),
        Place("Indianapolis", "IN", "46241", "US", "America/Indiana/Indianapolis"),
    ),
    "DE": (
        Place("Leipzig", "SN", "04435", "DE", _BERLIN),
        Place("Staufenberg", "HE", "35460", "DE", _BERLIN),
    ),
    "AT": (Place("Wien", "9", "1230", "AT", "Europe/Vienna"),),
    "CH": (Place("Härkingen", "SO", "4624", "CH", "Europe/Zurich"),),
    "FR": (Place("Roissy-en-France", "IDF", "95700", "FR", "Europe/Paris"),),
    "CA": (Place("Mississauga", "ON", "L5T 2N1", "CA", "America/Toronto"),),
    "GB": (Place("Warrington", "", "WA4 6LP", "GB", "Europe/London"),),
    "NL": (Place("Nieuwegein", "", "3439 MR", "NL", "Europe/Amsterdam"),),
    "BE": (Place("Bruxelles", "", "1130", "BE", "Europe/Brussels"),),
    "AU": (Place("Chullora", "NSW", "2190", "AU", "Australia/Sydney"),),
    "RU": (Place("Москва", "", "140983", "RU", "Europe/Moscow"),),
}
_EU = frozenset({"DE", "AT", "FR", "NL", "BE", "LU", "IT", "ES", "PT", "PL", "CZ", "SK", "HU", "DK", "SE", "FI", "IE"})
_TRANSIT_DAYS = {"near": (2, 1), "far": (4, 1), "neighbour": (3, 2), "overseas": (6, 3)}


def crosses_customs(origin: Place, destination: Place) -> bool:
    """Whether goods between the two are cleared: any border but one inside the customs union."""
    return origin.country != destination.country and not {origin.country, destination.country} <= _EU


def transit_days(origin: Place, destination: Place, service_level: str) -> int:
    """Delivery days from the collection to the promise."""
    if origin.country == destination.country:
        lane = "far" if origin.country == "US" else "near"
    else:
        lane = "overseas" if "US" in (origin.country, destination.country) else "neighbour"
    standard, express = _TRANSIT_DAYS[lane]
    return express if service_level == "express" else standard


def hubs_between(origin: Place, destination: Place, rng: Random) -> tuple[Place, ...]:
    """The sorting centres on the way; the last one of a cross-border lane lies in the destination's country."""
    first = rng.choice(_HUBS.get(origin.country, (origin,)))
    if origin.country == destination.country:
        return (first,)
    return (first, rng.choice(_HUBS.get(destination.country, (destination,))))


def add_delivery_days(day: date, count: int) -> date:
    """`count` delivery days (Monday to Saturday) after `day`, or before it when negative."""
    step = timedelta(days=1 if count > 0 else -1)
    while count:
        day += step
        if day.weekday() != 6:
            count -= 1 if count > 0 else -1
    return day
