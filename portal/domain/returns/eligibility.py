"""May it go back? Every policy answers for every line, and every answer is kept."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from portal.domain.returns.config import ReturnPolicyConfig
from portal.domain.returns.model import OrderFacts, Policy, Reason


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


@dataclass(frozen=True, slots=True)
class Verdict:
    """What all policies say of one line."""

    line_id: int
    units_left: int
    reasons: tuple[Reason, ...]

    @property
    def eligible(self) -> bool:
        return all(reason.allows for reason in self.reasons)

    @property
    def against(self) -> tuple[Reason, ...]:
        """Every reason why not."""
        return tuple(reason for reason in self.reasons if not reason.allows)

    @property
    def window(self) -> Reason | None:
        """What the window says, for the page to show the last day and why that day."""
        return next((reason for reason in self.reasons if reason.policy == "window"), None)

    @property
    def last_day(self) -> date | None:
        """The last day in the recipient's zone, where the window has begun."""
        last = self.window.inputs.get("last_on") if self.window else None
        return date.fromisoformat(str(last)) if last else None

    def to_record(self) -> dict[str, Any]:
        return {"line_id": self.line_id, "reasons": [reason.to_record() for reason in self.reasons]}


def judge(order: OrderFacts, config: ReturnPolicyConfig, now: datetime) -> tuple[Verdict, ...]:
    """A verdict for each line of the order, in its order."""
    return tuple(
        Verdict(
            line.line_id,
            line.units_left,
            tuple(policy.judge(line, order, config, now) for policy in policies()),
        )
        for line in order.lines
    )
