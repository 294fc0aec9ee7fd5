"""Roles per organisation: memberships; what a session was opened with and for how long it may rest; one-time reset links."""

from alembic import op

from fleet.auth.rules import Role, SignInMeans
from fleet.db.columns import check_in
from fleet.db.policies import BY_ORGANISATION, named_lookup, protect

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_STAFF_ROLES = ", ".join(f"'{role.value}'" for role in Role if role is not Role.BENCH)
_GUEST = "EXISTS (SELECT FROM membership m WHERE m.account_id = account.id AND m.organisation_id = current_organisation())"


def upgrade() -> None:
    _memberships()
    _sessions()
    _resets()
    _lookups()


def _memberships() -> None:
    op.execute(f"""
        CREATE TABLE membership (
            account_id uuid NOT NULL REFERENCES account (id),
            organisation_id uuid NOT NULL REFERENCES organisation (id),
            roles varchar(40)[] NOT NULL CHECK (roles <@ ARRAY[{_STAFF_ROLES}]::varchar[] AND cardinality(roles) > 0),
            active boolean NOT NULL,
            created_at timestamptz NOT NULL,
            PRIMARY KEY (account_id, organisation_id))""")
    op.execute("CREATE INDEX membership_list ON membership (organisation_id, account_id)")
    protect("membership", BY_ORGANISATION)
    _as_maintenance(
        "INSERT INTO membership (account_id, organisation_id, roles, active, created_at) "
        "SELECT id, organisation_id, roles, true, created_at FROM account"
    )
    op.execute("DROP FUNCTION workshop_staff()")
    op.execute("DROP FUNCTION session_by_token(bytea)")
    op.execute("ALTER TABLE account DROP COLUMN roles")
    op.execute("ALTER TABLE account ADD COLUMN email varchar(254), ADD COLUMN must_change boolean NOT NULL DEFAULT false")
    # Whoever works here is seen here, though another organisation may look after the account
    op.execute(
        f"ALTER POLICY account_by_organisation ON account USING ({BY_ORGANISATION} OR {_GUEST}) WITH CHECK ({BY_ORGANISATION})"
    )


def _sessions() -> None:
    op.execute(f"""
        ALTER TABLE account_session
            ADD COLUMN means varchar(40) NOT NULL DEFAULT 'password' CHECK ({check_in("means", SignInMeans)}),
            ADD COLUMN workstation_id uuid,
            ADD COLUMN idle_minutes integer CHECK (idle_minutes > 0),
            ADD COLUMN last_seen_at timestamptz NOT NULL DEFAULT now(),
            ADD COLUMN user_agent varchar(200) NOT NULL DEFAULT ''""")


def _resets() -> None:
    op.execute("""
        CREATE TABLE reset_link (
            id uuid PRIMARY KEY,
            organisation_id uuid NOT NULL REFERENCES organisation (id),
            account_id uuid NOT NULL REFERENCES account (id),
            token_hash bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
            created_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL,
            used_at timestamptz)""")
    op.execute("CREATE INDEX reset_link_account ON reset_link (account_id) WHERE used_at IS NULL")
    protect("reset_link", BY_ORGANISATION)
    named_lookup(
        "reset_link_account(hash bytea)",
        """RETURNS TABLE (id uuid, organisation_id uuid, account_id uuid) LANGUAGE sql STABLE AS $$
            SELECT r.id, r.organisation_id, r.account_id FROM reset_link r JOIN account a ON a.id = r.account_id
            WHERE r.token_hash = hash AND r.used_at IS NULL AND r.expires_at > now() AND a.active $$""",
    )
    op.execute("CREATE INDEX account_email ON account (lower(email)) WHERE email IS NOT NULL")
    # To whom a link is mailed: one address may belong to a few accounts of the same person
    named_lookup(
        "accounts_to_mail(wanted text)",
        """RETURNS TABLE (id uuid, organisation_id uuid) LANGUAGE sql STABLE AS $$
            SELECT id, organisation_id FROM account
            WHERE (login = lower(wanted) OR lower(email) = lower(wanted)) AND email IS NOT NULL AND active
            ORDER BY login LIMIT 3 $$""",
    )


def _lookups() -> None:
    # Obeys row-level security: a policy of an organisation depends on how many people work there
    op.execute("""
        CREATE FUNCTION workshop_staff() RETURNS bigint LANGUAGE sql STABLE AS $$
            SELECT count(*) FROM membership m JOIN account a ON a.id = m.account_id
            WHERE m.organisation_id = current_organisation() AND m.active AND a.active
                AND m.roles && ARRAY['workshop', 'lead']::varchar[] $$""")
    op.execute("GRANT EXECUTE ON FUNCTION workshop_staff() TO fleet_app")
    named_lookup(
        "session_by_token(hash bytea)",
        """RETURNS TABLE (session_id uuid, account_id uuid, organisation_id uuid, organisation_name text,
                          display_name text, roles text[], language text, means text, workstation_id uuid, must_change boolean)
            LANGUAGE sql STABLE AS $$
            SELECT s.id, a.id, s.organisation_id, o.name, a.display_name, m.roles::text[], a.language, s.means, s.workstation_id,
                a.must_change
            FROM account_session s JOIN account a ON a.id = s.account_id JOIN organisation o ON o.id = s.organisation_id
                JOIN membership m ON m.account_id = s.account_id AND m.organisation_id = s.organisation_id
            WHERE s.token_hash = hash AND s.revoked_at IS NULL AND s.expires_at > now() AND a.active AND m.active
                AND (s.idle_minutes IS NULL OR s.last_seen_at + make_interval(mins => s.idle_minutes) > now()) $$""",
    )
    # A person's sessions may act for several organisations: they end together. Only for an account that is seen here.
    named_lookup(
        "end_account_sessions(wanted uuid, but uuid)",
        """RETURNS bigint LANGUAGE sql VOLATILE AS $$
            WITH ended AS (
                UPDATE account_session SET revoked_at = now()
                WHERE account_id = wanted AND revoked_at IS NULL AND id IS DISTINCT FROM but
                    AND EXISTS (SELECT FROM membership m
                        WHERE m.account_id = wanted AND m.organisation_id = current_organisation())
                RETURNING 1)
            SELECT count(*) FROM ended $$""",
    )
    # Where somebody who has proven who they are may go
    named_lookup(
        "account_memberships(wanted uuid)",
        """RETURNS TABLE (organisation_id uuid, organisation_name text, roles text[]) LANGUAGE sql STABLE AS $$
            SELECT o.id, o.name, m.roles::text[] FROM membership m JOIN organisation o ON o.id = m.organisation_id
            WHERE m.account_id = wanted AND m.active ORDER BY o.name LIMIT 200 $$""",
    )


def _as_maintenance(statement: str) -> None:
    """Data of all organisations: the owner obeys row-level security, maintenance does not."""
    op.execute("SET LOCAL ROLE fleet_maintenance")
    op.execute(statement)
    op.execute("SET LOCAL ROLE fleet_owner")


def downgrade() -> None:
    op.execute(f"""ALTER TABLE account ADD COLUMN roles varchar(40)[]
        CHECK (roles <@ ARRAY[{_STAFF_ROLES}]::varchar[] AND cardinality(roles) > 0)""")
    _as_maintenance(
        "UPDATE account a SET roles = m.roles FROM membership m "
        "WHERE m.account_id = a.id AND m.organisation_id = a.organisation_id"
    )
    op.execute("ALTER TABLE account ALTER COLUMN roles SET NOT NULL, DROP COLUMN email, DROP COLUMN must_change")
    op.execute(f"ALTER POLICY account_by_organisation ON account USING ({BY_ORGANISATION})")
    for function in (
        "account_memberships(uuid)",
        "end_account_sessions(uuid, uuid)",
        "session_by_token(bytea)",
        "workshop_staff()",
        "reset_link_account(bytea)",
        "accounts_to_mail(text)",
    ):
        op.execute(f"DROP FUNCTION {function}")
    op.execute("DROP TABLE reset_link")
    op.execute("""ALTER TABLE account_session DROP COLUMN means, DROP COLUMN workstation_id, DROP COLUMN idle_minutes,
        DROP COLUMN last_seen_at, DROP COLUMN user_agent""")
    op.execute("DROP TABLE membership")
    _former_lookups()


def _former_lookups() -> None:
    op.execute("""
        CREATE FUNCTION workshop_staff() RETURNS bigint LANGUAGE sql STABLE AS $$
            SELECT count(*) FROM account WHERE organisation_id = current_organisation() AND active
                AND roles && ARRAY['workshop', 'lead']::varchar[] $$""")
    named_lookup(
        "session_by_token(hash bytea)",
        """RETURNS TABLE (session_id uuid, account_id uuid, organisation_id uuid, organisation_name text,
                          display_name text, roles text[], language text)
            LANGUAGE sql STABLE AS $$
            SELECT s.id, a.id, a.organisation_id, o.name, a.display_name, a.roles::text[], a.language
            FROM account_session s JOIN account a ON a.id = s.account_id JOIN organisation o ON o.id = a.organisation_id
            WHERE s.token_hash = hash AND s.revoked_at IS NULL AND s.expires_at > now() AND a.active $$""",
    )
