"""Why something goes back (field: e.7). Codes are never deleted: what is no longer offered stays readable.

`VERSION` goes up whenever a code is added, retired, or asked of other kinds of products.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from portal.domain.returns.kinds import Kind
from portal.domain.words import N_

VERSION = 2


class Fault(StrEnum):
    """Whose doing it is; it decides who pays."""

    SHOPPER = "shopper"
    MERCHANT = "merchant"
    CARRIER = "carrier"
    UNKNOWN = "unknown"
    NONE = "none"


class Photo(StrEnum):
    """Whether a picture helps. A shop's policy may insist on one for any reason."""

    NONE = "none"
    WELCOME = "welcome"
    ASKED = "asked"


@dataclass(frozen=True, slots=True)
class SubReason:
    """More exactly why. `words` is a message id; without `kinds` it is asked of every product."""

    code: str
    words: str
    kinds: frozenset[Kind] = frozenset()
    offered: bool = True

    def suits(self, kind: Kind) -> bool:
        return not self.kinds or kind in self.kinds


@dataclass(frozen=True, slots=True)
class ReturnReason:
    """One reason. `words` and `asks` (the question about `subs`) are message ids; `needs_words` asks the shopper for a
    sentence of their own, `photo_of` says what a picture should show."""

    code: str
    words: str
    fault: Fault
    group: str
    needs_words: bool = False
    offered: bool = True
    photo: Photo = Photo.NONE
    photo_of: str = ""
    asks: str = ""
    subs: tuple[SubReason, ...] = ()


FIT = N_("It does not suit me")
WRONG = N_("Something is wrong with it")
ELSE = N_("Something else")
GROUPS = (FIT, WRONG, ELSE)

OTHER = "other"
_UPPER = frozenset({Kind.TOPS, Kind.WHOLE, Kind.UNKNOWN})
_LOWER = frozenset({Kind.BOTTOMS, Kind.WHOLE, Kind.UNKNOWN})
_WORN = frozenset({Kind.SHOES, Kind.TOPS, Kind.BOTTOMS, Kind.WHOLE, Kind.UNKNOWN})
_PLACES = (
    SubReason("chest", N_("At the chest"), _UPPER),
    SubReason("waist", N_("At the waist"), _LOWER),
    SubReason("hips", N_("At the hips"), _LOWER),
    SubReason("length", N_("In its length"), _WORN | {Kind.THING}),
    SubReason("width", N_("In its width"), frozenset({Kind.SHOES, Kind.THING})),
    SubReason("shoes", N_("They are shoes"), frozenset({Kind.UNKNOWN})),
    SubReason("other", N_("Somewhere else"), _WORN | {Kind.THING}),
)
_WHAT = N_("What happened?")
_PICTURE = N_("A picture of what is wrong helps us to put it right.")

REASONS: Mapping[str, ReturnReason] = MappingProxyType(
    {
        reason.code: reason
        for reason in (
            ReturnReason(
                "size_too_small",
                N_("It is too small"),
                Fault.SHOPPER,
                FIT,
                asks=N_("Where is it too small?"),
                subs=_PLACES,
            ),
            ReturnReason(
                "size_too_large",
                N_("It is too large"),
                Fault.SHOPPER,
                FIT,
                asks=N_("Where is it too large?"),
                subs=_PLACES,
            ),
            ReturnReason(
                "style_or_colour",
                N_("I do not like the style or colour"),
                Fault.SHOPPER,
                FIT,
                asks=N_("What is it that you do not like?"),
                subs=(
                    SubReason("colour", N_("The colour")),
                    SubReason("fabric", N_("The material")),
                    SubReason("look", N_("The look")),
                    SubReason("fit", N_("The cut"), _WORN),
                ),
            ),
            ReturnReason(
                "changed_mind",
                N_("I changed my mind"),
                Fault.SHOPPER,
                FIT,
                asks=N_("What has changed?"),
                subs=(
                    SubReason("no_longer_needed", N_("I do not need it any more")),
                    SubReason("found_cheaper", N_("I found it cheaper")),
                    SubReason("ordered_several", N_("I ordered several to choose from")),
                ),
            ),
            ReturnReason(
                "ordered_wrong",
                N_("I ordered the wrong thing"),
                Fault.SHOPPER,
                FIT,
                asks=_WHAT,
                subs=(
                    SubReason("wrong_variant", N_("I chose the wrong size or colour")),
                    SubReason("duplicate", N_("I ordered it twice")),
                ),
            ),
            ReturnReason("gift_unwanted", N_("It was a gift that does not suit"), Fault.SHOPPER, FIT),
            ReturnReason(
                "not_as_described",
                N_("It is not as described"),
                Fault.MERCHANT,
                WRONG,
                photo=Photo.ASKED,
                photo_of=N_("A picture that shows the difference helps us to correct the page."),
                asks=N_("What did not match?"),
                subs=(
                    SubReason("photo", N_("The pictures")),
                    SubReason("text", N_("The description")),
                    SubReason("size_chart", N_("The table of sizes"), _WORN),
                ),
            ),
            ReturnReason(
                "wrong_item_sent",
                N_("You sent me the wrong item"),
                Fault.MERCHANT,
                WRONG,
                photo=Photo.ASKED,
                photo_of=N_("A picture of what you got, with its label if there is one."),
                asks=N_("What did you get?"),
                subs=(
                    SubReason("other_product", N_("Another product")),
                    SubReason("other_size", N_("Another size")),
                    SubReason("other_colour", N_("Another colour")),
                ),
            ),
            ReturnReason(
                "missing_parts",
                N_("Something is missing"),
                Fault.MERCHANT,
                WRONG,
                photo=Photo.WELCOME,
                photo_of=N_("A picture of everything that was in the parcel."),
                asks=N_("What is missing?"),
                subs=(
                    SubReason("accessory", N_("A part or accessory")),
                    SubReason("manual", N_("The instructions")),
                    SubReason("item_missing", N_("The item itself")),
                ),
            ),
            ReturnReason(
                "defective",
                N_("It does not work or is faulty"),
                Fault.MERCHANT,
                WRONG,
                photo=Photo.ASKED,
                photo_of=_PICTURE,
                asks=_WHAT,
                subs=(
                    SubReason("dead_on_arrival", N_("It never worked"), frozenset({Kind.THING, Kind.UNKNOWN})),
                    SubReason("stops_working", N_("It stopped working"), frozenset({Kind.THING, Kind.UNKNOWN})),
                    SubReason("stitching", N_("A seam or the fabric has come undone"), _WORN),
                    SubReason("other", N_("Something else")),
                ),
            ),
            ReturnReason(
                "damaged_in_transit",
                N_("It arrived damaged"),
                Fault.CARRIER,
                WRONG,
                photo=Photo.ASKED,
                photo_of=N_("A picture of the item and one of the box, for the carrier."),
                asks=N_("What did it look like?"),
                subs=(
                    SubReason("box_crushed", N_("The box was crushed")),
                    SubReason("wet", N_("It was wet")),
                    SubReason("broken", N_("The box was fine, the item was broken")),
                ),
            ),
            ReturnReason(
                "arrived_late",
                N_("It arrived too late"),
                Fault.CARRIER,
                WRONG,
                asks=N_("What did that mean for you?"),
                subs=(
                    SubReason("missed_event", N_("I missed the day it was for")),
                    SubReason("no_longer_needed", N_("I had found something else by then")),
                ),
            ),
            ReturnReason(
                "allergic_or_unsafe",
                N_("It is unsafe, or I react to it"),
                Fault.MERCHANT,
                WRONG,
                photo=Photo.ASKED,
                photo_of=_PICTURE,
            ),
            ReturnReason("withdrawal_eu", N_("Withdrawal from the contract"), Fault.NONE, ELSE, offered=False),
            ReturnReason("other", N_("Another reason"), Fault.UNKNOWN, ELSE, needs_words=True, photo=Photo.WELCOME),
        )
    }
)


def words_for(code: str) -> str:
    """The message id of a reason; a code from an older version is shown as it is."""
    reason = REASONS.get(code)
    return reason.words if reason else code


def sub_reason(code: str, sub: str) -> SubReason | None:
    """One way of one reason, None where there is none of that name."""
    reason = REASONS.get(code)
    return next((one for one in reason.subs if one.code == sub), None) if reason else None


def sub_words_for(code: str, sub: str | None) -> str:
    """The message id of a sub-reason; empty without one; a code from an older version is shown as it is."""
    found = sub_reason(code, sub or "")
    return found.words if found else sub or ""


def _mixed(seed: str, codes: Iterable[str]) -> dict[str, tuple[int, str]]:
    """A place for each code: shuffled, the same for one seed, "other" last."""
    return {code: (int(code == OTHER), hashlib.sha256(f"{seed}:{code}".encode()).hexdigest()) for code in codes}


def offered(seed: str) -> list[tuple[str, list[ReturnReason]]]:
    """The reasons by group, shuffled within each (the first in a list is chosen too often), the same for one `seed`."""
    place = _mixed(seed, REASONS)
    return [
        (
            group,
            sorted((r for r in REASONS.values() if r.offered and r.group == group), key=lambda r: place[r.code]),
        )
        for group in GROUPS
    ]


def subs_for(code: str, kind: Kind, seed: str) -> list[SubReason]:
    """What a reason is asked about for this kind of product, in a mixed order. Nothing, where only "other" is left."""
    reason = REASONS[code]
    found = [one for one in reason.subs if one.offered and one.suits(kind)]
    place = _mixed(f"{seed}:{code}", [one.code for one in found])
    return sorted(found, key=lambda one: place[one.code]) if len(found) > 1 else []


def is_our_doing(codes: Iterable[str]) -> bool:
    """Whether something was wrong with the goods or on their way to the shopper: then postage is not theirs to bear."""
    faults = {REASONS[code].fault for code in codes if code in REASONS}
    return not faults.isdisjoint({Fault.MERCHANT, Fault.CARRIER})


def fee_is_waived(codes: Iterable[str], waived: Iterable[str]) -> bool:
    """One reason that the shop answers for waives the fee of the whole parcel: that parcel has to come anyway."""
    return not set(codes).isdisjoint(waived)
