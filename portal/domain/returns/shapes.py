"""What a condition of a rule may be given, and how it is tested. Texts are compared in any case of letters.

A test also says what conflicts need to know: whether one value could pass two tests, and whether all that pass one pass
another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol


def fold(text: str) -> str:
    """A text as it is compared."""
    return text.strip().casefold()


class Check(Protocol):
    """A condition as it was given by a rule."""

    def passes(self, value: Any) -> bool: ...
    def meets(self, other: Any) -> bool: ...
    def within(self, other: Any) -> bool: ...


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One of these texts; of a value that has several (tags), any of them."""

    texts: frozenset[str]

    def passes(self, value: str | tuple[str, ...] | None) -> bool:
        if value is None:
            return False
        if isinstance(value, str):
            return fold(value) in self.texts
        return not self.texts.isdisjoint(map(fold, value))

    def meets(self, other: AnyOf) -> bool:
        return not self.texts.isdisjoint(other.texts)

    def within(self, other: AnyOf) -> bool:
        return self.texts <= other.texts


@dataclass(frozen=True, slots=True)
class Between:
    """A number from `low` to `high`, both included. None: open on that side, and an unknown number never passes."""

    low: int | None
    high: int | None

    def passes(self, value: int | None) -> bool:
        return (
            value is not None and (self.low is None or value >= self.low) and (self.high is None or value <= self.high)
        )

    def meets(self, other: Between) -> bool:
        return _lows(self, other) <= _highs(self, other)

    def within(self, other: Between) -> bool:
        low, high = _ends(self)
        other_low, other_high = _ends(other)
        return other_low <= low and high <= other_high


def _ends(test: Between) -> tuple[float, float]:
    return (
        float("-inf") if test.low is None else test.low,
        float("inf") if test.high is None else test.high,
    )


def _lows(a: Between, b: Between) -> float:
    return max(_ends(a)[0], _ends(b)[0])


def _highs(a: Between, b: Between) -> float:
    return min(_ends(a)[1], _ends(b)[1])


@dataclass(frozen=True, slots=True)
class Is:
    """Yes or no."""

    wanted: bool

    def passes(self, value: bool | None) -> bool:
        return value is self.wanted

    def meets(self, other: Is) -> bool:
        return self.wanted is other.wanted

    def within(self, other: Is) -> bool:
        return self.wanted is other.wanted


Shape = Callable[[Any], Check]  # raises ValueError in the words "must be …"


def texts(*known: str) -> Shape:
    """A list of texts, of which any may match; of these, where `known` ones are given."""

    def read(value: Any) -> Check:
        given = [value] if isinstance(value, str) else value
        if not isinstance(given, (list, tuple)) or not given or not all(isinstance(t, str) and t for t in given):
            raise ValueError('must be a list of texts like ["one", "another"]')
        for text in given:
            if known and text not in known:
                raise ValueError(f"cannot be {text!r}; there are {', '.join(known)}")
        return AnyOf(frozenset(map(fold, given)))

    return read


def countries(value: Any) -> Check:
    """A list of countries (ISO 3166 alpha-2)."""
    test = texts()(value)
    if not all(len(text) == 2 and text.isalpha() for text in ([value] if isinstance(value, str) else value)):
        raise ValueError('must be a list of countries like ["DE", "AT"]')
    return test


def numbers(value: Any) -> Check:
    """A table with `min`, `max` or both: whole numbers, both included."""
    ends = _table(value, "min", "max", "a table of whole numbers like { min = 1, max = 5 }", int)
    return _between(*ends)


def days(value: Any) -> Check:
    """A table with `from`, `until` or both: days in ISO 8601, both included."""
    words = 'a table of days like { from = "2026-11-20", until = "2026-12-24" }'
    first, last = _table(value, "from", "until", words, str)
    try:
        ends = [None if day is None else date.fromisoformat(day).toordinal() for day in (first, last)]
    except ValueError:
        raise ValueError(f"must be {words}") from None
    return _between(*ends)


def _between(low: int | None, high: int | None) -> Between:
    if low is not None and high is not None and low > high:
        raise ValueError("ends before it begins")
    return Between(low, high)


def _table(value: Any, first: str, last: str, words: str, kind: type) -> tuple[Any, Any]:
    if not isinstance(value, Mapping) or not value or set(value) - {first, last}:
        raise ValueError(f"must be {words}")
    if not all(isinstance(end, kind) and not isinstance(end, bool) for end in value.values()):
        raise ValueError(f"must be {words}")
    return value.get(first), value.get(last)


def yes_no(value: Any) -> Check:
    """True or false."""
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return Is(value)
