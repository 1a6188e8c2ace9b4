"""what is kept of a label: its format, service, last day, the carrier's own name for it, and a missing file

Additive first: the code before this revision must go on working on the schema after it (expand, migrate, contract).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from portal.db.types import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_effects_shop_id_kind_submitted_at", "effects", ["shop_id", "kind", "submitted_at"])
    op.add_column("labels", sa.Column("format", sa.String(), server_default="pdf", nullable=False))
    op.add_column("labels", sa.Column("service", sa.String(), nullable=True))
    op.add_column("labels", sa.Column("expires_on", sa.Date(), nullable=True))
    op.add_column("labels", sa.Column("handle", sa.String(), server_default="", nullable=False))
    op.add_column("labels", sa.Column("fetch_at", UtcDateTime(), nullable=True))
    op.add_column("labels", sa.Column("fetch_attempts", sa.Integer(), server_default="0", nullable=False))
    op.create_index("ix_labels_fetch_at", "labels", ["fetch_at"])


def downgrade() -> None:
    op.drop_index("ix_labels_fetch_at", "labels")
    for column in ("fetch_attempts", "fetch_at", "handle", "expires_on", "service", "format"):
        op.drop_column("labels", column)
    op.drop_index("ix_effects_shop_id_kind_submitted_at", "effects")
