"""A person says yes or no to a return that waits for one. Of two at once one is heard (reliability: F28, T38)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from portal.db.tables.orders import Order
from portal.db.tables.returns import Return
from portal.domain.blind import SOURCE as BLIND
from portal.domain.returns.refusals import REFUSALS
from portal.domain.returns.states import DECISION, MONEY
from portal.domain.words import N_
from portal.errors import Conflict, InvalidInput, NotFound
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.enqueue import enqueue
from portal.usecases.returns import rows
from portal.usecases.returns.authority import check_role, check_second
from portal.usecases.returns.decide import take_units
from portal.usecases.returns.desk import once
from portal.usecases.returns.desk_views import DeskReturn
from portal.usecases.returns.exchange_stock import release
from portal.usecases.returns.set_off import set_off
from portal.usecases.staff.people import actor_of

REVIEW = "review"  # the flag of a return that a policy leaves to a person
LONGEST_WORDS = 600
MANY = 100  # returns that may be approved in one go


def approve(deps: Deps, return_id: int, staff_id: int, form_key: str) -> DeskReturn:
    """Say yes: the sum is quoted and the label intended, in one transaction.

    Raises NotFound; Conflict when it does not wait for a decision (any more); SamePerson when whoever asked for it wants
    to approve it above the sum that needs two people.
    """

    def act(session: Session, shop: ShopRef, row: Return, order: Order, now: datetime) -> None:
        _waits(row)
        check_role(session, staff_id, "return.approve")
        check_second(shop, row, staff_id)
        put_through(session, deps, shop, order, row, now, actor=actor_of(staff_id), why="approved by a person")

    return once(deps, return_id, staff_id, "return.approve", form_key, {}, act)


@dataclass(frozen=True, slots=True)
class Bulk:
    """What became of many: the ids of those approved, and of those that were not (somebody else decides or decided)."""

    done: tuple[int, ...]
    left: tuple[int, ...]


def approve_many(deps: Deps, return_ids: Sequence[int], staff_id: int, form_key: str) -> Bulk:
    """Approve each that still waits; one that does not stops no other. Raises InvalidInput for none, or too many."""
    wanted = sorted(set(return_ids))
    if not 0 < len(wanted) <= MANY:
        raise InvalidInput(N_("Choose at least one return, and at most a hundred."))
    done, left = list[int](), list[int]()
    for return_id in wanted:
        try:
            approve(deps, return_id, staff_id, f"{form_key}-{return_id}"[:90])
        except (Conflict, NotFound):
            left.append(return_id)
        else:
            done.append(return_id)
    return Bulk(tuple(done), tuple(left))


def reject(deps: Deps, return_id: int, staff_id: int, code: str, words: str, form_key: str) -> DeskReturn:
    """Say no, for a reason that the shopper reads: units are free again, and the shopper is told. The item ledger keeps
    what was asked for, so that the return can be opened again.

    Raises NotFound; InvalidInput for an unknown reason, or words that are missing or too long; Conflict when it does not
    wait for a decision (any more).
    """
    words = " ".join(words.split())
    if code not in REFUSALS:
        raise InvalidInput(N_("Choose why it is turned down."), "code")
    if REFUSALS[code].needs_words and not words:
        raise InvalidInput(N_("Say why, in words that the shopper can read."), "words")
    if len(words) > LONGEST_WORDS:
        raise InvalidInput(N_("Say it in fewer words."), "words")
    actor = actor_of(staff_id)

    def act(session: Session, shop: ShopRef, row: Return, order: Order, now: datetime) -> None:
        _waits(row)
        check_role(session, staff_id, "return.reject")
        take_units(session, {line: -units for line, units in rows.held_units(session, row).items()})
        release(session, deps, row, "turned down")
        if row.money == "quoted":
            rows.move(session, row, MONEY, "none", now=now, actor=actor, why="turned down")
        rows.move(session, row, DECISION, "rejected", now=now, actor=actor, why=code)
        row.reject_code, row.reject_words, row.closed_at = code, words or None, now
        row.flags = [flag for flag in row.flags if flag != REVIEW]
        enqueue(session, deps, shop, "return_rejected", order, once=f"return {row.id} rejected", return_id=row.id)

    return once(deps, return_id, staff_id, "return.reject", form_key, {"code": code}, act, digest_more=words)


def put_through(
    session: Session, deps: Deps, shop: ShopRef, order: Order, row: Return, now: datetime, *, actor: str, why: str
) -> None:
    """From a yes to a way back, in the caller's transaction: approved, quoted, its label intended or its address told.

    The days to send it back run from now: nobody loses the days that the shop took to answer.
    """
    config = rows.config_of_version(session, shop.id, row.policy_version)
    today = now.astimezone(ZoneInfo(order.timezone)).date()
    rows.move(session, row, DECISION, "approved", now=now, actor=actor, why=why)
    row.approved_at, row.closed_at = now, None
    row.reject_code = row.reject_words = None
    row.send_back_by = max(row.send_back_by, today + timedelta(days=config.send_back_days))
    row.flags = [flag for flag in row.flags if flag != REVIEW]
    if row.kind == BLIND:  # it stands on the desk already: there is nothing to send
        rows.move(session, row, MONEY, "quoted", now=now, actor=actor, why="worth as staff said")
        return
    set_off(session, deps, shop, row, order, now, actor)


def _waits(row: Return) -> None:
    if row.decision != "submitted":
        raise Conflict("this return does not wait for a decision; somebody may have been faster")
