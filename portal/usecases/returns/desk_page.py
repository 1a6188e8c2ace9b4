"""Everything else about one return that its page at the desk shows: what speaks for a look, what was found, who did what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.db.tables.effects import Effect
from portal.db.tables.return_flow import ReturnPhoto
from portal.db.tables.returns import Return, ReturnEvent, ReturnItem, ReturnItemEntry
from portal.db.tables.staff import Staff
from portal.domain.returns.risk import WORDS_OF_POINTS
from portal.errors import NotFound
from portal.usecases.deps import Deps
from portal.usecases.returns.staff_made import override_of
from portal.usecases.staff.people import staff_id_of

LOOKED_AT = ("restocked", "disposed", "rejected")


@dataclass(frozen=True, slots=True)
class Step:
    """A step of one of the return's machines. `actor` is a name, or what acted by itself ("scan", "rule:…")."""

    machine: str
    from_state: str
    to_state: str
    at: datetime
    actor: str
    why: str

    @property
    def labels(self) -> str:
        """Which words its states have."""
        return {"parcel": "return_parcel", "hold": "return_hold"}.get(self.machine, self.machine)


@dataclass(frozen=True, slots=True)
class Looked:
    """What an inspector found of some units. Codes of `portal.domain.returns.inspection`."""

    item_id: int
    units: int
    entry: str  # restocked, disposed, rejected
    grade: str | None
    found: str | None
    note: str | None
    at: datetime
    actor: str


@dataclass(frozen=True, slots=True)
class Photo:
    public_id: str
    by: str  # shopper, staff


@dataclass(frozen=True, slots=True)
class RiskLine:
    """One thing that speaks for a look: a message id with the names of `inputs` in it."""

    code: str
    points: int
    words: str
    inputs: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Doubt:
    """A payment that only a person can settle. `reference` is ours, as the platform may know it."""

    provider: str
    reference: str
    amount_minor: int
    why: str
    asked_at: datetime | None


@dataclass(frozen=True, slots=True)
class DeskDetail:
    """By item id: the pictures, and how many units wait for an inspector. `released`: by whom a hold was released, and
    why. `override`: who set a policy aside, and why."""

    score: int | None
    risk: tuple[RiskLine, ...]
    released_by: str
    released_why: str
    override_by: str
    override_why: str
    money_asked_by: str  # who wants it paid, where a second person has to agree
    in_doubt: tuple[Doubt, ...]  # money that may have gone out; real time
    photos: Mapping[int, tuple[Photo, ...]]
    to_inspect: Mapping[int, int]
    looked: tuple[Looked, ...]
    history: tuple[Step, ...]


def desk_detail(deps: Deps, return_id: int) -> DeskDetail:
    """Raises NotFound."""
    with deps.sessions.read_system() as session:
        row = session.get(Return, return_id)
        if row is None:
            raise NotFound("there is no such return")
        entries = _entries(session, row)
        steps = session.scalars(select(ReturnEvent).where(ReturnEvent.return_id == row.id).order_by(ReturnEvent.id))
        events = list(steps)
        risk, override = row.risk or {}, override_of(row) or {}
        released, asked_by = risk.get("released", {}), row.money_asked_by or ""
        actors = {
            asked_by,
            *(one.actor for one in entries),
            *(one.actor for one in events),
            released.get("by", ""),
            override.get("by", ""),
        }
        names = _names(session, actors)
        return DeskDetail(
            score=risk.get("score"),
            risk=tuple(_risk_line(point) for point in risk.get("points", ())),
            released_by=names.get(released.get("by", ""), ""),
            released_why=released.get("why", ""),
            override_by=names.get(override.get("by", ""), ""),
            override_why=override.get("why", ""),
            money_asked_by=names.get(asked_by, "") if asked_by else "",
            in_doubt=_in_doubt(session, row),
            photos=_photos(session, row),
            to_inspect=_to_inspect(entries) if row.decision in ("approved", "resolved") else {},
            looked=tuple(_looked(one, names) for one in entries if one.kind in LOOKED_AT),
            history=tuple(
                Step(one.machine, one.from_state, one.to_state, one.at, names[one.actor], one.why) for one in events
            ),
        )


def _risk_line(point: Mapping[str, Any]) -> RiskLine:
    """A point of a record; one that is not known any more is shown by its code."""
    code = str(point["code"])
    return RiskLine(code, int(point["points"]), WORDS_OF_POINTS.get(code, code), dict(point.get("inputs", {})))


def _entries(session: Session, row: Return) -> list[ReturnItemEntry]:
    mine = select(ReturnItemEntry).join(ReturnItem, ReturnItem.id == ReturnItemEntry.return_item_id)
    return list(session.scalars(mine.where(ReturnItem.return_id == row.id).order_by(ReturnItemEntry.id)))


def _to_inspect(entries: Sequence[ReturnItemEntry]) -> dict[int, int]:
    waiting: dict[int, int] = {}
    for one in entries:
        sign = 1 if one.kind == "received" else -1 if one.kind in LOOKED_AT else 0
        waiting[one.return_item_id] = waiting.get(one.return_item_id, 0) + sign * one.quantity
    return {item_id: units for item_id, units in waiting.items() if units > 0}


def _looked(one: ReturnItemEntry, names: Mapping[str, str]) -> Looked:
    actor = names[one.actor]
    return Looked(one.return_item_id, one.quantity, one.kind, one.grade, one.found_reason, one.note, one.at, actor)


def _in_doubt(session: Session, row: Return) -> tuple[Doubt, ...]:
    mine = (Effect.kind.in_(("refund", "credit")), Effect.subject == f"return {row.id}", Effect.state == "manual")
    found = session.scalars(select(Effect).where(*mine).order_by(Effect.id))
    return tuple(
        Doubt(one.provider, one.key, one.amount_minor or 0, one.error or "", one.submitted_at) for one in found
    )


def _names(session: Session, actors: set[str]) -> dict[str, str]:
    """The names of staff by how histories name them; whatever acts by itself keeps its own."""
    ids = {actor: staff_id_of(actor) for actor in actors}
    people = session.execute(select(Staff.id, Staff.name).where(Staff.id.in_([n for n in ids.values() if n])))
    named: dict[int, str] = {int(staff_id): str(name) for staff_id, name in people}
    return {actor: named.get(staff_id or 0, actor) for actor, staff_id in ids.items()}


def _photos(session: Session, row: Return) -> dict[int, tuple[Photo, ...]]:
    found: dict[int, tuple[Photo, ...]] = {}
    for item_id, public_id, by in session.execute(
        select(ReturnItem.id, ReturnPhoto.public_id, ReturnPhoto.by)
        .join(ReturnItem, ReturnItem.order_line_id == ReturnPhoto.order_line_id)
        .where(ReturnPhoto.return_id == row.id, ReturnItem.return_id == row.id)
        .order_by(ReturnPhoto.id)
    ):
        found[item_id] = (*found.get(item_id, ()), Photo(public_id, by))
    return found
