"""Accepted wipe certificates, append-only."""

from alembic import op

from fleet.contract.kinds import Level, Method
from fleet.db.columns import check_in
from fleet.db.policies import BY_DEVICE, BY_ORGANISATION, append_only, protect

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(f"""
        CREATE TABLE wipe_certificate (
            id uuid PRIMARY KEY,
            organisation_id uuid NOT NULL REFERENCES organisation (id),
            device_id uuid NOT NULL REFERENCES device (id),
            storage_key varchar(600) NOT NULL,
            level varchar(40) NOT NULL CHECK ({check_in("level", Level)}),
            method varchar(40) NOT NULL CHECK ({check_in("method", Method)}),
            payload bytea NOT NULL,
            signature bytea NOT NULL CHECK (octet_length(signature) = 64),
            key_id varchar(16) NOT NULL,
            public_key varchar(64) NOT NULL,
            accepted_at timestamptz NOT NULL)""")
    op.execute("CREATE INDEX wipe_certificate_device ON wipe_certificate (device_id, accepted_at)")
    protect("wipe_certificate", f"{BY_ORGANISATION} OR {BY_DEVICE}", rights="SELECT, INSERT")
    append_only("wipe_certificate")


def downgrade() -> None:
    op.execute("DROP TABLE wipe_certificate")
