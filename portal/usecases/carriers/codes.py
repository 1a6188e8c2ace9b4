"""What people do with codes that no table knows: say what they mean, pass over them, take it back, hand it on as a patch."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from carriers.classify import classify
from carriers.parsing import meaning
from portal.db.tables.raw_answers import CodeMapping, UnmappedCode
from portal.domain.unmapped import MEANINGS, plain
from portal.domain.words import N_
from portal.errors import Conflict, InvalidInput, NotFound
from portal.usecases.carriers.patch import patch_for
from portal.usecases.deps import Deps
from portal.usecases.staff import audit

NO_CODE = N_("There is no such code in the inbox.")
NO_MEANING = N_("Please choose what the code means.")
NO_MAPPING = N_("There is no such mapping, or it was undone already.")
MAPPED_ALREADY = N_("Somebody has mapped this code already.")
NARROW = N_("The text does not stand in any of the examples.")
_WORD = re.compile(r"[\w.:/+-]+")
STATES = ("open", "mapped", "ignored")
MOST = 200


@dataclass(frozen=True, slots=True)
class Unmapped:
    """A code in the inbox. `suggestion` is a key of MEANINGS, where the words say it clearly."""

    id: int
    carrier: str
    raw_code: str
    text_key: str
    state: str
    count: int
    first_seen_at: datetime
    last_seen_at: datetime
    texts: tuple[str, ...]
    shipments: tuple[int, ...]
    suggestion: str | None
    confidence: float


@dataclass(frozen=True, slots=True)
class Mapped:
    """What somebody said of a code, as it is in force."""

    id: int
    carrier: str
    raw_code: str
    text_key: str
    pattern: str
    meaning: str
    made_by: str
    made_at: datetime
    pending: bool


def list_unmapped(deps: Deps, *, state: str | None = "open", carrier: str | None = None) -> list[Unmapped]:
    """The inbox, the most frequent first; at most 200."""
    query = select(UnmappedCode).order_by(UnmappedCode.count.desc(), UnmappedCode.id).limit(MOST)
    if state is not None:
        query = query.where(UnmappedCode.state == state)
    if carrier is not None:
        query = query.where(UnmappedCode.carrier == carrier)
    with deps.sessions.read_system() as session:
        return [_view(row) for row in session.scalars(query)]


def list_mappings(deps: Deps, carrier: str | None = None) -> list[Mapped]:
    """What is in force, by carrier and code."""
    query = select(CodeMapping).where(CodeMapping.undone_at.is_(None))
    if carrier is not None:
        query = query.where(CodeMapping.carrier == carrier)
    order = (CodeMapping.carrier, CodeMapping.raw_code, CodeMapping.text_key, CodeMapping.pattern)
    with deps.sessions.read_system() as session:
        return [
            Mapped(
                row.id,
                row.carrier,
                row.raw_code,
                row.text_key,
                row.pattern,
                _word(row.status, row.substatus),
                row.made_by,
                row.made_at,
                row.pending,
            )
            for row in session.scalars(query.order_by(*order))
        ]


def _view(row: UnmappedCode) -> Unmapped:
    texts = tuple(dict.fromkeys(str(one["text"]) for one in row.examples))
    suggestion, confidence = _suggestion(texts)
    return Unmapped(
        id=row.id,
        carrier=row.carrier,
        raw_code=row.raw_code,
        text_key=row.text_key,
        state=row.state,
        count=row.count,
        first_seen_at=row.first_seen_at,
        last_seen_at=row.last_seen_at,
        texts=texts,
        shipments=tuple(dict.fromkeys(int(one["shipment"]) for one in row.examples)),
        suggestion=suggestion,
        confidence=confidence,
    )


def _suggestion(texts: Sequence[str]) -> tuple[str | None, float]:
    """What the words say, where all that say something say the same."""
    found = [one for one in map(classify, texts) if one.status is not None]
    words = {_word(one.status.value, one.substatus) for one in found if one.status is not None}
    word = words.pop() if len(words) == 1 else None
    return (word, min(one.confidence for one in found)) if word in MEANINGS else (None, 0.0)


def _word(status: str, substatus: str | None) -> str:
    return substatus or status.title().replace("_", "")


def map_code(deps: Deps, code_id: int, word: str, *, pattern: str = "", actor: str) -> int:
    """Say what a code means: `word` is a key of MEANINGS, `pattern` narrows it to texts that contain it.

    New scans are understood at once; history is corrected by `apply_mappings`. Returns the mapping's id. Raises
    NotFound, InvalidInput, Conflict where it was mapped already.
    """
    if word not in MEANINGS:
        raise InvalidInput(NO_MEANING, "meaning")
    status, substatus = meaning(word)
    narrowed = plain(pattern)
    try:
        with deps.sessions.write_system() as session:
            row = _locked(session, code_id)
            if narrowed and not any(narrowed in plain(one["text"]) for one in row.examples):
                raise InvalidInput(NARROW, "pattern")
            made = CodeMapping(
                carrier=row.carrier,
                raw_code=row.raw_code,
                text_key=row.text_key,
                pattern=narrowed,
                status=status.value,
                substatus=substatus,
                made_by=actor,
                made_at=deps.wall(),
                pending=True,
            )
            session.add(made)
            row.state = "mapped" if not narrowed else row.state
            session.flush()
            _audit(session, deps, actor, "code_mapped", row.carrier, f"mapping {made.id}", word)
            return made.id
    except IntegrityError:
        raise Conflict(MAPPED_ALREADY) from None


def undo_mapping(deps: Deps, mapping_id: int, *, actor: str) -> None:
    """Take it back: its scans are unknown again, and the code is in the inbox. Raises NotFound."""
    with deps.sessions.write_system() as session:
        row = session.get(CodeMapping, mapping_id, with_for_update=True)
        if row is None or row.undone_at is not None:
            raise NotFound(NO_MAPPING)
        row.undone_by, row.undone_at, row.pending = actor, deps.wall(), True
        same = (
            CodeMapping.carrier == row.carrier,
            CodeMapping.raw_code == row.raw_code,
            CodeMapping.text_key == row.text_key,
        )
        # What this was an exception from takes its scans over again.
        session.execute(update(CodeMapping).where(*same, CodeMapping.undone_at.is_(None)).values(pending=True))
        if not row.pattern:
            session.execute(
                update(UnmappedCode)
                .where(
                    UnmappedCode.carrier == row.carrier,
                    UnmappedCode.raw_code == row.raw_code,
                    UnmappedCode.text_key == row.text_key,
                )
                .values(state="open")
            )
        _audit(
            session, deps, actor, "code_unmapped", row.carrier, f"mapping {row.id}", _word(row.status, row.substatus)
        )


def set_aside(deps: Deps, code_id: int, *, actor: str, ignored: bool = True) -> None:
    """Pass over a code for good, or have it back in the inbox. Raises NotFound, Conflict for one that is mapped."""
    with deps.sessions.write_system() as session:
        row = _locked(session, code_id)
        if row.state == "mapped":
            raise Conflict(MAPPED_ALREADY)
        row.state = "ignored" if ignored else "open"
        _audit(session, deps, actor, f"code_{row.state}", row.carrier, f"code {row.id}", "")


def _locked(session: Session, code_id: int) -> UnmappedCode:
    row = session.get(UnmappedCode, code_id, with_for_update=True)
    if row is None:
        raise NotFound(NO_CODE)
    return row


def _audit(session: Session, deps: Deps, actor: str, action: str, carrier: str, subject: str, word: str) -> None:
    details = {"carrier": carrier} | ({"meaning": word} if word else {})
    audit.record(session, deps, actor=actor, action=action, subject=subject, shop_id=None, details=details)


def export(deps: Deps, carrier: str | None = None) -> str:
    """What is in force for the adapters: a patch for each that has one code table, and for the others the lines to be put
    into theirs. What no table can hold is told in comments."""
    parts: list[str] = []
    for code in sorted({one.carrier for one in list_mappings(deps, carrier)}):
        rows, told = _rows(deps, code)
        found = patch_for(code, rows)
        lines = [] if found else [f'"{word}": "{" ".join(codes)}",' for word, codes in sorted(rows.items())]
        if found:
            parts.append(found.rstrip("\n"))
        if lines or told:
            parts += [f"# carriers/adapters/{code}", *lines, *told]
        parts.append("")
    return "\n".join(parts)


def _rows(deps: Deps, carrier: str) -> tuple[dict[str, list[str]], list[str]]:
    """What a carrier calls a code ends up in a program: anything but a plain word is told in a comment, quoted."""
    by_word: dict[str, list[str]] = {}
    told: list[str] = []
    for one in list_mappings(deps, carrier):
        if _WORD.fullmatch(one.raw_code) and not one.pattern:
            by_word.setdefault(one.meaning, []).append(one.raw_code)
            continue
        where = f"code {one.raw_code!r}" if one.raw_code else f"text {one.text_key!r}"
        narrowed = f" with {one.pattern!r} in its text" if one.pattern else ""
        told.append(f"# {where}{narrowed}: {one.meaning}")
    return by_word, told
