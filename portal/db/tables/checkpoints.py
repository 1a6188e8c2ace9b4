"""Checkpoints: one row a scan, append-only."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db.base import Base, BigId, ShopOwned
from portal.db.types import Json, UtcDateTime

_UNMAPPED = text("status IS NULL AND NOT notice")
_MAPPED = text("mapping_id IS NOT NULL")


class CheckpointRow(ShopOwned, Base):
    """A scan with everything the carrier said. Only the mapping (status, substatus) may ever be corrected."""

    __tablename__ = "checkpoints"
    __table_args__ = (
        UniqueConstraint("shipment_id", "identity"),
        ForeignKeyConstraint(["shop_id", "shipment_id"], ["shipments.shop_id", "shipments.id"]),
        Index("ix_checkpoints_unmapped", "raw_code", sqlite_where=_UNMAPPED, postgresql_where=_UNMAPPED),
        Index("ix_checkpoints_mapping_id", "mapping_id", sqlite_where=_MAPPED, postgresql_where=_MAPPED),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    shipment_id: Mapped[int] = mapped_column(BigId)
    identity: Mapped[str]  # time + carrier code + place, not wording (`portal.domain.shipments.identity`)
    at: Mapped[datetime] = mapped_column(UtcDateTime)  # the instant; a best reading where offset_known is false
    local_time: Mapped[str | None]  # ISO 8601 as the carrier gave it
    offset_known: Mapped[bool]
    status: Mapped[str | None]  # None: a code that no table knows
    substatus: Mapped[str | None]
    adapter: Mapped[str | None]  # whose codes these are where it is not the parcel's carrier: an aggregator's
    mapping_id: Mapped[int | None] = mapped_column(BigId)  # the `CodeMapping` that a person made, where status is its
    raw_code: Mapped[str | None]
    raw_text: Mapped[str | None]
    city: Mapped[str | None]
    state: Mapped[str | None]
    postal_code: Mapped[str | None]
    country: Mapped[str | None]
    body: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    source: Mapped[str] = mapped_column(default="poll")  # or "push"
    quarantined: Mapped[bool] = mapped_column(default=False)  # older than the parcel: a former holder's number
    notice: Mapped[bool] = mapped_column(default=False)  # a known message that moves nothing
    sequence: Mapped[int] = mapped_column(default=0)  # the carrier's order, for scans of the same moment
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
