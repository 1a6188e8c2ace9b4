"""Staff sign in, stay signed in, sign out. All times here are real time.

A session is a row; the browser holds a random token. It ends after 8 hours without a request, after 24 hours in any
case, on sign-out, and at once when the password changes or the account is switched off (reliability: T40).
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import select, update

from portal.db.tables.staff import Staff, StaffSession
from portal.domain.words import N_
from portal.errors import InvalidInput
from portal.usecases.budgets import Charge, network_key, spend_all
from portal.usecases.deps import Deps
from portal.usecases.staff import audit, passwords
from portal.usecases.staff.people import StaffUser, user_of

IDLE = timedelta(hours=8)
LONGEST = timedelta(hours=24)
SEEN_EVERY = timedelta(minutes=5)  # how often "last seen" is written: not at every request
ACCOUNT_TRIES, ADDRESS_TRIES, WINDOW = 10, 50, 900
REFUSED = N_("The e-mail address or the password is not right.")


def sign_in(deps: Deps, email: str, password: str, *, address: str | None) -> tuple[StaffUser, str]:
    """Check the password and begin a session; returns who it is and the session's token.

    `address` is the visitor's network address. Raises InvalidInput, with the same words and after the same work for a
    wrong password, an unknown account and one that is switched off; TooManyAttempts when a budget is used up.
    """
    email = email.strip().lower()
    charges = [
        Charge("staff_sign_in_address", network_key(address), ADDRESS_TRIES, WINDOW),
        Charge("staff_sign_in", email, ACCOUNT_TRIES, WINDOW),
    ]
    spend_all(deps, charges)
    with deps.sessions.read_system() as session:
        found = session.scalars(select(Staff).where(Staff.email == email)).one_or_none()
    # Outside any transaction: hashing takes long on purpose.
    if not passwords.verify(found.password_hash if found and found.active else None, password) or found is None:
        raise InvalidInput(REFUSED)
    fresh_hash = passwords.hash_password(password) if passwords.outdated(found.password_hash) else found.password_hash
    begun = _begin(deps, found, fresh_hash)
    spend_all(deps, charges, -1)  # only wrong tries count
    return begun


def _begin(deps: Deps, found: Staff, fresh_hash: str) -> tuple[StaffUser, str]:
    now, token = deps.wall(), deps.token()
    with deps.sessions.write_system() as session:
        staff = session.get_one(Staff, found.id)
        if not staff.active or staff.session_version != found.session_version:
            raise InvalidInput(REFUSED)  # switched off, or another password, while we were checking this one
        staff.last_login_at = now
        staff.password_hash = fresh_hash
        session.add(
            StaffSession(
                staff_id=staff.id,
                token_hash=_hashed(token),
                version=staff.session_version,
                started_at=now,
                seen_at=now,
            )
        )
        user = user_of(staff)
        audit.record(session, deps, actor=user.actor, action="signed_in", subject=user.actor, shop_id=None)
    return user, token


def resume(deps: Deps, token: str) -> StaffUser | None:
    """Who holds this session, or None when it has ended for any reason."""
    now = deps.wall()
    with deps.sessions.read_system() as session:
        row = session.execute(
            select(StaffSession, Staff)
            .join(Staff, Staff.id == StaffSession.staff_id)
            .where(StaffSession.token_hash == _hashed(token))
        ).one_or_none()
    if row is None or not _is_live(row[0], row[1], now):
        return None
    if now - row[0].seen_at >= SEEN_EVERY:
        with deps.sessions.write_system() as session:
            session.execute(update(StaffSession).where(StaffSession.id == row[0].id).values(seen_at=now))
    return user_of(row[1])


def _is_live(held: StaffSession, staff: Staff, now: datetime) -> bool:
    return (
        held.ended_at is None
        and staff.active
        and held.version == staff.session_version
        and now - held.seen_at < IDLE
        and now - held.started_at < LONGEST
    )


def sign_out(deps: Deps, token: str) -> None:
    """End the session for good, on the server too. One that has ended already stays as it is."""
    with deps.sessions.write_system() as session:
        session.execute(
            update(StaffSession)
            .where(StaffSession.token_hash == _hashed(token), StaffSession.ended_at.is_(None))
            .values(ended_at=deps.wall())
        )


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
