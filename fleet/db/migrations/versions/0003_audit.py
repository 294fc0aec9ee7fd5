"""The audit chain: append-only events and signed heads."""

from alembic import op

from fleet.db.policies import BY_ORGANISATION, append_only, protect

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE audit_event (
            organisation_id uuid NOT NULL REFERENCES organisation (id),
            seq bigint NOT NULL CHECK (seq > 0),
            at timestamptz NOT NULL,
            type varchar(40) NOT NULL,
            actor_id uuid,
            device_id uuid,
            body bytea NOT NULL,
            hash bytea NOT NULL CHECK (octet_length(hash) = 32),
            PRIMARY KEY (organisation_id, seq))""")
    op.execute("CREATE INDEX audit_event_device ON audit_event (device_id, at, seq) WHERE device_id IS NOT NULL")
    op.execute("""
        CREATE TABLE chain_head (
            id uuid PRIMARY KEY,
            organisation_id uuid NOT NULL REFERENCES organisation (id),
            seq bigint NOT NULL,
            hash bytea NOT NULL,
            signed_at timestamptz NOT NULL,
            payload bytea NOT NULL,
            signature bytea NOT NULL,
            key_id varchar(16) NOT NULL,
            UNIQUE (organisation_id, seq))""")
    for table in ("audit_event", "chain_head"):
        protect(table, BY_ORGANISATION, rights="SELECT, INSERT")
        append_only(table)
        op.execute(f"REVOKE UPDATE, DELETE ON {table} FROM fleet_maintenance")


def downgrade() -> None:
    op.execute("DROP TABLE chain_head")
    op.execute("DROP TABLE audit_event")
