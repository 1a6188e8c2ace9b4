"""What became of the units of one item, by the counts of its ledger, and how many of them are paid for. `quantity` is what
the item takes now: what a shopper took out of the return again is not in it any more."""

from __future__ import annotations

from collections.abc import Mapping

from portal.domain.returns.quoting import SEND_BACK

# What ends the waiting for a unit.
_ENDED = ("received", "wrong_item", "not_received", "kept")

Counts = Mapping[str, int]


def is_accounted(quantity: int, counts: Counts, outcome: str) -> bool:
    """Whether nothing more is waited for."""
    return outcome != SEND_BACK or sum(counts.get(kind, 0) for kind in _ENDED) >= quantity


def units_paid(quantity: int, counts: Counts, outcome: str) -> int:
    """How many units are paid for in full: they came and were not rejected, or need not come. Of another thing that came
    in its place nothing is paid, so that is never counted as rejected too."""
    if outcome != SEND_BACK:
        return quantity
    came = counts.get("received", 0) + counts.get("kept", 0)
    return max(0, min(quantity, came) - counts.get("rejected", 0))


def units_expected(quantity: int, counts: Counts, outcome: str) -> int:
    """How many units are paid for if everything comes that still may."""
    if outcome != SEND_BACK:
        return units_paid(quantity, counts, outcome)
    gone = sum(counts.get(kind, 0) for kind in ("wrong_item", "rejected"))
    missing = min(counts.get("not_received", 0), max(0, quantity - counts.get("received", 0)))  # some came after all
    return max(0, quantity - gone - missing)


def is_inspected(counts: Counts) -> bool:
    """Whether somebody has looked at everything that came."""
    looked = sum(counts.get(kind, 0) for kind in ("restocked", "disposed", "rejected"))
    return looked >= counts.get("received", 0)
