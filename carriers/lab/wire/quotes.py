"""What an aggregator offers for a parcel: services of the carriers behind it, at prices of the lab's own list."""

from __future__ import annotations

from typing import Final, NamedTuple

from carriers.lab.prices import price


class Quote(NamedTuple):
    """One offer. `carried_by` is the code of the carrier that moves it; `minor` cents of `currency`; `days` in transit."""

    carried_by: str
    service: str
    minor: int
    currency: str
    days: int


# The words for a service differ from aggregator to aggregator: a number stands for each.
GROUND, PRIORITY, EXPRESS, UPS_GROUND = range(4)
_FACTORS: Final = {
    GROUND: ("usps", 100, 4),
    PRIORITY: ("usps", 140, 3),
    EXPRESS: ("usps", 480, 1),
    UPS_GROUND: ("ups", 125, 4),
}


def quotes(aggregator: str, weight_grams: int, services: dict[int, str]) -> list[Quote]:
    """Offers for a parcel, cheapest first, in the aggregator's own words for the services."""
    minor, currency = price(aggregator, weight_grams)
    offers = [
        Quote(_FACTORS[kind][0], name, minor * _FACTORS[kind][1] // 100, currency, _FACTORS[kind][2])
        for kind, name in services.items()
    ]
    return sorted(offers, key=lambda offer: offer.minor)
