"""What the words of a scan mean, for texts of carriers and aggregators whose codes no table knows.

By rules, in many languages, without a network or training. Codes come first wherever there are any: a text is the last
thing to ask, and what it does not say clearly stays unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from carriers.classify.folding import BREAK, tokens
from carriers.classify.lexicon import Phrase, starting
from carriers.classify.notions import ABLE, BIT, NEGATED, PLANNED, bits, first_rule
from carriers.model import Status, Substatus


@dataclass(frozen=True, slots=True)
class Classified:
    """`status` is None for a text that no rule understands. `confidence` lies between 0 and 1 and only ranks."""

    status: Status | None
    substatus: Substatus | None
    confidence: float


UNKNOWN = Classified(None, None, 0.0)
_RIVAL = 0.6  # a language with fewer votes than this share of the first one's is not tried
# The words that turn those after them, the strongest first, with what they make of each notion.
_TURNS = tuple(
    (BIT[word], tuple((BIT[name], bits(into)) for name, into in table.items()))
    for word, table in (("NOT", NEGATED), ("CAN", ABLE), ("WILL", PLANNED))
)
_TURNING = sum(word for word, _table in _TURNS)


def classify(text: str | None, language: str | None = None) -> Classified:
    """What a text about a parcel means. `language` (as in `de` or `de-AT`) is a hint: it may be absent or wrong.

    Only the first 500 characters count. Never raises.
    """
    words = tokens(text) if text else []
    phrases = [starting(word) for word in words]
    for chosen, known in _languages(words, phrases, (language or "").casefold()[:2]):
        notions = _notions(words, phrases, chosen)
        rule = first_rule(notions)
        if rule is not None:
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
    return [(one, min(1.0, known[one] / spoken)) for one in ranked if votes[one] > _RIVAL * votes[ranked[0]]]


def _notions(words: Sequence[str], phrases: Sequence[dict[str, tuple[Phrase, ...]]], language: str) -> int:
    """All that a text says in one language: at each word the longest phrase counts, and hides the words in it."""
    total = at = turning = 0
    while at < len(words):
        if words[at] == BREAK:
            turning = 0
            at += 1
            continue
        phrase = _longest(words, at, phrases[at].get(language, ()))
        if phrase is None:
            at += 1
            continue
        at += phrase.length
        turning |= phrase.meaning & _TURNING
        total |= _turned(phrase.meaning, turning) if turning else phrase.meaning
    return total


def _longest(words: Sequence[str], at: int, phrases: Sequence[Phrase]) -> Phrase | None:
    room = len(words) - at
    for phrase in phrases:
        if phrase.length <= room and _follows(words, at, phrase):
            return phrase
    return None


def _follows(words: Sequence[str], at: int, phrase: Phrase) -> bool:
    for slot in phrase.rest:
        at += 1
        if not slot.fits(words[at]):
            return False
    return True


def _turned(said: int, turning: int) -> int:
    """What is left of notions after words such as `not` and `will`: the first of these that touches one decides."""
    for word, table in _TURNS:
        if turning & word:
            turned = said
            for bit, into in table:
                if said & bit:
                    turned = turned & ~bit | into
            if turned != said:
                return turned
    return said
