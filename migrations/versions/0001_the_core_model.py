"""the core model

Additive first: the code before this revision must go on working on the schema after it (expand, migrate, contract).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from portal.db.base import BigId
from portal.db.types import Json, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", BigId, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("shop_id", BigId, nullable=True),
        sa.Column("details", Json, nullable=False),
        sa.Column("previous", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
        sa.UniqueConstraint("digest", name=op.f("uq_audit_digest")),
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index("ix_audit_shop_id_at", ["shop_id", "at"], unique=False)

    op.create_table(
        "budgets",
        sa.Column("id", BigId, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("key_hash", sa.String(), nullable=False),
        sa.Column("window", BigId, nullable=False),
        sa.Column("window_ends_at", UtcDateTime(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budgets")),
        sa.UniqueConstraint("name", "key_hash", "window", name=op.f("uq_budgets_name_key_hash_window")),
    )
    with op.batch_alter_table("budgets", schema=None) as batch_op:
        batch_op.create_index("ix_budgets_window_ends_at", ["window_ends_at"], unique=False)

    op.create_table(
        "carrier_feeds",
        sa.Column("carrier", sa.String(), nullable=False),
        sa.Column("window_at", UtcDateTime(), nullable=False),
        sa.Column("window_polls", sa.Integer(), nullable=False),
        sa.Column("window_failures", sa.Integer(), nullable=False),
        sa.Column("last_ok_at", UtcDateTime(), nullable=True),
        sa.Column("last_failure_at", UtcDateTime(), nullable=True),
        sa.Column("last_failure", sa.String(), nullable=True),
        sa.Column("good_in_a_row", sa.Integer(), nullable=False),
        sa.Column("failing_since", UtcDateTime(), nullable=True),
        sa.Column("down_since", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("carrier", name=op.f("pk_carrier_feeds")),
    )
    op.create_table(
        "feed_outages",
        sa.Column("id", BigId, nullable=False),
        sa.Column("carrier", sa.String(), nullable=False),
        sa.Column("began_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_outages")),
    )
    with op.batch_alter_table("feed_outages", schema=None) as batch_op:
        batch_op.create_index("ix_feed_outages_carrier_began_at", ["carrier", "began_at"], unique=False)

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
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.create_index("ix_inbox_state_received_at", ["state", "received_at"], unique=False)

    op.create_table(
        "job_heartbeats",
        sa.Column("job", sa.String(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("ok_at", UtcDateTime(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("job", name=op.f("pk_job_heartbeats")),
    )
    op.create_table(
        "job_slots",
        sa.Column("job", sa.String(), nullable=False),
        sa.Column("slot", BigId, autoincrement=False, nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("job", "slot", name=op.f("pk_job_slots")),
    )
    op.create_table(
        "shops",
        sa.Column("id", BigId, nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("host", sa.String(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("vip_value_floor_minor", BigId, nullable=True),
        sa.Column("values_computed_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shops")),
        sa.UniqueConstraint("host", name=op.f("uq_shops_host")),
        sa.UniqueConstraint("slug", name=op.f("uq_shops_slug")),
    )
    op.create_table(
        "staff",
        sa.Column("id", BigId, nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("session_version", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("locale", sa.String(), nullable=True),
        sa.Column("timezone", sa.String(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_login_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("role IN ('agent', 'admin')", name=op.f("ck_staff_role")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("email", name=op.f("uq_staff_email")),
    )
    op.create_table(
        "customers",
        sa.Column("id", BigId, nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("locale", sa.String(), nullable=True),
        sa.Column("tags", Json, nullable=False),
        sa.Column("loyalty_tier", sa.String(), nullable=True),
        sa.Column("pinned_vip", sa.Boolean(), nullable=False),
        sa.Column("orders_count", sa.Integer(), nullable=False),
        sa.Column("orders_12m", sa.Integer(), nullable=False),
        sa.Column("ltv_minor", BigId, nullable=False),
        sa.Column("first_order_at", UtcDateTime(), nullable=True),
        sa.Column("last_order_at", UtcDateTime(), nullable=True),
        sa.Column("is_vip", sa.Boolean(), nullable=False),
        sa.Column("vip_reason", Json, nullable=True),
        sa.Column("vip_since", UtcDateTime(), nullable=True),
        sa.Column("shop_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_customers_shop_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers")),
        sa.UniqueConstraint("shop_id", "external_id", name=op.f("uq_customers_shop_id_external_id")),
        sa.UniqueConstraint("shop_id", "id", name=op.f("uq_customers_shop_id_id")),
    )
    with op.batch_alter_table("customers", schema=None) as batch_op:
        batch_op.create_index("ix_customers_shop_id_email", ["shop_id", "email"], unique=False)

    op.create_table(
        "effects",
        sa.Column("id", BigId, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("amount_minor", BigId, nullable=True),
        sa.Column("currency", sa.String(), nullable=True),
        sa.Column("request", Json, nullable=False),
        sa.Column("result", Json, nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("intended_at", UtcDateTime(), nullable=False),
        sa.Column("submitted_at", UtcDateTime(), nullable=True),
        sa.Column("settle_at", UtcDateTime(), nullable=True),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.Column("next_attempt_at", UtcDateTime(), nullable=True),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("fence", BigId, nullable=False),
        sa.Column("shop_id", BigId, nullable=False),
        sa.CheckConstraint(
            "state IN ('intended', 'submitted', 'succeeded', 'rejected', 'unknown', 'manual', 'voided')",
            name=op.f("ck_effects_state"),
        ),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_effects_shop_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_effects")),
        sa.UniqueConstraint("key", name=op.f("uq_effects_key")),
        sa.UniqueConstraint("shop_id", "id", name=op.f("uq_effects_shop_id_id")),
    )
    with op.batch_alter_table("effects", schema=None) as batch_op:
        batch_op.create_index("ix_effects_state_next_attempt_at", ["state", "next_attempt_at"], unique=False)
        batch_op.create_index(
            "uq_effects_live",
            ["shop_id", "kind", "subject", "purpose", "generation"],
            unique=True,
            sqlite_where=sa.text("state NOT IN ('rejected', 'voided')"),
            postgresql_where=sa.text("state NOT IN ('rejected', 'voided')"),
        )

    op.create_table(
        "idempotency_keys",
        sa.Column("id", BigId, nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("route", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("request_hash", sa.String(), nullable=False),
        sa.Column("result", Json, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("shop_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_idempotency_keys_shop_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotency_keys")),
        sa.UniqueConstraint(
            "shop_id", "actor", "route", "key", name=op.f("uq_idempotency_keys_shop_id_actor_route_key")
        ),
    )
    op.create_table(
        "outbox",
        sa.Column("id", BigId, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("audience", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("locale", sa.String(), nullable=False),
        sa.Column("payload", Json, nullable=False),
        sa.Column("subject", sa.String(), nullable=True),
        sa.Column("order_id", BigId, nullable=True),
        sa.Column("shipment_id", BigId, nullable=True),
        sa.Column("return_id", BigId, nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("unsure", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", UtcDateTime(), nullable=False),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("fence", BigId, nullable=False),
        sa.Column("useful_until", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("last_error", sa.String(), nullable=True),
        sa.Column("shop_id", BigId, nullable=False),
        sa.CheckConstraint(
            "state IN ('queued', 'sending', 'sent', 'ambiguous', 'suppressed', 'parked')", name=op.f("ck_outbox_state")
        ),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_outbox_shop_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("shop_id", "key", name=op.f("uq_outbox_shop_id_key")),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index("ix_outbox_shop_id_order_id", ["shop_id", "order_id"], unique=False)
        batch_op.create_index("ix_outbox_state_next_attempt_at", ["state", "next_attempt_at"], unique=False)

    op.create_table(
        "shop_config_versions",
        sa.Column("id", BigId, nullable=False),
        sa.Column("shop_id", BigId, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("document", Json, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_shop_config_versions_shop_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop_config_versions")),
        sa.UniqueConstraint("shop_id", "version", name=op.f("uq_shop_config_versions_shop_id_version")),
    )
    op.create_table(
        "staff_sessions",
        sa.Column("id", BigId, nullable=False),
        sa.Column("staff_id", BigId, nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_staff_sessions_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_staff_sessions_token_hash")),
    )
    with op.batch_alter_table("staff_sessions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_staff_sessions_staff_id"), ["staff_id"], unique=False)

    op.create_table(
        "orders",
        sa.Column("id", BigId, nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("number_key", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("row_hash", sa.String(), nullable=False),
        sa.Column("customer_id", BigId, nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("placed_at", UtcDateTime(), nullable=False),
        sa.Column("approved_at", UtcDateTime(), nullable=True),
        sa.Column("handed_over_at", UtcDateTime(), nullable=True),
        sa.Column("delivered_at", UtcDateTime(), nullable=True),
        sa.Column("promised_at", UtcDateTime(), nullable=True),
        sa.Column("promised_on", sa.Date(), nullable=True),
        sa.Column("timezone", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("total_minor", BigId, nullable=False),
        sa.Column("shipping_minor", BigId, nullable=False),
        sa.Column("refunded_minor", BigId, nullable=False),
        sa.Column("credited_minor", BigId, nullable=False),
        sa.Column("service_level", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("phone_last4", sa.String(), nullable=True),
        sa.Column("locale", sa.String(), nullable=True),
        sa.Column("ship_name", sa.String(), nullable=True),
        sa.Column("ship_line1", sa.String(), nullable=True),
        sa.Column("ship_line2", sa.String(), nullable=True),
        sa.Column("ship_city", sa.String(), nullable=True),
        sa.Column("ship_region", sa.String(), nullable=True),
        sa.Column("ship_postal_code", sa.String(), nullable=True),
        sa.Column("ship_country", sa.String(), nullable=True),
        sa.Column("is_history", sa.Boolean(), nullable=False),
        sa.Column("version", BigId, nullable=False),
        sa.Column("contacted_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("shop_id", BigId, nullable=False),
        sa.CheckConstraint(
            "refunded_minor + credited_minor <= total_minor", name=op.f("ck_orders_money_back_within_total")
        ),
        sa.CheckConstraint("refunded_minor >= 0 AND credited_minor >= 0", name=op.f("ck_orders_money_not_negative")),
        sa.ForeignKeyConstraint(
            ["shop_id", "customer_id"],
            ["customers.shop_id", "customers.id"],
            name=op.f("fk_orders_shop_id_customer_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("public_id", name=op.f("uq_orders_public_id")),
        sa.UniqueConstraint("shop_id", "id", name=op.f("uq_orders_shop_id_id")),
        sa.UniqueConstraint("shop_id", "number", name=op.f("uq_orders_shop_id_number")),
    )
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_orders_number_key"), ["number_key"], unique=False)
        batch_op.create_index("ix_orders_shop_id_customer_id", ["shop_id", "customer_id"], unique=False)
        batch_op.create_index("ix_orders_shop_id_email", ["shop_id", "email"], unique=False)
        batch_op.create_index("ix_orders_shop_id_placed_at", ["shop_id", "placed_at"], unique=False)

    op.create_table(
        "access_codes",
        sa.Column("id", BigId, nullable=False),
        sa.Column("order_id", BigId, nullable=False),
        sa.Column("browser", sa.String(), nullable=False),
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.Column("shop_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id", "order_id"], ["orders.shop_id", "orders.id"], name=op.f("fk_access_codes_shop_id_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_codes")),
    )
    with op.batch_alter_table("access_codes", schema=None) as batch_op:
        batch_op.create_index("ix_access_codes_shop_id_order_id", ["shop_id", "order_id"], unique=False)

    op.create_table(
        "link_tokens",
        sa.Column("id", BigId, nullable=False),
        sa.Column("order_id", BigId, nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.Column("shop_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id", "order_id"], ["orders.shop_id", "orders.id"], name=op.f("fk_link_tokens_shop_id_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_link_tokens_token_hash")),
    )
    with op.batch_alter_table("link_tokens", schema=None) as batch_op:
        batch_op.create_index("ix_link_tokens_shop_id_order_id", ["shop_id", "order_id"], unique=False)

    op.create_table(
        "order_lines",
        sa.Column("id", BigId, nullable=False),
        sa.Column("order_id", BigId, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("variant", sa.String(), nullable=True),
        sa.Column("product_type", sa.String(), nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_price_minor", BigId, nullable=False),
        sa.Column("final_sale", sa.Boolean(), nullable=False),
        sa.Column("weight_grams", sa.Integer(), nullable=True),
        sa.Column("units_returning", sa.Integer(), nullable=False),
        sa.Column("shop_id", BigId, nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_order_lines_quantity_positive")),
        sa.CheckConstraint(
            "units_returning >= 0 AND units_returning <= quantity",
            name=op.f("ck_order_lines_returning_within_quantity"),
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "order_id"], ["orders.shop_id", "orders.id"], name=op.f("fk_order_lines_shop_id_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_lines")),
        sa.UniqueConstraint("shop_id", "id", name=op.f("uq_order_lines_shop_id_id")),
        sa.UniqueConstraint("shop_id", "order_id", "position", name=op.f("uq_order_lines_shop_id_order_id_position")),
    )
    op.create_table(
        "returns",
        sa.Column("id", BigId, nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("rma", sa.String(), nullable=False),
        sa.Column("order_id", BigId, nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("parcel", sa.String(), nullable=False),
        sa.Column("money", sa.String(), nullable=False),
        sa.Column("filed_by", sa.String(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("resolution", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("goods_minor", BigId, nullable=False),
        sa.Column("fee_minor", BigId, nullable=False),
        sa.Column("bonus_minor", BigId, nullable=False),
        sa.Column("due_minor", BigId, nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column(
            "decision_record",
            Json,
            nullable=False,
        ),
        sa.Column("send_back_by", sa.Date(), nullable=False),
        sa.Column("submitted_at", UtcDateTime(), nullable=False),
        sa.Column("approved_at", UtcDateTime(), nullable=True),
        sa.Column("received_at", UtcDateTime(), nullable=True),
        sa.Column("money_at", UtcDateTime(), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("credit_code", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("shop_id", BigId, nullable=False),
        sa.CheckConstraint(
            "due_minor = goods_minor - fee_minor + bonus_minor AND due_minor >= 0", name=op.f("ck_returns_sum")
        ),
        sa.CheckConstraint(
            "goods_minor >= 0 AND fee_minor >= 0 AND bonus_minor >= 0", name=op.f("ck_returns_money_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "order_id"], ["orders.shop_id", "orders.id"], name=op.f("fk_returns_shop_id_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_returns")),
        sa.UniqueConstraint("public_id", name=op.f("uq_returns_public_id")),
        sa.UniqueConstraint("shop_id", "id", name=op.f("uq_returns_shop_id_id")),
        sa.UniqueConstraint("shop_id", "rma", name=op.f("uq_returns_shop_id_rma")),
    )
    with op.batch_alter_table("returns", schema=None) as batch_op:
        batch_op.create_index("ix_returns_decision_submitted_at", ["decision", "submitted_at"], unique=False)
        batch_op.create_index("ix_returns_shop_id_order_id", ["shop_id", "order_id"], unique=False)

    op.create_table(
        "labels",
        sa.Column("id", BigId, nullable=False),
        sa.Column("return_id", BigId, nullable=False),
        sa.Column("effect_id", BigId, nullable=False),
        sa.Column("carrier", sa.String(), nullable=False),
        sa.Column("tracking_number", sa.String(), nullable=False),
        sa.Column("pdf", sa.LargeBinary(), nullable=True),
        sa.Column("qr_png", sa.LargeBinary(), nullable=True),
        sa.Column("cost_minor", BigId, nullable=True),
        sa.Column("currency", sa.String(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("voided_at", UtcDateTime(), nullable=True),
        sa.Column("shop_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id", "return_id"], ["returns.shop_id", "returns.id"], name=op.f("fk_labels_shop_id_return_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_labels")),
        sa.UniqueConstraint("shop_id", "id", name=op.f("uq_labels_shop_id_id")),
    )
    with op.batch_alter_table("labels", schema=None) as batch_op:
        batch_op.create_index(
            "uq_labels_live",
            ["shop_id", "return_id"],
            unique=True,
            sqlite_where=sa.text("voided_at IS NULL"),
            postgresql_where=sa.text("voided_at IS NULL"),
        )

    op.create_table(
        "return_events",
        sa.Column("id", BigId, nullable=False),
        sa.Column("return_id", BigId, nullable=False),
        sa.Column("machine", sa.String(), nullable=False),
        sa.Column("from_state", sa.String(), nullable=False),
        sa.Column("to_state", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("shop_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id", "return_id"], ["returns.shop_id", "returns.id"], name=op.f("fk_return_events_shop_id_return_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_events")),
    )
    with op.batch_alter_table("return_events", schema=None) as batch_op:
        batch_op.create_index("ix_return_events_shop_id_return_id", ["shop_id", "return_id"], unique=False)

    op.create_table(
        "return_items",
        sa.Column("id", BigId, nullable=False),
        sa.Column("return_id", BigId, nullable=False),
        sa.Column("order_line_id", BigId, nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("comment", sa.String(), nullable=True),
        sa.Column("unit_refund_minor", BigId, nullable=False),
        sa.Column("shop_id", BigId, nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_return_items_quantity_positive")),
        sa.ForeignKeyConstraint(
            ["shop_id", "order_line_id"],
            ["order_lines.shop_id", "order_lines.id"],
            name=op.f("fk_return_items_shop_id_order_line_id"),
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "return_id"], ["returns.shop_id", "returns.id"], name=op.f("fk_return_items_shop_id_return_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_items")),
        sa.UniqueConstraint("shop_id", "id", name=op.f("uq_return_items_shop_id_id")),
        sa.UniqueConstraint(
            "shop_id", "return_id", "order_line_id", name=op.f("uq_return_items_shop_id_return_id_order_line_id")
        ),
    )
    op.create_table(
        "shipments",
        sa.Column("id", BigId, nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("order_id", BigId, nullable=False),
        sa.Column("return_id", BigId, nullable=True),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("carrier", sa.String(), nullable=False),
        sa.Column("tracking_number", sa.String(), nullable=False),
        sa.Column("service_level", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("shipped_at", UtcDateTime(), nullable=True),
        sa.Column("origin_country", sa.String(), nullable=True),
        sa.Column("destination_country", sa.String(), nullable=True),
        sa.Column("destination_postal_code", sa.String(), nullable=True),
        sa.Column("timezone", sa.String(), nullable=False),
        sa.Column("promised_on", sa.Date(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("substatus", sa.String(), nullable=True),
        sa.Column("status_at", UtcDateTime(), nullable=True),
        sa.Column("carrier_status", sa.String(), nullable=True),
        sa.Column("carrier_substatus", sa.String(), nullable=True),
        sa.Column("carrier_said_as_of", UtcDateTime(), nullable=True),
        sa.Column("carrier_said_at", UtcDateTime(), nullable=True),
        sa.Column("last_scan_at", UtcDateTime(), nullable=True),
        sa.Column("delivered_at", UtcDateTime(), nullable=True),
        sa.Column("signed_by", sa.String(), nullable=True),
        sa.Column("eta_on", sa.Date(), nullable=True),
        sa.Column("eta_earliest", sa.String(), nullable=True),
        sa.Column("eta_latest", sa.String(), nullable=True),
        sa.Column("first_eta_on", sa.Date(), nullable=True),
        sa.Column("polled_at", UtcDateTime(), nullable=True),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("tracking_ended_at", UtcDateTime(), nullable=True),
        sa.Column("last_error", sa.String(), nullable=True),
        sa.Column("last_error_at", UtcDateTime(), nullable=True),
        sa.Column("error_count", sa.Integer(), nullable=False),
        sa.Column("not_found_count", sa.Integer(), nullable=False),
        sa.Column("not_found_since", UtcDateTime(), nullable=True),
        sa.Column("not_found_last_at", UtcDateTime(), nullable=True),
        sa.Column("next_check_at", UtcDateTime(), nullable=True),
        sa.Column("shop_id", BigId, nullable=False),
        sa.CheckConstraint("direction IN ('outbound', 'return')", name=op.f("ck_shipments_direction")),
        sa.ForeignKeyConstraint(
            ["shop_id", "order_id"], ["orders.shop_id", "orders.id"], name=op.f("fk_shipments_shop_id_order_id")
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "return_id"], ["returns.shop_id", "returns.id"], name=op.f("fk_shipments_shop_id_return_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipments")),
        sa.UniqueConstraint("public_id", name=op.f("uq_shipments_public_id")),
        sa.UniqueConstraint(
            "shop_id",
            "carrier",
            "tracking_number",
            "order_id",
            name=op.f("uq_shipments_shop_id_carrier_tracking_number_order_id"),
        ),
        sa.UniqueConstraint("shop_id", "id", name=op.f("uq_shipments_shop_id_id")),
    )
    with op.batch_alter_table("shipments", schema=None) as batch_op:
        batch_op.create_index(
            "ix_shipments_next_check_at",
            ["next_check_at"],
            unique=False,
            postgresql_where=sa.text("next_check_at IS NOT NULL"),
            sqlite_where=sa.text("next_check_at IS NOT NULL"),
        )
        batch_op.create_index("ix_shipments_shop_id_order_id", ["shop_id", "order_id"], unique=False)
        batch_op.create_index("ix_shipments_tracking_number", ["tracking_number"], unique=False)

    op.create_table(
        "checkpoints",
        sa.Column("id", BigId, nullable=False),
        sa.Column("shipment_id", BigId, nullable=False),
        sa.Column("identity", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("local_time", sa.String(), nullable=True),
        sa.Column("offset_known", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(), nullable=True),
        sa.Column("substatus", sa.String(), nullable=True),
        sa.Column("raw_code", sa.String(), nullable=True),
        sa.Column("raw_text", sa.String(), nullable=True),
        sa.Column("city", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=True),
        sa.Column("postal_code", sa.String(), nullable=True),
        sa.Column("country", sa.String(), nullable=True),
        sa.Column("body", Json, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("quarantined", sa.Boolean(), nullable=False),
        sa.Column("notice", sa.Boolean(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("shop_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id", "shipment_id"],
            ["shipments.shop_id", "shipments.id"],
            name=op.f("fk_checkpoints_shop_id_shipment_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checkpoints")),
        sa.UniqueConstraint("shipment_id", "identity", name=op.f("uq_checkpoints_shipment_id_identity")),
    )
    op.create_table(
        "delivery_exceptions",
        sa.Column("id", BigId, nullable=False),
        sa.Column("shop_id", BigId, nullable=True),
        sa.Column("subject_kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("shipment_id", BigId, nullable=True),
        sa.Column("order_id", BigId, nullable=True),
        sa.Column("customer_id", BigId, nullable=True),
        sa.Column("return_id", BigId, nullable=True),
        sa.Column("carrier", sa.String(), nullable=True),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("inputs", Json, nullable=False),
        sa.Column("limits", Json, nullable=False),
        sa.Column("message_key", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("is_vip", sa.Boolean(), nullable=False),
        sa.Column("vip_reason", Json, nullable=True),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column(
            "priority_points",
            Json,
            nullable=False,
        ),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("reopened", sa.Integer(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("closed_by", sa.String(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("claimed_by", BigId, nullable=True),
        sa.Column("claimed_at", UtcDateTime(), nullable=True),
        sa.Column("snoozed_until", UtcDateTime(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(subject_kind = 'feed') = (shop_id IS NULL)", name=op.f("ck_delivery_exceptions_feeds_have_no_shop")
        ),
        sa.CheckConstraint("state IN ('open', 'cleared', 'resolved')", name=op.f("ck_delivery_exceptions_state")),
        sa.CheckConstraint(
            "subject_kind IN ('shipment', 'order', 'return', 'feed')", name=op.f("ck_delivery_exceptions_subject_kind")
        ),
        sa.ForeignKeyConstraint(["claimed_by"], ["staff.id"], name=op.f("fk_delivery_exceptions_claimed_by")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_delivery_exceptions_customer_id")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_delivery_exceptions_order_id")),
        sa.ForeignKeyConstraint(["return_id"], ["returns.id"], name=op.f("fk_delivery_exceptions_return_id")),
        sa.ForeignKeyConstraint(["shipment_id"], ["shipments.id"], name=op.f("fk_delivery_exceptions_shipment_id")),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_delivery_exceptions_shop_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_exceptions")),
    )
    with op.batch_alter_table("delivery_exceptions", schema=None) as batch_op:
        batch_op.create_index("ix_delivery_exceptions_customer_id", ["customer_id"], unique=False)
        batch_op.create_index("ix_delivery_exceptions_order_id", ["order_id"], unique=False)
        batch_op.create_index("ix_delivery_exceptions_subject", ["subject_kind", "subject_id"], unique=False)
        batch_op.create_index(
            "uq_delivery_exceptions_open",
            ["subject_kind", "subject_id", "rule"],
            unique=True,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )

    op.create_table(
        "poll_queue",
        sa.Column("shipment_id", BigId, autoincrement=False, nullable=False),
        sa.Column("carrier", sa.String(), nullable=False),
        sa.Column("next_poll_at", UtcDateTime(), nullable=False),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("fence", BigId, nullable=False),
        sa.Column("claims", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=True),
        sa.Column("shop_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id", "shipment_id"],
            ["shipments.shop_id", "shipments.id"],
            name=op.f("fk_poll_queue_shop_id_shipment_id"),
        ),
        sa.PrimaryKeyConstraint("shipment_id", name=op.f("pk_poll_queue")),
    )
    with op.batch_alter_table("poll_queue", schema=None) as batch_op:
        batch_op.create_index("ix_poll_queue_carrier_next_poll_at", ["carrier", "next_poll_at"], unique=False)

    op.create_table(
        "promises",
        sa.Column("id", BigId, nullable=False),
        sa.Column("order_id", BigId, nullable=False),
        sa.Column("shipment_id", BigId, nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("earliest", sa.String(), nullable=True),
        sa.Column("latest", sa.String(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("shown", Json, nullable=False),
        sa.Column("inputs", Json, nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("shop_id", BigId, nullable=False),
        sa.CheckConstraint("kind IN ('promised', 'estimated')", name=op.f("ck_promises_kind")),
        sa.ForeignKeyConstraint(
            ["shop_id", "order_id"], ["orders.shop_id", "orders.id"], name=op.f("fk_promises_shop_id_order_id")
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "shipment_id"],
            ["shipments.shop_id", "shipments.id"],
            name=op.f("fk_promises_shop_id_shipment_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promises")),
    )
    with op.batch_alter_table("promises", schema=None) as batch_op:
        batch_op.create_index("ix_promises_shop_id_order_id", ["shop_id", "order_id"], unique=False)

    op.create_table(
        "return_item_entries",
        sa.Column("id", BigId, nullable=False),
        sa.Column("return_item_id", BigId, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("shop_id", BigId, nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_return_item_entries_quantity_positive")),
        sa.ForeignKeyConstraint(
            ["shop_id", "return_item_id"],
            ["return_items.shop_id", "return_items.id"],
            name=op.f("fk_return_item_entries_shop_id_return_item_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_item_entries")),
    )
    with op.batch_alter_table("return_item_entries", schema=None) as batch_op:
        batch_op.create_index(
            "ix_return_item_entries_shop_id_return_item_id", ["shop_id", "return_item_id"], unique=False
        )

    op.create_table(
        "shipment_lines",
        sa.Column("id", BigId, nullable=False),
        sa.Column("shipment_id", BigId, nullable=False),
        sa.Column("order_line_id", BigId, nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("shop_id", BigId, nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_shipment_lines_quantity_positive")),
        sa.ForeignKeyConstraint(
            ["shop_id", "order_line_id"],
            ["order_lines.shop_id", "order_lines.id"],
            name=op.f("fk_shipment_lines_shop_id_order_line_id"),
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "shipment_id"],
            ["shipments.shop_id", "shipments.id"],
            name=op.f("fk_shipment_lines_shop_id_shipment_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipment_lines")),
        sa.UniqueConstraint(
            "shop_id", "shipment_id", "order_line_id", name=op.f("uq_shipment_lines_shop_id_shipment_id_order_line_id")
        ),
    )
    op.create_table(
        "exception_events",
        sa.Column("id", BigId, nullable=False),
        sa.Column("exception_id", BigId, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("details", Json, nullable=False),
        sa.ForeignKeyConstraint(
            ["exception_id"], ["delivery_exceptions.id"], name=op.f("fk_exception_events_exception_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exception_events")),
    )
    with op.batch_alter_table("exception_events", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_exception_events_exception_id"), ["exception_id"], unique=False)

    op.create_table(
        "exception_findings",
        sa.Column("id", BigId, nullable=False),
        sa.Column("exception_id", BigId, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("inputs", Json, nullable=False),
        sa.ForeignKeyConstraint(
            ["exception_id"], ["delivery_exceptions.id"], name=op.f("fk_exception_findings_exception_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exception_findings")),
    )
    with op.batch_alter_table("exception_findings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_exception_findings_exception_id"), ["exception_id"], unique=False)

    op.create_index(
        "ix_delivery_exceptions_queue",
        "delivery_exceptions",
        [
            sa.text("is_vip DESC"),
            "due_at",
            sa.text("priority DESC"),
            "id",
            "subject_kind",
            "snoozed_until",
            "claimed_by",
            "shop_id",
            "carrier",
            "rule",
            "severity",
        ],
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )


def downgrade() -> None:
    with op.batch_alter_table("exception_findings", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_exception_findings_exception_id"))

    op.drop_table("exception_findings")
    with op.batch_alter_table("exception_events", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_exception_events_exception_id"))

    op.drop_table("exception_events")
    op.drop_table("shipment_lines")
    with op.batch_alter_table("return_item_entries", schema=None) as batch_op:
        batch_op.drop_index("ix_return_item_entries_shop_id_return_item_id")

    op.drop_table("return_item_entries")
    with op.batch_alter_table("promises", schema=None) as batch_op:
        batch_op.drop_index("ix_promises_shop_id_order_id")

    op.drop_table("promises")
    with op.batch_alter_table("poll_queue", schema=None) as batch_op:
        batch_op.drop_index("ix_poll_queue_carrier_next_poll_at")

    op.drop_table("poll_queue")
    with op.batch_alter_table("delivery_exceptions", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_delivery_exceptions_open",
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )
        batch_op.drop_index("ix_delivery_exceptions_subject")
        batch_op.drop_index("ix_delivery_exceptions_order_id")
        batch_op.drop_index("ix_delivery_exceptions_customer_id")

    op.drop_table("delivery_exceptions")
    op.drop_table("checkpoints")
    with op.batch_alter_table("shipments", schema=None) as batch_op:
        batch_op.drop_index("ix_shipments_tracking_number")
        batch_op.drop_index("ix_shipments_shop_id_order_id")
        batch_op.drop_index(
            "ix_shipments_next_check_at",
            postgresql_where=sa.text("next_check_at IS NOT NULL"),
            sqlite_where=sa.text("next_check_at IS NOT NULL"),
        )

    op.drop_table("shipments")
    op.drop_table("return_items")
    with op.batch_alter_table("return_events", schema=None) as batch_op:
        batch_op.drop_index("ix_return_events_shop_id_return_id")

    op.drop_table("return_events")
    with op.batch_alter_table("labels", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_labels_live", sqlite_where=sa.text("voided_at IS NULL"), postgresql_where=sa.text("voided_at IS NULL")
        )

    op.drop_table("labels")
    with op.batch_alter_table("returns", schema=None) as batch_op:
        batch_op.drop_index("ix_returns_shop_id_order_id")
        batch_op.drop_index("ix_returns_decision_submitted_at")

    op.drop_table("returns")
    op.drop_table("order_lines")
    with op.batch_alter_table("link_tokens", schema=None) as batch_op:
        batch_op.drop_index("ix_link_tokens_shop_id_order_id")

    op.drop_table("link_tokens")
    with op.batch_alter_table("access_codes", schema=None) as batch_op:
        batch_op.drop_index("ix_access_codes_shop_id_order_id")

    op.drop_table("access_codes")
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.drop_index("ix_orders_shop_id_placed_at")
        batch_op.drop_index("ix_orders_shop_id_email")
        batch_op.drop_index("ix_orders_shop_id_customer_id")
        batch_op.drop_index(batch_op.f("ix_orders_number_key"))

    op.drop_table("orders")
    with op.batch_alter_table("staff_sessions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_staff_sessions_staff_id"))

    op.drop_table("staff_sessions")
    op.drop_table("shop_config_versions")
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index("ix_outbox_state_next_attempt_at")
        batch_op.drop_index("ix_outbox_shop_id_order_id")

    op.drop_table("outbox")
    op.drop_table("idempotency_keys")
    with op.batch_alter_table("effects", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_effects_live",
            sqlite_where=sa.text("state NOT IN ('rejected', 'voided')"),
            postgresql_where=sa.text("state NOT IN ('rejected', 'voided')"),
        )
        batch_op.drop_index("ix_effects_state_next_attempt_at")

    op.drop_table("effects")
    with op.batch_alter_table("customers", schema=None) as batch_op:
        batch_op.drop_index("ix_customers_shop_id_email")

    op.drop_table("customers")
    op.drop_table("staff")
    op.drop_table("shops")
    op.drop_table("job_slots")
    op.drop_table("job_heartbeats")
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.drop_index("ix_inbox_state_received_at")

    op.drop_table("inbox")
    with op.batch_alter_table("feed_outages", schema=None) as batch_op:
        batch_op.drop_index("ix_feed_outages_carrier_began_at")

    op.drop_table("feed_outages")
    op.drop_table("carrier_feeds")
    with op.batch_alter_table("budgets", schema=None) as batch_op:
        batch_op.drop_index("ix_budgets_window_ends_at")

    op.drop_table("budgets")
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_shop_id_at")

    op.drop_table("audit")
