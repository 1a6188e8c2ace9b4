"""Keeps what carriers answered, byte for byte, so that a corrected table can read it again. Business time."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Delete, delete, or_, select
from sqlalchemy.orm import Session

from carriers.base import RawAnswer as Answer
from portal.db.tables.raw_answers import HeldBatch, RawAnswer, RawAnswerParcel

LARGEST = 256 * 1024  # bytes of a body that are kept
UNREAD_EVERY = timedelta(minutes=10)  # of the answers that could not be read, one an account is enough


@dataclass(frozen=True, slots=True)
class Source:
    """Whose answer it is: the account it came by, whose format it has, whose parcels it is about."""

    account: str
    adapter: str
    carrier: str
    kind: str = "poll"  # or push


def keep(
    session: Session,
    source: Source,
    answer: Answer,
    parcels: Sequence[tuple[int, int]],
    numbers: Sequence[str],
    at: datetime,
    *,
    kept_for: str,
    hold_id: int | None = None,
    held: Collection[int] = (),
) -> RawAnswer:
    """Store an answer about `parcels` (shop, shipment), of which `held` wait for a person."""
    row = RawAnswer(
        account=source.account,
        adapter=source.adapter,
        carrier=source.carrier,
        source=source.kind,
        kept_for=kept_for,
        numbers=list(numbers),
        http_status=answer.status,
        content_type=answer.content_type[:200],
        body=zlib.compress(answer.body[:LARGEST], 1),
        size=len(answer.body),
        truncated=len(answer.body) > LARGEST,
        hold_id=hold_id,
        received_at=at,
    )
    session.add(row)
    session.flush()
    session.add_all(
        RawAnswerParcel(answer_id=row.id, shop_id=shop_id, shipment_id=shipment_id, held=shipment_id in held)
        for shop_id, shipment_id in parcels
    )
    return row


def unread_lately(session: Session, account: str, now: datetime) -> bool:
    """Whether an answer of this account that could not be read was kept a short while ago."""
    lately = select(RawAnswer.id).where(
        RawAnswer.account == account, RawAnswer.kept_for == "unread", RawAnswer.received_at > now - UNREAD_EVERY
    )
    return session.scalar(lately.limit(1)) is not None


def answer_of(row: RawAnswer) -> Answer:
    """A kept answer as the adapters read it."""
    return Answer(row.http_status, row.content_type, zlib.decompress(row.body))


def outdated(before: datetime) -> Delete:
    """Deletes what is older, except what still waits for a person."""
    waiting = select(HeldBatch.id).where(HeldBatch.state == "held")
    return delete(RawAnswer).where(
        RawAnswer.received_at < before, or_(RawAnswer.hold_id.is_(None), RawAnswer.hold_id.not_in(waiting))
    )
