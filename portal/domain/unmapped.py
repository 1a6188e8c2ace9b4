"""Codes that no table knows: how they are named, and what a person's word about one applies to."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from carriers.model import Status, Substatus
from portal.domain.words import N_

# What a person may say that a code means: a status, or one with a sub-status (field notes a.2). Never pending or
# expired, which no carrier says.
MEANINGS: dict[str, str] = {
    "InfoReceived_001": N_("Announced; the carrier does not have it yet"),
    "InTransit": N_("On its way"),
    "InTransit_002": N_("Accepted by the carrier"),
    "InTransit_003": N_("Arrived at a depot"),
    "InTransit_004": N_("Arrived in the country of destination"),
    "InTransit_005": N_("Cleared by customs"),
    "InTransit_006": N_("At customs"),
    "InTransit_007": N_("Left a depot"),
    "InTransit_008": N_("A problem is solved, it moves again"),
    "InTransit_009": N_("Sent on to another address"),
    "OutForDelivery_001": N_("Out for delivery"),
    "OutForDelivery_003": N_("The recipient was contacted"),
    "OutForDelivery_004": N_("An appointment was made"),
    "AttemptFail_001": N_("A delivery attempt failed"),
    "AttemptFail_002": N_("Nobody was there"),
    "AttemptFail_003": N_("It was closed there"),
    "AvailableForPickup_001": N_("Ready to collect"),
    "Delivered_001": N_("Delivered to the recipient"),
    "Delivered_002": N_("Collected by the recipient"),
    "Delivered_003": N_("Delivered against a signature"),
    "Delivered_004": N_("Delivered against payment"),
    "Delivered_005": N_("Left with a neighbour"),
    "Exception_001": N_("A problem, and no more is known"),
    "Exception_002": N_("The recipient has moved"),
    "Exception_003": N_("Refused by the recipient"),
    "Exception_004": N_("Held by customs"),
    "Exception_005": N_("Delayed"),
    "Exception_006": N_("Waits for a payment"),
    "Exception_007": N_("The address is wrong"),
    "Exception_008": N_("Not collected in time"),
    "Exception_009": N_("Rejected by the carrier"),
    "Exception_010": N_("On its way back to the sender"),
    "Exception_011": N_("Back at the sender"),
    "Exception_012": N_("Damaged in the carrier's hands"),
    "Exception_013": N_("Lost by the carrier"),
    "Exception_016": N_("Delayed: sorted wrongly, or a fault at the carrier"),
    "Exception_017": N_("Delayed by the weather"),
    "Exception_018": N_("Papers are missing"),
    "Exception_019": N_("Delayed flight"),
    "Exception_020": N_("The shipment was cancelled"),
    "Exception_021": N_("Disposed of"),
}
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
