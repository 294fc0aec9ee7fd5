"""Asset codes, each issued once in the whole service, and leases of blocks; append-only."""

from alembic import op

from fleet.db.policies import BY_ORGANISATION, append_only, named_lookup, protect

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE code_lease (
            bench_id uuid NOT NULL REFERENCES bench (id),
            request_id uuid NOT NULL,
            organisation_id uuid NOT NULL REFERENCES organisation (id),
            leased_at timestamptz NOT NULL,
            PRIMARY KEY (bench_id, request_id))""")
    op.execute("""
        CREATE TABLE tag (
            code varchar(8) PRIMARY KEY CHECK (code ~ '^[0-9A-HJKMNP-TV-Z]{8}$'),
            organisation_id uuid NOT NULL REFERENCES organisation (id),
            bench_id uuid,
            request_id uuid,
            issued_at timestamptz NOT NULL,
            FOREIGN KEY (bench_id, request_id) REFERENCES code_lease (bench_id, request_id) MATCH FULL)""")
    op.execute("CREATE INDEX tag_lease ON tag (bench_id, request_id, code)")
    for table in ("code_lease", "tag"):
        protect(table, BY_ORGANISATION, rights="SELECT, INSERT")
        append_only(table)
    # What a stranger who scans a label may read: whose it is and how to reach them
    named_lookup(
        "tag_issuer(wanted text)",
        "RETURNS uuid LANGUAGE sql STABLE AS $$ SELECT organisation_id FROM tag WHERE code = wanted $$",
    )


def downgrade() -> None:
    op.execute("DROP FUNCTION tag_issuer(text)")
    op.execute("DROP TABLE tag")
    op.execute("DROP TABLE code_lease")
