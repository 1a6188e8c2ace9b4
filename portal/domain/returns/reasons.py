"""Why something goes back (field: e.7). Codes are never deleted: what is no longer offered stays readable."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from portal.domain.words import N_


class Fault(StrEnum):
    """Whose doing it is; it decides who pays."""

    SHOPPER = "shopper"
    MERCHANT = "merchant"
    CARRIER = "carrier"
    UNKNOWN = "unknown"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class ReturnReason:
    """One reason. `words` is a message id; `needs_words` asks the shopper for a sentence of their own."""

    code: str
    words: str
    fault: Fault
    group: str
    needs_words: bool = False
    offered: bool = True


FIT = N_("It does not suit me")
WRONG = N_("Something is wrong with it")
ELSE = N_("Something else")
GROUPS = (FIT, WRONG, ELSE)

REASONS: Mapping[str, ReturnReason] = MappingProxyType(
    {
        reason.code: reason
        for reason in (
            ReturnReason("size_too_small", N_("It is too small"), Fault.SHOPPER, FIT),
            ReturnReason("size_too_large", N_("It is too large"), Fault.SHOPPER, FIT),
            ReturnReason("style_or_colour", N_("I do not like the style or colour"), Fault.SHOPPER, FIT),
            ReturnReason("changed_mind", N_("I changed my mind"), Fault.SHOPPER, FIT),
            ReturnReason("ordered_wrong", N_("I ordered the wrong thing"), Fault.SHOPPER, FIT),
            ReturnReason("gift_unwanted", N_("It was a gift that does not suit"), Fault.SHOPPER, FIT),
            ReturnReason("not_as_described", N_("It is not as described"), Fault.MERCHANT, WRONG),
            ReturnReason("wrong_item_sent", N_("You sent me the wrong item"), Fault.MERCHANT, WRONG),
            ReturnReason("missing_parts", N_("Something is missing"), Fault.MERCHANT, WRONG),
            ReturnReason("defective", N_("It does not work or is faulty"), Fault.MERCHANT, WRONG),
            ReturnReason("damaged_in_transit", N_("It arrived damaged"), Fault.CARRIER, WRONG),
            ReturnReason("arrived_late", N_("It arrived too late"), Fault.CARRIER, WRONG),
            ReturnReason("allergic_or_unsafe", N_("It is unsafe, or I react to it"), Fault.MERCHANT, WRONG),
            ReturnReason("withdrawal_eu", N_("Withdrawal from the contract"), Fault.NONE, ELSE, offered=False),
            ReturnReason("other", N_("Another reason"), Fault.UNKNOWN, ELSE, needs_words=True),
        )
    }
)


def words_for(code: str) -> str:
    """The message id of a reason; a code from an older version is shown as it is."""
    reason = REASONS.get(code)
    return reason.words if reason else code


def offered(seed: str) -> list[tuple[str, list[ReturnReason]]]:
    """The reasons by group, shuffled within each (the first in a list is chosen too often), the same for one `seed`."""

    def place(reason: ReturnReason) -> str:
        return hashlib.sha256(f"{seed}:{reason.code}".encode()).hexdigest()

    return [
        (group, sorted((r for r in REASONS.values() if r.offered and r.group == group), key=place)) for group in GROUPS
    ]


def is_our_doing(codes: Iterable[str]) -> bool:
    """Whether something was wrong with the goods or on their way to the shopper: then postage is not theirs to bear."""
    faults = {REASONS[code].fault for code in codes if code in REASONS}
    return not faults.isdisjoint({Fault.MERCHANT, Fault.CARRIER})


def fee_is_waived(codes: Iterable[str], waived: Iterable[str]) -> bool:
    """One reason that the shop answers for waives the fee of the whole parcel: that parcel has to come anyway."""
    return not set(codes).isdisjoint(waived)
