"""carrier accounts, raw answers, codes that no table knows

Additive first: the code before this revision must go on working on the schema after it (expand, migrate, contract).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from portal.db.base import BigId
from portal.db.types import Json, UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "carrier_account_states",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("carrier", sa.String(), nullable=False),
        sa.Column("mark", sa.String(), nullable=False),
        sa.Column("paused_at", UtcDateTime(), nullable=True),
        sa.Column("paused_reason", sa.String(), nullable=True),
        sa.Column("paused_by", sa.String(), nullable=True),
        sa.Column("next_call_at", UtcDateTime(), nullable=True),
        sa.Column("slowdown", sa.Integer(), nullable=False),
        sa.Column("slowed_at", UtcDateTime(), nullable=True),
        sa.Column("retry_at", UtcDateTime(), nullable=True),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("parcels", sa.Integer(), nullable=False),
        sa.Column("stretch", sa.Double(), nullable=False),
        sa.Column("stretch_urgent", sa.Double(), nullable=False),
        sa.Column("stretched_at", UtcDateTime(), nullable=True),
        sa.Column("open_parcels", sa.Integer(), nullable=False),
        sa.Column("usual_seconds", sa.Integer(), nullable=False),
        sa.Column("stretched_seconds", sa.Integer(), nullable=False),
        sa.Column("breaker", sa.String(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("opens", sa.Integer(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=True),
        sa.Column("probe_at", UtcDateTime(), nullable=True),
        sa.Column("last_ok_at", UtcDateTime(), nullable=True),
        sa.Column("last_failure_at", UtcDateTime(), nullable=True),
        sa.Column("last_failure", sa.String(), nullable=True),
        sa.CheckConstraint(
            "breaker IN ('closed', 'open', 'half_open')", name=op.f("ck_carrier_account_states_breaker")
        ),
        sa.CheckConstraint(
            "(paused_at IS NULL) = (paused_reason IS NULL)", name=op.f("ck_carrier_account_states_a_pause_has_a_reason")
        ),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_carrier_account_states")),
    )
    op.create_table(
        "code_mappings",
        sa.Column("id", BigId, nullable=False),
        sa.Column("carrier", sa.String(), nullable=False),
        sa.Column("raw_code", sa.String(), nullable=False),
        sa.Column("text_key", sa.String(), nullable=False),
        sa.Column("pattern", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("substatus", sa.String(), nullable=True),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("undone_by", sa.String(), nullable=True),
        sa.Column("undone_at", UtcDateTime(), nullable=True),
        sa.Column("pending", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_mappings")),
    )
    with op.batch_alter_table("code_mappings", schema=None) as batch_op:
        batch_op.create_index(
            "uq_code_mappings_in_force",
            ["carrier", "raw_code", "text_key", "pattern"],
            unique=True,
            sqlite_where=sa.text("undone_at IS NULL"),
            postgresql_where=sa.text("undone_at IS NULL"),
        )

    op.create_table(
        "held_batches",
        sa.Column("id", BigId, nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("carrier", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("held_at", UtcDateTime(), nullable=False),
        sa.Column("open_parcels", sa.Integer(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.CheckConstraint("state IN ('held', 'released', 'discarded')", name=op.f("ck_held_batches_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_held_batches")),
    )
    with op.batch_alter_table("held_batches", schema=None) as batch_op:
        batch_op.create_index(
            "uq_held_batches_account",
            ["account"],
            unique=True,
            sqlite_where=sa.text("state = 'held'"),
            postgresql_where=sa.text("state = 'held'"),
        )

    op.create_table(
        "unmapped_codes",
        sa.Column("id", BigId, nullable=False),
        sa.Column("carrier", sa.String(), nullable=False),
        sa.Column("raw_code", sa.String(), nullable=False),
        sa.Column("text_key", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("examples", Json, nullable=False),
        sa.Column("first_seen_at", UtcDateTime(), nullable=False),
        sa.Column("last_seen_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("state IN ('open', 'mapped', 'ignored')", name=op.f("ck_unmapped_codes_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unmapped_codes")),
        sa.UniqueConstraint(
            "carrier", "raw_code", "text_key", name=op.f("uq_unmapped_codes_carrier_raw_code_text_key")
        ),
    )
    op.create_table(
        "carrier_accounts",
        sa.Column("id", BigId, nullable=False),
        sa.Column("shop_id", BigId, nullable=True),
        sa.Column("carrier", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("base_url", sa.String(), nullable=True),
        sa.Column("settings", Json, nullable=False),
        sa.Column("kid", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("calls_per_day", sa.Integer(), nullable=True),
        sa.Column("calls_per_second", sa.Double(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("calls_per_day > 0", name=op.f("ck_carrier_accounts_calls_per_day_positive")),
        sa.CheckConstraint("calls_per_second > 0", name=op.f("ck_carrier_accounts_calls_per_second_positive")),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_carrier_accounts_shop_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carrier_accounts")),
    )
    with op.batch_alter_table("carrier_accounts", schema=None) as batch_op:
        batch_op.create_index(
            "uq_carrier_accounts_carrier",
            ["carrier"],
            unique=True,
            sqlite_where=sa.text("shop_id IS NULL"),
            postgresql_where=sa.text("shop_id IS NULL"),
        )
        batch_op.create_index(
            "uq_carrier_accounts_shop_id_carrier",
            ["shop_id", "carrier"],
            unique=True,
            sqlite_where=sa.text("shop_id IS NOT NULL"),
            postgresql_where=sa.text("shop_id IS NOT NULL"),
        )

    op.create_table(
        "raw_answers",
        sa.Column("id", BigId, nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("adapter", sa.String(), nullable=False),
        sa.Column("carrier", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("kept_for", sa.String(), nullable=False),
        sa.Column("numbers", Json, nullable=False),
        sa.Column("http_status", sa.Integer(), nullable=False),
        sa.Column("content_type", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("truncated", sa.Boolean(), nullable=False),
        sa.Column("hold_id", BigId, nullable=True),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["hold_id"], ["held_batches.id"], name=op.f("fk_raw_answers_hold_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_raw_answers")),
    )
    with op.batch_alter_table("raw_answers", schema=None) as batch_op:
        batch_op.create_index("ix_raw_answers_carrier_received_at", ["carrier", "received_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_raw_answers_hold_id"), ["hold_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_raw_answers_received_at"), ["received_at"], unique=False)

    op.create_table(
        "raw_answer_parcels",
        sa.Column("answer_id", BigId, autoincrement=False, nullable=False),
        sa.Column("shipment_id", BigId, autoincrement=False, nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("shop_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(
            ["answer_id"], ["raw_answers.id"], name=op.f("fk_raw_answer_parcels_answer_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "shipment_id"],
            ["shipments.shop_id", "shipments.id"],
            name=op.f("fk_raw_answer_parcels_shop_id_shipment_id"),
        ),
        sa.PrimaryKeyConstraint("answer_id", "shipment_id", name=op.f("pk_raw_answer_parcels")),
    )
    with op.batch_alter_table("raw_answer_parcels", schema=None) as batch_op:
        batch_op.create_index("ix_raw_answer_parcels_shipment_id", ["shipment_id"], unique=False)

    with op.batch_alter_table("checkpoints", schema=None) as batch_op:
        batch_op.add_column(sa.Column("adapter", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("mapping_id", BigId, nullable=True))
        batch_op.create_index(
            "ix_checkpoints_mapping_id",
            ["mapping_id"],
            unique=False,
            sqlite_where=sa.text("mapping_id IS NOT NULL"),
            postgresql_where=sa.text("mapping_id IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_checkpoints_unmapped",
            ["raw_code"],
            unique=False,
            sqlite_where=sa.text("status IS NULL AND NOT notice"),
            postgresql_where=sa.text("status IS NULL AND NOT notice"),
        )

    with op.batch_alter_table("poll_queue", schema=None) as batch_op:
        batch_op.add_column(sa.Column("every_seconds", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("urgent", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("poll_queue", schema=None) as batch_op:
        batch_op.drop_column("urgent")
        batch_op.drop_column("every_seconds")

    with op.batch_alter_table("checkpoints", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_checkpoints_unmapped",
            sqlite_where=sa.text("status IS NULL AND NOT notice"),
            postgresql_where=sa.text("status IS NULL AND NOT notice"),
        )
        batch_op.drop_index(
            "ix_checkpoints_mapping_id",
            sqlite_where=sa.text("mapping_id IS NOT NULL"),
            postgresql_where=sa.text("mapping_id IS NOT NULL"),
        )
        batch_op.drop_column("mapping_id")
        batch_op.drop_column("adapter")

    with op.batch_alter_table("raw_answer_parcels", schema=None) as batch_op:
        batch_op.drop_index("ix_raw_answer_parcels_shipment_id")

    op.drop_table("raw_answer_parcels")
    with op.batch_alter_table("raw_answers", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_raw_answers_received_at"))
        batch_op.drop_index(batch_op.f("ix_raw_answers_hold_id"))
        batch_op.drop_index("ix_raw_answers_carrier_received_at")

    op.drop_table("raw_answers")
    with op.batch_alter_table("carrier_accounts", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_carrier_accounts_shop_id_carrier",
            sqlite_where=sa.text("shop_id IS NOT NULL"),
            postgresql_where=sa.text("shop_id IS NOT NULL"),
        )
        batch_op.drop_index(
            "uq_carrier_accounts_carrier",
            sqlite_where=sa.text("shop_id IS NULL"),
            postgresql_where=sa.text("shop_id IS NULL"),
        )

    op.drop_table("carrier_accounts")
    op.drop_table("unmapped_codes")
    with op.batch_alter_table("held_batches", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_held_batches_account",
            sqlite_where=sa.text("state = 'held'"),
            postgresql_where=sa.text("state = 'held'"),
        )

    op.drop_table("held_batches")
    with op.batch_alter_table("code_mappings", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_code_mappings_in_force",
            sqlite_where=sa.text("undone_at IS NULL"),
            postgresql_where=sa.text("undone_at IS NULL"),
        )

    op.drop_table("code_mappings")
    op.drop_table("carrier_account_states")
