"""What staff do with a case. Each action holds or fails as a whole: the change, its line of history, its audit row.

Every form carries the `revision` it was drawn from and a key of its own. When the case has moved on, Conflict is
raised and nothing changes (reliability: F28); the same form sent twice counts once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CursorResult, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.db.tables.delivery_exceptions import DeliveryException as Case
from portal.db.tables.delivery_exceptions import ExceptionEvent
from portal.db.tables.orders import Order
from portal.domain.words import N_
from portal.errors import Conflict, InvalidInput, NotFound
from portal.usecases.deps import Deps
from portal.usecases.staff import audit
from portal.usecases.staff.people import actor_of

OUTCOMES = (
    "contacted",
    "reshipped",
    "refunded",
    "credited",
    "waiting_carrier",
    "claim_filed",
    "no_action",
    "false_alarm",
)
LONGEST_SNOOZE = timedelta(days=60)
LONGEST_NOTE = 2_000
MOVED_ON = N_("This case has changed since you opened it. Nothing was saved; here is how it stands now.")
OPEN_AGAIN = N_("The same trouble has been opened as a new case since. Work on that one.")
NO_NOTE = N_("Write the note first.")
LONG_NOTE = N_("A note has at most 2,000 characters.")
BAD_SNOOZE = N_("Choose a time in the next 60 days.")
BAD_OUTCOME = N_("Choose an outcome.")


@dataclass(frozen=True, slots=True)
class Form:
    """Which case, as it stood when the form was drawn, and who sent it. `key` is the form's own, made with the page."""

    case_id: int
    staff_id: int
    revision: int
    key: str


@dataclass(frozen=True, slots=True)
class _Change:
    action: str
    values: Mapping[str, Any]
    details: Mapping[str, Any] = field(default_factory=dict)  # for the case's history
    audited: Mapping[str, Any] = field(default_factory=dict)  # for the audit log: no words of a person
    state: str = "open"  # the state the case must be in
    shown: bool = False  # the shopper's page says something else afterwards


def claim(deps: Deps, form: Form) -> None:
    """Take the case, also from a colleague. Raises NotFound, Conflict."""
    _apply(deps, form, _Change("claimed", {"claimed_by": form.staff_id, "claimed_at": deps.clock()}))


def release(deps: Deps, form: Form) -> None:
    """Give the case back to everyone. Raises NotFound, Conflict."""
    _apply(deps, form, _Change("released", {"claimed_by": None, "claimed_at": None}))


def note(deps: Deps, form: Form, text: str) -> None:
    """Write something down. Raises NotFound, Conflict, InvalidInput."""
    _apply(deps, form, _Change("noted", {}, {"text": _note(text, needed=True)}))


def snooze(deps: Deps, form: Form, until: datetime) -> None:
    """Put the case off until a moment (aware). Raises NotFound, Conflict, InvalidInput."""
    now = deps.clock()
    if not now < until <= now + LONGEST_SNOOZE:
        raise InvalidInput(BAD_SNOOZE, "until")
    moment = {"until": until.isoformat(timespec="seconds")}
    _apply(deps, form, _Change("snoozed", {"snoozed_until": until}, moment, moment))


def wake(deps: Deps, form: Form) -> None:
    """Bring a case that was put off back now. Raises NotFound, Conflict."""
    _apply(deps, form, _Change("woken", {"snoozed_until": None}))


def resolve(deps: Deps, form: Form, outcome: str, text: str = "") -> None:
    """Close the case with what came of it. Raises NotFound, Conflict, InvalidInput."""
    if outcome not in OUTCOMES:
        raise InvalidInput(BAD_OUTCOME, "outcome")
    values = {
        "state": "resolved",
        "closed_at": deps.clock(),
        "closed_by": "staff",
        "outcome": outcome,
        "snoozed_until": None,
    }
    words = {"outcome": outcome}
    details = {**words, "text": _note(text)} if text.strip() else words
    _apply(deps, form, _Change("resolved", values, details, words, shown=True))


def reopen(deps: Deps, form: Form) -> None:
    """Undo a resolve. Raises NotFound, Conflict (also when the same trouble has a new open case)."""
    values = {
        "state": "open",
        "closed_at": None,
        "closed_by": None,
        "outcome": None,
        "reopened": Case.reopened + 1,
    }
    try:
        _apply(deps, form, _Change("reopened", values, state="resolved", shown=True))
    except IntegrityError:  # at most one open case for a subject and rule
        raise Conflict(OPEN_AGAIN) from None


def _note(text: str, *, needed: bool = False) -> str:
    text = text.strip().replace("\r\n", "\n")
    if needed and not text:
        raise InvalidInput(NO_NOTE, "text")
    if len(text) > LONGEST_NOTE:
        raise InvalidInput(LONG_NOTE, "text")
    return text


def _apply(deps: Deps, form: Form, change: _Change) -> None:
    with deps.sessions.write_system() as session:
        case = session.get(Case, form.case_id)
        if case is None:
            raise NotFound("there is no such case")
        holder, order_id, shop_id = case.claimed_by, case.order_id, case.shop_id
        if not _changed(session, form, change):
            if _sent_before(session, form):
                return
            raise Conflict(MOVED_ON)
        session.add(
            ExceptionEvent(
                exception_id=form.case_id,
                at=deps.clock(),
                actor=actor_of(form.staff_id),
                action=change.action,
                details={**change.details, **_taken_from(change, holder, form), "form": form.key},
            )
        )
        if change.shown and order_id is not None:
            session.execute(update(Order).where(Order.id == order_id).values(version=Order.version + 1))
        audit.record(
            session,
            deps,
            actor=actor_of(form.staff_id),
            action=f"case_{change.action}",
            subject=f"case {form.case_id}",
            shop_id=shop_id,
            details={**change.audited, **_taken_from(change, holder, form), "revision": form.revision},
        )


def _taken_from(change: _Change, holder: int | None, form: Form) -> dict[str, int]:
    took = change.action == "claimed" and holder is not None and holder != form.staff_id
    return {"from": holder} if took and holder is not None else {}


def _changed(session: Session, form: Form, change: _Change) -> bool:
    """One statement decides who was first, on both databases."""
    done = session.execute(
        update(Case)
        .where(Case.id == form.case_id, Case.revision == form.revision, Case.state == change.state)
        .values(**change.values, revision=Case.revision + 1)
        .execution_options(synchronize_session=False)
    )
    assert isinstance(done, CursorResult)
    return done.rowcount == 1


def _sent_before(session: Session, form: Form) -> bool:
    details = session.scalars(
        select(ExceptionEvent.details).where(
            ExceptionEvent.exception_id == form.case_id, ExceptionEvent.actor == actor_of(form.staff_id)
        )
    )
    return any(one.get("form") == form.key for one in details)
