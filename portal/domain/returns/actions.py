"""What a rule of a shop's settings may do to the terms of a line (field: e.8).

Each is a name, what it takes, and which of the terms it changes. Of two rules that set the same one, the higher priority
wins; actions that add all count. A new one is one more entry, and a field of `Terms` where it changes something new.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from portal.domain.returns.choices import ANCHORS, METHODS, MOST_DAYS, REFUND_WHEN, RESOLUTIONS


@dataclass(frozen=True, slots=True)
class Action:
    """One action. `changes` names the field of `Terms`; `adds`: all rules that do it count."""

    name: str
    takes: Callable[[Any], Any]  # gives the value as terms have it; raises ValueError in the words "must be …"
    changes: str
    adds: bool = False


def _whole(low: int, high: int | None = None) -> Callable[[Any], int]:
    words = f"{low} or more" if high is None else f"from {low} to {high}"

    def read(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or value < low or (high is not None and value > high):
            raise ValueError(f"must be a whole number, {words}")
        return value

    return read


def _yes_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _yes(value: Any) -> bool:
    if value is not True:
        raise ValueError("must be true; a rule that does not want it leaves it out")
    return True


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("must be a text")
    return value.strip()


def _one(*known: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if value not in known:
            raise ValueError(f"must be one of {', '.join(known)}")
        return str(value)

    return read


def _some(*known: str) -> Callable[[Any], tuple[str, ...]]:
    def read(value: Any) -> tuple[str, ...]:
        if not isinstance(value, (list, tuple)) or not value or any(word not in known for word in value):
            raise ValueError(f"must be a list of some of {', '.join(known)}")
        return tuple(dict.fromkeys(value))

    return read


_ALL = (
    Action("window_days", _whole(0, MOST_DAYS), "window_days"),
    Action("extend_days", _whole(1, MOST_DAYS), "extend_days"),
    Action("window_from", _one(*ANCHORS), "window_from"),
    Action("send_back_days", _whole(1, MOST_DAYS), "send_back_days"),
    Action("bypass_final_sale", _yes_no, "bypass_final_sale"),
    Action("reject", _yes, "rejected_by", adds=True),
    Action("review", _yes, "review_by", adds=True),
    Action("automatic_approval", _yes_no, "auto_approve"),
    Action("hide", _yes_no, "hidden"),
    Action("keep_item", _yes_no, "keep_item"),
    Action("donate", _yes_no, "donate"),
    Action("keep_percent", _whole(0, 99), "keep_percent"),
    Action("require_shipping", _yes_no, "must_ship"),
    Action("resolutions", _some(*RESOLUTIONS), "resolutions"),
    Action("exclude_resolutions", _some(*RESOLUTIONS), "resolutions", adds=True),
    Action("methods", _some(*METHODS), "methods"),
    Action("exclude_methods", _some(*METHODS), "methods", adds=True),
    Action("fee_minor", _whole(0), "fee_minor"),
    Action("restocking_percent", _whole(0, 100), "restocking_percent"),
    Action("waive_fee", _yes_no, "fee_waived"),
    Action("credit_bonus_percent", _whole(0, 100), "credit_bonus_percent"),
    Action("refund_shipping", _yes_no, "refund_shipping"),
    Action("refund_when", _one(*REFUND_WHEN), "refund_when"),
    Action("destination", _text, "destination"),
    Action("photo", _yes_no, "photo_required"),
    Action("reason_group", _text, "reason_group"),
    Action("exchange_express", _yes_no, "exchange_express"),
)
ACTIONS: Mapping[str, Action] = MappingProxyType({action.name: action for action in _ALL})
