"""A parcel's weight out of what a carrier said of it, in whatever shape and unit."""

from __future__ import annotations

from typing import Any

_UNITS = {
    "g": 1,
    "gram": 1,
    "grams": 1,
    "gr": 1,
    "kg": 1_000,
    "kgs": 1_000,
    "kilograms": 1_000,
    "lb": 453.592,
    "lbs": 453.592,
}
_UNITS |= {"pounds": 453.592, "oz": 28.3495, "ozs": 28.3495, "ounces": 28.3495}


def grams_in(body: Any, depth: int = 6) -> int | None:
    """A parcel's weight out of what a carrier said, where it names a unit: `{"weight": {"value": "1.2", "unit": "KG"}}`,
    `{"weightInGrams": 1200}`. None where nothing of the kind is there."""
    if depth == 0 or not isinstance(body, dict | list):
        return None
    if isinstance(body, list):
        return next((found for one in body if (found := grams_in(one, depth - 1)) is not None), None)
    for key, value in body.items():
        if "weight" in str(key).lower() and (grams := _grams(str(key).lower(), value, body)) is not None:
            return grams
    return next((found for value in body.values() if (found := grams_in(value, depth - 1)) is not None), None)


def _grams(key: str, value: Any, around: dict[str, Any]) -> int | None:
    if isinstance(value, dict):
        number = next((v for k, v in value.items() if k.lower() in ("value", "weight", "amount")), None)
        unit = next((v for k, v in value.items() if "unit" in k.lower()), None)
        return _as_grams(number, unit)
    unit = next((v for k, v in around.items() if "weight" in k.lower() and "unit" in k.lower()), None)
    if unit is None:
        unit = next((u for u in ("grams", "kg", "lbs", "oz") if key.endswith(u)), None)
    return _as_grams(value, unit)


def _as_grams(number: Any, unit: Any) -> int | None:
    try:
        factor = _UNITS[str(unit).strip().lower()]
        grams = round(float(str(number)) * factor)
    except (KeyError, ValueError, OverflowError):
        return None
    return grams if 0 <= grams < 10_000_000 else None
