"""Every privileged action leaves one row, and a row that was meddled with is found (reliability: I12, D22)."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import delete, select, update

from portal.db.tables.staff import AuditRow
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.staff import audit


def _write(deps: Deps, subject: str) -> None:
    with deps.sessions.write_system() as session:
        audit.record(
            session,
            deps,
            actor="staff 1",
            action="claimed",
            subject=subject,
            shop_id=None,
            details={"from": None, "n": 3},
        )


def test_a_chain_of_rows_verifies(deps: Deps) -> None:
    for n in range(5):
        _write(deps, f"case {n}")
    assert audit.verify_chain(deps) == audit.ChainReport(rows=5, broken_at=None)


def test_an_empty_log_is_intact(deps: Deps) -> None:
    assert audit.verify_chain(deps).intact


def test_a_tampered_row_is_found(deps: Deps) -> None:
    for n in range(4):
        _write(deps, f"case {n}")
    with deps.sessions.write_system() as session:
        second = session.scalars(select(AuditRow.id).order_by(AuditRow.id)).all()[1]
        session.execute(update(AuditRow).where(AuditRow.id == second).values(actor="staff 2"))
    assert audit.verify_chain(deps).broken_at == second


def test_a_removed_row_is_found(deps: Deps) -> None:
    for n in range(4):
        _write(deps, f"case {n}")
    with deps.sessions.write_system() as session:
        ids = session.scalars(select(AuditRow.id).order_by(AuditRow.id)).all()
        session.execute(delete(AuditRow).where(AuditRow.id == ids[1]))
    assert audit.verify_chain(deps).broken_at == ids[2]


def test_two_rows_of_one_transaction_follow_each_other(deps: Deps) -> None:
    with deps.sessions.write_system() as session:
        for n in range(3):
            audit.record(session, deps, actor="cli", action="a", subject=f"s {n}", shop_id=None)
    assert audit.verify_chain(deps) == audit.ChainReport(3, None)


def test_many_writers_at_once_make_one_chain(deps: Deps) -> None:
    gate = threading.Barrier(4)

    def work(worker: int) -> None:
        gate.wait()
        for n in range(5):
            _write(deps, f"case {worker}-{n}")

    threads = [threading.Thread(target=work, args=(w,)) for w in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert audit.verify_chain(deps) == audit.ChainReport(20, None) == audit.verify_chain(deps, batch=7)


def test_an_action_that_is_undone_leaves_no_row(deps: Deps) -> None:
    def fail() -> None:
        with deps.sessions.write_system() as session:
            audit.record(session, deps, actor="cli", action="a", subject="s", shop_id=None)
            raise RuntimeError("the action failed")

    with pytest.raises(RuntimeError):
        fail()
    assert audit.verify_chain(deps).rows == 0


def test_it_can_be_written_in_a_shops_own_transaction(deps: Deps, shop: ShopRef) -> None:
    with deps.sessions.write(shop.id) as session:
        audit.record(session, deps, actor="shopper", action="return_filed", subject="return 1", shop_id=shop.id)
    entries, more = audit.list_audit(deps)
    assert [(e.actor, e.subject, e.shop_id) for e in entries] == [("shopper", "return 1", shop.id)]
    assert more is None


def test_what_could_come_back_changed_is_refused(deps: Deps) -> None:
    with pytest.raises(ValueError, match="float"), deps.sessions.write_system() as session:
        audit.record(session, deps, actor="cli", action="a", subject="s", shop_id=None, details={"amount": 1.5})


def test_the_log_is_read_page_by_page_newest_first(deps: Deps) -> None:
    for n in range(5):
        _write(deps, f"case {n}")
    first, before = audit.list_audit(deps, size=3)
    second, end = audit.list_audit(deps, size=3, before=before)
    assert [e.subject for e in first + second] == ["case 4", "case 3", "case 2", "case 1", "case 0"]
    assert end is None
