"""Events of benches, exactly as they were signed; append-only, each once."""

from alembic import op

from fleet.db.columns import check_in
from fleet.db.policies import BY_ORGANISATION, append_only, protect
from fleet.intake.rules import Outcome

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(f"""
        CREATE TABLE bench_event (
            bench_id uuid NOT NULL,
            id uuid NOT NULL,
            organisation_id uuid NOT NULL REFERENCES organisation (id),
            sequence bigint,
            type varchar(60) NOT NULL,
            occurred_at timestamptz,
            received_at timestamptz NOT NULL,
            outcome varchar(20) NOT NULL CHECK ({check_in("outcome", Outcome)}),
            detail text,
            device_id uuid REFERENCES device (id),
            payload bytea NOT NULL,
            signature bytea NOT NULL,
            key_id varchar(16) NOT NULL,
            PRIMARY KEY (bench_id, id))""")
    op.execute("CREATE INDEX bench_event_sequence ON bench_event (bench_id, sequence)")
    op.execute("CREATE INDEX bench_event_device ON bench_event (device_id, received_at)")
    protect("bench_event", BY_ORGANISATION, rights="SELECT, INSERT")
    append_only("bench_event")


def downgrade() -> None:
    op.execute("DROP TABLE bench_event")
