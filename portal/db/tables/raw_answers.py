"""What carriers answered, byte for byte, for a week; answers held for a person; codes that no table knows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db.base import Base, BigId, ShopOwned
from portal.db.types import Json, UtcDateTime

_IN_FORCE = text("undone_at IS NULL")


class HeldBatch(Base):
    """Answers of one account that would have ended too many parcels at once: a person looks first. Business time."""

    __tablename__ = "held_batches"
    __table_args__ = (
        CheckConstraint("state IN ('held', 'released', 'discarded')", name="state"),
        Index(
            "uq_held_batches_account",
            "account",
            unique=True,
            sqlite_where=text("state = 'held'"),
            postgresql_where=text("state = 'held'"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account: Mapped[str]
    carrier: Mapped[str]
    state: Mapped[str] = mapped_column(default="held")
    held_at: Mapped[datetime] = mapped_column(UtcDateTime)
    open_parcels: Mapped[int]  # of the account, when it was held
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[str | None]


class RawAnswer(Base):
    """One answer or push, compressed, so that a corrected table can read it again. Holds personal data. Business time.

    An account's answer may be about parcels of several shops; each of them is named in `RawAnswerParcel`.
    """

    __tablename__ = "raw_answers"
    __table_args__ = (Index("ix_raw_answers_carrier_received_at", "carrier", "received_at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account: Mapped[str]
    adapter: Mapped[str]  # whose format it is: an aggregator's for parcels of other carriers
    carrier: Mapped[str]
    source: Mapped[str]  # poll, push
    kept_for: Mapped[str]  # changed, unmapped, unread, held
    numbers: Mapped[list[str]] = mapped_column(Json)
    http_status: Mapped[int]
    content_type: Mapped[str]
    body: Mapped[bytes] = mapped_column(LargeBinary)  # zlib
    size: Mapped[int]  # of the whole body
    truncated: Mapped[bool] = mapped_column(default=False)  # the body was longer than what is kept
    hold_id: Mapped[int | None] = mapped_column(ForeignKey("held_batches.id"), index=True)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class RawAnswerParcel(ShopOwned, Base):
    """Which parcels an answer is about, and which of them wait for a person's word."""

    __tablename__ = "raw_answer_parcels"
    __table_args__ = (
        ForeignKeyConstraint(["shop_id", "shipment_id"], ["shipments.shop_id", "shipments.id"]),
        Index("ix_raw_answer_parcels_shipment_id", "shipment_id"),
    )

    answer_id: Mapped[int] = mapped_column(
        ForeignKey("raw_answers.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    shipment_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    held: Mapped[bool] = mapped_column(default=False)


class UnmappedCode(Base):
    """A code, or a text where there is no code, that no table knows. Business time.

    `text_key` is empty where there is a code. `examples` are at most five: {"shipment": id, "text": …}.
    """

    __tablename__ = "unmapped_codes"
    __table_args__ = (
        UniqueConstraint("carrier", "raw_code", "text_key"),
        CheckConstraint("state IN ('open', 'mapped', 'ignored')", name="state"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    carrier: Mapped[str]
    raw_code: Mapped[str]
    text_key: Mapped[str]
    state: Mapped[str] = mapped_column(default="open")
    count: Mapped[int] = mapped_column(default=0)
    examples: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    first_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CodeMapping(Base):
    """What a person said a code means. Undone ones stay as history; at most one is in force. Real time."""

    __tablename__ = "code_mappings"
    __table_args__ = (
        Index(
            "uq_code_mappings_in_force",
            "carrier",
            "raw_code",
            "text_key",
            "pattern",
            unique=True,
            sqlite_where=_IN_FORCE,
            postgresql_where=_IN_FORCE,
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    carrier: Mapped[str]
    raw_code: Mapped[str]
    text_key: Mapped[str]
    pattern: Mapped[str] = mapped_column(default="")  # narrows a code to texts that contain this
    status: Mapped[str]
    substatus: Mapped[str | None]
    made_by: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    undone_by: Mapped[str | None]
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    pending: Mapped[bool] = mapped_column(default=True)  # history is still to be corrected by it, or by its undoing
