"""Customers, orders and their lines."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, true
from sqlalchemy.orm import Mapped, mapped_column

from portal.db.base import Base, BigId, ShopOwned
from portal.db.types import Json, UtcDateTime


class Customer(ShopOwned, Base):
    """A person with a history at one shop. Values are in minor units of the shop's currency."""

    __tablename__ = "customers"
    __table_args__ = (
        UniqueConstraint("shop_id", "id"),
        UniqueConstraint("shop_id", "external_id"),
        Index("ix_customers_shop_id_email", "shop_id", "email"),
        ForeignKeyConstraint(["shop_id"], ["shops.id"]),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    external_id: Mapped[str]  # the source's id; the e-mail address in lower case where it has none
    email: Mapped[str | None]  # lower case
    name: Mapped[str | None]
    phone: Mapped[str | None]
    locale: Mapped[str | None]
    tags: Mapped[list[str]] = mapped_column(Json, default=list)
    loyalty_tier: Mapped[str | None]
    pinned_vip: Mapped[bool] = mapped_column(default=False)
    orders_count: Mapped[int] = mapped_column(default=0)
    orders_12m: Mapped[int] = mapped_column(default=0)
    ltv_minor: Mapped[int] = mapped_column(BigId, default=0)  # net paid - refunds - gestures
    first_order_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_order_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    is_vip: Mapped[bool] = mapped_column(default=False)
    vip_reason: Mapped[dict[str, Any] | None] = mapped_column(Json)  # {"key", "inputs"}: replayable
    vip_since: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Order(ShopOwned, Base):
    """An order. `version` goes up in the same transaction as any change a page shows (cache key, ETag)."""

    __tablename__ = "orders"
    __table_args__ = (
        UniqueConstraint("shop_id", "id"),
        UniqueConstraint("shop_id", "number"),
        UniqueConstraint("public_id"),
        ForeignKeyConstraint(["shop_id", "customer_id"], ["customers.shop_id", "customers.id"]),
        Index("ix_orders_shop_id_customer_id", "shop_id", "customer_id"),
        Index("ix_orders_shop_id_email", "shop_id", "email"),
        Index("ix_orders_shop_id_placed_at", "shop_id", "placed_at"),
        CheckConstraint("refunded_minor >= 0 AND credited_minor >= 0", name="money_not_negative"),
        CheckConstraint("refunded_minor + credited_minor <= total_minor", name="money_back_within_total"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str]  # 128 random bits: what addresses carry
    number: Mapped[str]  # what the shopper reads on the confirmation
    number_key: Mapped[str] = mapped_column(index=True)  # the number as it is looked up: letters and digits, upper case
    source: Mapped[str]
    row_hash: Mapped[str]  # of what was imported: the same again changes nothing
    customer_id: Mapped[int] = mapped_column(BigId)
    status: Mapped[str]  # the source's word: open, cancelled, delivered, …
    placed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    handed_over_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    delivered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # the source's word or the last parcel's scan
    promised_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # the promise as a moment, as imported
    promised_on: Mapped[date | None]  # the promised day in the recipient's zone
    timezone: Mapped[str]  # of the recipient, IANA
    currency: Mapped[str]
    total_minor: Mapped[int] = mapped_column(BigId)
    shipping_minor: Mapped[int] = mapped_column(BigId, default=0)
    refunded_minor: Mapped[int] = mapped_column(BigId, default=0)
    credited_minor: Mapped[int] = mapped_column(BigId, default=0)
    discount_minor: Mapped[int] = mapped_column(BigId, default=0, server_default="0")
    tax_minor: Mapped[int] = mapped_column(BigId, default=0, server_default="0")
    tax_included: Mapped[bool] = mapped_column(default=True, server_default=true())  # in the prices of the lines
    discount_codes: Mapped[list[str]] = mapped_column(Json, default=list, server_default="[]")
    tags: Mapped[list[str]] = mapped_column(Json, default=list, server_default="[]")
    external_id: Mapped[str | None]  # the platform's own id, to refund by
    service_level: Mapped[str] = mapped_column(default="standard")  # or "express"
    email: Mapped[str | None]  # lower case; the address on file
    phone: Mapped[str | None]  # as given
    phone_last4: Mapped[str | None]
    locale: Mapped[str | None]
    ship_name: Mapped[str | None]
    ship_line1: Mapped[str | None]
    ship_line2: Mapped[str | None]
    ship_city: Mapped[str | None]
    ship_region: Mapped[str | None]
    ship_postal_code: Mapped[str | None]
    ship_country: Mapped[str | None]  # ISO 3166 alpha-2
    is_history: Mapped[bool] = mapped_column(default=False)  # too old to open cases or send messages
    version: Mapped[int] = mapped_column(BigId, default=1)
    contacted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # the shopper wrote to us
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class OrderLine(ShopOwned, Base):
    """A line. `units_returning` counts the units of open and finished returns: it can never exceed what was bought."""

    __tablename__ = "order_lines"
    __table_args__ = (
        UniqueConstraint("shop_id", "id"),
        UniqueConstraint("shop_id", "order_id", "position"),
        ForeignKeyConstraint(["shop_id", "order_id"], ["orders.shop_id", "orders.id"]),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("units_returning >= 0 AND units_returning <= quantity", name="returning_within_quantity"),
        CheckConstraint(
            "given_back_minor >= 0 AND given_back_minor <= coalesce(paid_minor, 0)", name="given_back_within_paid"
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(BigId)
    position: Mapped[int]  # as in the source, from 1
    sku: Mapped[str]
    title: Mapped[str]
    variant: Mapped[str | None]
    product_type: Mapped[str | None]
    quantity: Mapped[int]
    unit_price_minor: Mapped[int] = mapped_column(BigId)
    final_sale: Mapped[bool] = mapped_column(default=False)
    weight_grams: Mapped[int | None]
    units_returning: Mapped[int] = mapped_column(default=0)
    external_id: Mapped[str | None]  # the platform's own id of the line
    product_ref: Mapped[str | None]  # what its variants have in common
    vendor: Mapped[str | None]
    tags: Mapped[list[str]] = mapped_column(Json, default=list, server_default="[]")
    discount_minor: Mapped[int | None] = mapped_column(BigId)  # of the whole line; None: its share of the order's
    tax_minor: Mapped[int | None] = mapped_column(BigId)  # of the whole line; None: its share of the order's
    paid_minor: Mapped[int | None] = mapped_column(BigId)  # what was paid for the line; None: not worked out yet
    given_back_minor: Mapped[int] = mapped_column(BigId, default=0, server_default="0")  # kept by a trigger
    hs_code: Mapped[str | None]  # for customs
    origin_country: Mapped[str | None]  # ISO 3166 alpha-2
