"""Workstations, badges with a PIN, API tokens; what must be known of each before an organisation is."""

from alembic import op

from fleet.auth.rules import Role, Scope
from fleet.db.policies import BY_ORGANISATION, named_lookup, protect

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_STAFF_ROLES = ", ".join(f"'{role.value}'" for role in Role if role is not Role.BENCH)
_SCOPES = ", ".join(f"'{scope.value}'" for scope in Scope)


def upgrade() -> None:
    _workstations()
    _badges()
    _tokens()


def _workstations() -> None:
    op.execute("""
        CREATE TABLE workstation (
            id uuid PRIMARY KEY,
            organisation_id uuid NOT NULL REFERENCES organisation (id),
            site_id uuid NOT NULL REFERENCES site (id),
            name varchar(80) NOT NULL,
            token_hash bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
            enrolled_at timestamptz NOT NULL,
            last_seen_at timestamptz,
            revoked_at timestamptz)""")
    op.execute("CREATE INDEX workstation_list ON workstation (organisation_id, enrolled_at, id) WHERE revoked_at IS NULL")
    protect("workstation", BY_ORGANISATION)
    op.execute("""
        CREATE TABLE workstation_code (
            id uuid PRIMARY KEY,
            organisation_id uuid NOT NULL REFERENCES organisation (id),
            site_id uuid NOT NULL REFERENCES site (id),
            name varchar(80) NOT NULL,
            code_hash bytea NOT NULL UNIQUE CHECK (octet_length(code_hash) = 32),
            created_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL,
            used_at timestamptz,
            workstation_id uuid UNIQUE REFERENCES workstation (id),
            CHECK ((used_at IS NULL) = (workstation_id IS NULL)))""")
    protect("workstation_code", BY_ORGANISATION)
    op.execute("""
        ALTER TABLE account_session
            ADD CONSTRAINT account_session_workstation FOREIGN KEY (workstation_id) REFERENCES workstation (id)""")
    op.execute("""
        CREATE INDEX account_session_at_workstation ON account_session (workstation_id)
        WHERE revoked_at IS NULL AND workstation_id IS NOT NULL""")
    named_lookup(
        "workstation_by_token(hash bytea)",
        """RETURNS TABLE (id uuid, organisation_id uuid, organisation_name text, site_name text, name text)
            LANGUAGE sql STABLE AS $$
            SELECT w.id, w.organisation_id, o.name, s.name, w.name
            FROM workstation w JOIN organisation o ON o.id = w.organisation_id JOIN site s ON s.id = w.site_id
            WHERE w.token_hash = hash AND w.revoked_at IS NULL $$""",
    )
    named_lookup(
        "workstation_code_organisation(hash bytea)",
        """RETURNS uuid LANGUAGE sql STABLE AS $$ SELECT organisation_id FROM workstation_code WHERE code_hash = hash $$""",
    )


def _badges() -> None:
    op.execute("""
        CREATE TABLE badge (
            id uuid PRIMARY KEY,
            organisation_id uuid NOT NULL REFERENCES organisation (id),
            account_id uuid NOT NULL REFERENCES account (id),
            code_hash bytea NOT NULL UNIQUE CHECK (octet_length(code_hash) = 32),
            pin_hash varchar(200),
            wrong_pins integer NOT NULL CHECK (wrong_pins >= 0),
            created_at timestamptz NOT NULL,
            ended_at timestamptz)""")
    op.execute("CREATE UNIQUE INDEX badge_present ON badge (organisation_id, account_id) WHERE ended_at IS NULL")
    op.execute("CREATE INDEX badge_account ON badge (account_id) WHERE ended_at IS NULL")
    protect("badge", BY_ORGANISATION)
    op.execute("""
        CREATE TABLE badge_tries (
            badge_id uuid NOT NULL REFERENCES badge (id),
            workstation_id uuid NOT NULL REFERENCES workstation (id),
            organisation_id uuid NOT NULL REFERENCES organisation (id),
            count integer NOT NULL CHECK (count >= 0),
            at timestamptz NOT NULL,
            PRIMARY KEY (badge_id, workstation_id))""")
    protect("badge_tries", BY_ORGANISATION, rights="SELECT, INSERT, UPDATE, DELETE")


def _tokens() -> None:
    op.execute(f"""
        CREATE TABLE api_token (
            id uuid PRIMARY KEY,
            organisation_id uuid NOT NULL REFERENCES organisation (id),
            name varchar(80) NOT NULL,
            scopes varchar(40)[] NOT NULL CHECK (scopes <@ ARRAY[{_SCOPES}]::varchar[]),
            token_hash bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
            made_by uuid REFERENCES account (id),
            created_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL CHECK (expires_at <= created_at + interval '366 days'),
            last_used_at timestamptz,
            revoked_at timestamptz)""")
    op.execute("CREATE INDEX api_token_list ON api_token (organisation_id, created_at DESC, id DESC)")
    op.execute("CREATE INDEX api_token_maker ON api_token (made_by) WHERE revoked_at IS NULL")
    protect("api_token", BY_ORGANISATION)
    # The maker's roles are those of now; a token that the command line made has no maker and no bounds but its scopes
    named_lookup(
        "api_token_by_hash(hash bytea)",
        f"""RETURNS TABLE (token_id uuid, organisation_id uuid, organisation_name text, name text, made_by uuid,
                            roles text[], scopes text[])
            LANGUAGE sql STABLE AS $$
            SELECT t.id, t.organisation_id, o.name, t.name, t.made_by,
                CASE WHEN t.made_by IS NULL THEN ARRAY[{_STAFF_ROLES}]::text[] ELSE m.roles::text[] END, t.scopes::text[]
            FROM api_token t JOIN organisation o ON o.id = t.organisation_id
                LEFT JOIN account a ON a.id = t.made_by
                LEFT JOIN membership m ON m.account_id = t.made_by AND m.organisation_id = t.organisation_id
            WHERE t.token_hash = hash AND t.revoked_at IS NULL AND t.expires_at > now()
                AND (t.made_by IS NULL OR (a.active AND m.active)) $$""",  # noqa: S608 - the values of an enum of ours
    )


def downgrade() -> None:
    for function in (
        "api_token_by_hash(bytea)",
        "workstation_code_organisation(bytea)",
        "workstation_by_token(bytea)",
    ):
        op.execute(f"DROP FUNCTION {function}")
    op.execute("DROP INDEX account_session_at_workstation")
    op.execute("ALTER TABLE account_session DROP CONSTRAINT account_session_workstation")
    for table in ("api_token", "badge_tries", "badge", "workstation_code", "workstation"):
        op.execute(f"DROP TABLE {table}")
