"""Forms that were sent after their session had ended: kept for whoever signs in again."""

from alembic import op

from fleet.db.policies import BY_ORGANISATION, named_lookup, protect

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE kept_form (
            id uuid PRIMARY KEY,
            organisation_id uuid NOT NULL REFERENCES organisation (id),
            account_id uuid NOT NULL REFERENCES account (id),
            path varchar(2000) NOT NULL,
            fields bytea NOT NULL CHECK (octet_length(fields) <= 300000),
            kept_at timestamptz NOT NULL)""")
    op.execute("CREATE INDEX kept_form_account ON kept_form (account_id, kept_at)")
    protect("kept_form", BY_ORGANISATION, rights="SELECT, INSERT, DELETE")
    # Whose session ran out, by itself and not long ago: opens nothing, only says for whom a form is kept.
    # One that was ended on purpose keeps nothing: its token may be in other hands.
    named_lookup(
        "ended_session(hash bytea)",
        """RETURNS TABLE (account_id uuid, organisation_id uuid) LANGUAGE sql STABLE AS $$
            SELECT s.account_id, s.organisation_id FROM account_session s JOIN account a ON a.id = s.account_id
            WHERE s.token_hash = hash AND a.active AND s.revoked_at IS NULL AND s.created_at > now() - interval '40 days' $$""",
    )


def downgrade() -> None:
    op.execute("DROP FUNCTION ended_session(bytea)")
    op.execute("DROP TABLE kept_form")
