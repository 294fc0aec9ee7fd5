"""Saved views, and the indexes of the lists.

The list of devices is read in two branches that exclude one another: what an organisation owns, and what it holds of others.
Each sort and each filter that thins the list has an index in either branch. `held_by` is who holds a device that is not its own:
with such a column the planner knows how few they are (it takes `custodian_id <> owner_id` for nearly all).
"""

from alembic import op

from fleet.db.policies import BY_ORGANISATION, named_lookup, protect

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_ORDERS = {
    "since": "state_since, id",
    "state": "state, state_since, id",
    "kind": "kind, state_since, id",
    "received": "created_at, id",
    "code": "asset_code",
    "model": "model, id",
    "place": "place, id",
}
_OWNER_HAS = {"since", "state"}
"""Made with the table."""


def upgrade() -> None:
    _views()
    _orders()
    _words()


def _views() -> None:
    op.execute("""
        CREATE TABLE saved_view (
            id uuid PRIMARY KEY,
            organisation_id uuid NOT NULL REFERENCES organisation (id),
            account_id uuid NOT NULL REFERENCES account (id),
            of_list varchar(40) NOT NULL,
            name varchar(80) NOT NULL CHECK (name <> ''),
            query varchar(2000) NOT NULL,
            shared boolean NOT NULL,
            created_at timestamptz NOT NULL)""")
    op.execute("CREATE UNIQUE INDEX saved_view_name ON saved_view (organisation_id, of_list, account_id, lower(name))")
    op.execute("CREATE INDEX saved_view_shared ON saved_view (organisation_id, of_list, name, id) WHERE shared")
    protect("saved_view", BY_ORGANISATION, rights="SELECT, INSERT, UPDATE, DELETE")
    op.execute("""
        CREATE TABLE list_columns (
            organisation_id uuid NOT NULL REFERENCES organisation (id),
            account_id uuid NOT NULL REFERENCES account (id),
            of_list varchar(40) NOT NULL,
            columns varchar(40)[] NOT NULL CHECK (cardinality(columns) BETWEEN 1 AND 40),
            PRIMARY KEY (organisation_id, account_id, of_list))""")
    protect("list_columns", BY_ORGANISATION, rights="SELECT, INSERT, UPDATE, DELETE")
    # What was confirmed for several devices at once, and what became of each
    op.execute("""
        CREATE TABLE bulk_run (
            id uuid NOT NULL,
            organisation_id uuid NOT NULL REFERENCES organisation (id),
            account_id uuid NOT NULL REFERENCES account (id),
            action varchar(40) NOT NULL,
            choice varchar(200) NOT NULL,
            words varchar(2000) NOT NULL,
            pending jsonb NOT NULL,
            results jsonb NOT NULL,
            created_at timestamptz NOT NULL,
            finished_at timestamptz,
            PRIMARY KEY (organisation_id, account_id, id))""")
    op.execute("CREATE INDEX bulk_run_old ON bulk_run (organisation_id, created_at)")
    protect("bulk_run", BY_ORGANISATION, rights="SELECT, INSERT, UPDATE, DELETE")


def _orders() -> None:
    op.execute("""
        ALTER TABLE device ADD COLUMN held_by uuid
        GENERATED ALWAYS AS (CASE WHEN custodian_id <> owner_id THEN custodian_id END) STORED""")
    for name, columns in _ORDERS.items():
        if name not in _OWNER_HAS:
            op.execute(f"CREATE INDEX device_owner_{name} ON device (owner_id, {columns})")
        op.execute(f"CREATE INDEX device_held_{name} ON device (held_by, {columns}) WHERE held_by IS NOT NULL")
    # the tray of loose drives goes by who holds them, whoever owns them
    op.execute("CREATE INDEX device_custodian_kind ON device (custodian_id, kind, state_since, id)")
    # One pass over two indexes, without the policy's question for each of a hundred thousand rows
    named_lookup(
        "device_counts()",
        """RETURNS TABLE (state text, number bigint) LANGUAGE sql STABLE AS $$
            SELECT counted.state, sum(counted.number)::bigint FROM (
                SELECT state, count(*) AS number FROM device WHERE owner_id = current_organisation() GROUP BY state
                UNION ALL
                SELECT state, count(*) FROM device WHERE held_by = current_organisation() GROUP BY state) AS counted
            GROUP BY counted.state $$""",
    )


def _words() -> None:
    """What a person types is looked for in code, serial number, maker and model: every word of it, by its beginning."""
    op.execute("""
        CREATE FUNCTION word_list(given text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
        AS $$ SELECT array_remove(regexp_split_to_array(upper(given), '[^[:alnum:]]+'), '') $$""")
    op.execute("""
        CREATE FUNCTION word_query(given text) RETURNS tsquery LANGUAGE sql IMMUTABLE PARALLEL SAFE
        AS $$ SELECT string_agg(quote_literal(word) || ':*', ' & ')::tsquery FROM unnest(word_list(given)) AS word $$""")
    op.execute("""
        ALTER TABLE device ADD COLUMN words tsvector NOT NULL GENERATED ALWAYS AS (array_to_tsvector(word_list(
            asset_code || ' ' || coalesce(serial, '') || ' ' || coalesce(manufacturer, '') || ' ' || model))) STORED""")
    op.execute("CREATE INDEX device_words ON device USING gin (words)")
    # Row-level security keeps `@@` from an index, for the operator might tell of rows that are not to be seen. Here the condition
    # of the policy stands in the function, and what comes out is ids of the caller's own devices.
    named_lookup(
        "devices_with_words(wanted tsquery, most integer)",
        """RETURNS SETOF uuid LANGUAGE sql STABLE AS $$
            SELECT id FROM device WHERE words @@ wanted
                AND (owner_id = current_organisation() OR custodian_id = current_organisation()) LIMIT most $$""",
    )


def downgrade() -> None:
    op.execute("DROP FUNCTION devices_with_words(tsquery, integer)")
    op.execute("DROP FUNCTION device_counts()")
    op.execute("ALTER TABLE device DROP COLUMN words")
    op.execute("DROP FUNCTION word_query(text)")
    op.execute("DROP FUNCTION word_list(text)")
    op.execute("DROP INDEX device_custodian_kind")
    for name in _ORDERS:
        op.execute(f"DROP INDEX device_held_{name}")
        if name not in _OWNER_HAS:
            op.execute(f"DROP INDEX device_owner_{name}")
    op.execute("ALTER TABLE device DROP COLUMN held_by")
    op.execute("DROP TABLE bulk_run")
    op.execute("DROP TABLE list_columns")
    op.execute("DROP TABLE saved_view")
