"""The number formats: patterns, check digits and lookups, read from the data files beside this module."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from carriers.numbers.checks import expected

# The data's courier codes where they differ from the carriers' codes here.
CARRIERS = {"dhl": "dhl_unified", "canadapost": "canada_post"}
# UPU S10: the last two letters name the post of origin, which tracks the item.
POSTS = {"US": "usps", "DE": "dhl_unified", "GB": "royal_mail", "FR": "la_poste", "NL": "postnl"}
POSTS |= {"AU": "australia_post", "CA": "canada_post", "JP": "japan_post", "RU": "russian_post"}
S10 = "s10"


@dataclass(frozen=True, slots=True)
class Format:
    """One way a carrier writes its numbers."""

    carrier: str
    id: str
    name: str
    pattern: re.Pattern[str]
    checksum: Mapping[str, Any] | None
    prepend: Mapping[str, Any] | None
    exists: tuple[tuple[str, tuple[re.Pattern[str], ...]], ...]

    def owner(self, groups: Mapping[str, str | None]) -> str:
        """Whose number this is; for S10 the post of the country in it."""
        if self.id != S10:
            return self.carrier
        country = groups.get("CountryCode") or ""
        return POSTS.get(country, f"post_{country.lower()}")

    def known(self, groups: Mapping[str, str | None]) -> bool:
        """Whether the parts that must stand in a list do."""
        return all(any(p.fullmatch(groups.get(name) or "") for p in patterns) for name, patterns in self.exists)

    def digit(self, serial: str) -> str | None:
        """The check digit of a serial; None when the format has none or the serial cannot be counted."""
        if self.checksum is None:
            return None
        if self.prepend and re.fullmatch(self.prepend["matches_regex"], serial):
            serial = f"{self.prepend['content']}{serial}"
        try:
            return expected(serial, self.checksum)
        except ValueError:
            return None

    def check(self, groups: Mapping[str, str | None]) -> bool | None:
        """Whether the check digit is right; None when the format has none."""
        if self.checksum is None:
            return None
        return self.digit(groups.get("SerialNumber") or "") == groups.get("CheckDigit")


@lru_cache(maxsize=1)
def all_formats() -> tuple[Format, ...]:
    """Every format of every courier, in the order of the data files' names."""
    folder = files("carriers.numbers") / "data"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".json"))
    couriers = [json.loads((folder / name).read_text("utf-8")) for name in names]
    return tuple(_format(courier, entry) for courier in couriers for entry in courier["tracking_numbers"])


def _format(courier: Mapping[str, Any], entry: Mapping[str, Any]) -> Format:
    written = entry["regex"]
    ruby = "".join(written) if isinstance(written, list) else written
    rules = entry.get("validation", {})
    named = re.sub(r"\W+", "_", entry["name"].lower()).strip("_")
    lists = {part.get("name"): part for part in entry.get("additional", [])}
    return Format(
        CARRIERS.get(courier["courier_code"], courier["courier_code"]),
        entry.get("id") or named,
        entry["name"],
        re.compile(ruby.replace("(?<", "(?P<")),
        rules.get("checksum"),
        rules.get("serial_number_format", {}).get("prepend_if"),
        tuple(_lookup(lists[name]) for name in rules.get("additional", {}).get("exists", [])),
    )


def _lookup(part: Mapping[str, Any]) -> tuple[str, tuple[re.Pattern[str], ...]]:
    rows = part["lookup"]
    patterns = (row.get("matches_regex") or re.escape(row["matches"]) for row in rows)
    return part["regex_group_name"], tuple(re.compile(pattern) for pattern in patterns)
