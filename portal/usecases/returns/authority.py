"""Asks the table of roles, and sees to it that nobody agrees to what they asked for themselves."""

from __future__ import annotations

from sqlalchemy.orm import Session

from portal.db.tables.returns import Return
from portal.db.tables.staff import Staff
from portal.domain.returns.authority import AGENT, LEAST_ROLE, may, needs_second
from portal.domain.words import N_
from portal.errors import Conflict, Forbidden
from portal.usecases.deps import ShopRef
from portal.usecases.staff.people import actor_of

SAME_PERSON = N_("You asked for this return yourself. Above the shop's limit somebody else has to agree to it.")


class SamePerson(Conflict):
    """Who asked for it wants to agree to it, above the sum that needs two people."""


def check_role(session: Session, staff_id: int, action: str) -> None:
    """Raises Forbidden unless this person's role is enough, as it stands in this transaction.

    Every member of staff who is signed in may do what an agent may; the door has seen to that.
    """
    if LEAST_ROLE[action] == AGENT:
        return
    person = session.get(Staff, staff_id, populate_existing=True)
    if person is None or not person.active or not may(person.role, action):
        raise Forbidden("an administrator has to do this")


def check_second(shop: ShopRef, row: Return, staff_id: int) -> None:
    """Raises SamePerson when this person asked for the return and its worth is above what one person may decide."""
    if row.requested_by == actor_of(staff_id) and takes_two(shop, row):
        raise SamePerson(SAME_PERSON)


def takes_two(shop: ShopRef, row: Return) -> bool:
    """Whether the money and the goods of a return need two people, by the shop's present settings."""
    return needs_second(row.due_minor + row.exchange_minor, shop.config.returns.payout.four_eyes_above_minor)
