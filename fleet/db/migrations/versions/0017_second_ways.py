"""Passkeys, and identities of other providers."""

from alembic import op

from fleet.accounts.ceremonies import Purpose
from fleet.db.columns import check_in
from fleet.db.policies import grant, named_lookup, protect

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_WITH_ACCOUNT = "EXISTS (SELECT FROM account WHERE account.id = account_id)"
"""What opens an account is seen by who sees the account: the subquery obeys the account table's own policy."""


def upgrade() -> None:
    _ceremonies()
    _passkeys()
    _identities()


def _ceremonies() -> None:
    # Nobody has said who they are yet, so no organisation owns these rows. The service may add one and never look: the only
    # way to read one is to take it, with the token whose hash is its key
    op.execute(f"""
        CREATE TABLE sign_in_ceremony (
            key bytea PRIMARY KEY CHECK (octet_length(key) = 32),
            purpose varchar(40) NOT NULL CHECK ({check_in("purpose", Purpose)}),
            data jsonb NOT NULL,
            expires_at timestamptz NOT NULL)""")
    op.execute("CREATE INDEX sign_in_ceremony_expiry ON sign_in_ceremony (expires_at)")
    op.execute("ALTER TABLE sign_in_ceremony ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE sign_in_ceremony FORCE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY sign_in_ceremony_add ON sign_in_ceremony FOR INSERT WITH CHECK (true)")
    grant("sign_in_ceremony", "SELECT, INSERT")
    named_lookup(
        "take_ceremony(hash bytea, wanted text)",
        """RETURNS jsonb LANGUAGE sql VOLATILE AS $$
            DELETE FROM sign_in_ceremony WHERE key IN (
                SELECT key FROM sign_in_ceremony WHERE expires_at <= now() ORDER BY expires_at LIMIT 100 FOR UPDATE SKIP LOCKED);
            DELETE FROM sign_in_ceremony WHERE key = hash AND purpose = wanted AND expires_at > now() RETURNING data $$""",
    )


def _passkeys() -> None:
    op.execute("""
        CREATE TABLE passkey (
            id uuid PRIMARY KEY,
            account_id uuid NOT NULL REFERENCES account (id),
            name varchar(60) NOT NULL,
            credential_id bytea NOT NULL UNIQUE CHECK (octet_length(credential_id) BETWEEN 1 AND 1023),
            public_key bytea NOT NULL,
            sign_count bigint NOT NULL CHECK (sign_count >= 0),
            transports varchar(20)[] NOT NULL,
            backed_up boolean NOT NULL,
            created_at timestamptz NOT NULL,
            last_used_at timestamptz,
            blocked_at timestamptz)""")
    op.execute("CREATE INDEX passkey_of_account ON passkey (account_id, created_at, id)")
    protect("passkey", _WITH_ACCOUNT, rights="SELECT, INSERT, UPDATE, DELETE")
    op.execute("""
        CREATE TABLE passkey_offer (
            account_id uuid PRIMARY KEY REFERENCES account (id),
            offered_at timestamptz NOT NULL)""")
    protect("passkey_offer", _WITH_ACCOUNT, rights="SELECT, INSERT")
    named_lookup(
        "passkey_by_credential(wanted bytea)",
        """RETURNS TABLE (id uuid, account_id uuid, organisation_id uuid, public_key bytea, usable boolean)
            LANGUAGE sql STABLE AS $$
            SELECT p.id, p.account_id, a.organisation_id, p.public_key, p.blocked_at IS NULL AND a.active
            FROM passkey p JOIN account a ON a.id = p.account_id WHERE p.credential_id = wanted $$""",
    )


def _identities() -> None:
    op.execute("""
        CREATE TABLE external_identity (
            id uuid PRIMARY KEY,
            account_id uuid NOT NULL REFERENCES account (id),
            issuer varchar(400) NOT NULL,
            subject varchar(255) NOT NULL,
            granted uuid[] NOT NULL,
            created_at timestamptz NOT NULL,
            last_used_at timestamptz,
            UNIQUE (issuer, subject))""")
    op.execute("CREATE INDEX external_identity_of_account ON external_identity (account_id, created_at, id)")
    protect("external_identity", _WITH_ACCOUNT, rights="SELECT, INSERT, UPDATE, DELETE")
    named_lookup(
        "account_by_identity(said_by text, wanted text)",
        """RETURNS TABLE (id uuid, account_id uuid, organisation_id uuid, active boolean, granted uuid[])
            LANGUAGE sql STABLE AS $$
            SELECT i.id, i.account_id, a.organisation_id, a.active, i.granted
            FROM external_identity i JOIN account a ON a.id = i.account_id
            WHERE i.issuer = said_by AND i.subject = wanted $$""",
    )
    # A provider's mapping names organisations before the service acts for one
    named_lookup(
        "organisation_named(wanted text)",
        """RETURNS uuid LANGUAGE sql STABLE AS $$
            SELECT id FROM organisation WHERE lower(name) = lower(wanted) OR id::text = lower(wanted) $$""",
    )


def downgrade() -> None:
    for function in (
        "organisation_named(text)",
        "account_by_identity(text, text)",
        "passkey_by_credential(bytea)",
        "take_ceremony(bytea, text)",
    ):
        op.execute(f"DROP FUNCTION {function}")
    for table in ("external_identity", "passkey_offer", "passkey", "sign_in_ceremony"):
        op.execute(f"DROP TABLE {table}")
