"""What the ports of benches show now: one row a bench, replaced each time."""

from alembic import op

from fleet.db.policies import BY_ORGANISATION, protect

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE bench_ports (
            bench_id uuid PRIMARY KEY REFERENCES bench (id),
            organisation_id uuid NOT NULL REFERENCES organisation (id),
            ports jsonb NOT NULL,
            heard_at timestamptz NOT NULL)""")
    op.execute("CREATE INDEX bench_ports_organisation ON bench_ports (organisation_id)")
    protect("bench_ports", BY_ORGANISATION)


def downgrade() -> None:
    op.execute("DROP TABLE bench_ports")
