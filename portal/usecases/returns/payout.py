"""A person lets the money go: alone below the shop's limit, two above it, and never for a return of their own.

Money moves through the shop's platform where one is connected; else the person has paid it there and writes it down here.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.db.tables.effects import Effect
from portal.db.tables.orders import Order
from portal.db.tables.returns import Return
from portal.domain.words import N_
from portal.errors import Conflict
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns.desk import once
from portal.usecases.returns.desk_views import DeskReturn
from portal.usecases.returns.paying import after, effects_of, is_under_way, note_code, payment, start

HELD = N_("This money is held: somebody has to look at the return and release it first.")
SAME = N_("You asked for this yourself. Somebody else has to agree to it.")
NOT_DUE = N_("This return is not waiting for its money; somebody may have been faster.")


class Held(Conflict):
    """The return is held by its risk: a person has to release it first."""


class AskedYourself(Conflict):
    """Who asked for the money, or for the return, wants to agree to it."""


def pay(deps: Deps, return_id: int, staff_id: int, form_key: str) -> DeskReturn:
    """Pay what is due. Above the shop's limit the first person only asks (`money_asked_by`), and another one pays.

    Raises NotFound, and Conflict: not due (any more), on its way already, held, asked for by the same person, or more
    than was paid for an item or than the order's total leaves.
    """
    told: dict[str, object] = {}

    def act(session: Session, shop: ShopRef, row: Return, order: Order, now: datetime) -> None:
        actor = f"staff {staff_id}"
        _check(session, row)
        if not _may_alone(session, shop, row, actor):
            row.money_asked_by = actor
            told["step"] = "asked"
            return
        asked, row.money_asked_by = row.money_asked_by, None
        told["step"] = "paid" if asked is None else f"agreed with {asked}"
        start(session, deps, shop, row, now, actor, "paid by staff")

    return once(deps, return_id, staff_id, "return.pay", form_key, told, act)


def _check(session: Session, row: Return) -> None:
    if row.decision != "approved" or row.money not in ("due", "failed") or is_under_way(session, row):
        raise Conflict(NOT_DUE)
    if row.held_at is not None:
        raise Held(HELD)


def _may_alone(session: Session, shop: ShopRef, row: Return, actor: str) -> bool:
    """Whether this person's word is enough now. Raises AskedYourself."""
    limit = shop.config.returns.payout.four_eyes_above_minor
    if limit and actor in (row.requested_by, row.money_asked_by):
        raise AskedYourself(SAME)
    return not 0 < limit < payment(session, row).total_minor or row.money_asked_by is not None


def decline(deps: Deps, return_id: int, staff_id: int, form_key: str) -> DeskReturn:
    """Another person does not agree to a sum that somebody asked for, or whoever asked takes it back.

    Raises NotFound, and Conflict when nobody has asked (any more).
    """
    told: dict[str, object] = {}

    def act(session: Session, shop: ShopRef, row: Return, order: Order, now: datetime) -> None:
        if row.money_asked_by is None or row.money not in ("due", "failed"):
            raise Conflict(NOT_DUE)
        told["asked_by"], row.money_asked_by = row.money_asked_by, None
        row.version += 1

    return once(deps, return_id, staff_id, "return.decline_pay", form_key, told, act)


def was_paid(deps: Deps, return_id: int, staff_id: int, form_key: str) -> DeskReturn:
    """A person has looked: what was left in doubt has gone out. Raises NotFound, Conflict when nothing is in doubt."""

    def act(session: Session, shop: ShopRef, row: Return, order: Order, now: datetime) -> None:
        for effect in _in_doubt(session, row):
            effect.state, effect.settled_at, effect.error = "succeeded", deps.wall(), None
            effect.result = {**effect.result, "confirmed_by": staff_id}
            note_code(effect, row)
        session.flush()
        after(session, deps, shop, row, now, f"staff {staff_id}")

    return once(deps, return_id, staff_id, "return.was_paid", form_key, {}, act)


def was_not_paid(deps: Deps, return_id: int, staff_id: int, form_key: str) -> DeskReturn:
    """A person has looked: what was left in doubt has not gone out, and may be paid again. Raises as above."""

    def act(session: Session, shop: ShopRef, row: Return, order: Order, now: datetime) -> None:
        for effect in _in_doubt(session, row):
            effect.state, effect.settled_at = "rejected", deps.wall()
            effect.result = {**effect.result, "refuted_by": staff_id}
        session.flush()
        after(session, deps, shop, row, now, f"staff {staff_id}")

    return once(deps, return_id, staff_id, "return.was_not_paid", form_key, {}, act)


def _in_doubt(session: Session, row: Return) -> list[Effect]:
    found = [effect for effect in effects_of(session, row) if effect.state == "manual"]
    if row.decision != "approved" or not found:
        raise Conflict(NOT_DUE)
    return found
