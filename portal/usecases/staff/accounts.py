"""Accounts of the team: made, changed, switched off. Every change is audited and ends the sessions it must end."""

from __future__ import annotations

import re
from zoneinfo import available_timezones

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.db.tables.staff import Staff
from portal.domain.words import N_
from portal.errors import Conflict, InvalidInput, NotFound
from portal.i18n import languages
from portal.usecases.deps import Deps
from portal.usecases.staff import audit, passwords
from portal.usecases.staff.people import ROLES, StaffUser, actor_of, user_of

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
NO_EMAIL = N_("This is not an e-mail address.")
NO_NAME = N_("Please give a name of at most 80 characters.")
NO_ROLE = N_("A role is agent or admin.")
TAKEN = N_("There is an account with this e-mail address already.")
UNKNOWN = N_("There is no such account.")
LAST_ADMIN = N_("The last administrator cannot be switched off or made an agent. Make another one first.")
WRONG_PASSWORD = N_("The current password is not right.")
NO_LANGUAGE = N_("There is no such language or time zone.")


def create_staff(deps: Deps, email: str, name: str, role: str, password: str, *, actor: str = "cli") -> StaffUser:
    """Make an account. Raises InvalidInput that names the field, Conflict for an address that has one already."""
    email, name = email.strip().lower(), name.strip()
    _check(email, name, role)
    passwords.check_new(password, about=(*email.split("@"), *name.split(), email))
    password_hash = passwords.hash_password(password)
    staff = Staff(email=email, name=name, role=role, password_hash=password_hash, created_at=deps.wall())
    try:
        with deps.sessions.write_system() as session:
            if session.scalar(select(Staff.id).where(Staff.email == email)) is not None:
                raise Conflict(TAKEN)
            session.add(staff)
            session.flush()
            audit.record(
                session,
                deps,
                actor=actor,
                action="staff_created",
                subject=actor_of(staff.id),
                shop_id=None,
                details={"role": role},
            )
            return user_of(staff)
    except IntegrityError:  # another process made it between the question and the answer
        raise Conflict(TAKEN) from None


def _check(email: str, name: str, role: str) -> None:
    if len(email) > 254 or not _EMAIL.fullmatch(email):
        raise InvalidInput(NO_EMAIL, "email")
    if not name or len(name) > 80:
        raise InvalidInput(NO_NAME, "name")
    if role not in ROLES:
        raise InvalidInput(NO_ROLE, "role")


def list_staff(deps: Deps) -> list[StaffUser]:
    """Everyone, the active ones first, by name."""
    with deps.sessions.read_system() as session:
        return [user_of(s) for s in session.scalars(select(Staff).order_by(Staff.active.desc(), Staff.name, Staff.id))]


def set_active(deps: Deps, staff_id: int, active: bool, *, actor: str) -> None:
    """Switch an account on or off; off ends its sessions at once. Raises NotFound, Conflict for the last admin."""
    with deps.sessions.write_system() as session:
        staff = _locked(session, staff_id)
        if staff.active == active:
            return
        if not active:
            _keep_an_admin(session, staff)
        staff.active = active
        staff.session_version += 1
        action = "staff_activated" if active else "staff_deactivated"
        audit.record(session, deps, actor=actor, action=action, subject=actor_of(staff_id), shop_id=None)


def set_role(deps: Deps, staff_id: int, role: str, *, actor: str) -> None:
    """Raises NotFound, InvalidInput for no such role, Conflict for the last admin."""
    if role not in ROLES:
        raise InvalidInput(NO_ROLE, "role")
    with deps.sessions.write_system() as session:
        staff = _locked(session, staff_id)
        if staff.role == role:
            return
        if role != "admin":
            _keep_an_admin(session, staff)
        details = {"from": staff.role, "to": role}
        staff.role = role
        audit.record(
            session, deps, actor=actor, action="role_changed", subject=actor_of(staff_id), shop_id=None, details=details
        )


def _locked(session: Session, staff_id: int) -> Staff:
    """The account, with every admin locked in one order: two admins cannot remove each other at the same moment."""
    rows = session.scalars(
        select(Staff).where((Staff.role == "admin") | (Staff.id == staff_id)).order_by(Staff.id).with_for_update()
    ).all()
    for staff in rows:
        if staff.id == staff_id:
            return staff
    raise NotFound(UNKNOWN)


def _keep_an_admin(session: Session, staff: Staff) -> None:
    others = session.scalar(
        select(func.count()).where(Staff.role == "admin", Staff.active.is_(True), Staff.id != staff.id)
    )
    if staff.role == "admin" and staff.active and not others:
        raise Conflict(LAST_ADMIN)


def change_password(deps: Deps, staff_id: int, current: str, new: str) -> None:
    """A new password by someone who knows the old one; ends all sessions of the account, the present one included.

    Raises InvalidInput with the field.
    """
    with deps.sessions.read_system() as session:
        found = session.get_one(Staff, staff_id)
    if not passwords.verify(found.password_hash, current):
        raise InvalidInput(WRONG_PASSWORD, "current")
    store_password(deps, found, new, action="password_changed")


def store_password(deps: Deps, found: Staff, new: str, *, action: str) -> None:
    """Check and keep a new password. Raises InvalidInput, or Conflict when the account changed since `found` was read."""
    passwords.check_new(new, about=(*found.email.split("@"), *found.name.split(), found.email))
    password_hash = passwords.hash_password(new)
    with deps.sessions.write_system() as session:
        staff = session.get_one(Staff, found.id, with_for_update=True)
        if staff.session_version != found.session_version or staff.password_hash != found.password_hash:
            raise Conflict(UNKNOWN)
        staff.password_hash = password_hash
        staff.session_version += 1
        audit.record(session, deps, actor=actor_of(staff.id), action=action, subject=actor_of(staff.id), shop_id=None)


def set_preferences(deps: Deps, staff_id: int, *, locale: str | None, timezone: str | None) -> None:
    """The language and the time zone (IANA) of someone's pages; None goes by the browser and the desk."""
    if (locale and locale not in languages()) or (timezone and timezone not in available_timezones()):
        raise InvalidInput(NO_LANGUAGE, "locale")
    with deps.sessions.write_system() as session:
        staff = session.get_one(Staff, staff_id)
        staff.locale, staff.timezone = locale or None, timezone or None
