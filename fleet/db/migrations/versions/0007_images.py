"""The image catalogue, append-only: a version never changes."""

from alembic import op

from fleet.contract.kinds import DeviceKind
from fleet.db.columns import check_in
from fleet.db.policies import BY_ORGANISATION, append_only, protect

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(f"""
        CREATE TABLE image (
            id uuid PRIMARY KEY,
            organisation_id uuid NOT NULL REFERENCES organisation (id),
            name varchar(64) NOT NULL,
            version varchar(32) NOT NULL,
            language varchar(5) NOT NULL,
            target_kind varchar(40) NOT NULL CHECK ({check_in("target_kind", DeviceKind)}),
            payload bytea NOT NULL,
            signature bytea NOT NULL CHECK (octet_length(signature) = 64),
            key_id varchar(16) NOT NULL,
            published_at timestamptz NOT NULL,
            UNIQUE (organisation_id, name, version))""")
    op.execute("CREATE INDEX image_newest ON image (organisation_id, name, published_at DESC)")
    op.execute("CREATE INDEX image_list ON image (organisation_id, published_at DESC, id DESC)")
    protect("image", BY_ORGANISATION, rights="SELECT, INSERT")
    append_only("image")


def downgrade() -> None:
    op.execute("DROP TABLE image")
