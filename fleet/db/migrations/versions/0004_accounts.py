"""Accounts, sessions, benches, enrolment codes; the four look-ups that come before an organisation is known."""

from alembic import op

from fleet.auth.rules import Role
from fleet.db.policies import BY_ORGANISATION, grant, named_lookup, protect

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_STAFF_ROLES = ", ".join(f"'{role.value}'" for role in Role if role is not Role.BENCH)


def upgrade() -> None:
    _accounts()
    _benches()
    _lookups()


def _accounts() -> None:
    op.execute(f"""
        CREATE TABLE account (
            id uuid PRIMARY KEY,
            organisation_id uuid NOT NULL REFERENCES organisation (id),
            login varchar(64) NOT NULL UNIQUE CHECK (login = lower(login)),
            display_name varchar(120) NOT NULL,
            roles varchar(40)[] NOT NULL CHECK (roles <@ ARRAY[{_STAFF_ROLES}]::varchar[] AND cardinality(roles) > 0),
            password_hash varchar(200) NOT NULL,
            active boolean NOT NULL,
            language varchar(2) CHECK (language IN ('nl', 'fr', 'en')),
            created_at timestamptz NOT NULL)""")
    op.execute("CREATE INDEX account_list ON account (organisation_id, login)")
    protect("account", BY_ORGANISATION)
    op.execute("""
        CREATE TABLE account_session (
            id uuid PRIMARY KEY,
            organisation_id uuid NOT NULL REFERENCES organisation (id),
            account_id uuid NOT NULL REFERENCES account (id),
            token_hash bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
            created_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL,
            revoked_at timestamptz)""")
    op.execute("CREATE INDEX account_session_open ON account_session (account_id) WHERE revoked_at IS NULL")
    op.execute("CREATE INDEX account_session_expiry ON account_session (organisation_id, expires_at)")
    protect("account_session", BY_ORGANISATION, rights="SELECT, INSERT, UPDATE, DELETE")
    # Wrong passwords belong to nobody yet: the key is a hash of login and address, the row holds two numbers
    op.execute("""
        CREATE TABLE sign_in_failures (
            key bytea PRIMARY KEY CHECK (octet_length(key) = 32),
            count double precision NOT NULL CHECK (count >= 0),
            at timestamptz NOT NULL)""")
    op.execute("CREATE INDEX sign_in_failures_at ON sign_in_failures (at)")
    grant("sign_in_failures", "SELECT, INSERT, UPDATE, DELETE")


def _benches() -> None:
    op.execute("""
        CREATE TABLE bench (
            id uuid PRIMARY KEY,
            organisation_id uuid NOT NULL REFERENCES organisation (id),
            site_id uuid NOT NULL REFERENCES site (id),
            station varchar(80) NOT NULL,
            key_id varchar(16) NOT NULL UNIQUE,
            public_key varchar(44) NOT NULL,
            agent_version varchar(40) NOT NULL,
            batch_id uuid,
            enrolled_at timestamptz NOT NULL,
            last_seen_at timestamptz,
            revoked_at timestamptz)""")
    op.execute("CREATE INDEX bench_list ON bench (organisation_id, enrolled_at, id)")
    op.execute("CREATE INDEX bench_batch ON bench (batch_id) WHERE batch_id IS NOT NULL")
    protect("bench", BY_ORGANISATION)
    op.execute("""
        CREATE TABLE enrolment_code (
            id uuid PRIMARY KEY,
            organisation_id uuid NOT NULL REFERENCES organisation (id),
            site_id uuid NOT NULL REFERENCES site (id),
            code_hash bytea NOT NULL UNIQUE CHECK (octet_length(code_hash) = 32),
            created_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL,
            used_at timestamptz,
            bench_id uuid UNIQUE REFERENCES bench (id),
            CHECK ((used_at IS NULL) = (bench_id IS NULL)))""")
    protect("enrolment_code", BY_ORGANISATION)


def _lookups() -> None:
    # Obeys row-level security: a policy of an organisation depends on how many people work there
    op.execute("""
        CREATE FUNCTION workshop_staff() RETURNS bigint LANGUAGE sql STABLE AS $$
            SELECT count(*) FROM account WHERE organisation_id = current_organisation() AND active
                AND roles && ARRAY['workshop', 'lead']::varchar[] $$""")
    named_lookup(
        "account_by_login(wanted text)",
        """RETURNS TABLE (id uuid, organisation_id uuid, password_hash text, active boolean) LANGUAGE sql STABLE AS $$
            SELECT id, organisation_id, password_hash, active FROM account WHERE login = wanted $$""",
    )
    named_lookup(
        "session_by_token(hash bytea)",
        """RETURNS TABLE (session_id uuid, account_id uuid, organisation_id uuid, organisation_name text,
                          display_name text, roles text[], language text)
            LANGUAGE sql STABLE AS $$
            SELECT s.id, a.id, a.organisation_id, o.name, a.display_name, a.roles::text[], a.language
            FROM account_session s JOIN account a ON a.id = s.account_id JOIN organisation o ON o.id = a.organisation_id
            WHERE s.token_hash = hash AND s.revoked_at IS NULL AND s.expires_at > now() AND a.active $$""",
    )
    named_lookup(
        "bench_by_key(wanted text)",
        """RETURNS TABLE (id uuid, organisation_id uuid, public_key text, revoked boolean) LANGUAGE sql STABLE AS $$
            SELECT id, organisation_id, public_key, revoked_at IS NOT NULL FROM bench WHERE key_id = wanted $$""",
    )
    named_lookup(
        "enrolment_organisation(hash bytea)",
        """RETURNS uuid LANGUAGE sql STABLE AS $$ SELECT organisation_id FROM enrolment_code WHERE code_hash = hash $$""",
    )


def downgrade() -> None:
    for function in (
        "workshop_staff()",
        "enrolment_organisation(bytea)",
        "bench_by_key(text)",
        "session_by_token(bytea)",
        "account_by_login(text)",
    ):
        op.execute(f"DROP FUNCTION {function}")
    for table in ("enrolment_code", "bench", "sign_in_failures", "account_session", "account"):
        op.execute(f"DROP TABLE {table}")
