"""The best-known time zone of a place. Enough to end a promised day where the recipient lives, not a map."""

from __future__ import annotations

from functools import lru_cache
from zoneinfo import ZoneInfo

# Countries with one zone that matters for parcels: where most people live.
_COUNTRIES = """
AD Europe/Andorra AE Asia/Dubai AL Europe/Tirane AM Asia/Yerevan AR America/Argentina/Buenos_Aires AT Europe/Vienna
AU Australia/Sydney AZ Asia/Baku BA Europe/Sarajevo BD Asia/Dhaka BE Europe/Brussels BG Europe/Sofia BH Asia/Bahrain
BO America/La_Paz BR America/Sao_Paulo BY Europe/Minsk CA America/Toronto CH Europe/Zurich CL America/Santiago
CN Asia/Shanghai CO America/Bogota CR America/Costa_Rica CY Asia/Nicosia CZ Europe/Prague DE Europe/Berlin
DK Europe/Copenhagen DO America/Santo_Domingo DZ Africa/Algiers EC America/Guayaquil EE Europe/Tallinn EG Africa/Cairo
ES Europe/Madrid FI Europe/Helsinki FR Europe/Paris GB Europe/London GE Asia/Tbilisi GG Europe/Guernsey
GI Europe/Gibraltar GR Europe/Athens GT America/Guatemala HK Asia/Hong_Kong HN America/Tegucigalpa HR Europe/Zagreb
HU Europe/Budapest ID Asia/Jakarta IE Europe/Dublin IL Asia/Jerusalem IM Europe/Isle_of_Man IN Asia/Kolkata
IQ Asia/Baghdad IS Atlantic/Reykjavik IT Europe/Rome JE Europe/Jersey JO Asia/Amman JP Asia/Tokyo KE Africa/Nairobi
KR Asia/Seoul KW Asia/Kuwait KZ Asia/Almaty LB Asia/Beirut LI Europe/Vaduz LK Asia/Colombo LT Europe/Vilnius
LU Europe/Luxembourg LV Europe/Riga MA Africa/Casablanca MC Europe/Monaco MD Europe/Chisinau ME Europe/Podgorica
MK Europe/Skopje MO Asia/Macau MT Europe/Malta MX America/Mexico_City MY Asia/Kuala_Lumpur NG Africa/Lagos
NL Europe/Amsterdam NO Europe/Oslo NP Asia/Kathmandu NZ Pacific/Auckland OM Asia/Muscat PA America/Panama
PE America/Lima PH Asia/Manila PK Asia/Karachi PL Europe/Warsaw PR America/Puerto_Rico PT Europe/Lisbon
PY America/Asuncion QA Asia/Qatar RO Europe/Bucharest RS Europe/Belgrade RU Europe/Moscow SA Asia/Riyadh
SE Europe/Stockholm SG Asia/Singapore SI Europe/Ljubljana SK Europe/Bratislava SM Europe/San_Marino SN Africa/Dakar
SV America/El_Salvador TH Asia/Bangkok TN Africa/Tunis TR Europe/Istanbul TW Asia/Taipei TZ Africa/Dar_es_Salaam
UA Europe/Kyiv US America/New_York UY America/Montevideo UZ Asia/Tashkent VA Europe/Vatican VE America/Caracas
VN Asia/Ho_Chi_Minh ZA Africa/Johannesburg
"""

# States and provinces that differ from their country's entry above.
_STATES = {
    "US": {
        "America/Chicago": "AL AR IA IL KS LA MN MO MS ND NE OK SD TN TX WI",
        "America/Denver": "CO ID MT NM UT WY",
        "America/Phoenix": "AZ",
        "America/Los_Angeles": "CA NV OR WA",
        "America/Anchorage": "AK",
        "Pacific/Honolulu": "HI",
        "America/Puerto_Rico": "PR VI",
        "Pacific/Guam": "GU MP",
    },
    "CA": {
        "America/Vancouver": "BC",
        "America/Edmonton": "AB NT",
        "America/Regina": "SK",
        "America/Winnipeg": "MB",
        "America/Halifax": "NB NS PE",
        "America/St_Johns": "NL",
        "America/Whitehorse": "YT",
    },
    "AU": {
        "Australia/Perth": "WA",
        "Australia/Adelaide": "SA",
        "Australia/Darwin": "NT",
        "Australia/Brisbane": "QLD",
        "Australia/Hobart": "TAS",
        "Australia/Melbourne": "VIC",
    },
    "BR": {
        "America/Manaus": "AM RO RR",
        "America/Rio_Branco": "AC",
        "America/Cuiaba": "MT MS",
        "America/Noronha": "FN",
    },
    "ES": {"Atlantic/Canary": "GC TF CN"},
    "PT": {"Atlantic/Azores": "20", "Atlantic/Madeira": "30"},
    "MX": {
        "America/Tijuana": "BC BCN",
        "America/Hermosillo": "SO SON",
        "America/Cancun": "QR ROO",
    },
}

_words = _COUNTRIES.split()
_BY_COUNTRY = dict(zip(_words[::2], _words[1::2], strict=True))
_BY_STATE = {
    (country, state): zone
    for country, zones in _STATES.items()
    for zone, states in zones.items()
    for state in states.split()
}


@lru_cache(maxsize=1024)
def zone_for(country: str | None, state: str | None = None) -> ZoneInfo:
    """The zone of a country (ISO 3166 alpha-2) and, where it matters, of its state; UTC for a country not in the table."""
    land = (country or "").strip().upper()
    part = (state or "").strip().upper().removeprefix(f"{land}-")
    return ZoneInfo(_BY_STATE.get((land, part)) or _BY_COUNTRY.get(land) or "UTC")
