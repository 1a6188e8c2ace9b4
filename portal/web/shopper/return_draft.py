"""What a shopper has chosen so far, between the questions: in the signed session cookie, so that a reload or a way back
loses nothing. It holds no names and no sums; those are read anew for each page."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from typing import Any

from flask import session

from portal.usecases.returns.offer_views import Choice, ReturnOffer

_KEY = "returning"
MOST = 2  # orders with a draft; the cookie stays small
MAX_COMMENT = 200
MAX_ALL_COMMENTS = 600


@dataclass(frozen=True, slots=True)
class Draft:
    """Choices of one order. `units` and `reasons` are by order line."""

    units: dict[int, int] = field(default_factory=dict)
    reasons: dict[int, tuple[str, str]] = field(default_factory=dict, repr=False)  # code and own words
    resolution: str = ""

    def choices(self) -> list[Choice]:
        return [Choice(line, units, *self.reasons.get(line, ("", ""))) for line, units in sorted(self.units.items())]

    @property
    def has_reasons(self) -> bool:
        return all(self.reasons.get(line, ("", ""))[0] for line in self.units)

    def only_possible(self, offer: ReturnOffer) -> Draft:
        """Without what cannot go back any more."""
        left = {line.line_id: line.units_left for line in offer.eligible}
        units = {line: min(units, left[line]) for line, units in self.units.items() if left.get(line)}
        return replace(self, units=units)

    def digest(self) -> str:
        """Names exactly these choices: what is confirmed is what was shown."""
        return hashlib.sha256(json.dumps(_packed(self), sort_keys=True).encode()).hexdigest()[:24]


def _packed(draft: Draft) -> dict[str, Any]:
    return {
        "u": {str(line): units for line, units in draft.units.items()},
        "r": {str(line): list(reason) for line, reason in draft.reasons.items() if line in draft.units},
        "x": draft.resolution,
    }


def _all() -> dict[str, Any]:
    found: dict[str, Any] = session.get(_KEY, {})
    return found


def load(order_public_id: str) -> Draft:
    """The draft of an order; an empty one when there is none."""
    kept = _all().get(order_public_id, {})
    return Draft(
        {int(line): int(units) for line, units in kept.get("u", {}).items()},
        {int(line): (str(reason[0]), str(reason[1])) for line, reason in kept.get("r", {}).items()},
        str(kept.get("x", "")),
    )


def save(order_public_id: str, draft: Draft) -> None:
    others = {key: value for key, value in _all().items() if key != order_public_id}
    newest = dict(list(others.items())[-(MOST - 1) :])
    session[_KEY] = {**newest, order_public_id: _packed(draft)}


def forget(order_public_id: str) -> None:
    session[_KEY] = {key: value for key, value in _all().items() if key != order_public_id}
