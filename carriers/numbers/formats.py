"""The number formats: patterns, check digits and lookups, read from the data files beside this module.

`data/*.json` are the files of another project, unchanged; `data/own/*.json` are ours, in the same shape with two keys
more: `carriers` (further carriers that track such numbers) and `source` (who says that they look like that).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from carriers.numbers.checks import expected
from carriers.numbers.posts import S10, posts_of

# The data's courier codes where they differ from the carriers' codes here.
CARRIERS = {"dhl": "dhl_unified", "canadapost": "canada_post"}
# Who else tracks the numbers of the unchanged files, by the ids of their formats.
ALSO = {"dhl_express": ("dhl_express",), "dhl_express_piece_id": ("dhl_express",)}

_BLANKS = re.compile(r"\\s[*+?]?")
_OUTSIDE_CLASSES = re.compile(r"(\[[^\]]*\])|-")
_PRINTED = re.compile(r"[\s.-]")


@dataclass(frozen=True, slots=True)
class Format:
    """One way a carrier writes its numbers. `carriers` are all that track them, the likeliest first."""

    carriers: tuple[str, ...]
    id: str
    name: str
    pattern: re.Pattern[str]
    checksum: Mapping[str, Any] | None
    prepend: Mapping[str, Any] | None
    exists: tuple[tuple[str, tuple[re.Pattern[str], ...]], ...]
    example: str

    def owners(self, groups: Mapping[str, str | None]) -> tuple[str, ...]:
        """Whose number this is; for S10 the posts of the country in it."""
        if self.id != S10:
            return self.carriers
        return posts_of(groups.get("CountryCode") or "", groups.get("ServiceType") or "")

    def fits(self, number: str) -> dict[str, str | None] | None:
        """The named parts of a number (capitals and digits only), or None where it has another form."""
        match = self.pattern.fullmatch(number)
        groups = match.groupdict() if match else None
        return groups if groups is not None and self._known(groups) else None

    def _known(self, groups: Mapping[str, str | None]) -> bool:
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
    """Every format of every courier: the unchanged files first, in the order of their names, then our own."""
    return tuple(_format(courier, entry) for courier in couriers() for entry in courier["tracking_numbers"])


@lru_cache(maxsize=1)
def by_id() -> Mapping[str, Format]:
    """The formats by their ids."""
    return {form.id: form for form in all_formats()}


def couriers() -> Iterator[Mapping[str, Any]]:
    """The data files as they are."""
    folder = files("carriers.numbers") / "data"
    for place in (folder, folder / "own"):
        for name in sorted(entry.name for entry in place.iterdir() if entry.name.endswith(".json")):
            yield json.loads((place / name).read_text("utf-8"))


def _format(courier: Mapping[str, Any], entry: Mapping[str, Any]) -> Format:
    written = entry["regex"]
    rules = entry.get("validation", {})
    lists = {part.get("name"): part for part in entry.get("additional", [])}
    code = CARRIERS.get(courier["courier_code"], courier["courier_code"])
    id_ = entry.get("id") or re.sub(r"\W+", "_", entry["name"].lower()).strip("_")
    return Format(
        (code, *entry.get("carriers", ALSO.get(id_, ()))),
        id_,
        entry["name"],
        _pattern("".join(written) if isinstance(written, list) else written),
        rules.get("checksum"),
        rules.get("serial_number_format", {}).get("prepend_if"),
        tuple(_lookup(lists[name]) for name in rules.get("additional", {}).get("exists", [])),
        _PRINTED.sub("", entry["test_numbers"]["valid"][0]),
    )


def _pattern(ruby: str) -> re.Pattern[str]:
    """A pattern for numbers without blanks and hyphens.

    The files allow a blank anywhere (`([0-9]\\s*){9,10}`): one repetition inside another, which is slow on long text that
    does not fit in the end. Numbers are matched without blanks, so what allows them is taken out, and what remains
    repeats nothing without a bound inside a repetition; tests hold it to that.
    """
    bare = _OUTSIDE_CLASSES.sub(lambda found: found[1] or "", _BLANKS.sub("", ruby))
    return re.compile(re.sub(r"\(\?<(?=[A-Za-z])", "(?P<", bare))


def _lookup(part: Mapping[str, Any]) -> tuple[str, tuple[re.Pattern[str], ...]]:
    rows = part["lookup"]
    patterns = (row.get("matches_regex") or re.escape(row["matches"]) for row in rows)
    return part["regex_group_name"], tuple(re.compile(pattern) for pattern in patterns)
