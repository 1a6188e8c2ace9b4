"""What pages about returns say: verdicts with their days and sums, states in the shopper's terms."""

from __future__ import annotations

from datetime import date
from typing import Any

from portal.domain.returns.methods import OWN_PARCEL
from portal.domain.returns.model import Note, Reason
from portal.domain.words import N_
from portal.i18n import Speaker
from portal.usecases.returns.view import STEPS, ReturnPage

RESOLUTIONS = {
    "refund": (N_("Money back"), N_("To the way you paid with.")),
    "store_credit": (N_("Store credit"), N_("A code that you can use for your next order.")),
    "exchange": (N_("Something else instead"), N_("Another size or colour, or another product.")),
}
STEP_NAMES = {
    "label": N_("Label ready"),
    "on_its_way": N_("On its way to us"),
    "received": N_("Received"),
    "paid": N_("Money sent"),
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

PARCEL_WORDS = {
    "pending": N_("The carrier has not seen the parcel yet."),
    "info_received": N_("The carrier has not seen the parcel yet."),
    "in_transit": N_("The carrier has your parcel. It is on its way to us."),
    "out_for_delivery": N_("Your parcel reaches us today."),
    "attempt_fail": N_("The carrier tried to bring us your parcel and will try again."),
    "available_for_pickup": N_("Your parcel waits for us at the carrier; we pick it up."),
    "delivered": N_("Your parcel has arrived at our warehouse. We are checking it in."),
    "exception": N_("The carrier reports trouble with your parcel. We are looking into it; you need to do nothing."),
    "expired": N_("The carrier has given no news for a long time. We are looking into it; you need to do nothing."),
}


def said(reason: Reason, speaker: Speaker) -> str:
    """A verdict in the reader's language, its days and countries as the reader writes them, and its notes after it."""
    parts: tuple[Reason | Note, ...] = (reason, *reason.notes)
    return " ".join(_sentence(part, speaker) for part in parts)


def _sentence(part: Reason | Note, speaker: Speaker) -> str:
    """A rule's own words in the reader's language come first."""
    for language in (speaker.language, speaker.language.partition("_")[0]):
        if language in part.says:
            return part.says[language]
    values: dict[str, Any] = {}
    for name, value in part.inputs.items():
        if name.endswith("_on"):
            values[name] = speaker.day(date.fromisoformat(str(value)))
        else:
            values[name] = speaker.country(str(value)) if name == "country" else value
    return speaker.gettext(part.words, **values)


def flow_trail(here: str, speaker: Speaker) -> list[tuple[str, str]]:
    """The progress line of the questions: each step's words, and done, here or todo."""
    at = list(_STEPS).index("reasons" if here == "offers" else here)
    return [
        (speaker.gettext(words), "done" if n < at else "here" if n == at else "todo")
        for n, words in enumerate(_STEPS.values())
    ]


def way_back(page: ReturnPage, speaker: Speaker) -> list[tuple[str, str]]:
    """The progress line of a return that was sent in."""
    words = dict(STEP_NAMES)
    if page.resolution == "store_credit":
        words["paid"] = N_("Credit sent")
    if page.method == OWN_PARCEL:
        words["label"] = N_("Registered")
    states = []
    for n, name in enumerate(STEPS, start=1):
        state = "done" if n < page.step else "here" if n == page.step else "todo"
        if n == 4 and page.step == 4:
            state = "done here"
        if name == "on_its_way" and page.parcel == "lost":
            state = "here off"
        states.append((speaker.gettext(words[name]), state))
    return states


def headline(page: ReturnPage, speaker: Speaker, *, warm: bool) -> str:
    """The answer first: where the return stands."""
    _ = speaker.gettext
    if page.decision == "cancelled":
        return _("This return was called off")
    if page.money == "paid":
        return _("Your store credit is ready") if page.resolution == "store_credit" else _("Your money is on its way")
    if page.money == "due":
        return _("It arrived, thank you") if warm else _("We have received your parcel")
    if page.decision != "approved":
        return _("This return is closed")
    return _waiting_headline(page, speaker, warm=warm)


def _waiting_headline(page: ReturnPage, speaker: Speaker, *, warm: bool) -> str:
    _ = speaker.gettext
    if page.parcel == "lost":
        return _("Your parcel has gone missing on its way to us")
    if page.parcel == "delivered_to_us":
        return _("Your parcel has reached us")
    if page.parcel == "in_transit":
        return _("Your parcel is on its way to us")
    if page.method == OWN_PARCEL:
        return _("All set: now send us your parcel") if warm else _("Now send your parcel to us")
    if page.parcel == "label_lapsed":
        return _("Your return label is no longer good")
    if page.parcel == "label_ready":
        return _("Your return label is ready")
    return _("Your return is registered, the label follows")
