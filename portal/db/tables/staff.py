"""Staff accounts, shoppers' proofs (links and codes), and the audit chain."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db.base import Base, BigId, ShopOwned
from portal.db.types import Json, UtcDateTime


class Staff(Base):
    """A support agent or an administrator of the installation. `session_version` goes up to end all sessions."""

    __tablename__ = "staff"
    __table_args__ = (CheckConstraint("role IN ('agent', 'admin')", name="role"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)  # lower case
    name: Mapped[str]
    role: Mapped[str]
    password_hash: Mapped[str]  # argon2id
    session_version: Mapped[int] = mapped_column(default=1)
    active: Mapped[bool] = mapped_column(default=True)
    locale: Mapped[str | None]
    timezone: Mapped[str | None]  # IANA; empty: the desk's
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_login_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class StaffSession(Base):
    """One browser that is signed in, so that signing out ends it for good, whoever kept a copy of the cookie. Real time."""

    __tablename__ = "staff_sessions"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    version: Mapped[int]  # `Staff.session_version` when it began
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class LinkToken(ShopOwned, Base):
    """A signed link's random part, hashed: scoped, expiring, revocable (reliability: T01, G8). Real time."""

    __tablename__ = "link_tokens"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        ForeignKeyConstraint(["shop_id", "order_id"], ["orders.shop_id", "orders.id"]),
        Index("ix_link_tokens_shop_id_order_id", "shop_id", "order_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(BigId)
    scope: Mapped[str]  # "order": everything of this order
    token_hash: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AccessCode(ShopOwned, Base):
    """A six-digit code sent to the address on file, hashed: ten minutes, a few tries, used once. Real time."""

    __tablename__ = "access_codes"
    __table_args__ = (
        ForeignKeyConstraint(["shop_id", "order_id"], ["orders.shop_id", "orders.id"]),
        Index("ix_access_codes_shop_id_order_id", "shop_id", "order_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(BigId)
    browser: Mapped[str]  # a code works only in the browser that asked for it
    code_hash: Mapped[str]
    tries: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AuditRow(Base):
    """One row an action, in the action's own transaction, each carrying the hash of the one before."""

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_shop_id_at", "shop_id", "at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str]  # "staff 3", "shopper", "cli", "worker"
    action: Mapped[str]
    subject: Mapped[str]  # "case 12"
    shop_id: Mapped[int | None] = mapped_column(BigId)
    details: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)  # no personal data
    previous: Mapped[str]
    digest: Mapped[str] = mapped_column(unique=True)
