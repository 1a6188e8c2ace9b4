"""Shipments, the poll queue beside them, and the ledger of every date that was ever shown."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db.base import Base, BigId, ShopOwned
from portal.db.types import Json, UtcDateTime


class Shipment(ShopOwned, Base):
    """One parcel, outbound or return. polled, changed and ended are three facts and three columns."""

    __tablename__ = "shipments"
    __table_args__ = (
        UniqueConstraint("shop_id", "id"),
        UniqueConstraint("public_id"),
        UniqueConstraint("shop_id", "carrier", "tracking_number", "order_id"),
        ForeignKeyConstraint(["shop_id", "order_id"], ["orders.shop_id", "orders.id"]),
        ForeignKeyConstraint(["shop_id", "return_id"], ["returns.shop_id", "returns.id"]),
        Index("ix_shipments_shop_id_order_id", "shop_id", "order_id"),
        Index("ix_shipments_tracking_number", "tracking_number"),
        Index(
            "ix_shipments_next_check_at",
            "next_check_at",
            postgresql_where=text("next_check_at IS NOT NULL"),
            sqlite_where=text("next_check_at IS NOT NULL"),
        ),
        CheckConstraint("direction IN ('outbound', 'return')", name="direction"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str]
    order_id: Mapped[int] = mapped_column(BigId)
    return_id: Mapped[int | None] = mapped_column(BigId)
    direction: Mapped[str] = mapped_column(default="outbound")
    carrier: Mapped[str]
    tracking_number: Mapped[str]
    service_level: Mapped[str] = mapped_column(default="standard")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)  # the label, as far as we know
    shipped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    origin_country: Mapped[str | None]
    destination_country: Mapped[str | None]
    destination_postal_code: Mapped[str | None]
    timezone: Mapped[str]  # of the destination, IANA
    promised_on: Mapped[date | None]
    # projection of the checkpoints (`portal.domain.shipments.fold`); can be rebuilt from them at any time
    status: Mapped[str] = mapped_column(default="pending")
    substatus: Mapped[str | None]
    status_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    carrier_status: Mapped[str | None]  # the carrier's own current status, beside the scans
    carrier_substatus: Mapped[str | None]
    carrier_said_as_of: Mapped[datetime | None] = mapped_column(UtcDateTime)  # the newest scan of that answer
    carrier_said_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_scan_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    delivered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    signed_by: Mapped[str | None]
    eta_on: Mapped[date | None]
    eta_earliest: Mapped[str | None]  # ISO 8601 as the carrier gave it
    eta_latest: Mapped[str | None]
    eta_as_of: Mapped[datetime | None] = mapped_column(UtcDateTime)  # the newest scan of the answer that gave it
    eta_said_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when that answer came
    first_eta_on: Mapped[date | None]
    # how the asking goes
    polled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # the last good answer
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)  # the last change of what is shown
    tracking_ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_error: Mapped[str | None]  # an ErrorKind
    last_error_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error_count: Mapped[int] = mapped_column(default=0)
    not_found_count: Mapped[int] = mapped_column(default=0)  # good answers "unknown number", >= 12 h apart
    not_found_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    not_found_last_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    pushed_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime
    )  # the last push about it: then it is asked less often
    next_check_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when silence alone may change the verdict


class ShipmentLine(ShopOwned, Base):
    """Which units of an order travel in which parcel."""

    __tablename__ = "shipment_lines"
    __table_args__ = (
        UniqueConstraint("shop_id", "shipment_id", "order_line_id"),
        ForeignKeyConstraint(["shop_id", "shipment_id"], ["shipments.shop_id", "shipments.id"]),
        ForeignKeyConstraint(["shop_id", "order_line_id"], ["order_lines.shop_id", "order_lines.id"]),
        CheckConstraint("quantity > 0", name="quantity_positive"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    shipment_id: Mapped[int] = mapped_column(BigId)
    order_line_id: Mapped[int] = mapped_column(BigId)
    quantity: Mapped[int]


class PollQueueEntry(ShopOwned, Base):
    """When to ask the carrier next. Narrow, because claims rewrite it all day; gone when tracking has ended.

    `fence` goes up with every claim, and a result is written only under the fence that it was fetched under.
    `lease_until` is real time, `next_poll_at` is business time (they differ only in the demo).
    """

    __tablename__ = "poll_queue"
    __table_args__ = (
        ForeignKeyConstraint(["shop_id", "shipment_id"], ["shipments.shop_id", "shipments.id"]),
        Index("ix_poll_queue_carrier_next_poll_at", "carrier", "next_poll_at"),
    )

    shipment_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    carrier: Mapped[str]
    next_poll_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    fence: Mapped[int] = mapped_column(BigId, default=0)
    claims: Mapped[int] = mapped_column(
        default=0
    )  # since the last finished poll: a parcel that kills workers is parked
    fingerprint: Mapped[str | None]  # of the last answer: the same again changes nothing
    every_seconds: Mapped[int | None]  # the usual wait, before it is stretched to fit a quota; None: not planned yet
    urgent: Mapped[bool] = mapped_column(default=False, server_default=false())  # may use the quota's reserve


class Promise(ShopOwned, Base):
    """The promise ledger: every delivery date that was ever shown, append-only."""

    __tablename__ = "promises"
    __table_args__ = (
        ForeignKeyConstraint(["shop_id", "order_id"], ["orders.shop_id", "orders.id"]),
        ForeignKeyConstraint(["shop_id", "shipment_id"], ["shipments.shop_id", "shipments.id"]),
        Index("ix_promises_shop_id_order_id", "shop_id", "order_id"),
        CheckConstraint("kind IN ('promised', 'estimated')", name="kind"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(BigId)
    shipment_id: Mapped[int | None] = mapped_column(BigId)
    kind: Mapped[str]  # promised: the shop's word; estimated: the carrier's (or ours)
    date: Mapped[date]
    earliest: Mapped[str | None]
    latest: Mapped[str | None]
    source: Mapped[str]  # shop, carrier
    reason: Mapped[str | None]
    shown: Mapped[list[str]] = mapped_column(Json, default=list)  # where it can be seen: page, mail
    inputs: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
