"""Donors, donations, intake batches, and the counters of their references."""

from alembic import op

from fleet.db.columns import check_in
from fleet.db.policies import BY_ORGANISATION, protect
from fleet.donations.rules import DonationStatus, DonorKind, Series

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(f"""
        CREATE TABLE reference_counter (
            organisation_id uuid NOT NULL REFERENCES organisation (id),
            series varchar(1) NOT NULL CHECK ({check_in("series", Series)}),
            year integer NOT NULL CHECK (year BETWEEN 2000 AND 9999),
            last integer NOT NULL CHECK (last > 0),
            PRIMARY KEY (organisation_id, series, year))""")
    protect("reference_counter", BY_ORGANISATION)
    op.execute(f"""
        CREATE TABLE donor (
            id uuid PRIMARY KEY,
            organisation_id uuid NOT NULL REFERENCES organisation (id),
            name varchar(200) NOT NULL,
            kind varchar(40) NOT NULL CHECK ({check_in("kind", DonorKind)}),
            contact varchar(400) NOT NULL,
            postcode varchar(10),
            town varchar(100),
            created_at timestamptz NOT NULL)""")
    op.execute("CREATE INDEX donor_list ON donor (organisation_id, name, id)")
    protect("donor", BY_ORGANISATION)
    op.execute(f"""
        CREATE TABLE donation (
            id uuid PRIMARY KEY,
            organisation_id uuid NOT NULL REFERENCES organisation (id),
            reference varchar(20) NOT NULL,
            donor_id uuid NOT NULL REFERENCES donor (id),
            status varchar(40) NOT NULL CHECK ({check_in("status", DonationStatus)}),
            declared_count integer CHECK (declared_count > 0),
            declared_serials varchar(200)[] NOT NULL,
            note varchar(2000) NOT NULL,
            registered_at timestamptz NOT NULL,
            ended_at timestamptz,
            CHECK ((ended_at IS NOT NULL) = (status IN ('closed', 'cancelled'))),
            CHECK (cardinality(declared_serials) = 0 OR declared_count = cardinality(declared_serials)),
            UNIQUE (organisation_id, reference))""")
    op.execute("CREATE INDEX donation_list ON donation (organisation_id, registered_at DESC, id DESC)")
    op.execute("CREATE INDEX donation_status ON donation (organisation_id, status, registered_at DESC, id DESC)")
    op.execute("CREATE INDEX donation_donor ON donation (donor_id, registered_at)")
    protect("donation", BY_ORGANISATION)
    op.execute("""
        CREATE TABLE intake_batch (
            id uuid PRIMARY KEY,
            organisation_id uuid NOT NULL REFERENCES organisation (id),
            donation_id uuid NOT NULL REFERENCES donation (id),
            reference varchar(20) NOT NULL,
            received_count integer CHECK (received_count >= 0),
            weight_g integer CHECK (weight_g > 0),
            seal varchar(80),
            opened_at timestamptz NOT NULL,
            closed_at timestamptz,
            UNIQUE (organisation_id, reference))""")
    op.execute("CREATE INDEX intake_batch_list ON intake_batch (organisation_id, opened_at DESC, id DESC)")
    op.execute("CREATE INDEX intake_batch_donation ON intake_batch (donation_id, opened_at)")
    op.execute(
        "CREATE INDEX intake_batch_open ON intake_batch (organisation_id, opened_at DESC, id DESC) WHERE closed_at IS NULL"
    )
    protect("intake_batch", BY_ORGANISATION)


def downgrade() -> None:
    for table in ("intake_batch", "donation", "donor", "reference_counter"):
        op.execute(f"DROP TABLE {table}")
