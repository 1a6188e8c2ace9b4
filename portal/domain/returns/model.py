"""What return policies know, and what they answer. Moments are aware UTC; days are days in the recipient's zone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from portal.domain.returns.case import CustomerFacts as CustomerFacts
from portal.domain.returns.case import ItemAsked as ItemAsked
from portal.domain.returns.case import LineFacts as LineFacts
from portal.domain.returns.case import OrderFacts as OrderFacts
from portal.domain.returns.case import RequestFacts as RequestFacts
from portal.domain.returns.terms import Applied as Applied
from portal.domain.returns.terms import Terms as Terms

Inputs = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Note:
    """One more sentence of a reason. `says` are a rule's own words by language, which come before `words`."""

    words: str
    inputs: Inputs = field(default_factory=dict)
    says: Mapping[str, str] = field(default_factory=dict)

    def to_record(self) -> dict[str, Any]:
        return {"words": self.words, "inputs": dict(self.inputs), "says": dict(self.says)}


@dataclass(frozen=True, slots=True)
class Reason:
    """What one policy says of one line, and from what. `words` is a message id with named placeholders; inputs that
    end in `_on` are days as ISO 8601, `country` is ISO 3166 alpha-2. `notes` are further sentences, to be read after it.
    """

    policy: str
    version: int
    key: str  # "window.over"
    allows: bool
    inputs: Inputs
    words: str
    says: Mapping[str, str] = field(default_factory=dict)  # a rule's own words by language, which come before `words`
    notes: tuple[Note, ...] = ()

    def to_record(self) -> dict[str, Any]:
        """As JSON values, with the words as they were."""
        return {
            "policy": self.policy,
            "version": self.version,
            "key": self.key,
            "allows": self.allows,
            "inputs": dict(self.inputs),
            "words": self.words,
            "says": dict(self.says),
            "notes": [note.to_record() for note in self.notes],
        }


Judge = Callable[[LineFacts, OrderFacts, Terms, datetime], Reason]


@dataclass(frozen=True, slots=True)
class Policy:
    """One rule of the house. Its version goes up whenever the same facts would be answered otherwise; the judges of
    former versions stay in `earlier`, for decisions that were made by them. `final`: no allow list of a shop lifts it.
    """

    id: str
    version: int
    judge: Judge
    earlier: Mapping[int, Judge] = field(default_factory=dict)
    final: bool = False

    def judge_of(self, version: int) -> Judge | None:
        """The judge of a version, where it is known."""
        return self.judge if version == self.version else self.earlier.get(version)

    def reason(
        self,
        key: str,
        words: str,
        *,
        allows: bool,
        says: Mapping[str, str] | None = None,
        notes: tuple[Note, ...] = (),
        **inputs: str | int,
    ) -> Reason:
        return Reason(self.id, self.version, f"{self.id}.{key}", allows, inputs, words, says or {}, notes)
