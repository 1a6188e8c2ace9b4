"""Rows that nobody needs go; the rows that are still needed stay."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select

from portal.db.tables.effects import IdempotencyKey
from portal.db.tables.operations import Budget, JobSlot
from portal.db.tables.staff import AccessCode, LinkToken, Staff, StaffSession
from portal.usecases.deps import Deps
from portal.usecases.housekeeping import tidy
from tests.support.doubles import Clock
from tests.support.factory import Factory

TABLES = (JobSlot, Budget, AccessCode, LinkToken, StaffSession, IdempotencyKey)


def rows_of(deps: Deps, make: Factory, order_id: int, key: str) -> None:
    """One fresh row of each kind."""
    now = deps.wall()
    later = now + timedelta(minutes=10)
    shop, order = make.shop.id, order_id
    with deps.sessions.write_system() as session:
        member = Staff(email=f"{key}@x.example", name="N", role="agent", password_hash="-", created_at=now)
        session.add(member)
        session.flush()
        session.add(StaffSession(staff_id=member.id, token_hash=key, version=1, started_at=now, seen_at=now))
        session.add(JobSlot(job=key, slot=1, started_at=now))
        session.add(Budget(name="x", key_hash=key, window=1, window_ends_at=later, used=1))
        session.add(
            AccessCode(shop_id=shop, order_id=order, browser="b", code_hash=key, created_at=now, expires_at=later)
        )
        session.add(
            LinkToken(shop_id=shop, order_id=order, scope="order", token_hash=key, created_at=now, expires_at=later)
        )
        session.add(IdempotencyKey(shop_id=shop, actor="shopper", route="r", key=key, request_hash="h", created_at=now))


def test_what_is_spent_goes_and_what_is_in_use_stays(deps: Deps, make: Factory, clock: Clock) -> None:
    order = make.order()
    rows_of(deps, make, order.id, "old")
    clock.advance(days=31)
    rows_of(deps, make, order.id, "new")
    assert tidy(deps) == len(TABLES)
    with deps.sessions.read_system() as session:
        assert [session.scalar(select(func.count()).select_from(table)) for table in TABLES] == [1] * len(TABLES)
    assert tidy(deps) == 0
