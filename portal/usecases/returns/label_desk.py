"""Labels that only a person can settle: what is known of them, and the three ways on.

A purchase whose answer was lost at a carrier that cannot be asked; one that the shop's limits held back; an address that
no label can be printed with. Whoever settles it has looked in the carrier's own portal: from here nothing is bought twice
on hope (reliability: D1, F02).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from carriers.labelling import sniff
from carriers.model import Label, LabelFormat
from carriers.numbers import clean
from portal.db.tables.effects import Effect
from portal.db.tables.orders import Order
from portal.db.tables.returns import LabelRow, Return
from portal.domain.pdf_checks import runs_something
from portal.domain.returns.states import PARCEL
from portal.domain.words import N_
from portal.errors import Conflict, InvalidInput
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns import rows
from portal.usecases.returns.desk import once
from portal.usecases.returns.desk_views import DeskReturn
from portal.usecases.returns.label_again import intend_label, next_generation, wants_label
from portal.usecases.returns.label_effects import CANNOT_LOOK
from portal.usecases.returns.label_saved import label_is_ready, number_is_taken, save_label
from portal.usecases.returns.way_back import label_carrier

LARGEST_FILE = 900_000  # bytes; a form of the console may have a megabyte
SHORTEST_NUMBER, LONGEST_NUMBER = 6, 40


@dataclass(frozen=True, slots=True)
class LabelCase:
    """A label that waits for a person. `kind`: "in_doubt" (it may have been bought), "held" (surely not bought), or
    "no_file" (bought, and there is nothing to print). Moments are real time in UTC."""

    kind: str
    carrier: str
    reference: str  # our reference, as the carrier may know it
    why: str  # the carrier's words, or ours
    asked_at: datetime | None
    tracking_number: str = ""


@dataclass(frozen=True, slots=True)
class LabelFile:
    """A label's file as staff downloaded it from the carrier."""

    content: bytes = field(repr=False)


def label_case(deps: Deps, return_id: int) -> LabelCase | None:
    """What is known of a return's label that waits for a person; None when none does."""
    with deps.sessions.read_system() as session:
        row = session.get(Return, return_id)
        if row is None or row.decision != "approved" or row.parcel not in ("label_failed", "none"):
            return None
        label = _without_file(session, row)
        if label is not None:
            effect = session.get_one(Effect, label.effect_id)
            return LabelCase("no_file", label.carrier, effect.key, "", effect.submitted_at, label.tracking_number)
        waiting = _waiting(session, row)
        if waiting is None:
            return None
        kind = "in_doubt" if waiting.submitted_at is not None else "held"
        why = "" if waiting.error == CANNOT_LOOK else waiting.error or ""  # the page says that of every doubt
        return LabelCase(kind, waiting.provider, waiting.key, why, waiting.submitted_at)


def _waiting(session: Session, row: Return) -> Effect | None:
    return session.scalars(
        select(Effect).where(Effect.kind == "label", Effect.subject == f"return {row.id}", Effect.state == "manual")
    ).one_or_none()


def _without_file(session: Session, row: Return) -> LabelRow | None:
    label = session.scalars(
        select(LabelRow)
        .where(LabelRow.return_id == row.id, LabelRow.voided_at.is_(None))
        .options(undefer(LabelRow.document))
    ).one_or_none()
    return label if label is not None and not label.document else None


def was_bought(
    deps: Deps, return_id: int, staff_id: int, number: str, file: LabelFile | None, form_key: str
) -> DeskReturn:
    """The carrier sold it after all: its number, and its file unless the carrier can be asked for it.

    Raises NotFound, InvalidInput (fields "number", "file"), Conflict when nothing waits for a person (any more).
    """
    written = clean(number)
    if not written.isalnum() or not SHORTEST_NUMBER <= len(written) <= LONGEST_NUMBER:
        raise InvalidInput(N_("This is not a tracking number."), "number")
    form = _format_of(file)

    def act(session: Session, shop: ShopRef, row: Return, order: Order, now: datetime) -> None:
        effect = _held(session, row)
        if number_is_taken(session, effect.provider, written, row):
            raise InvalidInput(N_("Another parcel has this number already."), "number")
        label = Label(effect.provider, written, file.content if file else b"", format=form)
        save_label(session, deps, shop, effect, label, order, row)

    return once(deps, return_id, staff_id, "return.label_bought", form_key, {"number": written}, act)


def was_not_bought(deps: Deps, return_id: int, staff_id: int, form_key: str) -> DeskReturn:
    """The carrier has sold nothing, or whoever decides agrees to one more: buy it (again).

    What was surely never asked for keeps its intent and is released from the limits; after a doubt the next label is
    another generation, opened by a named person. Raises NotFound, Conflict as above.
    """

    def act(session: Session, shop: ShopRef, row: Return, order: Order, now: datetime) -> None:
        effect = _held(session, row)
        if effect.submitted_at is None:
            effect.provider = effect.provider or label_carrier(shop, order.ship_country)
            effect.state, effect.next_attempt_at, effect.error = "intended", None, None
            effect.request = {**effect.request, "released_by": staff_id}
        else:
            effect.state, effect.settled_at = "rejected", deps.wall()
            session.flush()
            if not wants_label(row):  # it goes back another way by now: that it was not bought is all there is to know
                return
            number = next_generation(session, row)
            intend_label(session, deps, shop, row, order.ship_country, generation=number, released_by=staff_id)
        actor = f"staff {staff_id}"
        rows.move(session, row, PARCEL, "label_queued", now=now, actor=actor, why="to be bought, says a person")

    return once(deps, return_id, staff_id, "return.label_buy", form_key, {}, act)


def add_file(deps: Deps, return_id: int, staff_id: int, file: LabelFile, form_key: str) -> DeskReturn:
    """The file of a label that was bought without one. Raises NotFound, InvalidInput (field "file"), Conflict."""
    form = _format_of(file)

    def act(session: Session, shop: ShopRef, row: Return, order: Order, now: datetime) -> None:
        label = _without_file(session, row)
        if label is None:
            raise Conflict("this return has its label already")
        label.document, label.format, label.fetch_at = file.content, form.value, None
        if row.parcel == "label_failed":
            actor = f"staff {staff_id}"
            rows.move(session, row, PARCEL, "label_queued", now=now, actor=actor, why="the label's file was added")
        label_is_ready(session, deps, shop, label, order, row)

    return once(deps, return_id, staff_id, "return.label_file", form_key, {"bytes": len(file.content)}, act)


def _held(session: Session, row: Return) -> Effect:
    waiting = _waiting(session, row)
    if waiting is None or row.decision != "approved":
        raise Conflict("no label of this return waits for a person")
    return waiting


def _format_of(file: LabelFile | None) -> LabelFormat:
    if file is None:
        return LabelFormat.PDF
    if len(file.content) > LARGEST_FILE:
        raise InvalidInput(N_("The file is larger than 900 kB."), "file")
    found = sniff(file.content)
    if found is None:
        raise InvalidInput(N_("This is neither a PDF, nor a PNG or GIF picture, nor ZPL."), "file")
    if found is LabelFormat.PDF and runs_something(file.content):
        raise InvalidInput(N_("This PDF is more than a label: it carries a script, or another file."), "file")
    return found
