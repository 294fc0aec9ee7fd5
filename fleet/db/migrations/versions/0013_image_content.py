"""Where the bytes of an image are kept: on disk by their hash; here, which organisation put which there."""

from alembic import op

from fleet.db.columns import check_in
from fleet.db.policies import BY_ORGANISATION, append_only, protect
from fleet.devices.evidence import EvidenceType

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE evidence DROP CONSTRAINT evidence_type_check")
    op.execute(f"ALTER TABLE evidence ADD CONSTRAINT evidence_type_check CHECK ({check_in('type', EvidenceType)})")
    # Computed, not filled in: the table is append-only, and the signed payload is the truth. PostgreSQL calls convert_from
    # stable, because encodings can be redefined; for UTF-8 in a UTF-8 database nothing can change.
    op.execute("""
        CREATE FUNCTION image_file_sha256(payload bytea) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
        AS $$ SELECT convert_from(payload, 'UTF8')::jsonb ->> 'file_sha256' $$""")
    op.execute("ALTER TABLE image ADD COLUMN file_sha256 varchar(64) GENERATED ALWAYS AS (image_file_sha256(payload)) STORED")
    op.execute("""
        CREATE TABLE image_content (
            organisation_id uuid NOT NULL REFERENCES organisation (id),
            file_sha256 varchar(64) NOT NULL CHECK (file_sha256 ~ '^[0-9a-f]{64}$'),
            file_bytes bigint NOT NULL CHECK (file_bytes > 0),
            stored_at timestamptz NOT NULL,
            PRIMARY KEY (organisation_id, file_sha256))""")
    protect("image_content", BY_ORGANISATION, rights="SELECT, INSERT")
    append_only("image_content")


def downgrade() -> None:
    op.execute("DROP TABLE image_content")
    op.execute("ALTER TABLE image DROP COLUMN file_sha256")
    op.execute("DROP FUNCTION image_file_sha256(bytea)")
