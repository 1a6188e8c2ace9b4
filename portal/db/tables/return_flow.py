"""What leads to a return, and what is shown for it: drafts, photos, gift codes, declarations of withdrawal."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import DDL, CheckConstraint, ForeignKeyConstraint, Index, LargeBinary, UniqueConstraint, event
from sqlalchemy.orm import Mapped, deferred, mapped_column

from portal.db.base import Base, BigId, ShopOwned
from portal.db.types import Json, UtcDateTime


class ReturnDraft(ShopOwned, Base):
    """Choices that are not sent in yet, found by a secret link on any device. One an order and purpose at a time."""

    __tablename__ = "return_drafts"
    __table_args__ = (
        UniqueConstraint("shop_id", "id"),
        UniqueConstraint("token_hash"),
        UniqueConstraint("shop_id", "order_id", "purpose"),
        ForeignKeyConstraint(["shop_id", "order_id"], ["orders.shop_id", "orders.id"]),
        Index("ix_return_drafts_expires_at", "expires_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(BigId)  # where it was begun
    purpose: Mapped[str]  # "return", "gift", or "edit 12": a change of return 12
    token_hash: Mapped[str | None]  # of the link that continues it; None until somebody wants one
    content: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)  # line ids, counts, codes, the shopper's words
    version: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ReturnPhoto(ShopOwned, Base):
    """A picture of an item, decoded and written anew: nothing of the uploaded file is kept but its pixels."""

    __tablename__ = "return_photos"
    __table_args__ = (
        UniqueConstraint("shop_id", "id"),
        UniqueConstraint("public_id"),
        ForeignKeyConstraint(["shop_id", "order_line_id"], ["order_lines.shop_id", "order_lines.id"]),
        ForeignKeyConstraint(["shop_id", "return_id"], ["returns.shop_id", "returns.id"]),
        Index("ix_return_photos_shop_id_return_id", "shop_id", "return_id"),
        Index("ix_return_photos_shop_id_order_line_id", "shop_id", "order_line_id"),
        CheckConstraint("by IN ('shopper', 'gift', 'staff')", name="by"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str]
    order_line_id: Mapped[int] = mapped_column(BigId)
    return_id: Mapped[int | None] = mapped_column(BigId)  # None while the return is a draft
    by: Mapped[str]
    image: Mapped[bytes] = deferred(mapped_column(LargeBinary, nullable=False))  # JPEG
    thumbnail: Mapped[bytes] = deferred(mapped_column(LargeBinary, nullable=False))  # JPEG
    width: Mapped[int]
    height: Mapped[int]
    sha256: Mapped[str]  # of `image`
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class GiftCode(ShopOwned, Base):
    """A code with which whoever was given the goods can send them back, and sees no prices."""

    __tablename__ = "gift_codes"
    __table_args__ = (
        UniqueConstraint("shop_id", "code_hash"),
        ForeignKeyConstraint(["shop_id", "order_id"], ["orders.shop_id", "orders.id"]),
        Index("ix_gift_codes_shop_id_order_id", "shop_id", "order_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(BigId)
    code_hash: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str]
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Withdrawal(ShopOwned, Base):
    """A consumer's declaration of withdrawal, exactly as it was received and acknowledged. Never changed."""

    __tablename__ = "withdrawals"
    __table_args__ = (
        UniqueConstraint("shop_id", "id"),
        UniqueConstraint("public_id"),
        ForeignKeyConstraint(["shop_id", "order_id"], ["orders.shop_id", "orders.id"]),
        ForeignKeyConstraint(["shop_id", "return_id"], ["returns.shop_id", "returns.id"]),
        Index("ix_withdrawals_shop_id_order_id", "shop_id", "order_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str]
    order_id: Mapped[int] = mapped_column(BigId)
    return_id: Mapped[int] = mapped_column(BigId)
    declared_at: Mapped[datetime] = mapped_column(UtcDateTime)
    receipt: Mapped[str]  # the whole text that was sent to the consumer
    receipt_sha256: Mapped[str]
    content: Mapped[dict[str, Any]] = mapped_column(Json)  # who, which order, which items, contact for the receipt
    send_back_by: Mapped[date]
    refund_by: Mapped[date]


# A receipt is evidence: no code of ours can change or remove one.
WITHDRAWAL_TRIGGERS = {
    "sqlite": tuple(
        f"""CREATE TRIGGER withdrawals_stay_{verb} BEFORE {verb} ON withdrawals
        BEGIN SELECT RAISE(ABORT, 'a declaration of withdrawal is never changed'); END"""
        for verb in ("update", "delete")
    ),
    "postgresql": (
        """CREATE OR REPLACE FUNCTION withdrawals_refuse() RETURNS trigger AS $$ BEGIN
        RAISE EXCEPTION 'a declaration of withdrawal is never changed'
        USING ERRCODE = 'integrity_constraint_violation'; END $$ LANGUAGE plpgsql""",
        """CREATE TRIGGER withdrawals_stay BEFORE UPDATE OR DELETE ON withdrawals
        FOR EACH ROW EXECUTE FUNCTION withdrawals_refuse()""",
    ),
}
for _dialect, _statements in WITHDRAWAL_TRIGGERS.items():
    for _statement in _statements:
        event.listen(Withdrawal.__table__, "after_create", DDL(_statement).execute_if(dialect=_dialect))  # type: ignore[no-untyped-call]


class PolicyTrial(ShopOwned, Base):
    """A changed policy tried on what has happened: never in force, its outcome kept for whoever decides."""

    __tablename__ = "policy_trials"
    __table_args__ = (
        UniqueConstraint("shop_id", "id"),
        ForeignKeyConstraint(["shop_id"], ["shops.id"]),
        Index("ix_policy_trials_state_started_at", "state", "started_at"),
        CheckConstraint("state IN ('waiting', 'running', 'done', 'failed', 'published')", name="state"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    document: Mapped[dict[str, Any]] = mapped_column(Json)  # the `[returns]` that was tried
    based_on: Mapped[int]  # the version of the settings it was compared with
    state: Mapped[str]
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    result: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    error: Mapped[str | None]
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
