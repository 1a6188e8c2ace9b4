"""The words and phrases of many languages, each standing for notions that no language owns (`notions.py`).

A file per language lies in `words/`. A line names notions and, after a colon, phrases between semicolons; an indented
line continues the one before. `(a|b c|)` stands for either, `$name` for what `$name = ...` said before. A word may end
or begin with `*`. `_` is any one word. A phrase of no notion (`-`) only hides the words in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files
from itertools import product

from carriers.classify.folding import pieces
from carriers.classify.notions import BIT

LONGEST_WORD = 40  # longer ones are no words: only their whole is looked up
_NAME = re.compile(r"\$[a-z]+")
_PARTS = re.compile(r"[()|]|[^()|]+")


@dataclass(frozen=True, slots=True)
class Slot:
    """The words that may stand at one place of a phrase."""

    whole: frozenset[str]
    starts: tuple[str, ...]
    ends: tuple[str, ...]
    any: bool
    loose: bool  # whether anything but `whole` can fit

    def fits(self, word: str) -> bool:
        return word in self.whole or (
            self.loose and (self.any or word.startswith(self.starts) or word.endswith(self.ends))
        )


@dataclass(frozen=True, slots=True)
class Phrase:
    """`rest` follows the first word; `meaning` is a set of notions as bits; `exact` counts the first word's given letters."""

    rest: tuple[Slot, ...]
    length: int
    meaning: int
    exact: int


@dataclass(slots=True)
class Lexicon:
    """All languages at once: the phrases that a word can begin, found by the word, its beginning or its end."""

    whole: dict[str, list[tuple[str, Phrase]]] = field(default_factory=dict)
    starts: dict[str, list[tuple[str, Phrase]]] = field(default_factory=dict)
    ends: dict[str, list[tuple[str, Phrase]]] = field(default_factory=dict)

    def add(self, language: str, places: Sequence[tuple[str, ...]], meaning: int) -> None:
        """A phrase with the words that may stand at each of its places."""
        rest = tuple(slot(words) for words in places[1:])
        for word in places[0]:
            bare = word.strip("*")
            phrase = Phrase(rest, len(places), meaning, len(bare))
            at = self.ends if word.startswith("*") else self.starts if word.endswith("*") else self.whole
            at.setdefault(bare, []).append((language, phrase))

    def starting(self, word: str) -> dict[str, tuple[Phrase, ...]]:
        """By language: the phrases that this word can begin, longest first, the more exact of two as long first.

        What is listed under two notions stands for both.
        """
        found: dict[str, dict[tuple[int, tuple[Slot, ...]], int]] = {}
        for language, phrase in self._entries(word):
            meanings = found.setdefault(language, {})
            key = phrase.exact, phrase.rest
            meanings[key] = meanings.get(key, 0) | phrase.meaning
        return {language: _longest_first(meanings) for language, meanings in found.items()}

    def _entries(self, word: str) -> Iterator[tuple[str, Phrase]]:
        yield from self.whole.get(word, ())
        if len(word) <= LONGEST_WORD:
            for cut in range(1, len(word) + 1):
                yield from self.starts.get(word[:cut], ())
            for cut in range(len(word)):
                yield from self.ends.get(word[cut:], ())


def _longest_first(meanings: dict[tuple[int, tuple[Slot, ...]], int]) -> tuple[Phrase, ...]:
    phrases = (Phrase(rest, len(rest) + 1, meaning, exact) for (exact, rest), meaning in meanings.items())
    return tuple(sorted(phrases, key=lambda p: (p.length, p.exact, -sum(s.any for s in p.rest)), reverse=True))


@cache
def slot(words: tuple[str, ...]) -> Slot:
    """The same words share one slot."""
    return Slot(
        whole=frozenset(w for w in words if "*" not in w),
        starts=tuple(w[:-1] for w in words if w.endswith("*")),
        ends=tuple(w[1:] for w in words if w.startswith("*")),
        any="_" in words,
        loose="_" in words or any("*" in w for w in words),
    )


@cache
def lexicon() -> Lexicon:
    """Read once, when the first text is classified."""
    found = Lexicon()
    for file in sorted((files("carriers.classify") / "words").iterdir(), key=lambda f: f.name):
        if file.name.endswith(".txt"):
            language = file.name.removesuffix(".txt")
            for meaning, places in read(file.read_text(encoding="utf-8")):
                found.add(language, places, meaning)
    return found


@lru_cache(maxsize=8192)
def starting(word: str) -> dict[str, tuple[Phrase, ...]]:
    """What `Lexicon.starting` says, remembered for the words that carriers use most."""
    return lexicon().starting(word)


def read(document: str) -> Iterator[tuple[int, list[tuple[str, ...]]]]:
    """The phrases of one file, place by place, with their notions. ValueError on a line that makes no sense."""
    names: dict[str, str] = {}
    for line in _joined(document.splitlines()):
        if line.startswith("$"):
            name, _, value = line.partition("=")
            names[name.strip()] = _named(value.strip(), names)
            continue
        head, colon, rest = line.partition(":")
        notions = [word for word in head.split() if word != "-"]
        if not colon or not set(notions) <= set(BIT) or not set(_NAME.findall(rest)) <= set(names):
            raise ValueError(f"not a line of words: {line[:60]!r}")
        meaning = sum(BIT[word] for word in notions)
        phrases = (one for phrase in _named(rest, names).split(";") for one in choices(phrase))
        yield from ((meaning, places) for places in phrases if places)


def choices(phrase: str) -> list[list[tuple[str, ...]]]:
    """The phrases that one with `(a|b c|)` in it stands for; choices of one word share a place."""
    parts = iter(_PARTS.findall(phrase))
    return _either(parts)


def _either(parts: Iterator[str]) -> list[list[tuple[str, ...]]]:
    """Reads to the bracket that closes, or to the end."""
    options: list[list[list[tuple[str, ...]]]] = []
    sequence: list[list[list[tuple[str, ...]]]] = []
    for part in parts:
        if part == ")":
            break
        if part == "|":
            options.append(_in_turn(sequence))
            sequence = []
        elif part == "(":
            sequence.append(_either(parts))
        else:
            sequence.append([[(piece,) for piece in pieces(part)]])
    options.append(_in_turn(sequence))
    every = [one for option in options for one in option]
    single = tuple(dict.fromkeys(word for one in every if len(one) == 1 for word in one[0]))
    return [*([[single]] if single else []), *(one for one in every if len(one) != 1)]


def _in_turn(sequence: Sequence[list[list[tuple[str, ...]]]]) -> list[list[tuple[str, ...]]]:
    return [[place for one in chosen for place in one] for chosen in product(*sequence)]


def _joined(lines: Iterable[str]) -> Iterator[str]:
    whole = ""
    for line in lines:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if line[0].isspace():
            whole += " " + line.strip()
            continue
        if whole:
            yield whole
        whole = line.strip()
    if whole:
        yield whole


def _named(text: str, names: dict[str, str]) -> str:
    return _NAME.sub(lambda found: f"({names[found[0]]})", text)
