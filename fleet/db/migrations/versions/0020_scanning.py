"""Identifiers from elsewhere: numbers of other systems, with who attached them and who took a wrong one away, and why."""

from alembic import op

from fleet.db.columns import check_in
from fleet.devices.models import IdentifierKind

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None
BEFORE = "'serial', 'storage_serial', 'imei', 'imei_2', 'mac', 'board'"


def upgrade() -> None:
    op.execute("ALTER TABLE identifier DROP CONSTRAINT IF EXISTS identifier_kind_check")
    op.execute(f"ALTER TABLE identifier ADD CONSTRAINT identifier_kind_check CHECK ({check_in('kind', IdentifierKind)})")
    op.execute("""
        ALTER TABLE identifier
            ADD COLUMN system varchar(300) NOT NULL DEFAULT '',
            ADD COLUMN added_by uuid,
            ADD COLUMN removed_at timestamptz,
            ADD COLUMN removed_by uuid,
            ADD COLUMN removed_why varchar(2000),
            ADD CONSTRAINT identifier_removed_why CHECK ((removed_at IS NULL) = (removed_why IS NULL))""")
    op.execute("ALTER TABLE identifier DROP CONSTRAINT identifier_device_id_kind_value_key")
    op.execute("CREATE UNIQUE INDEX identifier_once ON identifier (device_id, kind, system, value) WHERE removed_at IS NULL")
    op.execute("DROP INDEX identifier_value")
    op.execute("CREATE INDEX identifier_value ON identifier (value, system) WHERE removed_at IS NULL")


def downgrade() -> None:
    op.execute("DROP INDEX identifier_value")
    op.execute("CREATE INDEX identifier_value ON identifier (value)")
    op.execute("DROP INDEX identifier_once")
    op.execute(f"DELETE FROM identifier WHERE removed_at IS NOT NULL OR kind NOT IN ({BEFORE})")  # noqa: S608 - constants
    op.execute("ALTER TABLE identifier ADD CONSTRAINT identifier_device_id_kind_value_key UNIQUE (device_id, kind, value)")
    op.execute("""
        ALTER TABLE identifier
            DROP CONSTRAINT identifier_removed_why,
            DROP COLUMN system, DROP COLUMN added_by, DROP COLUMN removed_at, DROP COLUMN removed_by, DROP COLUMN removed_why""")
    op.execute("ALTER TABLE identifier DROP CONSTRAINT identifier_kind_check")
    op.execute(f"ALTER TABLE identifier ADD CONSTRAINT identifier_kind_check CHECK (kind IN ({BEFORE}))")
