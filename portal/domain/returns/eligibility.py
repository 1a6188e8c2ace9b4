"""May it go back? Every policy answers for every line, and every answer is kept."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from portal.domain.returns.config import ReturnPolicyConfig
from portal.domain.returns.model import OrderFacts, Policy, Reason, RequestFacts
from portal.domain.returns.terms import Terms, terms_of_lines

NOTHING_ASKED = RequestFacts()


@cache
def policies() -> tuple[Policy, ...]:
    """Whatever file lies in `policies/`, by id. Two with one id raise ValueError."""
    package = importlib.import_module("portal.domain.returns.policies")
    found: dict[str, Policy] = {}
    for info in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        policy: Policy = importlib.import_module(info.name).POLICY
        if policy.id in found:
            raise ValueError(f"two return policies call themselves {policy.id}")
        found[policy.id] = policy
    return tuple(found[name] for name in sorted(found))


@cache
def _final() -> frozenset[str]:
    return frozenset(policy.id for policy in policies() if policy.final)


# What the actions of a rule can turn: an answer of no that may become a yes once the rule is known to match.
_OPENED_BY = {
    "window": frozenset({"window_days", "extend_days", "window_from"}),
    "final_sale": frozenset({"bypass_final_sale"}),
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What all policies say of one line, and the terms that they judged by."""

    line_id: int
    units_left: int
    reasons: tuple[Reason, ...]
    terms: Terms

    @property
    def eligible(self) -> bool:
        return not self.against

    @property
    def against(self) -> tuple[Reason, ...]:
        """Every reason why not. What the shop takes back in any case has only those that no list can lift."""
        return tuple(reason for reason in self.reasons if not reason.allows and not self._lifted(reason))

    def _lifted(self, reason: Reason) -> bool:
        return bool(self.terms.allowed_by) and reason.policy not in _final()

    @property
    def may_open(self) -> bool:
        """Whether a line that cannot go back may be able to, once more is said: a rule waits for it, such as one for
        faulty goods. Whoever asks for items lets these be chosen too, and asks again when the reasons are known."""
        return bool(self.against) and all(
            any(opening & set(waiting.actions) for waiting in self.terms.waiting)
            for opening in (_OPENED_BY.get(reason.policy, frozenset()) for reason in self.against)
        )

    @property
    def window(self) -> Reason | None:
        """What the window says, for the page to show the last day and why that day. None where it does not matter."""
        found = next((reason for reason in self.reasons if reason.policy == "window"), None)
        return None if found and not found.allows and self._lifted(found) else found

    @property
    def last_day(self) -> date | None:
        """The last day in the recipient's zone, where the window has begun."""
        last = self.window.inputs.get("last_on") if self.window else None
        return date.fromisoformat(str(last)) if last else None

    def to_record(self) -> dict[str, Any]:
        """As JSON values, for the decision record."""
        return {
            "line_id": self.line_id,
            "reasons": [reason.to_record() for reason in self.reasons],
            "terms": self.terms.to_record(),
        }


def judge(
    order: OrderFacts,
    config: ReturnPolicyConfig,
    now: datetime,
    asked: RequestFacts = NOTHING_ASKED,
    version: int = 0,
    only: Collection[int] | None = None,
) -> tuple[Verdict, ...]:
    """A verdict for each line of the order, or of those named by `only`, in its order. `version` is that of the
    settings: explanations name it."""
    lines = [line for line in order.lines if only is None or line.line_id in only]
    return tuple(
        Verdict(
            line.line_id,
            line.units_left,
            tuple(policy.judge(line, order, terms, now) for policy in policies()),
            terms,
        )
        for line, terms in zip(lines, terms_of_lines(order, asked, config, now, version, lines), strict=True)
    )
