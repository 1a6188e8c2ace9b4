"""What an inspector can say of a unit that came back: how good it is, what was found, and what becomes of it.

What the shopper said stays beside it: two fields, never one (field: e.7).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from portal.domain.words import N_

ACCEPTED, REJECTED, WRONG_ITEM = "accepted", "rejected", "wrong_item"
RESTOCK, DISPOSE = "restock", "dispose"
LONGEST_NOTE = 600

GRADES: Mapping[str, str] = MappingProxyType(
    {
        "a": N_("A: as new"),
        "b": N_("B: opened, without a trace of use"),
        "c": N_("C: used, or lightly damaged"),
        "d": N_("D: broken, or not to be sold"),
    }
)
ACCEPTANCES: Mapping[str, str] = MappingProxyType(
    {
        ACCEPTED: N_("Accepted: it is paid for"),
        REJECTED: N_("Rejected: it is not paid for"),
        WRONG_ITEM: N_("It is another item: it is not paid for"),
    }
)
NEXT: Mapping[str, str] = MappingProxyType({RESTOCK: N_("Back into stock"), DISPOSE: N_("Dispose of it")})
OTHER_ITEM = "other_item"
FOUND: Mapping[str, str] = MappingProxyType(
    {
        "as_told": N_("As the shopper said"),
        "nothing_wrong": N_("Nothing is wrong with it"),
        "defective": N_("It does not work or is faulty"),
        "damaged_in_transit": N_("Damaged on its way"),
        "not_as_described": N_("It is not as our page describes it"),
        "missing_parts": N_("Something is missing"),
        "worn": N_("Worn, used or damaged by the shopper"),
        OTHER_ITEM: N_("Another item"),
    }
)
# What the item ledger writes for each acceptance and what becomes of the unit.
_ENTRY = {(ACCEPTED, RESTOCK): "restocked", (ACCEPTED, DISPOSE): "disposed"}


@dataclass(frozen=True, slots=True)
class Look:
    """What was found of some units of one item, all alike. `grade` and `next` are asked of what is accepted, words of
    what is rejected."""

    item_id: int
    units: int = 1
    acceptance: str = ACCEPTED
    grade: str = ""
    found: str = ""
    next: str = ""
    note: str = ""

    @property
    def entry(self) -> str:
        """The kind of entry in the item ledger."""
        return _ENTRY.get((self.acceptance, self.next), "rejected")

    @property
    def wrong(self) -> str | None:
        """The name of the field that is not filled in as it has to be; None when all is well."""
        checks = {
            "units": self.units >= 1,
            "acceptance": self.acceptance in ACCEPTANCES,
            "grade": self.grade in GRADES or (not self.grade and self.acceptance != ACCEPTED),
            "found": not self.found or self.found in FOUND,
            "next": self.acceptance != ACCEPTED or self.next in NEXT,
            "note": len(self.note) <= LONGEST_NOTE and (bool(self.note.strip()) or self.acceptance != REJECTED),
        }
        return next((name for name, is_right in checks.items() if not is_right), None)
