"""Organisations and sites."""

from alembic import op

from fleet.db.columns import check_in
from fleet.db.policies import BY_ORGANISATION, named_lookup, protect
from fleet.organisations.rules import OrganisationKind

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(f"""
        CREATE TABLE organisation (
            id uuid PRIMARY KEY,
            name varchar(120) NOT NULL,
            kind varchar(40) NOT NULL CHECK ({check_in("kind", OrganisationKind)}),
            contact varchar(400) NOT NULL,
            nis_code varchar(5),
            two_person_release boolean NOT NULL,
            created_at timestamptz NOT NULL)""")
    op.execute("CREATE UNIQUE INDEX organisation_name ON organisation (lower(name))")
    protect("organisation", "id = current_organisation()")
    op.execute("""
        CREATE TABLE site (
            id uuid PRIMARY KEY,
            organisation_id uuid NOT NULL REFERENCES organisation (id),
            name varchar(120) NOT NULL,
            created_at timestamptz NOT NULL)""")
    op.execute("CREATE UNIQUE INDEX site_name ON site (organisation_id, lower(name))")
    op.execute("CREATE INDEX site_organisation ON site (organisation_id, created_at, id)")
    protect("site", BY_ORGANISATION)
    op.execute("""
        CREATE TABLE storage_location (
            id uuid PRIMARY KEY,
            organisation_id uuid NOT NULL REFERENCES organisation (id),
            site_id uuid NOT NULL REFERENCES site (id),
            name varchar(120) NOT NULL,
            created_at timestamptz NOT NULL)""")
    op.execute("CREATE UNIQUE INDEX storage_location_name ON storage_location (site_id, lower(name))")
    protect("storage_location", BY_ORGANISATION)
    # What stands on a label and what its finder may read
    named_lookup(
        "organisation_face(wanted uuid)",
        """RETURNS TABLE (name text, contact text) LANGUAGE sql STABLE AS $$
            SELECT name, contact FROM organisation WHERE id = wanted $$""",
    )


def downgrade() -> None:
    op.execute("DROP FUNCTION organisation_face(uuid)")
    op.execute("DROP TABLE storage_location")
    op.execute("DROP TABLE site")
    op.execute("DROP TABLE organisation")
