"""Where carriers send their pushes, what they are asked to push, and pushes about parcels that are not here yet."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db.base import Base, BigId, ShopOwned
from portal.db.types import UtcDateTime


class PushEndpoint(Base):
    """A secret address for one carrier's pushes: those of an account of a shop, or of the installation (no shop).

    `sealed` is JSON under AES-GCM, bound to `path_hash`: the address's secret part, which the carrier is told again with
    each subscription, the secret that proves a push, and the former one, which counts until `former_until`. Business
    time, but for `subscribe_at` and `former_until`. A closed address is kept: what came to it names it.
    """

    __tablename__ = "push_endpoints"
    __table_args__ = (
        CheckConstraint("proof IN ('signature', 'credential', 'path')", name="proof"),
        CheckConstraint("state IN ('open', 'closed')", name="state"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    carrier: Mapped[str]  # an adapter's code
    shop_id: Mapped[int | None] = mapped_column(ForeignKey("shops.id"))
    path_hash: Mapped[str] = mapped_column(unique=True)
    proof: Mapped[str]
    kid: Mapped[str]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    former_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(default="open")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # what came
    good: Mapped[int] = mapped_column(default=0)  # pushes taken in, each once
    last_good_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    refused: Mapped[int] = mapped_column(default=0)  # for want of a proof
    refused_today: Mapped[int] = mapped_column(default=0)
    last_refused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    silent_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # asking for pushes
    handle: Mapped[str] = mapped_column(default="")  # the carrier's own name for a subscription of the whole account
    subscribed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    subscribe_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # not before; after failures, later and later
    subscribe_failures: Mapped[int] = mapped_column(default=0)
    subscribe_error: Mapped[str | None]  # an ErrorKind


class PushSubscription(ShopOwned, Base):
    """A parcel whose number the carrier was asked to push. Business time."""

    __tablename__ = "push_subscriptions"
    __table_args__ = (
        UniqueConstraint("endpoint_id", "shipment_id"),
        ForeignKeyConstraint(["shop_id", "shipment_id"], ["shipments.shop_id", "shipments.id"]),
        Index("ix_push_subscriptions_endpoint_id_state_expires_at", "endpoint_id", "state", "expires_at"),
        Index("ix_push_subscriptions_shipment_id", "shipment_id"),
        CheckConstraint("state IN ('active', 'refused', 'ended')", name="state"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    endpoint_id: Mapped[int] = mapped_column(ForeignKey("push_endpoints.id"))
    shipment_id: Mapped[int] = mapped_column(BigId)
    state: Mapped[str] = mapped_column(default="active")
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)  # or renewed
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # None: it lives until it is ended


class PushOrphan(Base):
    """A number in a parked push that is no parcel's yet: looked for until the order comes, or the push is too old."""

    __tablename__ = "push_orphans"
    __table_args__ = (Index("ix_push_orphans_number", "number"),)

    inbox_id: Mapped[int] = mapped_column(
        ForeignKey("inbox.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    number: Mapped[str] = mapped_column(primary_key=True)
