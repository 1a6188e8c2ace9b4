"""Codes that no table knows: how they are named, and what a person's word about one applies to."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from carriers.model import Status, Substatus

LONGEST_TEXT = 160
EXAMPLES = 5
_DIGITS = re.compile(r"\d+")
_ADDRESS = re.compile(r"\S+@\S+")


@dataclass(frozen=True, slots=True, order=True)
class CodeKey:
    """What scans are gathered under: their code, or their text where the carrier gave no code."""

    raw_code: str
    text_key: str


def plain(text: str | None) -> str:
    """A text as it is compared: numbers and addresses taken out, so that one event with many dates is one text."""
    words = _DIGITS.sub("#", _ADDRESS.sub("@", text or ""))
    return " ".join(words.split()).casefold()[:LONGEST_TEXT]


def key_of(raw_code: str | None, raw_text: str | None) -> CodeKey:
    """The key of a scan."""
    code = (raw_code or "").strip()[:LONGEST_TEXT]
    return CodeKey(code, "" if code else plain(raw_text))


@dataclass(frozen=True, slots=True)
class Mapping:
    """What a person said a code means. `pattern` narrows it to texts that contain it, compared as `plain` texts."""

    id: int
    key: CodeKey
    pattern: str
    status: Status
    substatus: Substatus | None

    def fits(self, raw_text: str | None) -> bool:
        return self.pattern in plain(raw_text)


class Mappings:
    """The mappings in force for one carrier. The longest pattern that fits wins."""

    def __init__(self, mappings: Iterable[Mapping]) -> None:
        self._by_key: dict[CodeKey, list[Mapping]] = {}
        for one in sorted(mappings, key=lambda m: (-len(m.pattern), m.pattern)):
            self._by_key.setdefault(one.key, []).append(one)

    def find(self, raw_code: str | None, raw_text: str | None) -> Mapping | None:
        """What a person said of this scan, None when nobody said anything."""
        return next((m for m in self._by_key.get(key_of(raw_code, raw_text), []) if m.fits(raw_text)), None)
