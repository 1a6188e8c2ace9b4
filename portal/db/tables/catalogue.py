"""What a shop sells and has in stock, as far as exchanges need it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db.base import Base, BigId, ShopOwned
from portal.db.types import Json, UtcDateTime


class Variant(ShopOwned, Base):
    """One thing that can be sent, such as a jacket in one size. `reserved` of `stock` are promised to somebody."""

    __tablename__ = "variants"
    __table_args__ = (
        UniqueConstraint("shop_id", "id"),
        UniqueConstraint("shop_id", "sku"),
        ForeignKeyConstraint(["shop_id"], ["shops.id"]),
        Index("ix_variants_shop_id_product_ref", "shop_id", "product_ref"),
        CheckConstraint("stock >= 0 AND reserved >= 0 AND reserved <= stock", name="reserved_within_stock"),
        CheckConstraint("price_minor >= 0", name="price_not_negative"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    sku: Mapped[str]
    product_ref: Mapped[str]  # what the variants of one product have in common
    title: Mapped[str]
    variant: Mapped[str | None]
    size_rank: Mapped[int | None]  # the order of sizes: the next larger one is one up
    price_minor: Mapped[int] = mapped_column(BigId)
    stock: Mapped[int] = mapped_column(default=0)
    reserved: Mapped[int] = mapped_column(default=0)
    product_type: Mapped[str | None]
    vendor: Mapped[str | None]
    tags: Mapped[list[str]] = mapped_column(Json, default=list)
    weight_grams: Mapped[int | None]
    active: Mapped[bool] = mapped_column(default=True)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Reservation(ShopOwned, Base):
    """Units of a variant kept for an exchange until `expires_at` (business time)."""

    __tablename__ = "reservations"
    __table_args__ = (
        UniqueConstraint("shop_id", "id"),
        ForeignKeyConstraint(["shop_id", "variant_id"], ["variants.shop_id", "variants.id"]),
        ForeignKeyConstraint(["shop_id", "return_item_id"], ["return_items.shop_id", "return_items.id"]),
        Index(
            "uq_reservations_live",
            "shop_id",
            "return_item_id",
            unique=True,
            sqlite_where=text("state = 'held'"),
            postgresql_where=text("state = 'held'"),
        ),
        Index("ix_reservations_state_expires_at", "state", "expires_at"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("state IN ('held', 'used', 'released')", name="state"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    variant_id: Mapped[int] = mapped_column(BigId)
    return_item_id: Mapped[int] = mapped_column(BigId)
    quantity: Mapped[int]
    state: Mapped[str] = mapped_column(default="held")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
