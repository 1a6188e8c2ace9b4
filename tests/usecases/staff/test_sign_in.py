"""Signing in is slow to guess, says nothing about who has an account, and ends when it must (reliability: T40)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from portal.db.tables.staff import AuditRow, Staff, StaffSession
from portal.errors import Conflict, InvalidInput, TooManyAttempts
from portal.usecases.deps import Deps
from portal.usecases.staff import accounts, audit, passwords
from portal.usecases.staff.people import StaffUser
from portal.usecases.staff.sign_in import ACCOUNT_TRIES, ADDRESS_TRIES, resume, sign_in, sign_out
from tests.support.doubles import Clock

PASSWORD = "river tin orchard 9"
HERE = "192.0.2.7"


@pytest.fixture
def ada(deps: Deps) -> StaffUser:
    return accounts.create_staff(deps, "Ada@Staff.example ", "Ada", "agent", PASSWORD)


def test_the_right_password_begins_a_session(deps: Deps, ada: StaffUser) -> None:
    user, token = sign_in(deps, " ADA@staff.example", PASSWORD, address=HERE)
    assert user.id == ada.id
    held = resume(deps, token)
    assert held is not None
    assert (held.id, held.role) == (ada.id, "agent")


def test_the_database_holds_neither_password_nor_token(deps: Deps, ada: StaffUser) -> None:
    _, token = sign_in(deps, ada.email, PASSWORD, address=HERE)
    with deps.sessions.read_system() as session:
        assert session.scalars(select(Staff.password_hash)).one().startswith("$argon2id$")
        assert token not in session.scalars(select(StaffSession.token_hash)).one()


def test_wrong_unknown_and_switched_off_are_refused_in_the_same_words(deps: Deps, ada: StaffUser) -> None:
    accounts.create_staff(deps, "off@staff.example", "Off", "agent", PASSWORD)
    accounts.set_active(deps, ada.id + 1, False, actor="cli")
    said = set()
    for email, password in (("off@staff.example", PASSWORD), ("nobody@x.example", PASSWORD), (ada.email, "wrong")):
        with pytest.raises(InvalidInput) as refused:
            sign_in(deps, email, password, address=HERE)
        said.add(str(refused.value))
    assert len(said) == 1


def test_guessing_one_account_is_stopped_from_wherever_it_comes(deps: Deps, ada: StaffUser) -> None:
    for n in range(ACCOUNT_TRIES):
        with pytest.raises(InvalidInput):
            sign_in(deps, ada.email, "wrong", address=f"192.0.2.{n}")
    with pytest.raises(TooManyAttempts):
        sign_in(deps, ada.email, PASSWORD, address="198.51.100.1")


def test_trying_many_accounts_from_one_place_is_stopped(deps: Deps, clock: Clock, ada: StaffUser) -> None:
    from portal.usecases.budgets import spend

    spend(deps, "staff_sign_in_address", HERE, limit=ADDRESS_TRIES, seconds=900, amount=ADDRESS_TRIES)
    with pytest.raises(TooManyAttempts):
        sign_in(deps, ada.email, PASSWORD, address=HERE)
    clock.advance(minutes=31)
    assert sign_in(deps, ada.email, PASSWORD, address=HERE)[0].id == ada.id


def test_a_session_ends_after_eight_idle_hours(deps: Deps, clock: Clock, ada: StaffUser) -> None:
    _, token = sign_in(deps, ada.email, PASSWORD, address=HERE)
    clock.advance(hours=7, minutes=59)
    assert resume(deps, token)
    clock.advance(hours=7, minutes=59)
    assert resume(deps, token)
    clock.advance(hours=8)
    assert resume(deps, token) is None


def test_a_session_ends_after_a_day_however_busy(deps: Deps, clock: Clock, ada: StaffUser) -> None:
    _, token = sign_in(deps, ada.email, PASSWORD, address=HERE)
    for _ in range(23):
        clock.advance(hours=1)
        assert resume(deps, token)
    clock.advance(hours=1)
    assert resume(deps, token) is None


def test_business_time_that_runs_faster_ends_no_session(deps: Deps, clock: Clock, ada: StaffUser) -> None:
    _, token = sign_in(deps, ada.email, PASSWORD, address=HERE)
    clock.now += timedelta(days=30)
    assert resume(deps, token)


def test_signing_out_ends_a_copied_session_too(deps: Deps, ada: StaffUser) -> None:
    _, token = sign_in(deps, ada.email, PASSWORD, address=HERE)
    _, other = sign_in(deps, ada.email, PASSWORD, address=HERE)
    sign_out(deps, token)
    assert resume(deps, token) is None
    assert resume(deps, other)


def test_switching_an_account_off_ends_its_sessions_at_once(deps: Deps, ada: StaffUser) -> None:
    _, token = sign_in(deps, ada.email, PASSWORD, address=HERE)
    accounts.set_active(deps, ada.id, False, actor="staff 9")
    assert resume(deps, token) is None
    accounts.set_active(deps, ada.id, True, actor="staff 9")
    assert resume(deps, token) is None


def test_a_new_password_ends_every_session(deps: Deps, ada: StaffUser) -> None:
    _, token = sign_in(deps, ada.email, PASSWORD, address=HERE)
    accounts.change_password(deps, ada.id, PASSWORD, "another orchard of tin")
    assert resume(deps, token) is None
    assert sign_in(deps, ada.email, "another orchard of tin", address=HERE)[0].id == ada.id


def test_a_new_password_needs_the_old_one(deps: Deps, ada: StaffUser) -> None:
    with pytest.raises(InvalidInput) as refused:
        accounts.change_password(deps, ada.id, "wrong", "another orchard of tin")
    assert refused.value.field == "current"


def test_a_forged_token_is_nobody(deps: Deps, ada: StaffUser) -> None:
    assert resume(deps, "") is None
    assert resume(deps, "token-000000000000000099") is None


@pytest.mark.parametrize(
    "bad",
    ["short", "passwordpassword", "123456789012", "aaaaaaaaaaaaaaaa", "P4ssw0rd!2026", "ada@staff.example", "x" * 300],
)
def test_a_password_that_would_be_guessed_first_is_refused(deps: Deps, bad: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        accounts.create_staff(deps, "ada@staff.example", "Ada", "agent", bad)
    assert refused.value.field == "password"
    assert bad not in str(refused.value)


@pytest.mark.parametrize(
    ("email", "name", "role", "field"),
    [
        ("no address", "A", "agent", "email"),
        ("a@b.example", " ", "agent", "name"),
        ("a@b.example", "A", "boss", "role"),
    ],
)
def test_an_account_needs_an_address_a_name_and_a_role(
    deps: Deps, email: str, name: str, role: str, field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        accounts.create_staff(deps, email, name, role, PASSWORD)
    assert refused.value.field == field


def test_one_address_has_one_account(deps: Deps, ada: StaffUser) -> None:
    with pytest.raises(Conflict):
        accounts.create_staff(deps, "ADA@staff.example", "Again", "agent", PASSWORD)


def test_the_last_administrator_stays(deps: Deps, ada: StaffUser) -> None:
    boss = accounts.create_staff(deps, "boss@staff.example", "Boss", "admin", PASSWORD)
    with pytest.raises(Conflict):
        accounts.set_active(deps, boss.id, False, actor="staff 2")
    with pytest.raises(Conflict):
        accounts.set_role(deps, boss.id, "agent", actor="staff 2")
    accounts.set_role(deps, ada.id, "admin", actor=boss.actor)
    accounts.set_role(deps, boss.id, "agent", actor=boss.actor)
    assert {u.email: u.role for u in accounts.list_staff(deps)} == {ada.email: "admin", boss.email: "agent"}


def test_each_change_of_an_account_leaves_one_audit_row(deps: Deps, ada: StaffUser) -> None:
    accounts.set_role(deps, ada.id, "admin", actor="staff 7")
    accounts.set_role(deps, ada.id, "admin", actor="staff 7")
    accounts.create_staff(deps, "two@staff.example", "Two", "admin", PASSWORD, actor="staff 7")
    accounts.set_active(deps, ada.id, False, actor="staff 7")
    with deps.sessions.read_system() as session:
        actions = session.scalars(select(AuditRow.action).order_by(AuditRow.id)).all()
    assert actions == ["staff_created", "role_changed", "staff_created", "staff_deactivated"]
    assert audit.verify_chain(deps).intact


def test_a_language_or_a_zone_that_does_not_exist_is_refused(deps: Deps, ada: StaffUser) -> None:
    accounts.set_preferences(deps, ada.id, locale="en", timezone="Europe/Berlin")
    assert accounts.list_staff(deps)[0].timezone == "Europe/Berlin"
    with pytest.raises(InvalidInput):
        accounts.set_preferences(deps, ada.id, locale="xx", timezone=None)
    with pytest.raises(InvalidInput):
        accounts.set_preferences(deps, ada.id, locale=None, timezone="Mars/Olympus")


def test_a_hash_made_more_cheaply_is_made_anew_at_the_next_sign_in(deps: Deps, ada: StaffUser) -> None:
    def stored() -> str:
        with deps.sessions.read_system() as session:
            return session.scalars(select(Staff.password_hash)).one()

    cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    assert stored().startswith("$argon2id$v=19$m=64,t=1,p=1$")
    passwords.set_cost(PasswordHasher())  # as in operation: RFC 9106's second choice
    try:
        sign_in(deps, ada.email, PASSWORD, address=HERE)
    finally:
        passwords.set_cost(cheap)
    assert stored().startswith("$argon2id$v=19$m=65536,t=3,p=4$")
