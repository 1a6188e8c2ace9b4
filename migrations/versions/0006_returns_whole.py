"""returns: policies tried, drafts, photos, gifts, withdrawals, exchanges, and a ledger of their money

Additive first: the code before this revision must go on working on the schema after it (expand, migrate, contract).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from portal.db.base import BigId
from portal.db.tables.return_flow import WITHDRAWAL_TRIGGERS
from portal.db.tables.return_money import TRIGGERS
from portal.db.types import Json, UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _more_of_orders()
    _more_of_order_lines()
    _more_of_returns()
    _more_of_return_items()
    _more_of_return_item_entries()
    _policy_trials()
    _variants()
    _gift_codes()
    _return_drafts()
    _return_money_entries()
    _return_orders()
    _return_photos()
    _withdrawals()
    _reservations()
    op.execute(
        "INSERT INTO return_orders (shop_id, return_id, order_id, policy_version) "
        "SELECT shop_id, id, order_id, policy_version FROM returns"
    )
    op.execute("UPDATE returns SET customer_id = (SELECT customer_id FROM orders WHERE orders.id = returns.order_id)")
    dialect = op.get_bind().dialect.name
    for statement in (*TRIGGERS[dialect], *WITHDRAWAL_TRIGGERS[dialect]):
        op.execute(statement)


def _more_of_orders() -> None:
    with op.batch_alter_table("orders") as batch_op:
        batch_op.add_column(sa.Column("discount_minor", BigId, server_default="0", nullable=False))
        batch_op.add_column(sa.Column("tax_minor", BigId, server_default="0", nullable=False))
        batch_op.add_column(sa.Column("tax_included", sa.Boolean(), server_default=sa.true(), nullable=False))
        batch_op.add_column(sa.Column("discount_codes", Json, server_default="[]", nullable=False))
        batch_op.add_column(sa.Column("tags", Json, server_default="[]", nullable=False))
        batch_op.add_column(sa.Column("external_id", sa.String(), nullable=True))


def _more_of_order_lines() -> None:
    with op.batch_alter_table("order_lines") as batch_op:
        batch_op.add_column(sa.Column("external_id", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("product_ref", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("vendor", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("tags", Json, server_default="[]", nullable=False))
        batch_op.add_column(sa.Column("discount_minor", BigId, nullable=True))
        batch_op.add_column(sa.Column("tax_minor", BigId, nullable=True))
        batch_op.add_column(sa.Column("paid_minor", BigId, nullable=True))
        batch_op.add_column(sa.Column("given_back_minor", BigId, server_default="0", nullable=False))
        batch_op.add_column(sa.Column("hs_code", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("origin_country", sa.String(), nullable=True))
        batch_op.create_check_constraint(
            op.f("ck_order_lines_given_back_within_paid"),
            "given_back_minor >= 0 AND given_back_minor <= coalesce(paid_minor, 0)",
        )


def _more_of_returns() -> None:
    with op.batch_alter_table("returns") as batch_op:
        batch_op.add_column(sa.Column("exchange", sa.String(), server_default="none", nullable=False))
        batch_op.add_column(sa.Column("kind", sa.String(), server_default="return", nullable=False))
        batch_op.add_column(sa.Column("fallback", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("shipping_minor", BigId, server_default="0", nullable=False))
        batch_op.add_column(sa.Column("exchange_minor", BigId, server_default="0", nullable=False))
        batch_op.add_column(sa.Column("reject_code", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("reject_words", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("flags", Json, server_default="[]", nullable=False))
        batch_op.add_column(sa.Column("held_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("risk", Json, nullable=True))
        batch_op.add_column(sa.Column("sender", Json, nullable=True))
        batch_op.add_column(sa.Column("destination", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("pickup_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("store", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("refund_by", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("requested_by", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("money_asked_by", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("customer_id", BigId, nullable=True))
        batch_op.create_index(
            op.f("ix_returns_shop_id_customer_id_submitted_at"), ["shop_id", "customer_id", "submitted_at"]
        )
        batch_op.drop_constraint(op.f("ck_returns_money_not_negative"), type_="check")
        batch_op.drop_constraint(op.f("ck_returns_sum"), type_="check")
        batch_op.create_check_constraint(
            op.f("ck_returns_money_not_negative"),
            "goods_minor >= 0 AND shipping_minor >= 0 AND fee_minor >= 0 AND exchange_minor >= 0 AND bonus_minor >= 0",
        )
        batch_op.create_check_constraint(
            op.f("ck_returns_sum"),
            "due_minor = goods_minor + shipping_minor - fee_minor - exchange_minor + bonus_minor AND due_minor >= 0",
        )


def _more_of_return_items() -> None:
    with op.batch_alter_table("return_items") as batch_op:
        batch_op.add_column(sa.Column("sub_reason", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("outcome", sa.String(), server_default="send_back", nullable=False))
        batch_op.add_column(sa.Column("keep_minor", BigId, server_default="0", nullable=False))
        batch_op.add_column(sa.Column("exchange_sku", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("exchange_minor", BigId, server_default="0", nullable=False))
        batch_op.drop_constraint(op.f("ck_return_items_quantity_positive"), type_="check")
        batch_op.create_check_constraint(op.f("ck_return_items_quantity_not_negative"), "quantity >= 0")


def _more_of_return_item_entries() -> None:
    with op.batch_alter_table("return_item_entries") as batch_op:
        batch_op.add_column(sa.Column("grade", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("found_reason", sa.String(), nullable=True))


def _policy_trials() -> None:
    op.create_table(
        "policy_trials",
        sa.Column("id", BigId, nullable=False),
        sa.Column("document", Json, nullable=False),
        sa.Column("based_on", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("result", Json, nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("shop_id", BigId, nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'running', 'done', 'failed', 'published')", name=op.f("ck_policy_trials_state")
        ),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_policy_trials_shop_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_trials")),
        sa.UniqueConstraint("shop_id", "id", name=op.f("uq_policy_trials_shop_id_id")),
    )
    with op.batch_alter_table("policy_trials", schema=None) as batch_op:
        batch_op.create_index("ix_policy_trials_state_started_at", ["state", "started_at"], unique=False)


def _variants() -> None:
    op.create_table(
        "variants",
        sa.Column("id", BigId, nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("product_ref", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("variant", sa.String(), nullable=True),
        sa.Column("size_rank", sa.Integer(), nullable=True),
        sa.Column("price_minor", BigId, nullable=False),
        sa.Column("stock", sa.Integer(), nullable=False),
        sa.Column("reserved", sa.Integer(), nullable=False),
        sa.Column("product_type", sa.String(), nullable=True),
        sa.Column("vendor", sa.String(), nullable=True),
        sa.Column("tags", Json, nullable=False),
        sa.Column("weight_grams", sa.Integer(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("shop_id", BigId, nullable=False),
        sa.CheckConstraint("price_minor >= 0", name=op.f("ck_variants_price_not_negative")),
        sa.CheckConstraint(
            "stock >= 0 AND reserved >= 0 AND reserved <= stock", name=op.f("ck_variants_reserved_within_stock")
        ),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_variants_shop_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_variants")),
        sa.UniqueConstraint("shop_id", "id", name=op.f("uq_variants_shop_id_id")),
        sa.UniqueConstraint("shop_id", "sku", name=op.f("uq_variants_shop_id_sku")),
    )
    with op.batch_alter_table("variants", schema=None) as batch_op:
        batch_op.create_index("ix_variants_shop_id_product_ref", ["shop_id", "product_ref"], unique=False)


def _gift_codes() -> None:
    op.create_table(
        "gift_codes",
        sa.Column("id", BigId, nullable=False),
        sa.Column("order_id", BigId, nullable=False),
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.Column("shop_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id", "order_id"], ["orders.shop_id", "orders.id"], name=op.f("fk_gift_codes_shop_id_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gift_codes")),
        sa.UniqueConstraint("shop_id", "code_hash", name=op.f("uq_gift_codes_shop_id_code_hash")),
    )
    with op.batch_alter_table("gift_codes", schema=None) as batch_op:
        batch_op.create_index("ix_gift_codes_shop_id_order_id", ["shop_id", "order_id"], unique=False)


def _return_drafts() -> None:
    op.create_table(
        "return_drafts",
        sa.Column("id", BigId, nullable=False),
        sa.Column("order_id", BigId, nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=True),
        sa.Column("content", Json, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("shop_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id", "order_id"], ["orders.shop_id", "orders.id"], name=op.f("fk_return_drafts_shop_id_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_drafts")),
        sa.UniqueConstraint("shop_id", "id", name=op.f("uq_return_drafts_shop_id_id")),
        sa.UniqueConstraint("shop_id", "order_id", "purpose", name=op.f("uq_return_drafts_shop_id_order_id_purpose")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_return_drafts_token_hash")),
    )
    with op.batch_alter_table("return_drafts", schema=None) as batch_op:
        batch_op.create_index("ix_return_drafts_expires_at", ["expires_at"], unique=False)


def _return_money_entries() -> None:
    op.create_table(
        "return_money_entries",
        sa.Column("id", BigId, nullable=False),
        sa.Column("return_id", BigId, nullable=False),
        sa.Column("order_id", BigId, nullable=False),
        sa.Column("order_line_id", BigId, nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("amount_minor", BigId, nullable=False),
        sa.Column("tax_minor", BigId, nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("undone", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("effect_id", BigId, nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("shop_id", BigId, nullable=False),
        sa.CheckConstraint(
            "kind IN ('refund', 'credit', 'exchange', 'fee', 'bonus', 'shipping', 'keep', 'gesture')",
            name=op.f("ck_return_money_entries_kind"),
        ),
        sa.CheckConstraint(
            "kind NOT IN ('refund', 'credit', 'exchange', 'keep') OR order_line_id IS NOT NULL",
            name=op.f("ck_return_money_entries_goods_have_a_line"),
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_return_money_entries_amount_positive")),
        sa.ForeignKeyConstraint(
            ["shop_id", "order_id"],
            ["orders.shop_id", "orders.id"],
            name=op.f("fk_return_money_entries_shop_id_order_id"),
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "order_line_id"],
            ["order_lines.shop_id", "order_lines.id"],
            name=op.f("fk_return_money_entries_shop_id_order_line_id"),
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "return_id"],
            ["returns.shop_id", "returns.id"],
            name=op.f("fk_return_money_entries_shop_id_return_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_money_entries")),
        sa.UniqueConstraint("shop_id", "key", name=op.f("uq_return_money_entries_shop_id_key")),
    )
    with op.batch_alter_table("return_money_entries", schema=None) as batch_op:
        batch_op.create_index("ix_return_money_entries_shop_id_order_id", ["shop_id", "order_id"], unique=False)
        batch_op.create_index("ix_return_money_entries_shop_id_return_id", ["shop_id", "return_id"], unique=False)


def _return_orders() -> None:
    op.create_table(
        "return_orders",
        sa.Column("return_id", BigId, autoincrement=False, nullable=False),
        sa.Column("order_id", BigId, autoincrement=False, nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("shop_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id", "order_id"], ["orders.shop_id", "orders.id"], name=op.f("fk_return_orders_shop_id_order_id")
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "return_id"], ["returns.shop_id", "returns.id"], name=op.f("fk_return_orders_shop_id_return_id")
        ),
        sa.PrimaryKeyConstraint("return_id", "order_id", name=op.f("pk_return_orders")),
    )
    with op.batch_alter_table("return_orders", schema=None) as batch_op:
        batch_op.create_index("ix_return_orders_shop_id_order_id", ["shop_id", "order_id"], unique=False)


def _return_photos() -> None:
    op.create_table(
        "return_photos",
        sa.Column("id", BigId, nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("order_line_id", BigId, nullable=False),
        sa.Column("return_id", BigId, nullable=True),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("image", sa.LargeBinary(), nullable=False),
        sa.Column("thumbnail", sa.LargeBinary(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("shop_id", BigId, nullable=False),
        sa.CheckConstraint("by IN ('shopper', 'gift', 'staff')", name=op.f("ck_return_photos_by")),
        sa.ForeignKeyConstraint(
            ["shop_id", "order_line_id"],
            ["order_lines.shop_id", "order_lines.id"],
            name=op.f("fk_return_photos_shop_id_order_line_id"),
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "return_id"], ["returns.shop_id", "returns.id"], name=op.f("fk_return_photos_shop_id_return_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_photos")),
        sa.UniqueConstraint("public_id", name=op.f("uq_return_photos_public_id")),
        sa.UniqueConstraint("shop_id", "id", name=op.f("uq_return_photos_shop_id_id")),
    )
    with op.batch_alter_table("return_photos", schema=None) as batch_op:
        batch_op.create_index("ix_return_photos_shop_id_order_line_id", ["shop_id", "order_line_id"], unique=False)
        batch_op.create_index("ix_return_photos_shop_id_return_id", ["shop_id", "return_id"], unique=False)


def _withdrawals() -> None:
    op.create_table(
        "withdrawals",
        sa.Column("id", BigId, nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("order_id", BigId, nullable=False),
        sa.Column("return_id", BigId, nullable=False),
        sa.Column("declared_at", UtcDateTime(), nullable=False),
        sa.Column("receipt", sa.String(), nullable=False),
        sa.Column("receipt_sha256", sa.String(), nullable=False),
        sa.Column("content", Json, nullable=False),
        sa.Column("send_back_by", sa.Date(), nullable=False),
        sa.Column("refund_by", sa.Date(), nullable=False),
        sa.Column("shop_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id", "order_id"], ["orders.shop_id", "orders.id"], name=op.f("fk_withdrawals_shop_id_order_id")
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "return_id"], ["returns.shop_id", "returns.id"], name=op.f("fk_withdrawals_shop_id_return_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_withdrawals")),
        sa.UniqueConstraint("public_id", name=op.f("uq_withdrawals_public_id")),
        sa.UniqueConstraint("shop_id", "id", name=op.f("uq_withdrawals_shop_id_id")),
    )
    with op.batch_alter_table("withdrawals", schema=None) as batch_op:
        batch_op.create_index("ix_withdrawals_shop_id_order_id", ["shop_id", "order_id"], unique=False)


def _reservations() -> None:
    op.create_table(
        "reservations",
        sa.Column("id", BigId, nullable=False),
        sa.Column("variant_id", BigId, nullable=False),
        sa.Column("return_item_id", BigId, nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.Column("shop_id", BigId, nullable=False),
        sa.CheckConstraint("state IN ('held', 'used', 'released')", name=op.f("ck_reservations_state")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_reservations_quantity_positive")),
        sa.ForeignKeyConstraint(
            ["shop_id", "return_item_id"],
            ["return_items.shop_id", "return_items.id"],
            name=op.f("fk_reservations_shop_id_return_item_id"),
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "variant_id"],
            ["variants.shop_id", "variants.id"],
            name=op.f("fk_reservations_shop_id_variant_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reservations")),
        sa.UniqueConstraint("shop_id", "id", name=op.f("uq_reservations_shop_id_id")),
    )
    with op.batch_alter_table("reservations", schema=None) as batch_op:
        batch_op.create_index("ix_reservations_state_expires_at", ["state", "expires_at"], unique=False)
        batch_op.create_index(
            "uq_reservations_live",
            ["shop_id", "return_item_id"],
            unique=True,
            sqlite_where=sa.text("state = 'held'"),
            postgresql_where=sa.text("state = 'held'"),
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION return_money_count() CASCADE")
        op.execute("DROP FUNCTION return_money_refuse() CASCADE")
        op.execute("DROP FUNCTION withdrawals_refuse() CASCADE")
    op.drop_table("reservations")
    op.drop_table("withdrawals")
    op.drop_table("return_photos")
    op.drop_table("return_orders")
    op.drop_table("return_money_entries")
    op.drop_table("return_drafts")
    op.drop_table("gift_codes")
    op.drop_table("variants")
    op.drop_table("policy_trials")
    with op.batch_alter_table("returns") as batch_op:
        batch_op.drop_constraint(op.f("ck_returns_money_not_negative"), type_="check")
        batch_op.drop_constraint(op.f("ck_returns_sum"), type_="check")
        batch_op.create_check_constraint(
            op.f("ck_returns_money_not_negative"), "goods_minor >= 0 AND fee_minor >= 0 AND bonus_minor >= 0"
        )
        batch_op.create_check_constraint(
            op.f("ck_returns_sum"), "due_minor = goods_minor - fee_minor + bonus_minor AND due_minor >= 0"
        )
        batch_op.drop_column("money_asked_by")
        batch_op.drop_index(op.f("ix_returns_shop_id_customer_id_submitted_at"))
        batch_op.drop_column("customer_id")
        batch_op.drop_column("requested_by")
        batch_op.drop_column("refund_by")
        batch_op.drop_column("store")
        batch_op.drop_column("pickup_on")
        batch_op.drop_column("destination")
        batch_op.drop_column("sender")
        batch_op.drop_column("risk")
        batch_op.drop_column("held_at")
        batch_op.drop_column("flags")
        batch_op.drop_column("reject_words")
        batch_op.drop_column("reject_code")
        batch_op.drop_column("exchange_minor")
        batch_op.drop_column("shipping_minor")
        batch_op.drop_column("fallback")
        batch_op.drop_column("kind")
        batch_op.drop_column("exchange")
    with op.batch_alter_table("return_item_entries") as batch_op:
        batch_op.drop_column("found_reason")
        batch_op.drop_column("grade")
    with op.batch_alter_table("return_items") as batch_op:
        batch_op.drop_constraint(op.f("ck_return_items_quantity_not_negative"), type_="check")
        batch_op.create_check_constraint(op.f("ck_return_items_quantity_positive"), "quantity > 0")
        batch_op.drop_column("exchange_minor")
        batch_op.drop_column("exchange_sku")
        batch_op.drop_column("keep_minor")
        batch_op.drop_column("outcome")
        batch_op.drop_column("sub_reason")
    with op.batch_alter_table("order_lines") as batch_op:
        batch_op.drop_constraint(op.f("ck_order_lines_given_back_within_paid"), type_="check")
        batch_op.drop_column("origin_country")
        batch_op.drop_column("hs_code")
        batch_op.drop_column("given_back_minor")
        batch_op.drop_column("paid_minor")
        batch_op.drop_column("tax_minor")
        batch_op.drop_column("discount_minor")
        batch_op.drop_column("tags")
        batch_op.drop_column("vendor")
        batch_op.drop_column("product_ref")
        batch_op.drop_column("external_id")
    with op.batch_alter_table("orders") as batch_op:
        batch_op.drop_column("external_id")
        batch_op.drop_column("tags")
        batch_op.drop_column("discount_codes")
        batch_op.drop_column("tax_included")
        batch_op.drop_column("tax_minor")
        batch_op.drop_column("discount_minor")
