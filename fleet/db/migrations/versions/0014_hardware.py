"""Hardware reports and bench check-lists."""

from alembic import op

from fleet.db.columns import check_in
from fleet.db.policies import BY_DEVICE, append_only, protect
from fleet.devices.evidence import EvidenceType

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE hardware_report (
            id uuid PRIMARY KEY,
            organisation_id uuid NOT NULL REFERENCES organisation (id),
            device_id uuid NOT NULL REFERENCES device (id),
            bench_id uuid,
            report jsonb NOT NULL,
            received_at timestamptz NOT NULL)""")
    op.execute("CREATE INDEX hardware_report_device ON hardware_report (device_id, received_at DESC, id DESC)")
    op.execute("""
        CREATE TABLE check_list (
            id uuid PRIMARY KEY,
            organisation_id uuid NOT NULL REFERENCES organisation (id),
            device_id uuid NOT NULL REFERENCES device (id),
            answers jsonb NOT NULL,
            note varchar(2000) NOT NULL,
            made_at timestamptz NOT NULL)""")
    op.execute("CREATE INDEX check_list_device ON check_list (device_id, made_at DESC, id DESC)")
    for table in ("hardware_report", "check_list"):
        protect(table, BY_DEVICE, rights="SELECT, INSERT")
        append_only(table)
    # The kinds of evidence that this brings: a database made before knows only the older ones.
    op.execute("ALTER TABLE evidence DROP CONSTRAINT evidence_type_check")
    op.execute(f"ALTER TABLE evidence ADD CONSTRAINT evidence_type_check CHECK ({check_in('type', EvidenceType)})")


def downgrade() -> None:
    op.execute("DROP TABLE check_list, hardware_report")
