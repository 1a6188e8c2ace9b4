"""Delivery exceptions: one open record per subject and rule, with its findings and its history."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db.base import Base, BigId
from portal.db.types import Json, UtcDateTime


class DeliveryException(Base):
    """Trouble with a parcel, an order, a return, or a carrier's feed.

    A feed belongs to the installation, so `shop_id` is empty there; every other subject has one. Scoped like a
    shop's row (see `portal.db.session`): in a shop's scope only that shop's records are visible.
    """

    __tablename__ = "delivery_exceptions"
    __table_args__ = (
        CheckConstraint("subject_kind IN ('shipment', 'order', 'return', 'feed')", name="subject_kind"),
        CheckConstraint("(subject_kind = 'feed') = (shop_id IS NULL)", name="feeds_have_no_shop"),
        CheckConstraint("state IN ('open', 'cleared', 'resolved')", name="state"),
        Index(
            "uq_delivery_exceptions_open",
            "subject_kind",
            "subject_id",
            "rule",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        Index(
            "ix_delivery_exceptions_queue",
            text("is_vip DESC"),
            "due_at",
            text("priority DESC"),
            "id",
            # What views and filters look at: counted, and skipped, without a look at the row.
            "subject_kind",
            "snoozed_until",
            "claimed_by",
            "shop_id",
            "carrier",
            "rule",
            "severity",
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_delivery_exceptions_subject", "subject_kind", "subject_id"),
        Index("ix_delivery_exceptions_order_id", "order_id"),
        Index("ix_delivery_exceptions_customer_id", "customer_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    shop_id: Mapped[int | None] = mapped_column(ForeignKey("shops.id"))
    subject_kind: Mapped[str]
    subject_id: Mapped[str]  # the id of the shipment, order or return as text; the carrier code of a feed
    shipment_id: Mapped[int | None] = mapped_column(ForeignKey("shipments.id"))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"))
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"))
    return_id: Mapped[int | None] = mapped_column(ForeignKey("returns.id"))
    carrier: Mapped[str | None]
    rule: Mapped[str]  # "R08"
    rule_version: Mapped[int]
    severity: Mapped[str]
    state: Mapped[str] = mapped_column(default="open")
    inputs: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)  # of the newest finding
    limits: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)  # the thresholds it was judged by
    message_key: Mapped[str]  # "R08" or "R08.predicted": which words
    cause: Mapped[str]  # the scan or date that brought it about: what staff closed stays closed for the same cause
    since: Mapped[datetime] = mapped_column(UtcDateTime)  # when the condition began
    is_vip: Mapped[bool] = mapped_column(default=False)
    vip_reason: Mapped[dict[str, Any] | None] = mapped_column(Json)
    priority: Mapped[int] = mapped_column(default=0)
    priority_points: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reopened: Mapped[int] = mapped_column(default=0)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_by: Mapped[str | None]  # "scan", "rule R17", "staff"
    outcome: Mapped[str | None]
    claimed_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    claimed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    snoozed_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revision: Mapped[int] = mapped_column(default=1)  # two staff at once: the second sees what the first did


class ExceptionFinding(Base):
    """What a rule said, each time it said something new. Append-only."""

    __tablename__ = "exception_findings"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    exception_id: Mapped[int] = mapped_column(ForeignKey("delivery_exceptions.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    rule_version: Mapped[int]
    severity: Mapped[str]
    inputs: Mapped[dict[str, Any]] = mapped_column(Json)


class ExceptionEvent(Base):
    """History of a case: who did what, from, to, why. Append-only; staff notes live here too."""

    __tablename__ = "exception_events"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    exception_id: Mapped[int] = mapped_column(ForeignKey("delivery_exceptions.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str]  # "rule R08@1", "staff 3", "scan"
    action: Mapped[str]  # opened, escalated, cleared, reopened, claimed, released, noted, snoozed, woken, resolved
    details: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
