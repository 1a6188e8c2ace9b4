"""The inbox of codes that no table knows: filled by the merge step, emptied by people. Business time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from carriers.model import Status
from portal.db.tables.raw_answers import CodeMapping, UnmappedCode
from portal.domain.unmapped import EXAMPLES, LONGEST_TEXT, CodeKey, Mapping, Mappings, key_of

MOST_OPEN = 500  # of one carrier in the inbox


def mappings_of(session: Session, carrier: str) -> Mappings:
    """What people said of a carrier's codes, as far as it is in force."""
    rows = session.scalars(select(CodeMapping).where(CodeMapping.carrier == carrier, CodeMapping.undone_at.is_(None)))
    return Mappings(mapping_of(row) for row in rows)


def mapping_of(row: CodeMapping) -> Mapping:
    key = CodeKey(row.raw_code, row.text_key)
    return Mapping(row.id, key, row.pattern, Status(row.status), row.substatus)


def note_unmapped(
    session: Session,
    carrier: str,
    shipment_id: int,
    scans: Iterable[tuple[str | None, str | None]],
    now: datetime,
) -> None:
    """Count new scans (code, text) that no table and no person knows, in the transaction that adds them.

    In one order for all, so that two workers that meet the same codes wait for each other and do not lock up.
    """
    by_key: dict[CodeKey, list[str]] = {}
    for code, text in scans:
        by_key.setdefault(key_of(code, text), []).append((text or "")[:LONGEST_TEXT])
    for key in sorted(by_key):
        row = _row(session, carrier, key, now)
        row.count += len(by_key[key])
        row.last_seen_at = max(row.last_seen_at, now)
        row.examples = _examples(row.examples, shipment_id, by_key[key])


def _row(session: Session, carrier: str, key: CodeKey, now: datetime) -> UnmappedCode:
    query = (
        select(UnmappedCode)
        .where(
            UnmappedCode.carrier == carrier,
            UnmappedCode.raw_code == key.raw_code,
            UnmappedCode.text_key == key.text_key,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = session.scalars(query).one_or_none()
    if found is not None:
        return found
    _make_room(session, carrier)
    fresh = UnmappedCode(
        carrier=carrier,
        raw_code=key.raw_code,
        text_key=key.text_key,
        state="open",
        count=0,
        examples=[],
        first_seen_at=now,
        last_seen_at=now,
    )
    try:
        with session.begin_nested():
            session.add(fresh)
    except IntegrityError:  # another worker met it at the same moment
        return session.scalars(query).one()
    return fresh


def _make_room(session: Session, carrier: str) -> None:
    """A carrier that calls everything by a new name fills nobody's disk: what came least, and longest ago, goes."""
    waiting = (UnmappedCode.carrier == carrier, UnmappedCode.state == "open")
    if (session.scalar(select(func.count()).select_from(UnmappedCode).where(*waiting)) or 0) < MOST_OPEN:
        return
    least = select(UnmappedCode).where(*waiting).order_by(UnmappedCode.count, UnmappedCode.last_seen_at).limit(1)
    # One that another worker has in hand is not waited for: that is how two would lock each other up.
    row = session.scalars(least.with_for_update(skip_locked=True)).one_or_none()
    if row is not None:
        session.delete(row)
        session.flush()


def _examples(kept: list[dict[str, Any]], shipment_id: int, texts: list[str]) -> list[dict[str, Any]]:
    """The first few, of different texts or parcels."""
    found = list(kept)
    for text in texts:
        one = {"shipment": shipment_id, "text": text}
        if len(found) < EXAMPLES and one not in found:
            found.append(one)
    return found
