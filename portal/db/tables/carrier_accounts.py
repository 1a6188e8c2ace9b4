"""Accounts with carriers, and how each of them is doing. Both belong to the installation, never to a shopper's page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db.base import Base, BigId
from portal.db.types import Json, UtcDateTime

_OF_A_SHOP = text("shop_id IS NOT NULL")
_OF_ALL = text("shop_id IS NULL")


class CarrierAccount(Base):
    """A shop's access to a carrier, or the installation's (no shop). What is secret in it is encrypted.

    `sealed` is the credentials as JSON under AES-GCM, bound to this row; `kid` names the key. Real time.
    """

    __tablename__ = "carrier_accounts"
    __table_args__ = (
        Index(
            "uq_carrier_accounts_shop_id_carrier",
            "shop_id",
            "carrier",
            unique=True,
            sqlite_where=_OF_A_SHOP,
            postgresql_where=_OF_A_SHOP,
        ),
        Index("uq_carrier_accounts_carrier", "carrier", unique=True, sqlite_where=_OF_ALL, postgresql_where=_OF_ALL),
        CheckConstraint("calls_per_day > 0", name="calls_per_day_positive"),
        CheckConstraint("calls_per_second > 0", name="calls_per_second_positive"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    shop_id: Mapped[int | None] = mapped_column(ForeignKey("shops.id"))
    carrier: Mapped[str]  # an adapter's code
    name: Mapped[str]  # what staff call it
    base_url: Mapped[str | None]  # instead of the carrier's production address
    settings: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)  # what an adapter needs beside secrets
    kid: Mapped[str]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    calls_per_day: Mapped[int | None]  # the contract's quota; empty: the adapter's
    calls_per_second: Mapped[float | None]  # empty: the adapter's pace
    version: Mapped[int] = mapped_column(default=1)  # goes up when a person changes something, not with a new key
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AccountState(Base):
    """How calls with an account go, shared by all workers. Real time; days are UTC's.

    `account` is the id of a `CarrierAccount` as text, or "env:<code>" for one from the environment.
    """

    __tablename__ = "carrier_account_states"
    __table_args__ = (
        CheckConstraint("breaker IN ('closed', 'open', 'half_open')", name="breaker"),
        CheckConstraint("(paused_at IS NULL) = (paused_reason IS NULL)", name="a_pause_has_a_reason"),
    )

    account: Mapped[str] = mapped_column(primary_key=True)
    carrier: Mapped[str]
    mark: Mapped[str] = mapped_column(default="")  # of the credentials it was paused with: new ones end the pause
    paused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paused_reason: Mapped[str | None]  # auth, staff
    paused_by: Mapped[str | None]
    # pace: calls are taken in blocks; the next block may begin at `next_call_at`
    next_call_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    slowdown: Mapped[int] = mapped_column(default=1)  # the pace is divided by this after "too many requests"
    slowed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    retry_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # the carrier wants no call before this
    # quota
    day: Mapped[str] = mapped_column(default="")  # YYYY-MM-DD that the two counts are of
    calls: Mapped[int] = mapped_column(default=0)
    parcels: Mapped[int] = mapped_column(default=0)
    stretch: Mapped[float] = mapped_column(default=1.0)  # usual intervals are multiplied by this to fit the quota
    stretch_urgent: Mapped[float] = mapped_column(default=1.0)
    stretched_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    open_parcels: Mapped[int] = mapped_column(default=0)  # when the stretch was worked out
    usual_seconds: Mapped[int] = mapped_column(default=0)  # their mean interval before it is stretched
    stretched_seconds: Mapped[int] = mapped_column(default=0)  # and after
    # circuit breaker
    breaker: Mapped[str] = mapped_column(default="closed")
    failures: Mapped[int] = mapped_column(default=0)  # failed calls in a row
    opens: Mapped[int] = mapped_column(default=0)  # times in a row that it opened
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    probe_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # the next single call may be tried from here on
    last_ok_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_failure_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_failure: Mapped[str | None]  # an ErrorKind
