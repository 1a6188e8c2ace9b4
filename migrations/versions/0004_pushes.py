"""addresses for carriers' pushes, subscriptions, and an inbox that is worked through

Additive first: the code before this revision must go on working on the schema after it (expand, migrate, contract).
The table `inbox` is made anew: no version before this one has written to it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from portal.db.base import BigId
from portal.db.types import Json, UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("shipments", sa.Column("pushed_at", UtcDateTime(), nullable=True))
    _endpoints()
    op.drop_table("inbox")
    _inbox()
    op.create_table(
        "push_orphans",
        sa.Column("inbox_id", BigId, autoincrement=False, nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], name=op.f("fk_push_orphans_inbox_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("inbox_id", "number", name=op.f("pk_push_orphans")),
    )
    op.create_index("ix_push_orphans_number", "push_orphans", ["number"])
    _subscriptions()


def _endpoints() -> None:
    op.create_table(
        "push_endpoints",
        sa.Column("id", BigId, nullable=False),
        sa.Column("carrier", sa.String(), nullable=False),
        sa.Column("shop_id", BigId, nullable=True),
        sa.Column("path_hash", sa.String(), nullable=False),
        sa.Column("proof", sa.String(), nullable=False),
        sa.Column("kid", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("former_until", UtcDateTime(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("good", sa.Integer(), nullable=False),
        sa.Column("last_good_at", UtcDateTime(), nullable=True),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("refused_today", sa.Integer(), nullable=False),
        sa.Column("last_refused_at", UtcDateTime(), nullable=True),
        sa.Column("silent_since", UtcDateTime(), nullable=True),
        sa.Column("handle", sa.String(), nullable=False),
        sa.Column("subscribed_at", UtcDateTime(), nullable=True),
        sa.Column("subscribe_at", UtcDateTime(), nullable=True),
        sa.Column("subscribe_failures", sa.Integer(), nullable=False),
        sa.Column("subscribe_error", sa.String(), nullable=True),
        sa.CheckConstraint("proof IN ('signature', 'credential', 'path')", name=op.f("ck_push_endpoints_proof")),
        sa.CheckConstraint("state IN ('open', 'closed')", name=op.f("ck_push_endpoints_state")),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_push_endpoints_shop_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_endpoints")),
        sa.UniqueConstraint("path_hash", name=op.f("uq_push_endpoints_path_hash")),
    )


def _inbox() -> None:
    op.create_table(
        "inbox",
        sa.Column("id", BigId, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("delivery_id", sa.String(), nullable=False),
        sa.Column("endpoint_id", BigId, nullable=True),
        sa.Column("trusted", sa.Boolean(), nullable=False),
        sa.Column("content_type", sa.String(), nullable=False),
        sa.Column("headers", Json, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("processed_at", UtcDateTime(), nullable=True),
        sa.Column("sender_ref", sa.String(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", UtcDateTime(), nullable=False),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("fence", BigId, nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.CheckConstraint(
            "state IN ('received', 'processed', 'parked', 'failed', 'dropped')", name=op.f("ck_inbox_state")
        ),
        sa.ForeignKeyConstraint(["endpoint_id"], ["push_endpoints.id"], name=op.f("fk_inbox_endpoint_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        sa.UniqueConstraint("source", "delivery_id", name=op.f("uq_inbox_source_delivery_id")),
    )
    op.create_index("ix_inbox_state_received_at", "inbox", ["state", "received_at"])
    received = sa.text("state = 'received'")
    op.create_index(
        "ix_inbox_next_attempt_at", "inbox", ["next_attempt_at"], sqlite_where=received, postgresql_where=received
    )


def _subscriptions() -> None:
    op.create_table(
        "push_subscriptions",
        sa.Column("id", BigId, nullable=False),
        sa.Column("endpoint_id", BigId, nullable=False),
        sa.Column("shipment_id", BigId, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("shop_id", BigId, nullable=False),
        sa.CheckConstraint("state IN ('active', 'refused', 'ended')", name=op.f("ck_push_subscriptions_state")),
        sa.ForeignKeyConstraint(["endpoint_id"], ["push_endpoints.id"], name=op.f("fk_push_subscriptions_endpoint_id")),
        sa.ForeignKeyConstraint(
            ["shop_id", "shipment_id"],
            ["shipments.shop_id", "shipments.id"],
            name=op.f("fk_push_subscriptions_shop_id_shipment_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_subscriptions")),
        sa.UniqueConstraint("endpoint_id", "shipment_id", name=op.f("uq_push_subscriptions_endpoint_id_shipment_id")),
    )
    op.create_index(
        "ix_push_subscriptions_endpoint_id_state_expires_at",
        "push_subscriptions",
        ["endpoint_id", "state", "expires_at"],
    )
    op.create_index("ix_push_subscriptions_shipment_id", "push_subscriptions", ["shipment_id"])


def downgrade() -> None:
    for table in ("push_subscriptions", "push_orphans", "inbox", "push_endpoints"):
        op.drop_table(table)
    op.create_table(
        "inbox",
        sa.Column("id", BigId, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("delivery_id", sa.String(), nullable=False),
        sa.Column("headers", Json, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("processed_at", UtcDateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        sa.UniqueConstraint("source", "delivery_id", name=op.f("uq_inbox_source_delivery_id")),
    )
    op.create_index("ix_inbox_state_received_at", "inbox", ["state", "received_at"])
    op.drop_column("shipments", "pushed_at")
