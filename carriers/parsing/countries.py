"""Countries by code, by English name, or by the name that carriers' own languages give them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from carriers.parsing.values import text

_NOT_COUNTRIES = {"ZZ", "EU", "EZ", "UN", "QO", "XA", "XB"}
_COUNTRY_NAMES = {"UK": "GB", "GREAT BRITAIN": "GB", "ENGLAND": "GB", "SCOTLAND": "GB", "USA": "US", "KOREA": "KR"}
_COUNTRY_NAMES |= {"UNITED STATES OF AMERICA": "US", "CZECH REPUBLIC": "CZ", "HOLLAND": "NL", "THE NETHERLANDS": "NL"}
_COUNTRY_NAMES |= {
    "GREAT BRITAIN AND NORTHERN IRELAND": "GB",
    "RUSSIAN FEDERATION": "RU",
    "TURKEY": "TR",
    "BURMA": "MM",
}
_COUNTRY_NAMES |= {"KOREA, REPUBLIC OF": "KR", "REPUBLIC OF KOREA": "KR", "HONG KONG": "HK", "MACAU": "MO"}
_LANGUAGES = ("de", "fr", "nl", "it", "es", "pl", "ru")  # in which carriers here answer; English comes before them
_COUNTRY_NAMES |= {"VIET NAM": "VN", "IVORY COAST": "CI", "CHINA PEOPLES REP": "CN", "PEOPLES REP OF CHINA": "CN"}


@lru_cache(maxsize=1)
def _country_index() -> dict[str, str]:
    """Every way to write a country that is known here, in capitals, to its alpha-2 code."""
    from babel import Locale  # loaded on first use: most answers name countries that are already cached
    from babel.core import get_global

    names = {code: name for code, name in Locale("en").territories.items() if len(code) == 2 and code.isalpha()}
    index = _foreign_names() | {name.upper(): code for code, name in names.items() if code not in _NOT_COUNTRIES}
    for alias, targets in get_global("territory_aliases").items():
        if len(alias) == 3 and alias.isalpha() and len(targets) == 1:
            index[alias] = targets[0]
    return index | {code: code for code in names if code not in _NOT_COUNTRIES} | _COUNTRY_NAMES


def _foreign_names() -> dict[str, str]:
    """Names in other languages, without those that mean different countries in two of them."""
    from babel import Locale

    meant: dict[str, set[str]] = {}
    for language in _LANGUAGES:
        for code, name in Locale(language).territories.items():
            if len(code) == 2 and code.isalpha() and code not in _NOT_COUNTRIES:
                meant.setdefault(name.upper(), set()).add(code)
    return {name: codes.pop() for name, codes in meant.items() if len(codes) == 1 and len(name) > 3}


@lru_cache(maxsize=512)
def _country(words: str) -> str | None:
    return _country_index().get(words)


def country(value: Any) -> str | None:
    """ISO 3166 alpha-2 from a code of two or three letters or a name; None when it is neither."""
    words = (text(value) or "").upper()
    return _country(words) if 2 <= len(words) <= 60 else None


_FORMER = {"BUR", "DDR", "FXX", "TMP", "YMD", "ZAR"}  # codes of states that have another one today


@lru_cache(maxsize=1)
def _alpha_3() -> dict[str, str]:
    from babel.core import get_global

    aliases = get_global("territory_aliases").items()
    written = ((alias, codes) for alias, codes in aliases if len(alias) == 3 and alias.isalpha() and len(codes) == 1)
    return {codes[0]: alias for alias, codes in written if alias not in _FORMER}


def alpha_3(code: str) -> str | None:
    """ISO 3166 alpha-3 from alpha-2; None for what is no country."""
    return _alpha_3().get(code.upper()) if country(code) else None
