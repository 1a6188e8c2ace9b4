"""What belongs to the installation: job slots and heartbeats, carriers' feeds, budgets for look-ups and logins."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db.base import Base, BigId
from portal.db.types import UtcDateTime


class JobSlot(Base):
    """One row a job and slot of time: of many schedulers, the one that inserts it runs the job (reliability: D7)."""

    __tablename__ = "job_slots"

    job: Mapped[str] = mapped_column(primary_key=True)
    slot: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)


class JobHeartbeat(Base):
    """When a job last ran and how it ended. Real time."""

    __tablename__ = "job_heartbeats"

    job: Mapped[str] = mapped_column(primary_key=True)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ok_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error: Mapped[str | None]
    done: Mapped[int] = mapped_column(default=0)  # items handled by the last run


class CarrierFeed(Base):
    """How a carrier's feed is doing, in business time. `window_*` count polls since `window_at`."""

    __tablename__ = "carrier_feeds"

    carrier: Mapped[str] = mapped_column(primary_key=True)
    window_at: Mapped[datetime] = mapped_column(UtcDateTime)
    window_polls: Mapped[int] = mapped_column(default=0)
    window_failures: Mapped[int] = mapped_column(default=0)
    last_ok_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_failure_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_failure: Mapped[str | None]
    good_in_a_row: Mapped[int] = mapped_column(default=0)
    failing_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    down_since: Mapped[datetime | None] = mapped_column(UtcDateTime)


class FeedOutage(Base):
    """A time in which a carrier's feed was down: silence in it says nothing about a parcel."""

    __tablename__ = "feed_outages"
    __table_args__ = (Index("ix_feed_outages_carrier_began_at", "carrier", "began_at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    carrier: Mapped[str]
    began_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Budget(Base):
    """Attempts counted per key and window, shared by all processes. Keys are keyed hashes, never raw addresses."""

    __tablename__ = "budgets"
    __table_args__ = (
        UniqueConstraint("name", "key_hash", "window"),
        Index("ix_budgets_window_ends_at", "window_ends_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str]
    key_hash: Mapped[str]
    window: Mapped[int] = mapped_column(BigId)  # number of the window, real time // length
    window_ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used: Mapped[int] = mapped_column(default=0)
