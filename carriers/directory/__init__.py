"""The carriers of the world: where a number can be looked up, and what the aggregators call its carrier.

Most carriers have no adapter here: their numbers are recognised (`carriers.numbers`), linked to the carrier's own page,
and tracked through an aggregator that the shop has. The data stand in `carriers.toml` beside this module.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from carriers.numbers import clean, format_ids

AGGREGATORS = ("easypost", "shippo", "aftership", "17track", "karrio")


@dataclass(frozen=True, slots=True)
class Entry:
    """A carrier. `country` is ISO 3166 alpha-2; `link` holds {number}, and is empty where there is none.

    `slugs` are the aggregators' names for it: the first is the one to send, the others mean it too. `drop_off` is its page
    that finds where a parcel can be handed in, empty where none is known.
    """

    code: str
    name: str
    country: str
    link: str
    slugs: Mapping[str, tuple[str, ...]]
    drop_off: str = ""

    @property
    def formats(self) -> tuple[str, ...]:
        """The ids of the number formats it tracks, see `carriers.numbers`."""
        return format_ids(self.code)


@lru_cache(maxsize=1)
def entries() -> Mapping[str, Entry]:
    """Every carrier of the directory by its code."""
    data = tomllib.loads((files("carriers.directory") / "carriers.toml").read_text("utf-8"))
    return MappingProxyType({code: _entry(code, table) for code, table in data.items()})


def entry(code: str) -> Entry | None:
    """A carrier by its code, or None where it is not in the directory."""
    return entries().get(code)


def link(code: str, number: str) -> str:
    """The page of the carrier that shows this number; empty where there is none. The number cannot change where to."""
    found, written = entry(code), clean(number)
    return found.link.replace("{number}", quote(written, safe="", errors="replace")) if found and written else ""


def slug(aggregator: str, code: str) -> str | None:
    """What an aggregator calls a carrier, or None where that is not known: then let it find out by itself."""
    found = entry(code)
    names = found.slugs.get(aggregator, ()) if found else ()
    return names[0] if names else None


def from_slug(aggregator: str, slug: str) -> str | None:
    """The code of the carrier that an aggregator calls so, whatever the case; None for a name that is not known."""
    return _codes().get((aggregator, slug.strip().lower()))


@lru_cache(maxsize=1)
def _codes() -> Mapping[tuple[str, str], str]:
    return {
        (aggregator, name.lower()): found.code
        for found in entries().values()
        for aggregator, names in found.slugs.items()
        for name in names
    }


def _entry(code: str, table: Mapping[str, Any]) -> Entry:
    slugs = {name: _names(table[name]) for name in AGGREGATORS if name in table}
    return Entry(
        code, table["name"], table["country"], table.get("link", ""), MappingProxyType(slugs), table.get("drop_off", "")
    )


def _names(written: str | list[str]) -> tuple[str, ...]:
    return (written,) if isinstance(written, str) else tuple(written)
