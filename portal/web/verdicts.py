"""What a policy says, in the reader's language: its days and countries as the reader writes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from portal.i18n import Speaker


def sentence(words: str, says: Mapping[str, str], inputs: Mapping[str, Any], speaker: Speaker) -> str:
    """A rule's own words in the reader's language come first; else the message `words` with its inputs."""
    for language in (speaker.language, speaker.language.partition("_")[0]):
        if language in says:
            return says[language]
    values: dict[str, Any] = {}
    for name, value in inputs.items():
        if name.endswith("_on"):
            values[name] = speaker.day(date.fromisoformat(str(value)))
        else:
            values[name] = speaker.country(str(value)) if name == "country" else value
    return speaker.gettext(words, **values)


def said_of_record(reason: Mapping[str, Any], speaker: Speaker) -> str:
    """A reason as it stands in a decision record, with its notes."""
    parts = (reason, *reason.get("notes", ()))
    return " ".join(
        sentence(str(part.get("words", "")), part.get("says", {}), part.get("inputs", {}), speaker) for part in parts
    )
