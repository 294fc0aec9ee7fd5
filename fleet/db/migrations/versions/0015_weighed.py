"""Which weights were read from scales, so that devices of the same make and model can start from their median."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # No moment for older rows: their inspection may have repeated the usual weight of their kind, and nothing tells which did.
    op.execute("ALTER TABLE device ADD COLUMN weighed_at timestamptz")
    op.execute("""
        CREATE INDEX device_weighed ON device (owner_id, kind, upper(manufacturer), upper(model), weighed_at DESC)
        INCLUDE (weight_g) WHERE weighed_at IS NOT NULL""")


def downgrade() -> None:
    op.execute("ALTER TABLE device DROP COLUMN weighed_at")
