"""Who may do what with a return: the least role for each action, and when a second person is needed (reliability: T38).

Every action writes an audit row in its own transaction, so that neither can be without the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

AGENT, ADMIN = "agent", "admin"
_RANK = {AGENT: 1, ADMIN: 2}

LEAST_ROLE: Mapping[str, str] = MappingProxyType(
    {
        "return.approve": AGENT,
        "return.reject": AGENT,
        "return.receive": AGENT,
        "return.inspect": AGENT,
        "return.pay": AGENT,
        "return.create": AGENT,
        "return.blind": AGENT,
        "return.reopen": AGENT,
        "return.release": AGENT,
        "return.override": ADMIN,  # a return that the policy says no to
        "return.reopen_paid": ADMIN,  # more money for a return that is done with
        "return.export": ADMIN,  # many people's data at once
    }
)


def may(role: str | None, action: str) -> bool:
    """Whether a role is enough for an action. Raises KeyError for an action that is not in the table."""
    return _RANK.get(role or "", 0) >= _RANK[LEAST_ROLE[action]]


def needs_second(worth_minor: int, above_minor: int) -> bool:
    """Whether a sum needs two people: one who asks and another who agrees. 0 as the limit: never."""
    return 0 < above_minor < worth_minor
