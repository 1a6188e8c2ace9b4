"""What went wrong, what we do, what you can do: the three paragraphs of a message about trouble."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from portal.domain.words import N_
from portal.i18n import Speaker
from portal.notify.letter import Trouble

UNEXPLAINED = N_("Something is wrong with the delivery of your parcel. We are finding out what.")


@dataclass(frozen=True, slots=True)
class Advice:
    """Message ids; both may name %(carrier)s."""

    we_do: str
    you_can: str


_SILENT = Advice(
    N_("We ask %(carrier)s for news all day and step in if the parcel does not move."),
    N_("You need not do anything now. If you need it by a certain day, tell us, and we will look for a way."),
)
_LATE = Advice(
    N_("We are watching this parcel and will write to you when there is a new date."),
    N_("If the delay is a problem for you, answer this message. We would rather solve it now than apologise later."),
)
_ATTEMPT = Advice(
    N_("The parcel stays with %(carrier)s, and we are watching for the next attempt."),
    N_("Make sure that somebody can take it in, or answer this message and we will agree on another place."),
)
_ADDRESS = Advice(
    N_("As soon as we have the right address, we pass it on to %(carrier)s."),
    N_("Answer this message with your full address: name on the door, street and number, floor, postcode."),
)
_CUSTOMS = Advice(
    N_("We are watching the parcel and give customs every paper that they ask us for."),
    N_("If customs or %(carrier)s write to you, please answer soon. If anything is unclear, ask us first."),
)
_GONE = Advice(
    N_("We take it up with %(carrier)s. You do not have to: the parcel was in our care."),
    N_("Tell us what you prefer, the same things again or your money back. An answer to this message is enough."),
)
_BACK = Advice(
    N_("We are finding out why it turned round and will write to you before we do anything else."),
    N_("Tell us whether we should send it again, and to which address, or return your money."),
)
_PICKUP = Advice(
    N_("%(carrier)s keeps it for some days. After that it comes back to us."),
    N_("Collect it soon, and take a document with your name along. If you cannot, answer this message."),
)
_ADVICE: Mapping[str, Advice] = {
    **dict.fromkeys(("R08", "R09", "R10", "R13"), _LATE),
    "R11": _ATTEMPT,
    "R12": _ADDRESS,
    "R14": _CUSTOMS,
    **dict.fromkeys(("R15", "R16", "R20"), _GONE),
    **dict.fromkeys(("R17", "R18"), _BACK),
    "R19": _PICKUP,
}


@dataclass(frozen=True, slots=True)
class Told:
    """The three paragraphs in the reader's language."""

    happened: str
    we_do: str
    you_can: str


def tell(speaker: Speaker, trouble: Trouble, carrier: str) -> Told:
    """Put a finding into the reader's words. `carrier` is the name to use."""
    advice = _ADVICE.get(trouble.rule, _SILENT)
    values = {**trouble.inputs, "carrier": carrier}
    return Told(
        fill(speaker, trouble.shopper_text or UNEXPLAINED, values) or speaker.gettext(UNEXPLAINED),
        speaker.gettext(advice.we_do, carrier=carrier),
        speaker.gettext(advice.you_can, carrier=carrier),
    )


def fill(speaker: Speaker, message: str, values: Mapping[str, object]) -> str:
    """Translate a rule's words and fill in its inputs; empty when an input that the words need is not there.

    A name in `_at` is a moment and one in `_on` a day, both in ISO 8601 (`domain.delivery_exceptions.limits.inputs`).
    """
    shown = {key: _shown(speaker, key, value) for key, value in values.items() if value is not None}
    try:
        return speaker.gettext(message, **shown)
    except KeyError:
        return ""


def _shown(speaker: Speaker, key: str, value: object) -> str:
    if key.endswith("_at") and isinstance(value, str):
        return speaker.day(datetime.fromisoformat(value))
    if key.endswith("_on") and isinstance(value, str):
        return speaker.day(date.fromisoformat(value[:10]))
    return str(value)
