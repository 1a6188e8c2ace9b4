"""Messages out (outbox) and pushes in (inbox)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db.base import Base, BigId, ShopOwned
from portal.db.types import Json, UtcDateTime

_RECEIVED = text("state = 'received'")


class OutboxMessage(ShopOwned, Base):
    """One message to one recipient by one channel, written in the transaction of the fact that caused it.

    queued → sending (committed before the first byte leaves) → sent | queued (surely not sent) |
    ambiguous (may have been sent: e-mail is repeated at most once, with the same Message-ID) | suppressed | parked.
    `useful_until` is business time, leases and attempts are real time.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("shop_id", "key"),
        ForeignKeyConstraint(["shop_id"], ["shops.id"]),
        Index("ix_outbox_state_next_attempt_at", "state", "next_attempt_at"),
        Index("ix_outbox_shop_id_order_id", "shop_id", "order_id"),
        CheckConstraint("state IN ('queued', 'sending', 'sent', 'ambiguous', 'suppressed', 'parked')", name="state"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str]  # hash of trigger, recipient, channel, template: the same fact is told once
    event: Mapped[str]
    channel: Mapped[str] = mapped_column(default="email")
    audience: Mapped[str] = mapped_column(default="shopper")
    recipient: Mapped[str]
    locale: Mapped[str]
    payload: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    subject: Mapped[str | None]  # as sent, for staff: what the shopper was told
    order_id: Mapped[int | None] = mapped_column(BigId)
    shipment_id: Mapped[int | None] = mapped_column(BigId)
    return_id: Mapped[int | None] = mapped_column(BigId)
    state: Mapped[str] = mapped_column(default="queued")
    message_id: Mapped[str]  # RFC 5322, decided once
    attempts: Mapped[int] = mapped_column(default=0)
    unsure: Mapped[int] = mapped_column(default=0)  # times it may have been sent without our knowing
    next_attempt_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    fence: Mapped[int] = mapped_column(BigId, default=0)
    useful_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_error: Mapped[str | None]


class InboxDelivery(Base):
    """A push as it came, stored before anything reads it. Belongs to the installation until it is parsed.

    received → processed | parked (about parcels that are not here yet) | failed (could not be read, or not be merged:
    kept to be tried again by a later version) | dropped (parked for too long). `body` is what the sender signed, byte
    for byte; it holds personal data. `received_at` and `processed_at` are business time, leases and attempts real time.
    """

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("source", "delivery_id"),
        CheckConstraint("state IN ('received', 'processed', 'parked', 'failed', 'dropped')", name="state"),
        Index("ix_inbox_state_received_at", "state", "received_at"),
        Index("ix_inbox_next_attempt_at", "next_attempt_at", sqlite_where=_RECEIVED, postgresql_where=_RECEIVED),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    source: Mapped[str]  # who sent it: "ups 3" is the carrier and the id of its `PushEndpoint`
    delivery_id: Mapped[str]  # the hash of the body: the same body twice is one push
    endpoint_id: Mapped[int | None] = mapped_column(ForeignKey("push_endpoints.id"))
    trusted: Mapped[bool] = mapped_column(default=False)  # proven to be the sender's; else it is a hint to ask
    content_type: Mapped[str] = mapped_column(default="")
    headers: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)  # those that say how to read it; no secrets
    body: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(default="received")
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    processed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sender_ref: Mapped[str | None]  # the sender's own name for this delivery, for asking them about it
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    fence: Mapped[int] = mapped_column(BigId, default=0)
    error: Mapped[str | None]  # an ErrorKind, or the name of a fault of ours
