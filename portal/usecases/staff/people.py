"""A member of staff as pages carry one, and how the audit log names one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from portal.db.tables.staff import Staff

ROLES = ("agent", "admin")


@dataclass(frozen=True, slots=True)
class StaffUser:
    """An account. Times are real time."""

    id: int
    email: str = field(repr=False)
    name: str = field(repr=False)
    role: str
    active: bool
    locale: str | None
    timezone: str | None
    last_login_at: datetime | None

    @property
    def actor(self) -> str:
        return actor_of(self.id)

    @property
    def is_admin(self) -> bool:
        return self.role == "admin"


def actor_of(staff_id: int) -> str:
    """How histories and the audit log name a member of staff."""
    return f"staff {staff_id}"


def staff_id_of(actor: str) -> int | None:
    """The way back; None for an actor that is no member of staff."""
    kind, _, number = actor.partition(" ")
    return int(number) if kind == "staff" and number.isdecimal() else None


def user_of(row: Staff) -> StaffUser:
    return StaffUser(row.id, row.email, row.name, row.role, row.active, row.locale, row.timezone, row.last_login_at)
