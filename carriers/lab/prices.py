"""The lab's own price list: a flat part and a part by started unit of weight. Real carriers' prices are contracts."""

from __future__ import annotations

from typing import Final, NamedTuple

GRAMS_A_POUND: Final = 453.59237


class Tariff(NamedTuple):
    """Minor units of `currency`: `flat`, and `step` for each started `unit` grams."""

    currency: str
    flat: int
    step: int
    unit: float


_EURO = Tariff("EUR", 419, 60, 1000)
TARIFFS: Final = {
    "usps": Tariff("USD", 725, 145, GRAMS_A_POUND),
    "ups": Tariff("USD", 1090, 130, GRAMS_A_POUND),
    "fedex": Tariff("USD", 1065, 125, GRAMS_A_POUND),
    "dhl_parcel_de": _EURO,
    "dhl_express": Tariff("EUR", 3850, 900, 1000),
    "canada_post": Tariff("CAD", 1345, 210, 1000),
    "gls": Tariff("EUR", 490, 70, 1000),
    "hermes_de": Tariff("EUR", 399, 55, 1000),
    "cdek": Tariff("RUB", 38000, 5500, 1000),
    "easypost": Tariff("USD", 690, 140, GRAMS_A_POUND),
    "shippo": Tariff("USD", 705, 140, GRAMS_A_POUND),
    "karrio": Tariff("USD", 715, 140, GRAMS_A_POUND),
}


def price(carrier: str, weight_grams: int) -> tuple[int, str]:
    """What a label costs, in minor units, and its currency. KeyError for a carrier that sells none."""
    tariff = TARIFFS[carrier]
    started = int(-(-round(weight_grams / tariff.unit, 6) // 1))
    return tariff.flat + tariff.step * started, tariff.currency
