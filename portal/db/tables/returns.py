"""Returns: four small machines instead of one long status (field: e.5), and an append-only item ledger."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, LargeBinary, UniqueConstraint, select, text
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, deferred, mapped_column

from portal.db.base import Base, BigId, ShopOwned
from portal.db.types import Json, UtcDateTime


def _customer_of_order(context: DefaultExecutionContext) -> int | None:
    """Whose return it is stands with it, so that a customer's returns are found without their orders."""
    order_id = context.get_current_parameters()["order_id"]  # type: ignore[no-untyped-call]
    orders = Base.metadata.tables["orders"]
    found: int | None = context.connection.scalar(select(orders.c.customer_id).where(orders.c.id == order_id))
    return found


class Return(ShopOwned, Base):
    """A return. `decision`, `parcel`, `money` and `exchange` are machines of `portal.domain.returns.states`; what became
    of the units is in the item ledger below. Sums are in minor units of `currency`. `order_id` is the order it was begun
    from; all its orders are in `return_orders`."""

    __tablename__ = "returns"
    __table_args__ = (
        UniqueConstraint("shop_id", "id"),
        UniqueConstraint("shop_id", "rma"),
        UniqueConstraint("public_id"),
        ForeignKeyConstraint(["shop_id", "order_id"], ["orders.shop_id", "orders.id"]),
        Index("ix_returns_shop_id_order_id", "shop_id", "order_id"),
        Index("ix_returns_decision_submitted_at", "decision", "submitted_at"),
        Index("ix_returns_shop_id_customer_id_submitted_at", "shop_id", "customer_id", "submitted_at"),
        CheckConstraint(
            "goods_minor >= 0 AND shipping_minor >= 0 AND fee_minor >= 0 AND exchange_minor >= 0 AND bonus_minor >= 0",
            name="money_not_negative",
        ),
        CheckConstraint(
            "due_minor = goods_minor + shipping_minor - fee_minor - exchange_minor + bonus_minor AND due_minor >= 0",
            name="sum",
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str]
    rma: Mapped[str]
    order_id: Mapped[int] = mapped_column(BigId)
    customer_id: Mapped[int | None] = mapped_column(BigId, default=_customer_of_order)  # of the order
    decision: Mapped[str]
    parcel: Mapped[str] = mapped_column(default="none")
    money: Mapped[str] = mapped_column(default="none")
    exchange: Mapped[str] = mapped_column(default="none", server_default="none")
    kind: Mapped[str] = mapped_column(default="return", server_default="return")  # return, gift, withdrawal, blind
    filed_by: Mapped[str] = mapped_column(default="shopper")
    method: Mapped[str] = mapped_column(default="label")
    resolution: Mapped[str]  # refund, store_credit, exchange
    fallback: Mapped[str | None]  # refund or store_credit: chosen in advance, for an exchange that sells out
    currency: Mapped[str]
    goods_minor: Mapped[int] = mapped_column(BigId)
    shipping_minor: Mapped[int] = mapped_column(BigId, default=0, server_default="0")  # outbound postage given back
    exchange_minor: Mapped[int] = mapped_column(BigId, default=0, server_default="0")  # worth of what is sent instead
    fee_minor: Mapped[int] = mapped_column(BigId, default=0)
    bonus_minor: Mapped[int] = mapped_column(BigId, default=0)
    due_minor: Mapped[int] = mapped_column(BigId)
    policy_version: Mapped[int]  # the shop_config_versions.version that judged it
    decision_record: Mapped[dict[str, Any]] = mapped_column(Json)  # rules, versions, inputs: replayable
    send_back_by: Mapped[date]
    submitted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    money_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # paid
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # resolved, cancelled, expired
    credit_code: Mapped[str | None]  # store credit, when paid that way
    reject_code: Mapped[str | None]  # why a person said no, as the shopper may read it
    reject_words: Mapped[str | None]  # in that person's words
    flags: Mapped[list[str]] = mapped_column(Json, default=list, server_default="[]")  # what a person should look at
    held_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # money waits for a person since then
    risk: Mapped[dict[str, Any] | None] = mapped_column(Json)  # the score and its points (`domain/returns/risk.py`)
    sender: Mapped[dict[str, Any] | None] = mapped_column(Json)  # who sends it, where that is not the order's recipient
    destination: Mapped[str] = mapped_column(default="", server_default="")  # a named place; empty: the warehouse
    pickup_on: Mapped[date | None]
    store: Mapped[str | None]  # where it is brought to
    refund_by: Mapped[date | None]  # the last day for the money by law (withdrawal)
    requested_by: Mapped[str | None]  # "staff 3": may not approve what needs a second person
    money_asked_by: Mapped[str | None]  # "staff 3": wants a large sum paid, which another person has to agree to
    version: Mapped[int] = mapped_column(default=1)


class ReturnOrder(ShopOwned, Base):
    """An order that a return takes items of, with the version of the settings that judged it."""

    __tablename__ = "return_orders"
    __table_args__ = (
        ForeignKeyConstraint(["shop_id", "return_id"], ["returns.shop_id", "returns.id"]),
        ForeignKeyConstraint(["shop_id", "order_id"], ["orders.shop_id", "orders.id"]),
        Index("ix_return_orders_shop_id_order_id", "shop_id", "order_id"),
    )

    return_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    order_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    policy_version: Mapped[int]


class ReturnItem(ShopOwned, Base):
    """One line of a return. `quantity` is what it takes now: what was requested less what was removed, 0 when all of it
    was taken out. How it came about is in the item ledger."""

    __tablename__ = "return_items"
    __table_args__ = (
        UniqueConstraint("shop_id", "id"),
        UniqueConstraint("shop_id", "return_id", "order_line_id"),
        ForeignKeyConstraint(["shop_id", "return_id"], ["returns.shop_id", "returns.id"]),
        ForeignKeyConstraint(["shop_id", "order_line_id"], ["order_lines.shop_id", "order_lines.id"]),
        CheckConstraint("quantity >= 0", name="quantity_not_negative"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    return_id: Mapped[int] = mapped_column(BigId)
    order_line_id: Mapped[int] = mapped_column(BigId)
    quantity: Mapped[int]
    reason: Mapped[str]
    comment: Mapped[str | None]
    unit_refund_minor: Mapped[int] = mapped_column(BigId)
    sub_reason: Mapped[str | None]
    outcome: Mapped[str] = mapped_column(default="send_back", server_default="send_back")  # or keep, part
    keep_minor: Mapped[int] = mapped_column(BigId, default=0, server_default="0")  # paid for keeping it
    exchange_sku: Mapped[str | None]  # what is sent instead
    exchange_minor: Mapped[int] = mapped_column(BigId, default=0, server_default="0")  # what that counts for


class ReturnItemEntry(ShopOwned, Base):
    """The item ledger: append-only counts (requested, removed, received, not_received, wrong_item, kept, …)."""

    __tablename__ = "return_item_entries"
    __table_args__ = (
        ForeignKeyConstraint(["shop_id", "return_item_id"], ["return_items.shop_id", "return_items.id"]),
        Index("ix_return_item_entries_shop_id_return_item_id", "shop_id", "return_item_id"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    return_item_id: Mapped[int] = mapped_column(BigId)
    kind: Mapped[str]
    quantity: Mapped[int]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str]
    note: Mapped[str | None]
    grade: Mapped[str | None]  # a to d, as inspected
    found_reason: Mapped[str | None]  # what the inspector found, beside what the shopper said


class ReturnEvent(ShopOwned, Base):
    """Each step of a machine: who, when, from, to, why. Append-only."""

    __tablename__ = "return_events"
    __table_args__ = (
        ForeignKeyConstraint(["shop_id", "return_id"], ["returns.shop_id", "returns.id"]),
        Index("ix_return_events_shop_id_return_id", "shop_id", "return_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    return_id: Mapped[int] = mapped_column(BigId)
    machine: Mapped[str]  # decision, parcel, items, money, exchange
    from_state: Mapped[str]
    to_state: Mapped[str]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str]
    why: Mapped[str]


class LabelRow(ShopOwned, Base):
    """A label that was bought, with its documents. At most one live label per return and generation."""

    __tablename__ = "labels"
    __table_args__ = (
        UniqueConstraint("shop_id", "id"),
        ForeignKeyConstraint(["shop_id", "return_id"], ["returns.shop_id", "returns.id"]),
        Index(
            "uq_labels_live",
            "shop_id",
            "return_id",
            unique=True,
            sqlite_where=text("voided_at IS NULL"),
            postgresql_where=text("voided_at IS NULL"),
        ),
        Index("ix_labels_fetch_at", "fetch_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    return_id: Mapped[int] = mapped_column(BigId)
    effect_id: Mapped[int] = mapped_column(BigId)
    carrier: Mapped[str]
    tracking_number: Mapped[str]
    document: Mapped[bytes] = deferred(mapped_column("pdf", LargeBinary))  # in `format`; empty: still to be fetched
    format: Mapped[str] = mapped_column(default="pdf", server_default="pdf")
    qr_png: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    cost_minor: Mapped[int | None] = mapped_column(BigId)
    currency: Mapped[str | None]
    service: Mapped[str | None]
    expires_on: Mapped[date | None]
    handle: Mapped[str] = mapped_column(default="", server_default="")  # the carrier's own name for it
    fetch_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when the missing file is asked for (real time)
    fetch_attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    voided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
