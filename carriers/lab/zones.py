"""Which clock hangs where: the IANA zone of an address, from its country and state."""

from __future__ import annotations

from typing import Final

_STATES: Final = {
    "US": {
        "America/Los_Angeles": "CA OR WA NV",
        "America/Denver": "CO UT NM WY MT ID",
        "America/Phoenix": "AZ",
        "America/Chicago": "TX IL WI MN IA MO AR LA MS AL TN OK KS NE SD ND",
        "Pacific/Honolulu": "HI",
        "America/Anchorage": "AK",
    },
    "CA": {
        "America/Vancouver": "BC YT",
        "America/Edmonton": "AB NT",
        "America/Regina": "SK",
        "America/Winnipeg": "MB",
        "America/Halifax": "NS NB PE",
        "America/St_Johns": "NL",
    },
    "AU": {
        "Australia/Perth": "WA",
        "Australia/Adelaide": "SA",
        "Australia/Darwin": "NT",
        "Australia/Brisbane": "QLD",
    },
}
_COUNTRIES: Final = {
    "US": "America/New_York",
    "CA": "America/Toronto",
    "AU": "Australia/Sydney",
    "NZ": "Pacific/Auckland",
    "JP": "Asia/Tokyo",
    "CN": "Asia/Shanghai",
    "RU": "Europe/Moscow",
    "KZ": "Asia/Almaty",
    "TR": "Europe/Istanbul",
    "GB": "Europe/London",
    "IE": "Europe/Dublin",
    "PT": "Europe/Lisbon",
    "DE": "Europe/Berlin",
    "AT": "Europe/Vienna",
    "CH": "Europe/Zurich",
    "FR": "Europe/Paris",
    "NL": "Europe/Amsterdam",
    "BE": "Europe/Brussels",
    "LU": "Europe/Luxembourg",
    "IT": "Europe/Rome",
    "ES": "Europe/Madrid",
    "PL": "Europe/Warsaw",
    "CZ": "Europe/Prague",
    "SK": "Europe/Bratislava",
    "HU": "Europe/Budapest",
    "DK": "Europe/Copenhagen",
    "SE": "Europe/Stockholm",
    "NO": "Europe/Oslo",
    "FI": "Europe/Helsinki",
    "GR": "Europe/Athens",
    "RO": "Europe/Bucharest",
}


def zone_of(country: str, state: str = "") -> str:
    """The zone of most of that country or state; UTC for a country that is not on the list."""
    for zone, states in _STATES.get(country, {}).items():
        if state.upper() in states.split():
            return zone
    return _COUNTRIES.get(country, "UTC")
