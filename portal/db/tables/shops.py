"""Shops (tenants, brands) and the versions of their configuration."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db.base import Base, BigId
from portal.db.types import Json, UtcDateTime


class Shop(Base):
    """A shop. Its settings are in the newest `ShopConfigVersion`; here is only what finds it."""

    __tablename__ = "shops"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    host: Mapped[str | None] = mapped_column(unique=True)  # its own host name, when it has one
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    vip_value_floor_minor: Mapped[int | None] = mapped_column(
        BigId
    )  # learnt nightly: the value quantile of customers with 2+ orders
    values_computed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ShopConfigVersion(Base):
    """One version of a shop's settings. Append-only; the newest is in force (house: "Configuration: who wins")."""

    __tablename__ = "shop_config_versions"
    __table_args__ = (UniqueConstraint("shop_id", "version"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"))
    version: Mapped[int]
    source: Mapped[str]  # "file" or "browser"
    document: Mapped[dict[str, Any]] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str]
