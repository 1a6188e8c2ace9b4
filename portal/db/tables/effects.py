"""The effect ledger (what costs money or reaches the outside) and the idempotency table."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db.base import Base, BigId, ShopOwned
from portal.db.types import Json, UtcDateTime

_LIVE = text("state NOT IN ('rejected', 'voided')")


class Effect(ShopOwned, Base):
    """intended → submitted → succeeded | rejected | unknown → reconciled | manual (reliability: D1).

    `submitted` is committed before the first byte leaves. `unknown` is looked up before any retry, and not before
    `settle_at`. At most one live effect per (kind, subject, purpose, generation). Times are real time.
    """

    __tablename__ = "effects"
    __table_args__ = (
        UniqueConstraint("shop_id", "id"),
        UniqueConstraint("key"),
        ForeignKeyConstraint(["shop_id"], ["shops.id"]),
        Index(
            "uq_effects_live",
            "shop_id",
            "kind",
            "subject",
            "purpose",
            "generation",
            unique=True,
            sqlite_where=_LIVE,
            postgresql_where=_LIVE,
        ),
        Index("ix_effects_state_next_attempt_at", "state", "next_attempt_at"),
        Index("ix_effects_shop_id_kind_submitted_at", "shop_id", "kind", "submitted_at"),
        CheckConstraint(
            "state IN ('intended', 'submitted', 'succeeded', 'rejected', 'unknown', 'manual', 'voided')", name="state"
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str]  # label, void, refund, credit
    subject: Mapped[str]  # "return 12"
    purpose: Mapped[str]
    generation: Mapped[int] = mapped_column(default=1)
    key: Mapped[str]  # the idempotency key the provider sees
    provider: Mapped[str]  # carrier code or platform
    state: Mapped[str] = mapped_column(default="intended")
    amount_minor: Mapped[int | None] = mapped_column(BigId)
    currency: Mapped[str | None]
    request: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)  # ids and sums; no personal data
    result: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    error: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(default=0)
    intended_at: Mapped[datetime] = mapped_column(UtcDateTime)
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settle_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    next_attempt_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    fence: Mapped[int] = mapped_column(BigId, default=0)


class IdempotencyKey(ShopOwned, Base):
    """A form's or caller's key, so that the same request twice has one effect (reliability: D2)."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (
        UniqueConstraint("shop_id", "actor", "route", "key"),
        ForeignKeyConstraint(["shop_id"], ["shops.id"]),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    actor: Mapped[str]
    route: Mapped[str]
    key: Mapped[str]
    request_hash: Mapped[str]
    result: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)  # ids only
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
