"""What the words of a scan mean, for texts of carriers and aggregators whose codes no table knows.

By rules, in many languages, without a network or training. Codes come first wherever there are any: a text is the last
thing to ask, and what it does not say clearly stays unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from carriers.classify.folding import BREAK, tokens
from carriers.classify.lexicon import Phrase, starting
from carriers.classify.notions import BIT, NEGATED, PLANNED, RULES, bits
from carriers.model import Status, Substatus


@dataclass(frozen=True, slots=True)
class Classified:
    """`status` is None for a text that no rule understands. `confidence` lies between 0 and 1 and only ranks."""

    status: Status | None
    substatus: Substatus | None
    confidence: float


UNKNOWN = Classified(None, None, 0.0)
_NOT, _WILL = BIT["NOT"], BIT["WILL"]
_NEGATED = tuple((BIT[name], bits(into)) for name, into in NEGATED.items())
_PLANNED = tuple((BIT[name], bits(into)) for name, into in PLANNED.items())
_TURNED_BY_NOT = sum(bit for bit, _into in _NEGATED)
_TURNED_BY_WILL = sum(bit for bit, _into in _PLANNED)


def classify(text: str | None, language: str | None = None) -> Classified:
    """What a text about a parcel means. `language` (as in `de` or `de-AT`) is a hint: it may be absent or wrong.

    Only the first 500 characters count. Never raises.
    """
    words = tokens(text) if text else []
    phrases = [starting(word) for word in words]
    for chosen, known in _languages(words, phrases, (language or "").casefold()[:2]):
        notions = _notions(words, phrases, chosen)
        for rule in RULES:
            if rule.holds(notions):
                return Classified(rule.status, rule.substatus, round(rule.confidence * (0.75 + 0.25 * known), 2))
    return UNKNOWN


def _languages(
    words: Sequence[str], phrases: Sequence[dict[str, tuple[Phrase, ...]]], hint: str
) -> list[tuple[str, float]]:
    """The languages a text may be in, likeliest first, with the share of its words that each knows.

    A word that few languages know says more than one that all do.
    """
    votes: dict[str, float] = {}
    known: dict[str, int] = {}
    for found in phrases:
        for language in found:
            votes[language] = votes.get(language, 0.0) + 1.0 / len(found)
            known[language] = known.get(language, 0) + 1
    if hint in votes:
        votes[hint] += 0.8
    spoken = sum(1 for word in words if word != BREAK and not word.isdigit()) or 1
    ranked = sorted(votes, key=lambda one: (-votes[one], one != "en", one))
    return [(one, min(1.0, known[one] / spoken)) for one in ranked]


def _notions(words: Sequence[str], phrases: Sequence[dict[str, tuple[Phrase, ...]]], language: str) -> int:
    """All that a text says in one language: at each word the longest phrase counts, and hides the words in it."""
    total, at, denied, planned = 0, 0, False, False
    while at < len(words):
        if words[at] == BREAK:
            denied = planned = False
            at += 1
            continue
        phrase = _longest(words, at, phrases[at].get(language, ()))
        if phrase is None:
            at += 1
            continue
        at += phrase.length
        said = phrase.meaning
        denied = denied or bool(said & _NOT)
        planned = planned or bool(said & _WILL)
        if denied and said & _TURNED_BY_NOT:
            said = _turned(said, _NEGATED)
        elif planned and said & _TURNED_BY_WILL:
            said = _turned(said, _PLANNED)
        total |= said
    return total


def _longest(words: Sequence[str], at: int, phrases: Sequence[Phrase]) -> Phrase | None:
    for phrase in phrases:
        if at + phrase.length <= len(words) and all(
            slot.fits(word) for slot, word in zip(phrase.rest, words[at + 1 :], strict=False)
        ):
            return phrase
    return None


def _turned(said: int, table: Sequence[tuple[int, int]]) -> int:
    for bit, into in table:
        if said & bit:
            said = said & ~bit | into
    return said
