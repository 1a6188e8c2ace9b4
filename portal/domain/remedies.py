"""When something is wrong: what we are doing and what the shopper can do, for each rule. What happened is the rule's own word."""

from __future__ import annotations

from dataclasses import dataclass

from portal.domain.words import N_


@dataclass(frozen=True, slots=True)
class Remedy:
    """Message ids; they may want `carrier`. `grave`: money or goods are lost, not only time."""

    doing: str
    can: str
    grave: bool = False


_WATCH = Remedy(
    N_("We are watching this parcel and step in if it does not move."),
    N_("You need not do anything. If you need it by a certain day, tell us and we will look for a way."),
)
_MAKE_GOOD = Remedy(
    N_("We take it up with %(carrier)s and make it good: the same things again, or your money back."),
    N_("Tell us which you prefer. You need not speak to %(carrier)s yourself."),
    grave=True,
)
_ADDRESS = Remedy(
    N_("As soon as we have the right address we pass it on to %(carrier)s."),
    N_("Write to us with your full address: name on the door, street and number, floor, postcode."),
)
_BACK = Remedy(
    N_("We are finding out why it turned round, and will write to you before we do anything else."),
    N_("Tell us whether we should send it again, and where to, or return your money."),
    grave=True,
)
_REMEDIES = {
    "R03": Remedy(
        N_("We are checking the tracking number with %(carrier)s."),
        N_("You need not do anything. The page will show the parcel as soon as they know it."),
    ),
    "R08": Remedy(
        N_("A person at our desk has this parcel on the list and is asking %(carrier)s."),
        N_("If it is too late for you, tell us. We would rather solve it now than apologise later."),
    ),
    "R09": _WATCH,
    "R10": Remedy(
        N_("We look again at the end of the day and ask %(carrier)s if it is not there."),
        N_("Please look once with your neighbours and at your drop-off place."),
    ),
    "R11": Remedy(
        N_("The parcel stays with %(carrier)s, and we watch for the next attempt."),
        N_("Make sure that somebody can take it in, or tell us another place."),
    ),
    "R12": _ADDRESS,
    "R14": Remedy(
        N_("We give customs every paper that they ask us for."),
        N_("If customs or %(carrier)s write to you, please answer soon. If anything is unclear, ask us first."),
    ),
    "R15": _MAKE_GOOD,
    "R16": _MAKE_GOOD,
    "R17": _BACK,
    "R18": _BACK,
    "R19": Remedy(
        N_("%(carrier)s keeps it for some days. After that it comes back to us."),
        N_("Collect it soon, and take a document with your name along. If you cannot, tell us."),
    ),
    "R20": _MAKE_GOOD,
}


def remedy_for(rule: str) -> Remedy:
    """The remedy of a rule; watching and asking where there is nothing more particular."""
    return _REMEDIES.get(rule, _WATCH)
