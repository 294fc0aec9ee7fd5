"""The SQL of rights and row-level security, for migrations.

Without `app.org` in the transaction no row is visible. `current_setting` gives '' once a setting was used and reset,
hence `nullif`. FORCE makes the owner obey as well; only `fleet_maintenance` (BYPASSRLS) sees everything.
"""

from alembic import op

CURRENT_ORGANISATION = """
CREATE FUNCTION current_organisation() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT nullif(current_setting('app.org', true), '')::uuid $$
"""

BY_ORGANISATION = "organisation_id = current_organisation()"
BY_HOLDER = "owner_id = current_organisation() OR custodian_id = current_organisation()"
BY_DEVICE = "EXISTS (SELECT FROM device WHERE device.id = device_id)"
"""A device's rows go with the device: the subquery obeys the device table's own policy."""


def protect(table: str, visible: str, *, rights: str = "SELECT, INSERT, UPDATE") -> None:
    """Row-level security by the condition `visible`, and the service's rights on the table."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY {table}_by_organisation ON {table} USING ({visible}) WITH CHECK ({visible})")
    grant(table, rights)


def grant(table: str, rights: str) -> None:
    """Rights of the service, and all of them for maintenance."""
    op.execute(f"GRANT {rights} ON {table} TO fleet_app")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO fleet_maintenance")


def named_lookup(signature: str, definition: str) -> None:
    """A look-up that comes before an organisation is known: it runs as maintenance and gives a narrow result to the service only.

    `definition` is what follows `CREATE FUNCTION signature`, from RETURNS on.
    """
    op.execute("GRANT CREATE ON SCHEMA public TO fleet_maintenance")
    op.execute(f"CREATE FUNCTION {signature} {definition}")
    name = signature.split("(", 1)[0]
    op.execute(f"ALTER FUNCTION {name} SECURITY DEFINER SET search_path = public, pg_temp")
    op.execute(f"ALTER FUNCTION {name} OWNER TO fleet_maintenance")
    op.execute(f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {name} TO fleet_app")
    op.execute("REVOKE CREATE ON SCHEMA public FROM fleet_maintenance")


def append_only(table: str) -> None:
    """Refuse UPDATE, DELETE and TRUNCATE, for everybody.

    Statement-level, because row triggers do not fire on rows that row-level security hides.
    """
    op.execute(f"""
        CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""")
