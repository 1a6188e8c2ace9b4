"""What went wrong, what we do, what you can do: the three paragraphs of a message about trouble."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from portal.domain.remedies import remedy_for
from portal.domain.words import N_
from portal.i18n import Speaker
from portal.notify.letter import Trouble

UNEXPLAINED = N_("Something is wrong with the delivery of your parcel. We are finding out what.")


@dataclass(frozen=True, slots=True)
class Told:
    """The three paragraphs in the reader's language."""

    happened: str
    we_do: str
    you_can: str


def tell(speaker: Speaker, trouble: Trouble, carrier: str) -> Told:
    """Put a finding into the reader's words. `carrier` is the name to use."""
    remedy = remedy_for(trouble.rule)
    values = {**trouble.inputs, "carrier": carrier}
    return Told(
        fill(speaker, trouble.shopper_text or UNEXPLAINED, values) or speaker.gettext(UNEXPLAINED),
        speaker.gettext(remedy.doing, carrier=carrier),
        speaker.gettext(remedy.can, carrier=carrier),
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
