"""as of which scan a carrier estimated the delivery, and when it said so

Additive first: the code before this revision must go on working on the schema after it (expand, migrate, contract).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from portal.db.types import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("shipments", sa.Column("eta_as_of", UtcDateTime(), nullable=True))
    op.add_column("shipments", sa.Column("eta_said_at", UtcDateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("shipments", "eta_said_at")
    op.drop_column("shipments", "eta_as_of")
