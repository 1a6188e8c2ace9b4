"""Budgets for look-ups, codes and logins, counted in the database: every process sees the same count (reliability: G7).

Counts are kept in quarters of the window and added up over the last five, so no moment can be found at which the
window starts afresh and twice the limit fits. Keys are kept as keyed hashes: the table holds neither addresses nor
order numbers. Each call is a short transaction of its own, in real time: a refused attempt stays counted.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv6Address, ip_address

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from portal.db.tables.operations import Budget
from portal.errors import TooManyAttempts
from portal.usecases.deps import Deps

_WORDS = "too many attempts"
_PARTS = 4


@dataclass(frozen=True, slots=True)
class Charge:
    """What is counted: at most `limit` for `key` in any `seconds`."""

    name: str
    key: str
    limit: int
    seconds: int


def network_key(address: str | None) -> str:
    """The address as it is counted: IPv4 whole, IPv6 by its /64; one shared key for what is no address."""
    try:
        ip = ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(ip, IPv6Address):
        return str(ip.ipv4_mapped) if ip.ipv4_mapped else f"{IPv6Address(int(ip) >> 64 << 64)}/64"
    return str(ip)


def spend(deps: Deps, name: str, key: str, *, limit: int, seconds: int, amount: int = 1) -> None:
    """Count `amount` and raise TooManyAttempts when more than `limit` stand in the last `seconds`."""
    spend_all(deps, [Charge(name, key, limit, seconds)], amount)


def spend_all(deps: Deps, charges: Sequence[Charge], amount: int = 1) -> None:
    """Count `amount` on each charge. Raises TooManyAttempts with the longest wait when one is overdrawn.

    A negative `amount` gives back what turned out not to be a wrong attempt, and never raises.
    """
    with deps.sessions.write_system() as session:
        over = [c for c in charges if _count(session, deps, c, amount) > c.limit]
    if over and amount > 0:
        raise TooManyAttempts(_WORDS, max(_wait(deps, c) for c in over))


def check(deps: Deps, name: str, key: str, *, limit: int, seconds: int) -> None:
    """Raise TooManyAttempts when nothing is left; counts nothing."""
    if peek(deps, name, key, seconds=seconds) >= limit:
        raise TooManyAttempts(_WORDS, _wait(deps, Charge(name, key, limit, seconds)))


def peek(deps: Deps, name: str, key: str, *, seconds: int) -> int:
    """What the last `seconds` hold."""
    with deps.sessions.read_system() as session:
        return _used(session, deps, Charge(name, key, 0, seconds))


def _hash(deps: Deps, charge: Charge) -> str:
    return hmac.new(deps.secret, f"budget\x1f{charge.name}\x1f{charge.key}".encode(), hashlib.sha256).hexdigest()


def _part(deps: Deps, seconds: int) -> tuple[int, float]:
    """The number of the running part of a window, and its length in seconds."""
    length = seconds / _PARTS
    return int(deps.wall().timestamp() // length), length


def _wait(deps: Deps, charge: Charge) -> int:
    """Whole seconds until the running part ends: the soonest that anything can have been forgotten."""
    number, length = _part(deps, charge.seconds)
    return max(1, int((number + 1) * length - deps.wall().timestamp()) + 1)


def _count(session: Session, deps: Deps, charge: Charge, amount: int) -> int:
    number, length = _part(deps, charge.seconds)
    ends = datetime.fromtimestamp((number + 1) * length, UTC) + timedelta(seconds=charge.seconds)
    insert = postgres_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    counted = insert(Budget).values(
        name=charge.name, key_hash=_hash(deps, charge), window=number, window_ends_at=ends, used=amount
    )
    session.execute(
        counted.on_conflict_do_update(
            index_elements=["name", "key_hash", "window"], set_={"used": Budget.used + amount}
        )
    )
    return _used(session, deps, charge)


def _used(session: Session, deps: Deps, charge: Charge) -> int:
    number, _ = _part(deps, charge.seconds)
    used = session.scalar(
        select(func.coalesce(func.sum(Budget.used), 0)).where(
            Budget.name == charge.name,
            Budget.key_hash == _hash(deps, charge),
            Budget.window.between(number - _PARTS, number),
        )
    )
    return int(used or 0)
