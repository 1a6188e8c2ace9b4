"""What pages about returns say: verdicts with their days and sums, the questions' steps."""

from __future__ import annotations

from portal.domain.returns.model import Note, Reason
from portal.domain.words import N_
from portal.i18n import Speaker
from portal.web.verdicts import sentence

RESOLUTIONS = {
    "refund": (N_("Money back"), N_("To the way you paid with.")),
    "store_credit": (N_("Store credit"), N_("A code that you can use for your next order.")),
    "exchange": (N_("Something else instead"), N_("The same once more, another size or colour, or another product.")),
}
_STEPS = {
    "items": N_("Items"),
    "reasons": N_("Reasons"),
    "resolution": N_("What you get"),
    "method": N_("Way back"),
    "review": N_("Check"),
}
METHODS = {
    "label": N_("With a label that you print"),
    "qr": N_("With a code on your phone"),
    "drop_off": N_("At a drop-off point"),
    "pickup": N_("Picked up at your door"),
    "own_parcel": N_("With a carrier of your own"),
    "in_store": N_("In one of our shops"),
    "keep": N_("Keep it"),
    "donate": N_("Give it away"),
}
NEEDED = {
    "label": N_("You need a box and a printer."),
    "qr": N_("You need a box and your phone."),
    "drop_off": N_("You need a box, and a printer or your phone."),
    "pickup": N_("You need a box, a printer and somebody at home."),
    "own_parcel": N_("You need a box and a pen."),
    "in_store": N_("You need the item and your phone."),
}


def said(reason: Reason, speaker: Speaker) -> str:
    """A verdict in the reader's language, its days and countries as the reader writes them, and its notes after it."""
    parts: tuple[Reason | Note, ...] = (reason, *reason.notes)
    return " ".join(sentence(part.words, part.says, part.inputs, speaker) for part in parts)


def flow_trail(here: str, speaker: Speaker) -> list[tuple[str, str]]:
    """The progress line of the questions: each step's words, and done, here or todo."""
    at = list(_STEPS).index("reasons" if here == "offers" else here)
    return [
        (speaker.gettext(words), "done" if n < at else "here" if n == at else "todo")
        for n, words in enumerate(_STEPS.values())
    ]
